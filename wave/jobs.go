package wave

import (
	"context"
	"fmt"

	"gelombang/audit"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// QueueName is the queue of the calendar.
const QueueName = "wave"

// The kinds of jobs.
const (
	KindOpen  = "wave.open"
	KindClose = "wave.close"
)

type jobArgs struct {
	Wave int64 `json:"wave"`
}

func openJob(w Wave) jobs.New {
	return jobs.New{Kind: KindOpen, Queue: QueueName, Args: jobArgs{w.ID}, RunAt: w.Opens, Once: fmt.Sprintf("%s:%d", KindOpen, w.ID)}
}

func closeJob(w Wave) jobs.New {
	return jobs.New{Kind: KindClose, Queue: QueueName, Args: jobArgs{w.ID}, RunAt: w.Closes, Once: fmt.Sprintf("%s:%d", KindClose, w.ID)}
}

// Handlers are the jobs that this package does.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{KindOpen: s.openDue, KindClose: s.closeDue}
}

// openDue opens a wave at its time. One that staff opened is left alone; one
// whose closing time went by while nothing ran never opens.
func (s *Service) openDue(ctx context.Context, j jobs.Job) error {
	return s.due(ctx, j, Scheduled, func(tx *sqldb.Tx, w Wave) error {
		if !tx.Now().Before(w.Closes) {
			return s.Void(tx, w.ID, Missed, audit.System)
		}
		return s.open(tx, w, audit.System)
	})
}

func (s *Service) closeDue(ctx context.Context, j jobs.Job) error {
	return s.due(ctx, j, Open, func(tx *sqldb.Tx, w Wave) error { return s.close(tx, w, audit.System) })
}

func (s *Service) due(ctx context.Context, j jobs.Job, from State, verb func(*sqldb.Tx, Wave) error) error {
	var args jobArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	return s.inTx(ctx, args.Wave, func(tx *sqldb.Tx, w Wave) error {
		if w.State != from {
			return nil
		}
		return verb(tx, w)
	})
}
