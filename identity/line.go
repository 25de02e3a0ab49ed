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
	mu        sync.Mutex
	read      time.Time
	submitted []int64 // milliseconds, the earliest first
}

// earlier counts those who were sent earlier and wait, too; at most QueueMost.
func (l *line) earlier(q sqldb.Querier, than time.Time) (int, error) {
	list, known := l.last(q.Now())
	if !known {
		var err error
		if list, err = parked(q); err != nil {
			return 0, err
		}
		l.keep(q.Now(), list)
	}
	n, _ := slices.BinarySearch(list, sqldb.Millis(than))
	return n, nil
}

// last gives a long line that was read lately. A short one is exact at every look.
func (l *line) last(now time.Time) ([]int64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.submitted, len(l.submitted) > lineShort && now.Before(l.read.Add(lineFor))
}

func (l *line) keep(now time.Time, list []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read, l.submitted = now, list
}
