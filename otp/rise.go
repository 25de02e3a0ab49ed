package otp

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// RuleRise is the name of the rule that wrong codes are rising.
const RuleRise = "otp.rise"

// Rise is a rise of wrong codes over the whole programme, as it stands now.
type Rise struct {
	On      bool
	Since   time.Time
	Until   time.Time // it holds at least so long
	Wrong   int64     // what it was last seen by
	Guesses int64
	Usual   int64 // wrong ones in a hundred before it
}

// at is a verdict as it stands at a time. It ends at its last moment.
func (r Rise) at(now time.Time) Rise {
	r.On = now.Before(r.Until)
	return r
}

// rising is what one process knows of a rise: what it counted itself since it last wrote,
// and the verdict that all share.
type rising struct {
	mu     sync.Mutex
	counts map[int64]guesses // by the first millisecond of the minute
	last   Rise
	read   time.Time // when last was read
}

func (r *rising) count(minute int64, g guesses) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[int64]guesses{}
	}
	r.counts[minute] = r.counts[minute].plus(g)
}

func (r *rising) take() map[int64]guesses {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.counts
	r.counts = nil
	return taken
}

func (r *rising) know(last Rise, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.read = last, now
}

// known is the last verdict that was read, and whether it is fresh.
func (r *rising) known(now time.Time) (Rise, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	age := now.Sub(r.read)
	return r.last.at(now), age >= 0 && age < rereadEvery
}

// counted notes whether a code that was compared was right.
func (s *Service) counted(right bool) {
	g := guesses{wrong: 1}
	if right {
		g = guesses{correct: 1}
	}
	s.rising.count(s.db.Now().Truncate(time.Minute).UnixMilli(), g)
}

// Rising says whether wrong codes are rising over the whole programme. It only says so:
// whoever signs people in asks for a second proof. The answer is some seconds old at most.
func (s *Service) Rising(q sqldb.Querier) (Rise, error) {
	if known, fresh := s.rising.known(q.Now()); fresh {
		return known, nil
	}
	last, err := lastRise(q)
	if err != nil {
		return Rise{}, err
	}
	s.rising.know(last, q.Now())
	return last.at(q.Now()), nil
}

// Risen is the rise as this process last heard of it, for pages that are served without
// the database. It is none while the rule only records.
func (s *Service) Risen() Rise {
	known, _ := s.rising.known(s.db.Now())
	known.On = known.On && s.rise.Mode != limit.Record
	return known
}

// AskSecond writes down, under the rule of a rise, whether a browser has to give a second
// proof, and says whether to act on it.
func (s *Service) AskSecond(r Rise, unproven bool) bool {
	return s.book.Decide(limit.Rule{Name: RuleRise, Mode: s.rise.Mode}, unproven,
		slog.Int64("wrong", r.Wrong), slog.Int64("guesses", r.Guesses), slog.Int64("usual", r.Usual), slog.Time("until", r.Until))
}

// Run writes the counts every few seconds and judges them once a minute, until ctx ends.
// Every process that checks codes needs it.
func (s *Service) Run(ctx context.Context) {
	flush, judge := time.NewTicker(flushEvery), time.NewTicker(judgeEvery)
	defer flush.Stop()
	defer judge.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushEvery)
			s.attempt(last, s.Flush)
			cancel()
			return
		case <-flush.C:
			s.attempt(ctx, s.Flush)
		case <-judge.C:
			s.attempt(ctx, s.Judge)
		}
	}
}

// attempt logs what went wrong: the next turn does it over.
func (s *Service) attempt(ctx context.Context, do func(context.Context) error) {
	if err := do(ctx); err != nil && ctx.Err() == nil {
		slog.WarnContext(ctx, "otp.rise", "error", err)
	}
}

// Flush adds to the table what this process counted, and reads the verdict anew. What
// could not be written is kept for the next time.
func (s *Service) Flush(ctx context.Context) error {
	if counts := s.rising.take(); len(counts) > 0 {
		// Sorted, as two processes that add to the same rows in different orders would
		// block each other.
		minutes := slices.Sorted(maps.Keys(counts))
		if err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return addGuesses(tx, minutes, counts) }); err != nil {
			for minute, g := range counts {
				s.rising.count(minute, g)
			}
			return fmt.Errorf("write guesses: %w", err)
		}
	}
	return s.db.Read(ctx, func(rx *sqldb.Rx) error {
		last, err := lastRise(rx)
		if err == nil {
			s.rising.know(last, rx.Now())
		}
		return err
	})
}

// Judge compares the codes of the last minutes with what is usual, unless a process did so
// within the minute, and takes over what is so now.
func (s *Service) Judge(ctx context.Context) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	var began Rise
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		began, err = s.judge(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("judge guesses: %w", err)
	}
	if began.On {
		slog.WarnContext(ctx, "otp.rise", "wrong", began.Wrong, "guesses", began.Guesses, "usual", began.Usual, "until", began.Until)
	}
	return s.Flush(ctx)
}

// judge gives the rise that began just now, if one did.
func (s *Service) judge(tx *sqldb.Tx) (began Rise, err error) {
	now := tx.Now()
	ours, err := takeLook(tx, now.Add(-judgeEvery))
	if err != nil || !ours {
		return Rise{}, err
	}
	last, err := lastRise(tx)
	if err != nil {
		return Rise{}, err
	}
	from := now.Add(-s.rise.Window)
	seen, before, err := guessesSince(tx, from, from.Add(-s.rise.Usual))
	if err != nil {
		return Rise{}, err
	}
	if err := forgetGuesses(tx, from.Add(-s.rise.Usual)); err != nil {
		return Rise{}, err
	}
	next := s.rise.next(last, seen, before, now)
	if next == last {
		return Rise{}, nil
	}
	if err := setRise(tx, next); err != nil || last.at(now).On {
		return Rise{}, err
	}
	return next.at(now), nil
}
