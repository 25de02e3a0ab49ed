package identity

import (
	"sync"
	"time"

	"gelombang/identity/registry"
	"gelombang/internal/sqldb"
)

// tally counts the registry's replies in memory, and is written every few seconds by
// the verdict that comes next: a row that every verdict writes would have them all
// wait for each other. What a crash loses is a few seconds of a measurement.
type tally struct {
	mu      sync.Mutex
	counts  pace
	written time.Time
}

// pace is how many questions of a minute had a verdict, and how many had none.
type pace struct{ answers, silent int }

func (p pace) plus(q pace) pace { return pace{p.answers + q.answers, p.silent + q.silent} }

// add counts a reply, and hands over what there is to write once that is due.
func (t *tally) add(a registry.Answer, now time.Time) (due pace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case a.Unasked:
	case a.Outcome == registry.NoAnswer:
		t.counts.silent++
	default:
		t.counts.answers++
	}
	if now.Before(t.written.Add(paceFlush)) {
		return pace{}
	}
	due, t.counts, t.written = t.counts, pace{}, now
	return due
}

func (t *tally) giveBack(p pace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts = t.counts.plus(p)
}

// write adds what was counted to the running minute.
func (p pace) write(tx *sqldb.Tx) error {
	if p == (pace{}) {
		return nil
	}
	return addMinute(tx, p)
}
