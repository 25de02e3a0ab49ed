package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"gelombang/internal/seal"
)

type keysCmd struct {
	New    keysNewCmd    `cmd:"" help:"Make a keyset for an empty database."`
	Check  keysCheckCmd  `cmd:"" help:"Say whether the keyset opens the database."`
	Rotate keysRotateCmd `cmd:"" help:"Add a key that new rows use. Old keys stay, for old rows. Restart every node afterwards."`
}

type keysNewCmd struct{ dataSettings }

// Run makes a keyset file and refuses to replace one.
func (c keysNewCmd) Run(ctx context.Context) error {
	if _, err := os.Stat(c.keyFile()); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is already there; gelombang keys rotate adds a key to it", c.keyFile())
	}
	db, err := openDatabase(ctx, c.dataSettings, true)
	if err != nil {
		return err
	}
	_, err = newKeys(ctx, c.keyFile(), db)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	fmt.Printf("A new keyset is in %s. Keep a copy apart from the database's backup: without it nothing sealed can be read.\n", c.keyFile())
	return nil
}

type keysCheckCmd struct{ dataSettings }

// Run opens the canary and lists the versions.
func (c keysCheckCmd) Run(ctx context.Context) error {
	keys, fresh, err := c.fitting(ctx)
	if err != nil {
		return err
	}
	for _, v := range keys.Versions() {
		fmt.Printf("key %d, made %s\n", v, keys.Made(v))
	}
	if fresh {
		fmt.Println("This database has not been sealed with any keyset yet.")
		return nil
	}
	fmt.Println("The keyset opens this database.")
	return nil
}

type keysRotateCmd struct{ dataSettings }

// Run adds a key. The file is replaced in one step.
func (c keysRotateCmd) Run(ctx context.Context) error {
	keys, _, err := c.fitting(ctx)
	if err != nil {
		return err
	}
	next, err := keys.Rotate(time.Now())
	if err != nil {
		return err
	}
	if err := next.Save(c.keyFile()); err != nil {
		return err
	}
	fmt.Printf("Key %d is now used for new rows. Copy %s to every node and restart them; keep a copy apart from the backup.\n", next.Current(), c.keyFile())
	return nil
}

// fitting reads the keyset and makes sure that it opens the database; fresh says
// that nothing was ever sealed in it.
func (s dataSettings) fitting(ctx context.Context) (keys *seal.Keys, fresh bool, err error) {
	if keys, err = seal.Load(s.keyFile()); err != nil {
		return nil, false, err
	}
	db, err := openDatabase(ctx, s, false)
	if err != nil {
		return nil, false, err
	}
	fresh, err = keys.Check(ctx, db)
	return keys, fresh, errors.Join(err, db.Close())
}
