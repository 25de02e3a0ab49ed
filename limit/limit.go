// Package limit counts uses against budgets: sends per destination, guesses per
// day, corrections, sign-ins.
//
// A budget has a window that starts at its first use. Counting and comparing are
// one statement on one row, so parallel uses cannot share a place, and the cost
// of a use does not depend on how many there were. A refusal is a verdict with
// the moment at which it ends, never an error and never silence.
package limit

import (
	"cmp"
	"slices"
	"time"

	"gelombang/internal/sqldb"
)

// Budget is how many uses one window holds.
type Budget struct {
	Name   string // a closed word such as "send.hour"
	Most   int
	Window time.Duration // starts at the first use
	// Long is a second, longer window of the same uses; the zero Tier is none. A use
	// is taken from both or from neither.
	Long Tier
}

// Tier is how many uses a longer window holds.
type Tier struct {
	Most   int
	Window time.Duration
}

// Use is one use of a budget by whoever Key stands for: a blind index or another
// opaque word, never an address.
type Use struct {
	Budget Budget
	Key    string
	// Taken matters to Refund alone: when the use was taken. A use of an earlier
	// window is not given back to the present one. Zero stands for the present.
	Taken time.Time
}

// Verdict is the answer to a use.
type Verdict struct {
	Allowed bool
	Used    int // this use included, when it was allowed
	Most    int
	Left    int       // how many more would be allowed now, by both windows
	Opens   time.Time // when a refused use would be allowed; zero when it is allowed
	Long    bool      // the longer window refuses, and Used and Most are its
}

// Take counts one use if the budget has room for it.
func Take(tx *sqldb.Tx, u Use) (Verdict, error) {
	verdicts, err := TakeMany(tx, []Use{u})
	if err != nil {
		return Verdict{}, err
	}
	return verdicts[0], nil
}

// TakeMany counts many uses in one statement and answers in their order. The same
// key named twice counts twice. Rows are locked in the order of their keys.
func TakeMany(tx *sqldb.Tx, uses []Use) ([]Verdict, error) {
	if len(uses) == 0 {
		return nil, nil
	}
	wants := wanted(uses)
	counters, err := take(tx, wants)
	if err != nil {
		return nil, err
	}
	if len(counters) < len(wants) { // the full ones were left alone
		if err := lookFull(tx, wants, counters); err != nil {
			return nil, err
		}
	}
	return share(uses, counters), nil
}

// Refund gives one use back. It never goes below zero.
func Refund(tx *sqldb.Tx, u Use) error {
	taken := u.Taken
	if taken.IsZero() {
		taken = tx.Now()
	}
	return giveBack(tx, u, taken)
}

// Look says what Take would answer, without counting.
func Look(q sqldb.Querier, u Use) (Verdict, error) {
	verdicts, err := LookMany(q, []Use{u})
	if err != nil {
		return Verdict{}, err
	}
	return verdicts[0], nil
}

// LookMany is Look for many, in their order.
func LookMany(q sqldb.Querier, uses []Use) ([]Verdict, error) {
	counters, err := readMany(q, uses)
	if err != nil {
		return nil, err
	}
	out := make([]Verdict, len(uses))
	for i, u := range uses {
		out[i] = judge(u.Budget, counters[u.id()].opened(u.Budget, q.Now()))
	}
	return out, nil
}

// Sweep removes counters whose window has ended, at most so many of them. They
// mean nothing any more; they only take room.
func Sweep(tx *sqldb.Tx, most int) (int64, error) { return sweep(tx, most) }

// id names a counter.
type id struct{ name, key string }

func (u Use) id() id { return id{u.Budget.Name, u.Key} }

// want is what one call wants of one counter.
type want struct {
	id     id
	budget Budget
	n      int
}

// wanted groups uses by counter and sorts them: a statement may touch a row once,
// and calls that lock rows in different orders deadlock on PostgreSQL.
func wanted(uses []Use) []want {
	at := map[id]int{}
	var wants []want
	for _, u := range uses {
		i, known := at[u.id()]
		if !known {
			i = len(wants)
			at[u.id()] = i
			wants = append(wants, want{id: u.id(), budget: u.Budget})
		}
		wants[i].n++
	}
	slices.SortFunc(wants, func(a, b want) int {
		return cmp.Or(cmp.Compare(a.id.name, b.id.name), cmp.Compare(a.id.key, b.id.key))
	})
	return wants
}

// lookFull reads the counters that had no room and so were left alone.
func lookFull(q sqldb.Querier, wants []want, counters map[id]counter) error {
	var full []Use
	for _, w := range wants {
		if _, taken := counters[w.id]; !taken {
			full = append(full, Use{Budget: w.budget, Key: w.id.key})
		}
	}
	found, err := readMany(q, full)
	for name, c := range found {
		c.granted = 0
		counters[name] = c
	}
	return err
}
