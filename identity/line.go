package identity

import (
	"slices"
	"sync"
	"time"

	"gelombang/internal/sqldb"
)

// line is the queue of the parked as everybody who waits in it asks for it. Counting a
// long one for each of them would cost the more the longer it is: it is read once for
// all who ask within lineFor.
type line struct {
	mu   sync.Mutex
	read time.Time
	last queue
}

// queue is the line as it was at one time.
type queue struct {
	submitted []int64 // milliseconds, the earliest first; at most QueueMost
	pace      pace
}

// earlier counts those who were sent earlier and wait, too.
func (v queue) earlier(than time.Time) int {
	n, _ := slices.BinarySearch(v.submitted, sqldb.Millis(than))
	return n
}

// look gives the line as it is, or as it was a moment ago when it is long.
func (l *line) look(q sqldb.Querier) (queue, error) {
	if v, fresh := l.known(q.Now()); fresh {
		return v, nil
	}
	submitted, err := parked(q)
	if err != nil {
		return queue{}, err
	}
	pace, err := measured(q)
	if err != nil {
		return queue{}, err
	}
	v := queue{submitted, pace}
	l.keep(q.Now(), v)
	return v, nil
}

// known gives a long line that was read lately. A short one is exact at every look.
func (l *line) known(now time.Time) (queue, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	good := lineFor
	if len(l.last.submitted) > lineLong {
		good = lineLongFor
	}
	return l.last, len(l.last.submitted) > lineShort && now.Before(l.read.Add(good))
}

func (l *line) keep(now time.Time, v queue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read, l.last = now, v
}
