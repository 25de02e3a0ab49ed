package hooks

import (
	"maps"
	"slices"
	"sync/atomic"
)

// Outcome is what became of a callback.
type Outcome string

// The closed list of outcomes.
const (
	Taken           Outcome = "taken"
	UnknownProvider Outcome = "unknown_provider" // nobody of that name, or one without a secret
	Unsigned        Outcome = "unsigned"         // no signature, a wrong one, or one of another time
	Unreadable      Outcome = "unreadable"       // too long, or signed and no receipt
	Unkept          Outcome = "unkept"           // ours: the caller was asked to come again
)

// Outcomes is the closed list.
var Outcomes = []Outcome{Taken, UnknownProvider, Unsigned, Unreadable, Unkept}

// Count is how many callbacks of a provider ended so since the start of the process.
type Count struct {
	Provider string // "" nobody that we know
	Outcome  Outcome
	Calls    int64
}

// counts has a place for each configured provider and no other: strangers choose the
// names in addresses, and must not fill the memory with them.
type counts map[string]map[Outcome]*atomic.Int64

func newCounts(gateways map[string]gateway) counts {
	c := counts{"": {}}
	for name := range gateways {
		c[name] = map[Outcome]*atomic.Int64{}
	}
	for _, of := range c {
		for _, o := range Outcomes {
			of[o] = new(atomic.Int64)
		}
	}
	return c
}

func (c counts) add(provider string, o Outcome) { c[provider][o].Add(1) }

// Counts lists what became of callbacks, every provider with every outcome.
func (h *Hooks) Counts() (out []Count) {
	for _, name := range slices.Sorted(maps.Keys(h.counts)) {
		for _, o := range Outcomes {
			out = append(out, Count{Provider: name, Outcome: o, Calls: h.counts[name][o].Load()})
		}
	}
	return out
}
