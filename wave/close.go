package wave

import (
	"context"

	"gelombang/audit"
	"gelombang/internal/sqldb"
)

// Close ends joining. Whoever waits for the registry has until SettledBy.
func (s *Service) Close(ctx context.Context, id int64, actor audit.Actor) error {
	return s.inTx(ctx, id, func(tx *sqldb.Tx, w Wave) error { return s.close(tx, w, actor) })
}

func (s *Service) close(tx *sqldb.Tx, w Wave, actor audit.Actor) error {
	next, err := closed(w, tx.Now())
	if err != nil {
		return err
	}
	if err := update(tx, w.State, next); err != nil {
		return err
	}
	if s.c.OnClose != nil {
		if err := s.c.OnClose(tx, next); err != nil {
			return err
		}
	}
	return s.write(tx, w, "wave.close", actor, "")
}

// Freeze says that the list is published. The draw calls this and the two below
// in the transactions that make them true.
func (s *Service) Freeze(tx *sqldb.Tx, id int64) error { return s.advance(tx, id, Frozen) }

// Draw says that the ranks are known to staff.
func (s *Service) Draw(tx *sqldb.Tx, id int64) error { return s.advance(tx, id, Drawn) }

// Release says that the outcome is public.
func (s *Service) Release(tx *sqldb.Tx, id int64) error { return s.advance(tx, id, Released) }

func (s *Service) advance(tx *sqldb.Tx, id int64, to State) error {
	w, err := s.Get(tx, id)
	if err != nil {
		return err
	}
	if err := mayBecome(w, to); err != nil {
		return err
	}
	from := w.State
	w.State = to
	return update(tx, from, w)
}

// Void ends a wave without a result, for everybody to see.
func (s *Service) Void(tx *sqldb.Tx, id int64, reason VoidReason, actor audit.Actor) error {
	w, err := s.Get(tx, id)
	if err != nil {
		return err
	}
	if err := mayBecome(w, Void); err != nil {
		return err
	}
	from := w.State
	w.State, w.VoidReason = Void, reason
	if err := update(tx, from, w); err != nil {
		return err
	}
	return s.write(tx, w, "wave.void", actor, string(reason))
}
