package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"gelombang/internal/sqldb"
)

// Run writes the counts every few seconds, and weighs anew and looks at the spending once
// a minute, until ctx ends. Every process that sends messages, takes receipts or checks codes needs it.
func (s *Service) Run(ctx context.Context) {
	flush, turn := time.NewTicker(flushEvery), time.NewTicker(weighEvery)
	defer flush.Stop()
	defer turn.Stop()
	s.attempt(ctx, "notify.weights", s.learn)
	s.attempt(ctx, "notify.holds", s.learnHolds)
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushEvery)
			s.attempt(last, "notify.flush", s.Flush)
			cancel()
			return
		case <-flush.C:
			s.attempt(ctx, "notify.flush", s.flushAndLearn)
		case <-turn.C:
			s.attempt(ctx, "notify.weigh", s.Weigh)
			s.attempt(ctx, "notify.spend", s.JudgeSpending)
		}
	}
}

// attempt logs what went wrong: the next turn does it over.
func (s *Service) attempt(ctx context.Context, name string, do func(context.Context) error) {
	if err := do(ctx); err != nil && ctx.Err() == nil {
		slog.WarnContext(ctx, name, "error", err)
	}
}

// Flush adds to the table what this process counted. What could not be written is kept
// for the next time.
func (s *Service) Flush(ctx context.Context) error {
	return errors.Join(s.flushCounts(ctx), s.flushSpend(ctx))
}

func (s *Service) flushCounts(ctx context.Context) error {
	counts := s.tally.take()
	if len(counts) == 0 {
		return nil
	}
	// Sorted, as two processes that add to the same rows in different orders would
	// block each other.
	minutes := slices.SortedFunc(maps.Keys(counts), minute.compare)
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return addCounts(tx, minutes, counts) })
	if err != nil {
		s.tally.giveBack(counts)
		return fmt.Errorf("write counts: %w", err)
	}
	return nil
}

func (l lane) compare(o lane) int {
	return cmp.Or(cmp.Compare(l.channel, o.channel), cmp.Compare(l.operator, o.operator), cmp.Compare(l.provider, o.provider))
}

func (m minute) compare(o minute) int {
	return cmp.Or(m.lane.compare(o.lane), cmp.Compare(m.at, o.at))
}

// Weigh changes the weights by what became of the codes of the last quarter of an hour,
// unless a process did so within the minute, and takes over what is so now.
func (s *Service) Weigh(ctx context.Context) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		ours, err := takeTurn(tx, tx.Now().Add(-weighEvery))
		if err != nil || !ours {
			return err
		}
		return s.weigh(tx)
	})
	if err != nil {
		return fmt.Errorf("weigh: %w", err)
	}
	return s.learn(ctx)
}

// weigh judges the providers of each operator, in one transaction with its reasons.
func (s *Service) weigh(tx *sqldb.Tx) error {
	learnt, err := weights(tx)
	if err != nil {
		return err
	}
	now := tx.Now()
	rows, err := countsBetween(tx, now.Add(-countsFor), now.Add(-settled))
	if err != nil {
		return err
	}
	var changes []Change
	for _, ch := range Channels {
		for _, operator := range operators[ch] {
			changes = append(changes, s.judge(ch, operator, learnt, rows)...)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return writeChanges(tx, changes)
}

// judge weighs the providers of one operator. Only what is fresher than a provider's last
// change speaks about it, so that one bad quarter of an hour is not held against it twice.
func (s *Service) judge(ch Channel, operator string, learnt map[lane]weight, rows []tallied) []Change {
	guards := s.routes.guards[ch]
	measures := make([]measure, len(guards))
	for i, g := range guards {
		l := lane{ch, operator, g.Name}
		w, known := learnt[l]
		if !known {
			w.weight = g.Weight
		}
		c := freshest(rows, l, w.since)
		measures[i] = measure{configured: g.Weight, weight: w.weight, asked: c.asked(), arrived: c.ArrivedSoon}
	}
	var changes []Change
	for i, v := range weigh(ch, measures) {
		if v.reason != Unchanged {
			changes = append(changes, Change{Channel: ch, Operator: operator, Provider: guards[i].Name,
				Was: measures[i].weight, Becomes: v.weight, Reason: v.reason})
		}
	}
	return changes
}

// freshest adds up a lane's newest minutes since a time, until they are plenty: what was
// good a while ago must not hide that nothing arrives now.
func freshest(rows []tallied, l lane, since time.Time) (total Counts) {
	for _, r := range rows { // the newest first
		if r.lane == l && r.at >= sqldb.Millis(since) && total.asked() < plenty {
			total = total.plus(r.counts)
		}
	}
	return total
}

func sum(rows []tallied, l lane) (total Counts) {
	for _, r := range rows {
		if r.lane == l {
			total = total.plus(r.counts)
		}
	}
	return total
}

// learn takes over the weights that are written down.
func (s *Service) learn(ctx context.Context) error {
	return s.db.Read(ctx, func(rx *sqldb.Rx) error {
		learnt, err := weights(rx)
		if err != nil {
			return fmt.Errorf("read weights: %w", err)
		}
		now := make(map[lane]int, len(learnt))
		for l, w := range learnt {
			now[l] = w.weight
		}
		s.routes.weights.Store(&now)
		return nil
	})
}

// Route is one provider towards one operator, as the console shows it.
type Route struct {
	Channel    Channel
	Operator   string
	Provider   string
	Kind       string
	Weight     int
	Configured int
	Hour       Counts    // of the codes queued within the last hour
	Paused     time.Time // this process leaves it alone until then; zero when it does not
}

// Routes lists every provider towards every operator of its channel.
func (s *Service) Routes(q sqldb.Querier) ([]Route, error) {
	learnt, err := weights(q)
	if err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	now := q.Now()
	rows, err := countsBetween(q, now.Add(-time.Hour), now)
	if err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	var out []Route
	for _, ch := range Channels {
		for _, operator := range operators[ch] {
			for _, g := range s.routes.guards[ch] {
				out = append(out, g.route(lane{ch, operator, g.Name}, learnt, rows, now))
			}
		}
	}
	return out, nil
}

func (g *guard) route(l lane, learnt map[lane]weight, rows []tallied, now time.Time) Route {
	r := Route{Channel: l.channel, Operator: l.operator, Provider: g.Name, Kind: g.Kind, Weight: g.Weight, Configured: g.Weight,
		Hour: sum(rows, l)}
	if w, known := learnt[l]; known {
		r.Weight = min(w.weight, g.Weight)
	}
	if at := g.opens(now); at.After(now) {
		r.Paused = at
	}
	return r
}

// Change is one change of a weight, and why.
type Change struct {
	At           time.Time
	Channel      Channel
	Operator     string
	Provider     string
	Was, Becomes int
	Reason       ChangeReason
}

// Changes lists the changes of weights, newest first.
func (s *Service) Changes(q sqldb.Querier, most int) ([]Change, error) {
	out, err := changes(q, min(cmp.Or(max(most, 0), ChangesMost), ChangesMost))
	if err != nil {
		return nil, fmt.Errorf("read changes of weights: %w", err)
	}
	return out, nil
}
