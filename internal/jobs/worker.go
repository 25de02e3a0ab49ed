package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"gelombang/internal/batch"
	"gelombang/internal/sqldb"
)

// Worker claims and runs jobs. Make it with NewWorker, tell it the kinds with
// Handle, then Run it.
type Worker struct {
	q        *Queue
	queues   map[string]*lane
	handlers map[string]Handler
	finish   *batch.Batcher[outcome, int64, struct{}]
	maxSkew  time.Duration
	skewed   bool
}

// Config says how much a worker does at once. MaxSkew is the difference from the
// database's clock past which it stops claiming; 0 never asks.
type Config struct {
	Slots   map[string]int // per queue
	MaxSkew time.Duration
}

// lane is one queue's share of this process.
type lane struct {
	name  string
	slots int
	mu    sync.Mutex
	busy  map[int64]Job
}

type outcome struct {
	job   Job
	apply func(tx *sqldb.Tx) error // nil: finished
}

// NewWorker makes a worker that runs at most c.Slots[queue] jobs of each queue at once.
func NewWorker(q *Queue, c Config) *Worker {
	w := &Worker{q: q, maxSkew: c.MaxSkew, queues: map[string]*lane{}, handlers: map[string]Handler{}}
	for name, n := range c.Slots {
		w.queues[name] = &lane{name: name, slots: n, busy: map[int64]Job{}}
	}
	return w
}

// Handle says who does a kind of job. A kind has one handler.
func (w *Worker) Handle(kind string, h Handler) {
	if _, twice := w.handlers[kind]; twice {
		panic("jobs: two handlers for " + kind)
	}
	w.handlers[kind] = h
}

// Kinds lists the kinds that have a handler.
func (w *Worker) Kinds() []string { return slices.Sorted(maps.Keys(w.handlers)) }

// Run works until ctx ends, then waits for the jobs under way; what they leave
// undone comes back when their lease runs out.
func (w *Worker) Run(ctx context.Context) {
	w.finish = batch.New(w.q.db, func(o outcome) int64 { return o.job.ID }, finishAll)
	defer w.finish.Close()
	var running sync.WaitGroup
	defer running.Wait()
	poll, rescueTick, renewTick := time.NewTicker(pollEvery), time.NewTicker(rescueEvery), time.NewTicker(renewEvery)
	defer poll.Stop()
	defer rescueTick.Stop()
	defer renewTick.Stop()
	w.checkClock(ctx)
	w.rescue(ctx)
	for {
		w.fill(ctx, &running)
		select {
		case <-ctx.Done():
			return
		case <-w.q.wake:
		case <-poll.C:
		case <-rescueTick.C:
			w.checkClock(ctx)
			w.rescue(ctx)
		case <-renewTick.C:
			w.renew(ctx)
		}
	}
}

// RunDue runs, one after the other, every job that is due now, and those that
// these make due, until none is left or most have run. It is for tests and tools;
// it needs no Run beside it.
func (w *Worker) RunDue(ctx context.Context, most int) (ran int, err error) {
	w.finish = batch.New(w.q.db, func(o outcome) int64 { return o.job.ID }, finishAll)
	defer w.finish.Close()
	w.rescue(ctx)
	for ran < most {
		n := 0
		for _, name := range slices.Sorted(maps.Keys(w.queues)) {
			jobs, err := w.claim(ctx, name, 1)
			if err != nil {
				return ran, err
			}
			for _, j := range jobs {
				w.one(ctx, j)
				n++
			}
		}
		if n == 0 {
			return ran, nil
		}
		ran += n
	}
	return ran, fmt.Errorf("more than %d jobs were due", most)
}

// fill claims as much as every lane has room for.
func (w *Worker) fill(ctx context.Context, running *sync.WaitGroup) {
	if w.skewed || ctx.Err() != nil {
		return
	}
	for _, l := range w.queues {
		free := min(l.free(), claimMost)
		if free == 0 {
			continue
		}
		jobs, err := w.claim(ctx, l.name, free)
		if err != nil {
			slog.ErrorContext(ctx, "job.claim", "queue", l.name, "error", err)
			continue
		}
		for _, j := range jobs {
			l.take(j)
			running.Go(func() {
				w.one(ctx, j)
				l.give(j)
				w.q.Wake() // a place is free
			})
		}
	}
}

func (w *Worker) claim(ctx context.Context, queue string, most int) (jobs []Job, err error) {
	err = w.q.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		jobs, err = claim(tx, queue, most)
		return err
	})
	return jobs, err
}

// one runs a job and writes its outcome. Outcomes share transactions.
func (w *Worker) one(ctx context.Context, j Job) {
	o := outcome{job: j, apply: w.verdict(ctx, j, w.call(ctx, j))}
	// The job's work is done: its outcome is written although we are being stopped.
	if _, err := w.finish.Do(context.WithoutCancel(ctx), o); err != nil {
		slog.ErrorContext(ctx, "job.finish", "kind", j.Kind, "job", j.ID, "error", err)
	}
}

func (w *Worker) call(ctx context.Context, j Job) (err error) {
	h, ok := w.handlers[j.Kind]
	if !ok {
		return Later(j.Created.Add(pauseMost), "no handler in this release")
	}
	defer func() {
		if v := recover(); v != nil {
			slog.ErrorContext(ctx, "job.panic", "kind", j.Kind, "job", j.ID, "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return h(ctx, j)
}

// verdict decides what becomes of a job after its handler answered.
func (w *Worker) verdict(ctx context.Context, j Job, err error) func(*sqldb.Tx) error {
	var dead *deadError
	var later *laterError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &later):
		return func(tx *sqldb.Tx) error { return back(tx, j, later.at, j.Attempts-1, later.why) }
	case errors.As(err, &dead), j.Attempts >= MaxAttempts:
		slog.ErrorContext(ctx, "job.dead", "kind", j.Kind, "job", j.ID, "attempts", j.Attempts, "error", err)
		return func(tx *sqldb.Tx) error { return bury(tx, j, short(err)) }
	}
	slog.WarnContext(ctx, "job.retry", "kind", j.Kind, "job", j.ID, "attempts", j.Attempts, "error", err)
	return func(tx *sqldb.Tx) error {
		return back(tx, j, tx.Now().Add(pause(j.Attempts)), j.Attempts, short(err))
	}
}

func finishAll(tx *sqldb.Tx, items []outcome) ([]batch.Result[struct{}], error) {
	var finished []Job
	for _, o := range items {
		if o.apply == nil {
			finished = append(finished, o.job)
		} else if err := o.apply(tx); err != nil {
			return nil, err
		}
	}
	return make([]batch.Result[struct{}], len(items)), done(tx, finished)
}

func (w *Worker) renew(ctx context.Context) {
	var held []Job
	for _, l := range w.queues {
		held = append(held, l.held()...)
	}
	if len(held) == 0 {
		return
	}
	if err := w.q.db.Write(ctx, func(tx *sqldb.Tx) error { return renew(tx, held) }); err != nil {
		slog.WarnContext(ctx, "job.renew", "error", err) // the next tick tries again
	}
}

func (w *Worker) rescue(ctx context.Context) {
	var n int64
	err := w.q.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		n, err = rescue(tx)
		return err
	})
	if err != nil || n > 0 {
		slog.WarnContext(ctx, "job.rescue", "jobs", n, "error", err)
	}
}

// checkClock stops claiming while this node's clock is wrong: its leases would
// end at the wrong time.
func (w *Worker) checkClock(ctx context.Context) {
	if w.maxSkew == 0 {
		return
	}
	skew, err := w.q.db.Skew(ctx)
	if err != nil {
		return // the database's own trouble shows elsewhere
	}
	w.skewed = skew.Abs() > w.maxSkew
	if w.skewed {
		slog.ErrorContext(ctx, "job.clock", "skew_ms", skew.Milliseconds())
	}
}

func (l *lane) free() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.slots - len(l.busy)
}

func (l *lane) take(j Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy[j.ID] = j
}

func (l *lane) give(j Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.busy, j.ID)
}

func (l *lane) held() []Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Values(l.busy))
}

func short(err error) string {
	s := err.Error()
	if len(s) > errorMost {
		s = s[:errorMost]
	}
	return s
}
