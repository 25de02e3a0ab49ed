package account

import (
	"context"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// SetPassword gives an active account its password. Whoever is signed in elsewhere
// has to sign in with it (OnPasswordSet): a password is changed when it is known.
func (s *Service) SetPassword(ctx context.Context, account int64, password string) error {
	var email, phone string
	err := s.db.Read(ctx, func(rx *sqldb.Rx) error {
		r, err := get(rx, account)
		if err != nil {
			return err
		}
		if r.state != Active { // an unproven account holds no credential
			return fault.New(fault.Forbidden, "account.password.unproven", nil)
		}
		email, phone, err = s.contacts(r)
		return err
	})
	if err != nil {
		return err
	}
	if err := checkPassword(password, email, phone); err != nil {
		return err
	}
	hashed, err := s.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := setPassword(tx, account, hashed); err != nil {
			return err
		}
		if err := insertEvent(tx, account, "account.history.password"); err != nil {
			return err
		}
		return s.onPasswordSet(tx, account)
	})
}
