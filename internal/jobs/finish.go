package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"gelombang/internal/batch"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// outcome is what became of a job.
type outcome struct {
	job   Job
	apply func(tx *sqldb.Tx) error // nil: finished
}

// newFinish makes the batcher by which outcomes share transactions.
func (w *Worker) newFinish() *batch.Batcher[outcome, int64, struct{}] {
	return batch.New(w.q.db, func(o outcome) int64 { return o.job.ID }, finishAll)
}

// do runs a job and says what becomes of it.
func (w *Worker) do(ctx context.Context, j Job) outcome {
	return outcome{job: j, apply: w.verdict(ctx, j, w.call(ctx, j))}
}

// write writes an outcome although we are being stopped: the job's work is done.
// A database that cannot serve is waited for as long as a lease holds; to lose the
// outcome is to do the work twice.
func (w *Worker) write(ctx context.Context, o outcome) {
	for try := 1; ; try++ {
		_, err := w.finish.Do(context.WithoutCancel(ctx), o)
		if err == nil {
			return
		}
		if !fault.Is(err, fault.Unavailable) || try == writeTries || ctx.Err() != nil {
			slog.ErrorContext(ctx, "job.finish", "kind", o.job.Kind, "job", o.job.ID, "error", err)
			return
		}
		select {
		case <-time.After(writeAgain):
		case <-ctx.Done(): // one more try
		}
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

// onceBegun is a context for a job under way: a worker that is told to stop lets it end
// within endWithin, rather than cost it a try.
func onceBegun(stop context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(stop))
	release := context.AfterFunc(stop, func() {
		late := time.AfterFunc(endWithin, cancel)
		context.AfterFunc(ctx, func() { late.Stop() })
	})
	return ctx, func() {
		release()
		cancel()
	}
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

func short(err error) string {
	s := err.Error()
	if len(s) > errorMost {
		s = s[:errorMost]
	}
	return s
}
