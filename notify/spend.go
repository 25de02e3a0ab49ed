package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// Hold is why an SMS that a stranger asks for is not sent now, and until when.
type Hold struct {
	Rule   string // of SpendRules
	Prefix string // whose numbers are held; "": all numbers are
	Until  time.Time
}

// Held is a hold with what it rests on.
type Held struct {
	Rule         string
	Prefix       string // "": all numbers
	Began, Until time.Time
	Sent, Typed  int64 // codes; of a budget both are 0
	Cost         int64 // rupiah
	Recorded     bool  // its rule only records: nothing is held
}

// holdOf names a hold: there is one at a time.
type holdOf struct{ rule, prefix string }

func (h Held) of() holdOf { return holdOf{h.Rule, h.Prefix} }

// spending is what this process counted and was not written yet, and the holds as it
// last read them.
type spending struct {
	policy SpendPolicy
	alarm  func(tx *sqldb.Tx, what string, args map[string]string) error
	holds  atomic.Pointer[map[holdOf]Held]
	judged atomic.Int64 // until when the slots were settled at the last look at prefixes

	mu     sync.Mutex
	counts map[stretch]spendCounts
}

// stretch is a prefix's codes that were queued in one slot.
type stretch struct {
	prefix string
	at     int64 // its first millisecond
}

func (a stretch) compare(b stretch) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.prefix, b.prefix))
}

func (s *spending) add(at stretch, c spendCounts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts = map[stretch]spendCounts{}
	}
	s.counts[at] = s.counts[at].plus(c)
}

func (s *spending) take() map[stretch]spendCounts {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.counts
	s.counts = nil
	return taken
}

func (s *spending) giveBack(counts map[stretch]spendCounts) {
	for at, c := range counts {
		s.add(at, c)
	}
}

// countSpend counts what became of a code by SMS, once the transaction is durable.
func (s *Service) countSpend(tx *sqldb.Tx, r row, c Counts) {
	spent := spendCounts{sent: c.Sent, confirmed: c.Confirmed, typed: c.Typed, cost: c.Cost}
	if r.channel != SMS || spent == (spendCounts{}) {
		return
	}
	to, err := s.keys.UnsealText(sealTo, r.id, r.to)
	if err != nil {
		slog.Warn("notify.spend", "message", r.id, "error", err)
		return
	}
	at := stretch{spendPrefix(to), sqldb.Millis(r.created.Truncate(spendSlot))}
	tx.AfterCommit(func() { s.spend.add(at, spent) })
}

// flushSpend adds to the table what this process counted.
func (s *Service) flushSpend(ctx context.Context) error {
	counts := s.spend.take()
	if len(counts) == 0 {
		return nil
	}
	sorted := slices.SortedFunc(maps.Keys(counts), stretch.compare) // against deadlocks, as in Flush
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return addSpend(tx, sorted, counts) })
	if err != nil {
		s.spend.giveBack(counts)
		return fmt.Errorf("write spending: %w", err)
	}
	return nil
}

// Holds says for each number whether an SMS that a stranger asks for may go there now:
// nil when it may. It asks the memory alone, which is at most some seconds behind, and
// knows numbers and not whose they are. A rule that only records holds nothing.
func (s *Service) Holds(q sqldb.Querier, to []string) []*Hold {
	out := make([]*Hold, len(to))
	holds := *s.spend.holds.Load()
	if len(holds) == 0 {
		return out
	}
	for i, number := range to {
		out[i] = s.hold(q.Now(), holds, spendPrefix(number))
	}
	return out
}

// hold is the longest of those that stand in the way of a number.
func (s *Service) hold(now time.Time, holds map[holdOf]Held, prefix string) (longest *Hold) {
	held := prefix
	for _, of := range []holdOf{{RulePrefix, prefix}, {RuleHour, ""}, {RuleDay, ""}} {
		h, there := holds[of]
		if !there || !now.Before(h.Until) || !s.spend.policy.Book.Decide(s.spend.policy.rule(h.Rule), true, slog.String("prefix", prefix)) {
			continue
		}
		if longest == nil || h.Until.After(longest.Until) {
			longest = &Hold{Rule: h.Rule, Until: h.Until}
		}
		if h.Prefix == "" {
			held = ""
		}
		longest.Prefix = held
	}
	return longest
}

// JudgeSpending looks at what codes by SMS cost and how many were typed, unless a process
// did so within the minute, and takes over what is held now.
func (s *Service) JudgeSpending(ctx context.Context) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	ours := false
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		ours, err = takeSpendTurn(tx, tx.Now().Add(-judgeEvery))
		return err
	})
	if err == nil && ours {
		err = s.judgeSpending(ctx)
	}
	if err != nil {
		return fmt.Errorf("judge spending: %w", err)
	}
	return s.learnHolds(ctx)
}

// judgeSpending reads apart from writing, and the money apart from the prefixes: a day of
// counts is long to add up, and the writer of the embedded engine has everybody waiting.
func (s *Service) judgeSpending(ctx context.Context) error {
	var facts spendFacts
	err := s.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
		facts, err = readMoney(rx)
		return err
	})
	settled := sqldb.Millis(settledBefore(facts.now))
	if err == nil && settled != s.spend.judged.Load() {
		err = s.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
			facts.short, facts.long, err = settledSpend(rx, spendLong)
			return err
		})
	}
	if err != nil {
		return err
	}
	if begin, end := facts.judge(s.spend.policy); len(begin)+len(end) > 0 {
		err = s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.changeHolds(tx, begin, end) })
	}
	if err == nil {
		s.spend.judged.Store(settled)
	}
	return err
}

// changeHolds writes the verdicts, and raises the alarm in the same transaction.
func (s *Service) changeHolds(tx *sqldb.Tx, begin []Held, end []holdOf) error {
	for _, h := range begin { // a handful, seldom
		if err := writeHold(tx, h); err != nil {
			return err
		}
		if err := s.raiseAlarm(tx, h); err != nil {
			return err
		}
	}
	for _, of := range end {
		if err := endHold(tx, of); err != nil {
			return err
		}
	}
	return nil
}

// raiseAlarm tells that a rule begins to hold, or would.
func (s *Service) raiseAlarm(tx *sqldb.Tx, h Held) error {
	args := map[string]string{"rule": h.Rule, "mode": string(cmp.Or(s.spend.policy.Modes[h.Rule], limit.Enforce)), "prefix": h.Prefix,
		"until": h.Until.Format(time.RFC3339), "sent": strconv.FormatInt(h.Sent, 10), "typed": strconv.FormatInt(h.Typed, 10), "cost": strconv.FormatInt(h.Cost, 10)}
	tx.AfterCommit(func() {
		slog.Warn("notify.hold", "rule", args["rule"], "mode", args["mode"], "prefix", h.Prefix, "until", h.Until, "sent", h.Sent, "typed", h.Typed, "cost", h.Cost)
	})
	if s.spend.alarm == nil {
		return nil
	}
	if err := s.spend.alarm(tx, h.Rule, args); err != nil {
		return fmt.Errorf("raise alarm: %w", err)
	}
	return nil
}

// learnHolds takes over what is held.
func (s *Service) learnHolds(ctx context.Context) error {
	return s.db.Read(ctx, func(rx *sqldb.Rx) error {
		held, err := holdsAt(rx, rx.Now())
		if err != nil {
			return fmt.Errorf("read holds: %w", err)
		}
		s.spend.holds.Store(&held)
		return nil
	})
}

// flushAndLearn is what Run does every few seconds.
func (s *Service) flushAndLearn(ctx context.Context) error {
	return errors.Join(s.Flush(ctx), s.learnHolds(ctx))
}
