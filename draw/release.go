package draw

import (
	"context"
	"strings"

	"gelombang/audit"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/wave"
)

// Approve is one official's consent to the release; the wave's terms say how
// many different ones it takes.
func (s *Service) Approve(ctx context.Context, waveID int64, actor audit.Actor) error {
	return s.onDraw(ctx, waveID, func(tx *sqldb.Tx, p Publication) error {
		if err := mayApprove(p, actor); err != nil {
			return err
		}
		added, err := approve(tx, waveID, actor.ID)
		if err == nil && !added {
			err = fault.New(fault.Refused, KeyApproved, nil)
		}
		if err != nil {
			return err
		}
		return note(tx, waveID, "draw.approve", actor, "")
	})
}

// Inquire records what an inquiry found about a result that the gate holds. It
// is published with the result, and lets officials approve; it changes no rank.
func (s *Service) Inquire(ctx context.Context, waveID int64, words string, actor audit.Actor) error {
	words = strings.TrimSpace(words)
	return s.onDraw(ctx, waveID, func(tx *sqldb.Tx, p Publication) error {
		switch {
		case actor.Kind != "staff":
			return fault.New(fault.Forbidden, KeyStaffOnly, nil)
		case words == "":
			return fault.InvalidFields([]fault.Field{{Name: "findings", Key: KeyFindings}})
		case !p.Held():
			return fault.New(fault.Refused, KeyNotHeld, nil)
		}
		if err := setInquiry(tx, waveID, words, actor.ID); err != nil {
			return err
		}
		return note(tx, waveID, "draw.hold", actor, words)
	})
}

// Release makes the outcome public and starts telling everybody.
func (s *Service) Release(ctx context.Context, waveID int64, actor audit.Actor) error {
	return s.onDraw(ctx, waveID, func(tx *sqldb.Tx, p Publication) error {
		if err := mayRelease(p); err != nil {
			return err
		}
		if err := s.c.Waves.Release(tx, waveID); err != nil {
			return err
		}
		if err := setReleased(tx, waveID); err != nil {
			return err
		}
		if err := s.c.Jobs.Enqueue(tx, s.job(KindReceived, waveID, tx.Now())); err != nil {
			return err
		}
		if err := note(tx, waveID, "draw.release", actor, ""); err != nil {
			return err
		}
		return s.ended(tx, waveID)
	})
}

func (s *Service) onDraw(ctx context.Context, waveID int64, verb func(*sqldb.Tx, Publication) error) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		p, err := s.Published(tx, waveID)
		if err != nil {
			return err
		}
		return verb(tx, p)
	})
}

// receive hands on who was selected. The next wave settles later than this runs,
// and asks then.
func (s *Service) receive(ctx context.Context, waveID int64) error {
	w, _, _, err := s.before(ctx, waveID)
	if err != nil || w.State != wave.Released {
		return err
	}
	for after := int64(0); ; {
		var places []int64
		err := s.c.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
			places, err = selectedPlaces(rx, waveID, after, chunk)
			return err
		})
		if err != nil || len(places) == 0 {
			return err
		}
		if err := s.c.Received(ctx, waveID, places); err != nil {
			return err
		}
		after = places[len(places)-1]
	}
}
