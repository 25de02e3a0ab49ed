package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"gelombang/internal/password"
	"gelombang/internal/sqldb"
	"gelombang/staff"
)

type staffCmd struct {
	Add staffAddCmd `cmd:"" help:"Add an official. Prints the password and the second factor once."`
}

type staffAddCmd struct {
	dataSettings
	programmeSettings
	Role  string `required:"" enum:"operator,supervisor,agent,auditor" help:"operator, supervisor, agent or auditor."`
	Name  string `arg:"" help:"Name, as colleagues know it."`
	Email string `arg:"" help:"E-mail address, to sign in with."`
}

// Run adds an official with a password of our making, shown once.
func (c staffAddCmd) Run(ctx context.Context) error {
	p, err := c.load()
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx, c.dataSettings, false)
	if err != nil {
		return err
	}
	added, secret, err := c.add(ctx, db, p.Name.ID)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	fmt.Printf("Added %s as %s.\n\n  e-mail     %s\n  password   %s\n  2nd factor %s\n  or scan    %s\n\nThis is shown once. Hand it over in person.\n",
		c.Name, c.Role, c.Email, secret, added.TOTPSecret, added.URI)
	return nil
}

func (c staffAddCmd) add(ctx context.Context, db *sqldb.DB, issuer string) (staff.Added, string, error) {
	keys, err := openKeys(ctx, c.dataSettings, db)
	if err != nil {
		return staff.Added{}, "", err
	}
	s := staff.NewService(staff.Config{DB: db, Keys: keys, Passwords: password.New(password.Config{}), Issuer: issuer})
	secret := rand.Text()[:16] // 80 bits
	added, err := s.Add(ctx, staff.New{Email: c.Email, Name: c.Name, Role: staff.Role(c.Role), Password: secret})
	return added, secret, err
}
