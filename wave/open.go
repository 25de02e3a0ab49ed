package wave

import (
	"context"

	"gelombang/audit"
	"gelombang/internal/sqldb"
)

// Open lets people join, and fixes rules, chain and round. Staff may open before
// the planned time, never after the closing time.
func (s *Service) Open(ctx context.Context, id int64, actor audit.Actor) error {
	return s.inTx(ctx, id, func(tx *sqldb.Tx, w Wave) error { return s.open(tx, w, actor) })
}

func (s *Service) open(tx *sqldb.Tx, w Wave, actor audit.Actor) error {
	next, err := opened(w, tx.Now(), s.c.Chain, s.c.Rules)
	if err != nil {
		return err
	}
	if err := update(tx, w.State, next); err != nil {
		return err
	}
	if err := s.c.Jobs.Enqueue(tx, closeJob(next)); err != nil {
		return err
	}
	if s.c.OnOpen != nil {
		if err := s.c.OnOpen(tx, next); err != nil {
			return err
		}
	}
	return s.write(tx, w, "wave.open", actor, "")
}
