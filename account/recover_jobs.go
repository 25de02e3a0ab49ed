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
	case stepLook:
		return s.look(tx, h)
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

// look lets the time of a handover run once its warning has arrived.
func (s *Service) look(tx *sqldb.Tx, h handover) (time.Time, error) {
	at, err := s.arrived(tx, h.notice)
	if err != nil {
		return time.Time{}, err
	}
	if !at.IsZero() {
		h = h.startedAt(at)
		err = setDue(tx, h)
	}
	_, next := h.step(tx.Now())
	return next, err
}

// await makes the time of a handover wait for a warning, where it can be known that one
// has arrived.
func (s *Service) await(tx *sqldb.Tx, h handover, warning int64) (handover, error) {
	if warning == 0 || s.arrived == nil {
		return h, nil
	}
	h = h.warnedBy(warning)
	return h, setDue(tx, h)
}

func (s *Service) remind(tx *sqldb.Tx, h handover, told int, what string) error {
	if err := setTold(tx, h.id, told); err != nil {
		return err
	}
	_, err := s.report(tx, h, what)
	return err
}
