package draw

import (
	"context"
	"errors"

	"gelombang/draw/transcript"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/wave"
)

// fetch asks for the round that the wave named, again and again: no other round
// ever takes its place.
func (s *Service) fetch(ctx context.Context, waveID int64) error {
	p, err := s.read(ctx, waveID)
	if err != nil || p.Wave.State != wave.Frozen || p.Source != FromNone {
		return err
	}
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	if now.Before(p.Wave.RoundAt) {
		return jobs.Later(p.Wave.RoundAt, "the round is not due yet")
	}
	b, err := s.round(ctx, p.Header)
	if err == nil {
		return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
			return setSource(tx, waveID, FromBeacon, transcript.Source{Beacon: &b})
		})
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !now.Before(giveUpFrom(p.Header)) {
		return s.giveUp(ctx, p)
	}
	return jobs.Later(askAgain(p.Header.Chain, p.Wave.RoundAt, now), err.Error())
}

// round believes no relay: the chain's own signature decides.
func (s *Service) round(ctx context.Context, h transcript.Header) (transcript.Beacon, error) {
	b, err := s.c.Beacon.Round(ctx, h.Chain, h.Round)
	if err != nil {
		return b, err
	}
	if b.Round != h.Round {
		return b, errors.New("a relay gave another round")
	}
	return b, transcript.VerifyBeacon(h.Chain, b)
}

// giveUp makes the draw void: the round and at least one official's value are missing.
func (s *Service) giveUp(ctx context.Context, p Publication) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := s.c.Waves.Hold(tx, p.Wave.ID); err != nil { // a value may be on its way in
			return err
		}
		p, err := s.Published(tx, p.Wave.ID)
		if err != nil || p.Source != FromNone {
			return err
		}
		if p.Officials[0].Revealed && p.Officials[1].Revealed {
			return s.revealed(tx, p.Wave.ID)
		}
		return s.void(tx, p.Wave, transcript.Void{
			Reason:    transcript.RevealMissing,
			Values:    [2]string{p.Officials[0].Value, p.Officials[1].Value},
			DecidedMs: sqldb.Millis(tx.Now()),
		})
	})
}

func (s *Service) read(ctx context.Context, waveID int64) (p Publication, err error) {
	err = s.c.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
		p, err = s.Published(rx, waveID)
		return err
	})
	return p, err
}
