// Package jobs is the transactional outbox: work is enqueued in the transaction
// that made it true and done outside of it, at least once.
//
// A claim is a lease with a fencing token. A handler must be idempotent: a node
// that lost its lease may have done the work already, and a fence can't unsend.
// Finished jobs leave the table; failed ones come back later with a growing
// pause; after the last try they are dead and wait for a person to redrive them.
//
// A claim costs a round trip and a commit, so quick jobs are claimed in bulk and a
// little ahead, and their outcomes share transactions. What was claimed and not begun
// goes back at once when the node stops or its jobs become slow.
package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"gelombang/internal/sqldb"
)

// Priority orders the jobs of one queue; a lower number goes first.
type Priority int

// A code that somebody waits for goes before everything, a newsletter after it.
const (
	Urgent Priority = 10
	Normal Priority = 50
	Bulk   Priority = 90
)

// New is a job to enqueue. Args are ids, not rows: what they point at is read
// when the job runs.
type New struct {
	Kind     string
	Queue    string
	Args     any
	Priority Priority  // 0 takes Normal
	RunAt    time.Time // zero: at once
	Once     string    // when set, one live job at most has this key; a second is ignored
}

// Job is a claimed job.
type Job struct {
	ID       int64
	Kind     string
	Queue    string
	Attempts int // this one included
	Created  time.Time
	args     string
	fence    int64
	until    time.Time // the end of our lease
	priority Priority
	runAt    int64 // milliseconds
}

// before is the order in which the jobs of a queue begin.
func (j Job) before(other Job) int {
	return cmp.Or(cmp.Compare(j.priority, other.priority), cmp.Compare(j.runAt, other.runAt), cmp.Compare(j.ID, other.ID))
}

// Decode reads the args into v. An unreadable row fails only itself: the error is final.
func (j Job) Decode(v any) error {
	if err := json.Unmarshal([]byte(j.args), v); err != nil {
		return Dead(fmt.Errorf("read args of %s: %w", j.Kind, err))
	}
	return nil
}

// Handler does a job. Its error sends the job back with a pause; Dead ends it;
// Later sends it back at a time of the handler's choosing.
type Handler func(ctx context.Context, j Job) error

// Dead marks an error as final: no retry can mend it.
func Dead(err error) error { return &deadError{err} }

// Later sends a job back to run at a time, without counting the try: the world
// was not ready (a busy registry, a beacon round in the future). why goes to the
// job's row.
func Later(at time.Time, why string) error { return &laterError{at, why} }

type deadError struct{ error }

func (e *deadError) Unwrap() error { return e.error }

type laterError struct {
	at  time.Time
	why string
}

func (e *laterError) Error() string { return e.why }

// Queue is the outbox of one database.
type Queue struct {
	db   *sqldb.DB
	wake chan struct{}
	mu   sync.Mutex
	due  map[string]bool // the queues that wake is about
}

// NewQueue makes the outbox.
func NewQueue(db *sqldb.DB) *Queue {
	return &Queue{db: db, wake: make(chan struct{}, 1), due: map[string]bool{}}
}

// Enqueue writes jobs in the caller's transaction. Workers of this process wake
// up when it commits, others at their next poll.
func (q *Queue) Enqueue(tx *sqldb.Tx, news ...New) error {
	if len(news) == 0 {
		return nil
	}
	rows := make([]row, len(news))
	for i, n := range news {
		r, err := newRow(tx, n)
		if err != nil {
			return err
		}
		rows[i] = r
	}
	tx.AfterCommit(func() {
		for _, r := range rows {
			q.Wake(r.queue)
		}
	})
	return insert(tx, rows)
}

// now is the clock of the database's transactions.
func (q *Queue) now() time.Time { return q.db.Now() }

// Wake makes this process's workers look for work in a queue now. They don't look
// into the others: on an opening day that would be most of what they do.
func (q *Queue) Wake(queue string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.due[queue] = true
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// woken gives the queues that were woken since the last call.
func (q *Queue) woken() map[string]bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	due := q.due
	q.due = map[string]bool{}
	return due
}

func newRow(tx *sqldb.Tx, n New) (row, error) {
	if n.Kind == "" || n.Queue == "" {
		return row{}, errors.New("a job needs a kind and a queue")
	}
	args, err := json.Marshal(n.Args)
	if err != nil {
		return row{}, fmt.Errorf("write args of %s: %w", n.Kind, err)
	}
	if n.Priority == 0 {
		n.Priority = Normal
	}
	at := n.RunAt
	if at.IsZero() {
		at = tx.Now()
	}
	return row{id: tx.NewID(), kind: n.Kind, queue: n.Queue, args: string(args), priority: n.Priority, runAt: at, once: n.Once}, nil
}

// Health is the state of one queue, for the console and for metrics.
type Health struct {
	Queue  string
	Ready  int64 // due and not begun
	Dead   int64
	Oldest time.Time // when the longest-waiting due job became due; zero when none waits
}

// Health lists the queues that hold anything.
func (q *Queue) Health(ctx context.Context) (out []Health, err error) {
	err = q.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
		out, err = health(rx)
		return err
	})
	return out, err
}

// DeadJob is a job that waits for a person.
type DeadJob struct {
	ID       int64
	Kind     string
	Queue    string
	Attempts int
	Error    string
	Created  time.Time
}

// DeadJobs lists dead jobs, newest first.
func (q *Queue) DeadJobs(ctx context.Context, most int) (out []DeadJob, err error) {
	err = q.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
		out, err = deadJobs(rx, most)
		return err
	})
	return out, err
}

// Redrive gives a dead job all its tries anew. It begins at the next poll.
func (q *Queue) Redrive(tx *sqldb.Tx, id int64) error { return redrive(tx, id) }
