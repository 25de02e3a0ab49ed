package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

const most = 100

func enqueue(t *testing.T, db *sqldb.DB, q *jobs.Queue, news ...jobs.New) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return q.Enqueue(tx, news...) }); err != nil {
		t.Fatal(err)
	}
}

func runDue(t *testing.T, w *jobs.Worker) int {
	t.Helper()
	n, err := w.RunDue(t.Context(), most)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func job(args any) jobs.New { return jobs.New{Kind: "k", Queue: "q", Args: args} }

func TestAJobIsDoneOnceAndLeavesTheTable(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		q := jobs.NewQueue(db)
		w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
		var got []int
		w.Handle("k", func(_ context.Context, j jobs.Job) error {
			var n int
			err := j.Decode(&n)
			got = append(got, n)
			return err
		})
		enqueue(t, db, q, job(1), job(2))
		if n := runDue(t, w); n != 2 || !slices.Equal(got, []int{1, 2}) {
			t.Fatalf("ran %d: %v", n, got)
		}
		if n := runDue(t, w); n != 0 {
			t.Fatalf("ran %d more", n)
		}
	})
}

func TestAnUndoneTransactionEnqueuesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		q := jobs.NewQueue(db)
		w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
		w.Handle("k", func(context.Context, jobs.Job) error { return nil })
		undo := errors.New("undo")
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return errors.Join(q.Enqueue(tx, job(1)), undo) })
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
		if n := runDue(t, w); n != 0 {
			t.Fatalf("ran %d", n)
		}
	})
}

func TestACodeGoesBeforeANewsletter(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		q := jobs.NewQueue(db)
		w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
		var got []string
		w.Handle("k", func(_ context.Context, j jobs.Job) error {
			var s string
			err := j.Decode(&s)
			got = append(got, s)
			return err
		})
		news := job("newsletter")
		news.Priority = jobs.Bulk
		code := job("code")
		code.Priority = jobs.Urgent
		enqueue(t, db, q, news, job("plain"), code)
		runDue(t, w)
		if !slices.Equal(got, []string{"code", "plain", "newsletter"}) {
			t.Fatal(got)
		}
	})
}

func TestAFailedJobComesBackWithAPauseAndIsDeadAtTheEnd(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		q := jobs.NewQueue(db)
		w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
		tries := 0
		w.Handle("k", func(context.Context, jobs.Job) error { tries++; return errors.New("no") })
		enqueue(t, db, q, job(1))
		if runDue(t, w); tries != 1 {
			t.Fatalf("%d tries without a pause", tries)
		}
		for range 2 * jobs.MaxAttempts {
			clock.Add(time.Hour)
			runDue(t, w)
		}
		if tries != jobs.MaxAttempts {
			t.Fatalf("%d tries", tries)
		}
		dead, err := q.DeadJobs(t.Context(), most)
		if err != nil || len(dead) != 1 || dead[0].Error != "no" {
			t.Fatalf("%v %v", dead, err)
		}
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return q.Redrive(tx, dead[0].ID) }); err != nil {
			t.Fatal(err)
		}
		if n := runDue(t, w); n != 1 {
			t.Fatalf("a redriven job ran %d times", n)
		}
	})
}

func TestAnUnreadableRowAndAPanicFailOnlyThemselves(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		q := jobs.NewQueue(db)
		w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
		good := 0
		w.Handle("k", func(_ context.Context, j jobs.Job) error {
			var n int
			if err := j.Decode(&n); err != nil {
				return err
			}
			if n == 13 {
				panic("thirteen")
			}
			good++
			return nil
		})
		enqueue(t, db, q, job("not a number"), job(13), job(1), job(2))
		runDue(t, w)
		dead, err := q.DeadJobs(t.Context(), most)
		if err != nil || good != 2 || len(dead) != 1 {
			t.Fatalf("good %d, dead %v, %v", good, dead, err)
		}
	})
}

func TestAJobThatWaitsForTheWorldLosesNoTry(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		q := jobs.NewQueue(db)
		w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
		last := 0
		w.Handle("k", func(_ context.Context, j jobs.Job) error {
			last = j.Attempts
			return jobs.Later(clock.Now().Add(time.Minute), "busy")
		})
		enqueue(t, db, q, job(1))
		for range 3 * jobs.MaxAttempts {
			runDue(t, w)
			clock.Add(time.Minute)
		}
		if last != 1 {
			t.Fatalf("attempt %d", last)
		}
	})
}

func TestOneKeyHasOneLiveJob(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		q := jobs.NewQueue(db)
		w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
		w.Handle("k", func(context.Context, jobs.Job) error { return nil })
		once := job(1)
		once.Once = "wave:1"
		enqueue(t, db, q, once)
		enqueue(t, db, q, once)
		if n := runDue(t, w); n != 1 {
			t.Fatalf("ran %d", n)
		}
		enqueue(t, db, q, once)
		if n := runDue(t, w); n != 1 {
			t.Fatalf("ran %d after the first was done", n)
		}
	})
}

func TestManyWorkersShareJobsWithoutDoingOneTwice(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		const total = 2000
		var done [total]atomic.Int32
		var count atomic.Int32
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		ended := make(chan struct{})
		for range 3 {
			w := jobs.NewWorker(jobs.NewQueue(db), jobs.Config{Slots: map[string]int{"q": 20}})
			w.Handle("k", func(_ context.Context, j jobs.Job) error {
				var n int
				if err := j.Decode(&n); err != nil {
					return err
				}
				done[n].Add(1)
				if count.Add(1) == total {
					stop()
				}
				return nil
			})
			go func() { w.Run(ctx); ended <- struct{}{} }()
		}
		q := jobs.NewQueue(db)
		news := make([]jobs.New, total)
		for i := range news {
			news[i] = job(i)
		}
		enqueue(t, db, q, news...)
		for range 3 {
			<-ended
		}
		for i := range done {
			if n := done[i].Load(); n != 1 {
				t.Fatalf("job %d was done %d times", i, n)
			}
		}
		if n := runDue(t, jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})); n != 0 {
			t.Fatalf("%d jobs left", n)
		}
	})
}

func TestANodeWithAWrongClockClaimsNothing(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock() // months away from the server's clock
	db := sqldbtest.Open(t, sqldb.Postgres, clock)
	q := jobs.NewQueue(db)
	w := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}, MaxSkew: jobs.MaxSkew})
	w.Handle("k", func(context.Context, jobs.Job) error { t.Error("claimed with a wrong clock"); return nil })
	enqueue(t, db, q, job(1))
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	w.Run(ctx)
	if h, err := q.Health(t.Context()); err != nil || len(h) != 1 || h[0].Ready != 1 {
		t.Fatalf("%+v %v", h, err)
	}
}

func TestALostLeaseIsRescuedAndTheOldHolderChangesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		q := jobs.NewQueue(db)
		slow := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
		quick := jobs.NewWorker(q, jobs.Config{Slots: map[string]int{"q": 1}})
		runs := 0
		quick.Handle("k", func(context.Context, jobs.Job) error { runs++; return errors.New("later again") })
		slow.Handle("k", func(context.Context, jobs.Job) error {
			clock.Add(2 * jobs.LeaseFor) // this node sleeps past its lease
			if _, err := quick.RunDue(t.Context(), 1); err != nil {
				return fmt.Errorf("quick: %w", err)
			}
			return nil // the old holder believes that it finished
		})
		enqueue(t, db, q, job(1))
		_, _ = slow.RunDue(t.Context(), 1) // one round: that more is due is what this test is about
		if runs != 1 {
			t.Fatalf("the rescued job ran %d times elsewhere", runs)
		}
		clock.Add(time.Hour) // past the pause
		h, err := q.Health(t.Context())
		if err != nil || len(h) != 1 || h[0].Ready != 1 {
			t.Fatalf("the newer holder's verdict must stand: %+v %v", h, err)
		}
	})
}
