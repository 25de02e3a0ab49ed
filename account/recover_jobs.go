package account

import (
	"context"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// KindHandover follows one handover to its end: it reminds, says when a recovery is ripe,
// and ends what nobody took back or completed.
const KindHandover = "account.handover"

type handoverArgs struct {
	Handover int64 `json:"handover"`
}

func (s *Service) followHandover(ctx context.Context, j jobs.Job) error {
	var args handoverArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	next, err := withTx(ctx, s.db, func(tx *sqldb.Tx) (time.Time, error) { return s.advance(tx, args.Handover) })
	if err != nil || next.IsZero() {
		return err
	}
	return jobs.Later(next, "next step")
}

// advance does the step that is due, once, and says when the next one is. It is called
// again when the process ended before the job was done.
func (s *Service) advance(tx *sqldb.Tx, id int64) (time.Time, error) {
	h, err := findHandover(tx, id)
	if err != nil || h.id == 0 {
		return time.Time{}, err
	}
	if err := lockAccount(tx, h.account); err != nil {
		return time.Time{}, err
	}
	if h, err = findHandover(tx, id); err != nil || h.state != stateWaiting {
		return time.Time{}, err
	}
	what, next := h.step(tx.Now())
	switch what {
	case stepSettle:
		err = s.settle(tx, h)
	case stepRemind:
		err = s.remind(tx, h, toldHalf, "recovery_half")
	case stepRipe:
		err = s.remind(tx, h, toldRipe, "recovery_ripe")
	case stepLapse:
		if err = setEnded(tx, h.id, stateOver); err == nil {
			err = insertEvent(tx, h.account, "account.history.recovery_lapsed")
		}
	case stepSleep:
	}
	return next, err
}

func (s *Service) remind(tx *sqldb.Tx, h handover, told int, what string) error {
	if err := setTold(tx, h.id, told); err != nil {
		return err
	}
	return s.report(tx, h, what)
}
