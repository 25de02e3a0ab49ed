package application

import (
	"context"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// Withdraw takes a place back until settling ends. The receipt stays in the
// published list, as withdrawn; joining again gives a new one.
func (s *Service) Withdraw(ctx context.Context, account, waveID int64) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		p, err := live(tx, s.c.Keys, waveID, account)
		if sqldb.NoRows(err) {
			return fault.New(fault.NotFound, KeyNone, nil)
		}
		if err != nil {
			return err
		}
		if err := s.spend(tx, account); err != nil {
			return err
		}
		if err := s.closes(tx, account, time.Time{}); err != nil {
			return err
		}
		done, err := takeBack(tx, p, "")
		if err == nil && !done {
			err = fault.New(fault.Refused, KeyLate, nil)
		}
		return err
	})
}

// takeBack frees the place and its NIK; false when settling was faster.
func takeBack(tx *sqldb.Tx, p Place, reason string) (bool, error) {
	done, err := withdraw(tx, p.ID, reason)
	if err != nil || !done {
		return false, err
	}
	return true, unclaim(tx, p.ID)
}
