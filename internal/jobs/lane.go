package jobs

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// lane is one queue's share of this process: the jobs that it has claimed, in the
// order in which they begin. It claims a little ahead of its slots when jobs are
// short, so that a slot never waits for a round trip to the database.
type lane struct {
	name  string
	slots int

	mu      sync.Mutex
	held    map[int64]Job // claimed and not yet written off: their leases are renewed
	waiting []Job         // of these, the ones that have not begun
	running int
	begun   int  // since the last turn
	before  int  // in the turn before
	more    bool // the queue may hold due jobs
}

func newLane(name string, slots int) *lane {
	return &lane{name: name, slots: slots, held: map[int64]Job{}}
}

// ahead is how many jobs are claimed beyond the slots: as many as will begin in
// about a turn. Long jobs are never claimed ahead; another node may do them sooner.
func (l *lane) ahead() int {
	return min(max(l.begun, l.before, l.slots)-l.slots, aheadMost)
}

// room is how many more jobs the lane would take now.
func (l *lane) room() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.more {
		return 0
	}
	return l.slots + l.ahead() - l.running - len(l.waiting)
}

// low says that a claim is worth its round trip.
func (l *lane) low() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.more && l.running+len(l.waiting) < l.slots+l.ahead() && len(l.waiting) <= l.ahead()/2
}

func (l *lane) expect(more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.more = more
}

// take adds claimed jobs behind those that wait, but for what is more urgent.
func (l *lane) take(jobs []Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range jobs {
		l.held[j.ID] = j
	}
	l.waiting = append(l.waiting, jobs...)
	slices.SortFunc(l.waiting, Job.before)
}

// begin gives the next job when a slot is free. A job whose lease was lost while it
// waited (this process was paused) may be another node's by now.
func (l *lane) begin(now time.Time) (Job, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.running < l.slots && len(l.waiting) > 0 {
		j := l.waiting[0]
		l.waiting = l.waiting[1:]
		held := l.held[j.ID]
		if held.fence != j.fence {
			continue
		}
		if !now.Before(held.until) {
			delete(l.held, j.ID)
			continue
		}
		l.running++
		l.begun++
		return j, true
	}
	return Job{}, false
}

// ended frees a slot.
func (l *lane) ended() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
}

// forget ends the renewal of a job's lease, unless it has been claimed anew.
func (l *lane) forget(j Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[j.ID].fence == j.fence {
		delete(l.held, j.ID)
	}
}

// all lists the jobs whose leases are ours.
func (l *lane) all() []Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Values(l.held))
}

// lapsed says that a lease ran out although the job is still ours to our knowledge.
func (l *lane) lapsed(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range l.held {
		if !now.Before(j.until) {
			return true
		}
	}
	return false
}

// renewed notes how long leases hold from now on, and lets go of those that are lost.
func (l *lane) renewed(ours map[int64]bool, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, j := range l.held {
		if !ours[id] {
			delete(l.held, id)
			continue
		}
		j.until = until
		l.held[id] = j
	}
}

// turn begins a new count of the jobs that begin. By now there may be due jobs
// although the last claim found fewer than it asked for.
func (l *lane) turn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before, l.begun, l.more = l.begun, 0, true
}

// excess takes out what was claimed too far ahead, the least urgent: jobs have
// become slower, and a new urgent one would wait behind them.
func (l *lane) excess() []Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keep(max(l.slots+l.ahead()-l.running, 0))
}

// drain takes out everything that has not begun.
func (l *lane) drain() []Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keep(0)
}

func (l *lane) keep(n int) []Job {
	n = min(n, len(l.waiting))
	out := slices.Clone(l.waiting[n:])
	l.waiting = l.waiting[:n]
	for _, j := range out {
		delete(l.held, j.ID)
	}
	return out
}
