package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
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
	lanes    map[string]*lane
	handlers map[string]Handler
	finish   *batch.Batcher[outcome, int64, struct{}]
	running  sync.WaitGroup
	room     chan struct{} // a lane could take more
	yield    func() bool
	yielded  int // polls in a row at which somebody else went first
	maxSkew  time.Duration
	skewed   bool
}

// Config says how much a worker does at once. MaxSkew is the difference from the
// database's clock past which it stops claiming; 0 never asks. While Yield says true
// the worker claims next to nothing: people wait for the database. Nil never yields.
type Config struct {
	Slots   map[string]int // per queue
	MaxSkew time.Duration
	Yield   func() bool
}

// NewWorker makes a worker that runs at most c.Slots[queue] jobs of each queue at once.
func NewWorker(q *Queue, c Config) *Worker {
	if c.Yield == nil {
		c.Yield = func() bool { return false }
	}
	w := &Worker{q: q, maxSkew: c.MaxSkew, yield: c.Yield, lanes: map[string]*lane{}, handlers: map[string]Handler{}, room: make(chan struct{}, 1)}
	for name, n := range c.Slots {
		w.lanes[name] = newLane(name, n)
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

// Run works until ctx ends, gives back at once what it has claimed and not begun,
// and waits for the jobs under way; what they leave undone comes back when their
// lease runs out.
func (w *Worker) Run(ctx context.Context) {
	w.finish = w.newFinish()
	defer w.finish.Close()
	defer w.running.Wait()
	defer w.giveBack(ctx, (*lane).drain)
	poll, rescueTick, renewTick := time.NewTicker(pollEvery), time.NewTicker(rescueEvery), time.NewTicker(renewEvery)
	defer poll.Stop()
	defer rescueTick.Stop()
	defer renewTick.Stop()
	w.checkClock(ctx)
	w.rescue(ctx)
	w.poll(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.room:
			w.fill(ctx)
		case <-w.q.wake:
			for name := range w.q.woken() {
				if l := w.lanes[name]; l != nil {
					l.expect(true)
				}
			}
			w.fill(ctx)
		case <-poll.C:
			w.poll(ctx)
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
	w.finish = w.newFinish()
	defer w.finish.Close()
	w.rescue(ctx)
	for ran < most {
		n := 0
		for _, name := range slices.Sorted(maps.Keys(w.lanes)) {
			jobs, err := w.claim(ctx, name, 1)
			if err != nil {
				return ran, err
			}
			for _, j := range jobs {
				w.write(ctx, w.do(ctx, j))
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

// poll looks for the jobs of other nodes and those whose time has come. While
// people wait at the door every second one does, for a few jobs: no queue may stop
// for ever, and what is urgent is claimed first.
func (w *Worker) poll(ctx context.Context) {
	for _, l := range w.lanes {
		l.turn()
	}
	w.giveBack(ctx, (*lane).excess)
	if !w.givesWay() {
		w.fill(ctx)
		return
	}
	if w.yielded++; w.yielded%yieldEvery == 0 {
		w.claimAll(ctx, yieldMost)
	}
}

// givesWay says that people wait at the door, and have not done so for long: a crowd
// that stays is to have its codes, and they are what it waits for next.
func (w *Worker) givesWay() bool {
	if !w.yield() {
		w.yielded = 0
		return false
	}
	return w.yielded < yieldPolls
}

// fill claims for every lane that has room, unless it gives way.
func (w *Worker) fill(ctx context.Context) {
	if !w.givesWay() {
		w.claimAll(ctx, claimMost)
	}
}

// claimAll claims for every lane that has room, at most most jobs each.
func (w *Worker) claimAll(ctx context.Context, most int) {
	if w.skewed || ctx.Err() != nil {
		return
	}
	for _, l := range w.lanes {
		n := powerOfTwo(min(l.room(), most))
		if n == 0 {
			continue
		}
		jobs, err := w.claim(ctx, l.name, n)
		if err != nil {
			if ctx.Err() == nil {
				slog.ErrorContext(ctx, "job.claim", "queue", l.name, "error", err)
			}
			continue
		}
		l.take(jobs)
		l.expect(len(jobs) == n)
		w.start(ctx, l)
	}
}

// start begins as many of a lane's jobs as it has free slots.
func (w *Worker) start(ctx context.Context, l *lane) {
	for ctx.Err() == nil {
		j, ok := l.begin(w.q.now())
		if !ok {
			break
		}
		w.running.Go(func() {
			begun, done := onceBegun(ctx)
			o := w.do(begun, j)
			done()
			l.ended() // the slot is free while the outcome is written
			w.start(ctx, l)
			w.write(ctx, o)
			l.forget(j)
		})
	}
	if l.low() {
		select {
		case w.room <- struct{}{}:
		default:
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

func (w *Worker) renew(ctx context.Context) {
	var held []Job
	for _, l := range w.lanes {
		held = append(held, l.all()...)
	}
	if len(held) == 0 {
		return
	}
	var ours map[int64]bool
	var until time.Time
	err := w.q.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		until = tx.Now().Add(LeaseFor)
		ours, err = renew(tx, held, until)
		return err
	})
	if err != nil {
		slog.WarnContext(ctx, "job.renew", "error", err) // the next tick tries again
		return
	}
	for _, l := range w.lanes {
		l.renewed(ours, until)
	}
}

// giveBack makes claimed jobs that have not begun ready again for anybody. It is done
// although we are being stopped; if it fails their leases run out.
func (w *Worker) giveBack(ctx context.Context, which func(*lane) []Job) {
	var jobs []Job
	for _, l := range w.lanes {
		jobs = append(jobs, which(l)...)
	}
	if len(jobs) == 0 {
		return
	}
	if err := w.q.db.Write(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error { return release(tx, jobs) }); err != nil {
		slog.WarnContext(ctx, "job.release", "jobs", len(jobs), "error", err)
	}
}

// rescue sends back jobs whose lease ran out. Ours that did so while this process was
// paused are renewed first, where nobody took them: we would take them from ourselves.
func (w *Worker) rescue(ctx context.Context) {
	for _, l := range w.lanes {
		if l.lapsed(w.q.now()) {
			w.renew(ctx)
			break
		}
	}
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
