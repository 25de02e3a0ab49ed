package report

import (
	"context"
	"time"

	"gelombang/internal/sqldb"
)

// VerdictsOver is the time that Verdicts covers.
const VerdictsOver = time.Hour

// Verdict is how often the registry said one thing, by whatever way it was asked.
type Verdict struct {
	State string // one of identity.States
	N     int64
}

// Verdicts counts what the registry said in the last hour, a few seconds old at most.
func (s *Service) Verdicts(ctx context.Context) ([]Verdict, error) {
	return s.verdicts.get(s.now, func() (list []Verdict, err error) {
		err = s.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
			list, err = verdictsSince(rx, rx.Now().Add(-VerdictsOver))
			return err
		})
		return list, err
	})
}
