package notify

import (
	"context"

	"gelombang/internal/jobs"
)

// QueueName is the queue of all jobs here.
const QueueName = "notify"

// The kinds of jobs.
const (
	KindSend    = "notify.send"    // one message to its provider
	KindConfirm = "notify.confirm" // the receipt's time is up
)

type sendArgs struct {
	Message int64 `json:"message"`
}

// Handlers does the jobs of this package.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{KindSend: withMessage(s.send), KindConfirm: withMessage(s.silent)}
}

func withMessage(do func(ctx context.Context, id int64) error) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		var args sendArgs
		if err := j.Decode(&args); err != nil {
			return err
		}
		return do(ctx, args.Message)
	}
}
