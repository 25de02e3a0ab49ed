package notify

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// Spending is what codes by SMS cost now, as the console and the metrics show it.
type Spending struct {
	Hour, Day         int64 // rupiah of the running ones
	HourMost, DayMost int64
	HourEnds, DayEnds time.Time
	Hours             []int64   // rupiah of the last 24 hours of the clock, the running one last
	From              time.Time // where Hours begin
	Held              []Held    // at this moment, also by rules that only record
	Prefixes          []Prefix  // that most codes were sent to within the last hour
}

// Prefix is what became of the codes of one prefix within the last hour, as far as they
// had their time and came after its last hold.
type Prefix struct {
	Prefix      string
	Operator    string // of Operators
	Sent, Typed int64
}

// Spending reads what is counted.
func (s *Service) Spending(q sqldb.Querier) (Spending, error) {
	out, err := s.spending(q)
	if err != nil {
		return Spending{}, fmt.Errorf("read spending: %w", err)
	}
	return out, nil
}

func (s *Service) spending(q sqldb.Querier) (out Spending, err error) {
	now, p := q.Now(), s.spend.policy
	hour, hourEnds := hourOf(now)
	day, dayEnds := dayOf(now)
	out = Spending{HourMost: p.Hour, DayMost: p.Day, HourEnds: hourEnds, DayEnds: dayEnds, From: hour.Add(-(hoursTold - 1) * time.Hour)}
	if out.Hours, err = spendByHour(q, out.From); err != nil {
		return out, err
	}
	today := spendFacts{hours: out.Hours[max(0, int(day.Sub(out.From)/time.Hour)):]}
	out.Hour, out.Day = today.hour(), today.day()
	held, err := holdsAt(q, now)
	if err != nil {
		return out, err
	}
	for _, h := range held {
		h.Recorded = p.rule(h.Rule).Mode == limit.Record
		out.Held = append(out.Held, h)
	}
	slices.SortFunc(out.Held, func(a, b Held) int {
		return cmp.Or(cmp.Compare(slices.Index(SpendRules, b.Rule), slices.Index(SpendRules, a.Rule)), cmp.Compare(a.Prefix, b.Prefix))
	})
	counts, _, err := settledSpend(q, spendShort)
	out.Prefixes = mostSent(counts)
	return out, err
}

func mostSent(counts map[string]spendCounts) (out []Prefix) {
	for prefix, c := range counts {
		out = append(out, Prefix{Prefix: prefix, Operator: Operator(SMS, "+"+prefix), Sent: c.sent, Typed: c.typed})
	}
	slices.SortFunc(out, func(a, b Prefix) int { return cmp.Or(cmp.Compare(b.Sent, a.Sent), cmp.Compare(a.Prefix, b.Prefix)) })
	return out[:min(len(out), prefixesTold)]
}
