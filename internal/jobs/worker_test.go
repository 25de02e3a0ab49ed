package jobs_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

// limit is how long a test waits for a real worker.
const limit = 30 * time.Second

// run starts a worker and gives what stops it and waits for its end.
func run(t *testing.T, w *jobs.Worker) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	return stop
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(limit); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, limit)
		}
	}
}

func receive[T any](t *testing.T, what string, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(limit):
		t.Fatalf("%s: not within %s", what, limit)
	}
	return v
}

func numbered(n int) []jobs.New {
	news := make([]jobs.New, n)
	for i := range news {
		news[i] = job(i)
	}
	return news
}

func ready(t *testing.T, q *jobs.Queue) int64 {
	t.Helper()
	h, err := q.Health(t.Context())
	if err != nil || len(h) > 1 {
		t.Fatalf("%+v %v", h, err)
	}
	if len(h) == 0 {
		return 0
	}
	return h[0].Ready
}

func TestAFencedNodesLateAnswerChangesNothing(t *testing.T) {
	for name, answer := range map[string]error{"done": nil, "dead": jobs.Dead(errors.New("no")), "again": errors.New("again")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) { lateAnswer(t, db, clock, answer) })
		})
	}
}

func lateAnswer(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock, answer error) {
	lost, heir := jobs.NewQueue(db), jobs.NewQueue(db)
	begun, answers := make(chan int, 1), make(chan error, 1)
	paused := jobs.NewWorker(lost, jobs.Config{Slots: map[string]int{"q": 1}})
	paused.Handle("k", func(_ context.Context, j jobs.Job) error { begun <- j.Attempts; return <-answers })
	enqueue(t, db, lost, job(1))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = paused.RunDue(t.Context(), 1) // the node does nothing beside: it hangs
	}()
	receive(t, "the first node's claim", begun)

	clock.Add(2 * jobs.LeaseFor)
	tries := make(chan int, 9)
	living := jobs.NewWorker(heir, jobs.Config{Slots: map[string]int{"q": 4}})
	living.Handle("k", func(_ context.Context, j jobs.Job) error {
		tries <- j.Attempts
		if j.Attempts == 2 {
			return jobs.Later(clock.Now().Add(time.Hour), "in an hour")
		}
		return nil
	})
	run(t, living)
	if n := receive(t, "the takeover", tries); n != 2 {
		t.Fatalf("taken over as attempt %d", n)
	}
	eventually(t, "the second node's answer", func() bool { return ready(t, heir) == 0 && held(t, db) == 0 })

	answers <- answer // and now it answers
	receive(t, "the end of the first node", ended)
	if dead, err := heir.DeadJobs(t.Context(), most); err != nil || len(dead) != 0 {
		t.Fatalf("the late answer buried the job: %+v %v", dead, err)
	}
	clock.Add(30 * time.Minute)
	if n := ready(t, heir); n != 0 {
		t.Fatal("the late answer changed when the job is due")
	}
	clock.Add(time.Hour)
	receive(t, "the job at the time that the second node chose", tries)
	eventually(t, "the end", func() bool { return ready(t, heir) == 0 && held(t, db) == 0 })
}

// held counts the jobs that some node has claimed.
func held(t *testing.T, db *sqldb.DB) (n int64) {
	t.Helper()
	err := db.Read(t.Context(), func(rx *sqldb.Rx) error {
		return rx.QueryRow(`SELECT COUNT(*) FROM job WHERE state = 'running'`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// quickThenStuck makes a worker whose jobs are quick, so that it claims ahead, until
// quick of them are done; then they hang until it is stopped.
func quickThenStuck(q *jobs.Queue, slots int, quick int64) (w *jobs.Worker, done *atomic.Int64, stuck <-chan struct{}) {
	w = jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": slots}})
	done = &atomic.Int64{}
	hangs := make(chan struct{}, slots)
	w.Handle("k", func(ctx context.Context, _ jobs.Job) error {
		if done.Load() < quick {
			done.Add(1)
			return nil
		}
		hangs <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	return w, done, hangs
}

func TestAStoppedNodeGivesBackWhatItHasNotBegun(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		const total, slots = 800, 2
		q := jobs.NewQueue(db)
		w, done, stuck := quickThenStuck(q, slots, 300)
		enqueue(t, db, q, numbered(total)...)
		stop := run(t, w)
		for range slots {
			receive(t, "a job that hangs", stuck)
		}
		stop()
		next := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
		next.Handle("k", func(_ context.Context, j jobs.Job) error {
			if j.Attempts != 1 {
				t.Errorf("a job that never began lost a try: %d", j.Attempts)
			}
			return nil
		})
		n, err := next.RunDue(t.Context(), total) // at the same time by the clock
		if want := total - int(done.Load()) - slots; err != nil || n != want {
			t.Errorf("%d jobs were to be had at once, not %d: %v", n, want, err)
		}
	})
}

func TestANodeWhoseJobsBecomeSlowGivesBackWhatItClaimedAhead(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		const total, slots = 800, 2
		q := jobs.NewQueue(db)
		w, done, stuck := quickThenStuck(q, slots, 300)
		enqueue(t, db, q, numbered(total)...)
		run(t, w)
		for range slots {
			receive(t, "a job that hangs", stuck)
		}
		eventually(t, "only what has begun is claimed", func() bool { return ready(t, q) == total-done.Load()-slots })
	})
}

func TestANodeThatWasPausedDoesNotBeginWhatOthersTookOver(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		const total, pausedAt = 400, 200
		q := jobs.NewQueue(db)
		var times [total]atomic.Int32
		var count atomic.Int32
		does := func(j jobs.Job) (n int) {
			if err := j.Decode(&n); err != nil {
				t.Error(err)
			}
			times[n].Add(1)
			count.Add(1)
			return n
		}
		other := jobs.NewWorker(jobs.NewQueue(db), jobs.Config{Slots: map[string]int{"q": 1}})
		other.Handle("k", func(_ context.Context, j jobs.Job) error { does(j); return nil })
		paused := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
		var again sync.Once
		paused.Handle("k", func(ctx context.Context, j jobs.Job) error {
			if does(j) == pausedAt {
				again.Do(func() {
					clock.Add(2 * jobs.LeaseFor)
					if _, err := other.RunDue(ctx, 2*total); err != nil {
						t.Error(err)
					}
				})
			}
			return nil
		})
		enqueue(t, db, q, numbered(total)...)
		run(t, paused)
		eventually(t, "all jobs", func() bool { return ready(t, q) == 0 && held(t, db) == 0 && count.Load() >= total })
		for n := range times {
			// A job whose outcome was on its way at the pause may have been done twice.
			if c := times[n].Load(); c != 1 && n > pausedAt {
				t.Errorf("job %d was done %d times", n, c)
			}
		}
	})
}

func TestWhilePeopleWaitAtTheDoorOnlyAFewJobsAreDoneTheMostUrgentFirst(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		q := jobs.NewQueue(db)
		var door atomic.Bool
		door.Store(true)
		w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}, Yield: door.Load})
		did := make(chan int, 1000)
		w.Handle("k", func(_ context.Context, j jobs.Job) error {
			var n int
			err := j.Decode(&n)
			did <- n
			return err
		})
		news := numbered(500)
		news[499].Priority = jobs.Urgent
		enqueue(t, db, q, news...)
		start := time.Now()
		run(t, w)
		if n := receive(t, "the first job", did); n != 499 {
			t.Errorf("job %d went before the urgent one", n)
		}
		q.Wake("q") // more work is no reason to go before people
		receive(t, "the second job", did)
		receive(t, "the third job", did)
		if took := time.Since(start); took < 2*time.Second {
			t.Errorf("three jobs were done within %s although people wait", took)
		}
		door.Store(false)
		for range 497 {
			receive(t, "the rest", did)
		}
	})
}

func TestACrowdThatStaysGetsItsCodes(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.SQLite, sqldbtest.NewClock())
	q := jobs.NewQueue(db)
	w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 8}, Yield: func() bool { return true }})
	did := make(chan int, 1000)
	w.Handle("k", func(context.Context, jobs.Job) error { did <- 1; return nil })
	enqueue(t, db, q, numbered(500)...)
	run(t, w)
	for range 500 { // eight a second would take a minute, and receive is not that patient
		receive(t, "a job", did)
	}
}
