package draw

import (
	"context"

	"gelombang/audit"
	"gelombang/draw/transcript"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// Commit notes the SHA-256 of a value that an official keeps (1 or 2), before
// the list is frozen. Without both, a round that stays missing voids the draw. The
// two are different people: one who knew both values would know the ranks that
// they lead to while people may still join.
func (s *Service) Commit(ctx context.Context, waveID int64, official int, commitment string, actor audit.Actor) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		w, err := s.c.Waves.Hold(tx, waveID) // two forms of one person, sent at once, take turns
		if err != nil {
			return err
		}
		if err := mayCommit(w, official, commitment, tx.Now()); err != nil {
			return err
		}
		known, err := officials(tx, waveID)
		if err != nil {
			return err
		}
		if err := mayKeep(known, official, actor); err != nil {
			return err
		}
		added, err := insertOfficial(tx, waveID, official, commitment, actor.ID)
		if err != nil {
			return err
		}
		if !added { // the first one stands; both the same would leave one official
			return fault.New(fault.Refused, KeyCommitted, nil)
		}
		return note(tx, waveID, "draw.commit", actor, "")
	})
}

// Reveal opens an official's commitment, once the round has been missing for
// transcript.FallbackAfter. The second value decides the draw.
func (s *Service) Reveal(ctx context.Context, waveID int64, official int, value string, actor audit.Actor) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := s.c.Waves.Hold(tx, waveID); err != nil { // else neither of two at once sees the other
			return err
		}
		p, err := s.Published(tx, waveID)
		if err != nil {
			return err
		}
		if err := mayReveal(p, official, value, tx.Now()); err != nil {
			return err
		}
		if err := setValue(tx, waveID, official, value); err != nil {
			return err
		}
		if err := note(tx, waveID, "draw.reveal", actor, ""); err != nil {
			return err
		}
		return s.revealed(tx, waveID)
	})
}

func (s *Service) revealed(tx *sqldb.Tx, waveID int64) error {
	o, err := officials(tx, waveID)
	if err != nil || !o[0].Revealed || !o[1].Revealed {
		return err
	}
	f := transcript.Fallback{OpenedMs: sqldb.Millis(tx.Now())}
	for i := range o {
		if f.Values[i], err = transcript.ParseDigest(o[i].Value); err != nil {
			return err
		}
	}
	return setSource(tx, waveID, FromOfficials, transcript.Source{Fallback: &f})
}
