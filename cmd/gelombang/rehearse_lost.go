package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/rehearsal"
	"gelombang/report"
	"gelombang/wave"
)

// ledger is the site's database, read only: what is there of what was acknowledged.
// A nil ledger knows nothing and says so.
type ledger struct {
	db   *sqldb.DB
	keys *seal.Keys
}

func openLedger(ctx context.Context, s dataSettings) (*ledger, error) {
	if !s.known() {
		return nil, nil
	}
	if err := s.existing(); err != nil {
		return nil, err
	}
	keys, err := seal.Load(s.Keys)
	if err != nil {
		return nil, err
	}
	db, err := sqldb.Open(ctx, sqldb.Config{DSN: s.DB, Now: time.Now})
	if err != nil {
		return nil, err
	}
	l := &ledger{db: db, keys: keys}
	if _, err := keys.Check(ctx, db); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *ledger) close() error {
	if l == nil {
		return nil
	}
	return l.db.Close()
}

// looksAt is how many of the crowd are looked for before they come, evenly from the
// first to the last: a shorter rehearsal before, or one that was stopped, is found too.
const looksAt = 101

// before makes sure that the crowd is new here, and gives the console's funnel as it is
// without them. Who came in an earlier rehearsal would hide that they are lost in this one.
func (l *ledger) before(ctx context.Context, c rehearsal.Config) (report.Funnel, error) {
	if l == nil {
		return report.Funnel{}, nil
	}
	some := make([]seal.Index, min(looksAt, c.Applicants))
	for i := range some {
		n := i * (c.Applicants - 1) / max(len(some)-1, 1)
		some[i] = l.keys.Index(indexKind, c.Address(n))
	}
	absent, err := report.New(report.Config{DB: l.db, Now: time.Now}).Lost(ctx, some)
	if err != nil {
		return report.Funnel{}, fmt.Errorf("look whether the crowd was here before: %w", err)
	}
	if looked := int64(len(some)); min(absent.Claims, absent.Challenges) < looked {
		return report.Funnel{}, fmt.Errorf("people of --seed %d are in this database already, so that nobody could say what this rehearsal loses: say another --seed, or leave it out", c.Seed)
	}
	return l.funnel(ctx)
}

// indexKind is the kind of an e-mail's blind index, in claims and challenges alike.
const indexKind = "email"

// lostAtOnce bounds what is held of a million addresses.
const lostAtOnce = 10_000

// count looks for everything that was acknowledged, and compares the funnel.
func (l *ledger) count(ctx context.Context, result *rehearsed, r *rehearsal.Report, before report.Funnel) error {
	if l == nil {
		return nil
	}
	lost, err := l.lost(ctx, r)
	if err != nil {
		return fmt.Errorf("count what was lost: %w", err)
	}
	result.Lost = &lost
	if len(r.Funnel) == 0 {
		return nil
	}
	after, err := l.funnel(ctx)
	if err != nil {
		return fmt.Errorf("read the console's funnel: %w", err)
	}
	result.compare(r, before, after)
	return nil
}

func (l *ledger) lost(ctx context.Context, r *rehearsal.Report) (int64, error) {
	reader := report.New(report.Config{DB: l.db, Now: time.Now})
	var total int64
	var some []seal.Index
	look := func() error {
		lost, err := reader.Lost(ctx, some)
		total, some = total+lost.Addresses, some[:0]
		return err
	}
	for address := range r.Addresses() {
		if some = append(some, l.keys.Index(indexKind, address)); len(some) == lostAtOnce {
			if err := look(); err != nil {
				return 0, err
			}
		}
	}
	return total, look()
}

// funnel is the console's live funnel of the current wave, counted anew.
func (l *ledger) funnel(ctx context.Context) (report.Funnel, error) {
	if l == nil {
		return report.Funnel{}, nil
	}
	var current wave.Wave
	waves := wave.New(wave.Config{DB: l.db})
	err := l.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
		current, err = waves.Current(rx)
		return err
	})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return report.Funnel{}, err
	}
	return report.New(report.Config{DB: l.db, Now: time.Now}).Funnel(ctx, current.ID)
}

// compare holds what the crowd counted against what the console counts more than before.
func (r *rehearsed) compare(told *rehearsal.Report, before, after report.Funnel) {
	agrees := true
	for _, mine := range told.Funnel {
		theirs := peopleAt(after, mine.Stage) - peopleAt(before, mine.Stage)
		r.Console = append(r.Console, rehearsal.Count{Stage: mine.Stage, People: theirs})
		agrees = agrees && theirs == mine.People
	}
	r.Agrees = &agrees
}

func peopleAt(f report.Funnel, stage string) int64 {
	at := slices.IndexFunc(f.Rows, func(row report.FunnelRow) bool { return string(row.Stage) == stage })
	if at < 0 {
		return 0
	}
	return f.Rows[at].People
}
