package draw

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gelombang/audit"
	"gelombang/draw/transcript"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/wave"
)

// Schedule plans the freeze of a wave that closes.
func (s *Service) Schedule(tx *sqldb.Tx, w wave.Wave) error {
	return s.c.Jobs.Enqueue(tx, s.job(KindFreeze, w.ID, w.SettledBy))
}

// errMissedDeadline sends a freeze back that was in time when it began; the next
// one publishes it as the late freeze that it is.
var errMissedDeadline = errors.New("the deadline went by during the freeze")

var (
	errPublished = errors.New("another freeze published the list")
	errTorn      = errors.New("the kept list is not the one that was signed")
)

// freeze settles the places, lists every receipt and publishes the root. A list
// that is late is published too, as a void draw.
func (s *Service) freeze(ctx context.Context, waveID int64) error {
	w, officials, now, err := s.before(ctx, waveID)
	switch {
	case err != nil:
		return err
	case w.State != wave.Settling:
		return nil
	case now.Before(w.SettledBy):
		return jobs.Later(w.SettledBy, "settling has not ended")
	}
	if err := s.c.Settle(ctx, waveID); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	l, err := s.gather(ctx, waveID)
	if err != nil {
		return fmt.Errorf("list receipts: %w", err)
	}
	if err := s.keep(ctx, waveID, l); err != nil {
		return fmt.Errorf("keep list: %w", err)
	}
	if now, err = s.now(ctx); err != nil {
		return err
	}
	f, err := transcript.Freeze(header(w, officials, now), l.households, l.list(), s.c.Signer)
	if err != nil {
		return err
	}
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error { return s.publish(tx, w, f) })
}

func (s *Service) before(ctx context.Context, waveID int64) (w wave.Wave, o [2]Official, now time.Time, err error) {
	err = s.c.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
		now = rx.Now()
		if w, err = s.c.Waves.Get(rx, waveID); err != nil {
			return err
		}
		o, err = officials(rx, waveID)
		return err
	})
	return w, o, now, err
}

func (s *Service) now(ctx context.Context) (now time.Time, err error) {
	err = s.c.DB.Read(ctx, func(rx *sqldb.Rx) error {
		now = rx.Now()
		return nil
	})
	return now, err
}

// listing is a list in the making.
type listing struct {
	entries    []Entry
	households []transcript.Household
}

func (l listing) list() []transcript.Entry {
	out := make([]transcript.Entry, len(l.entries))
	for i, e := range l.entries {
		out[i] = transcript.Entry{Commitment: e.Commitment, Household: e.Household, Stratum: e.Stratum, State: e.State}
	}
	return out
}

func (s *Service) gather(ctx context.Context, waveID int64) (listing, error) {
	var l listing
	left := map[transcript.Digest]int{}
	err := s.c.Entries(ctx, waveID, func(e Entry) error {
		l.entries = append(l.entries, e)
		if had, ok := left[e.Household]; e.Left >= 0 && (!ok || e.Left < had) {
			left[e.Household] = e.Left
		}
		return nil
	})
	for tag, n := range left {
		l.households = append(l.households, transcript.Household{Tag: tag, Left: n})
	}
	return l, err
}

// keep copies the list: what is published must outlive what it was made of.
// What an interrupted freeze left behind is removed first.
func (s *Service) keep(ctx context.Context, waveID int64, l listing) error {
	for left := int64(1); left > 0; {
		err := s.unpublished(ctx, waveID, func(tx *sqldb.Tx) (err error) {
			left, err = clearList(tx, waveID, pageMost)
			return err
		})
		if err != nil {
			return err
		}
	}
	for part := range slices.Chunk(l.entries, chunk) {
		if err := s.unpublished(ctx, waveID, func(tx *sqldb.Tx) error { return insertEntries(tx, waveID, part) }); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(l.households, chunk) {
		if err := s.unpublished(ctx, waveID, func(tx *sqldb.Tx) error { return insertHouseholds(tx, waveID, part) }); err != nil {
			return err
		}
	}
	return nil
}

// unpublished writes only while the list is not public: a freeze that lost its
// lease must not touch what another one published.
func (s *Service) unpublished(ctx context.Context, waveID int64, write func(*sqldb.Tx) error) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		w, err := s.c.Waves.Get(tx, waveID)
		if err != nil {
			return err
		}
		if w.State != wave.Settling {
			return errPublished
		}
		return write(tx)
	})
}

func (s *Service) publish(tx *sqldb.Tx, w wave.Wave, f *transcript.Frozen) error {
	late := f.Header.FrozenLate()
	if !late && tx.Now().After(w.FreezeBy) {
		return errMissedDeadline
	}
	if n, err := countList(tx, w.ID); err != nil || n != len(f.Entries)+len(f.Households) {
		return errors.Join(err, errTorn)
	}
	if err := insert(tx, w.ID, f); err != nil {
		return err
	}
	if late {
		return s.void(tx, w, transcript.Void{Reason: transcript.LateFreeze, DecidedMs: sqldb.Millis(tx.Now())})
	}
	if err := s.c.Waves.Freeze(tx, w.ID); err != nil {
		return err
	}
	if err := note(tx, w.ID, "wave.freeze", audit.System, ""); err != nil {
		return err
	}
	return s.c.Jobs.Enqueue(tx, s.job(KindBeacon, w.ID, w.RoundAt))
}

// void ends the draw in public.
func (s *Service) void(tx *sqldb.Tx, w wave.Wave, v transcript.Void) error {
	if err := setSource(tx, w.ID, FromVoid, transcript.Source{Void: &v}); err != nil {
		return err
	}
	if err := s.c.Waves.Void(tx, w.ID, wave.VoidReason(v.Reason), audit.System); err != nil {
		return err
	}
	return s.ended(tx, w.ID)
}

func (s *Service) ended(tx *sqldb.Tx, waveID int64) error {
	if s.c.OnEnd == nil {
		return nil
	}
	w, err := s.c.Waves.Get(tx, waveID)
	if err != nil {
		return err
	}
	return s.c.OnEnd(tx, w)
}
