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

// sendArgs names a message, and where it goes as far as that never changes: so a
// provider can be drawn before the message is claimed, and written down with it in one
// statement.
type sendArgs struct {
	Message  int64   `json:"message"`
	Channel  Channel `json:"channel,omitempty"`
	Operator string  `json:"operator,omitempty"`
}

// Handlers does the jobs of this package.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{KindSend: withMessage(s.send), KindConfirm: withMessage(s.silent)}
}

func withMessage(do func(ctx context.Context, a sendArgs) error) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		var args sendArgs
		if err := j.Decode(&args); err != nil {
			return err
		}
		return do(ctx, args)
	}
}
