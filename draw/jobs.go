package draw

import (
	"context"
	"fmt"
	"time"

	"gelombang/internal/jobs"
)

// QueueName is the queue of the draw. One job at a time is enough, and spares memory.
const QueueName = "draw"

// The kinds of jobs.
const (
	KindFreeze   = "draw.freeze"
	KindBeacon   = "draw.beacon"
	KindRun      = "draw.run"
	KindReceived = "draw.received"
)

type jobArgs struct {
	Wave int64 `json:"wave"`
}

func (s *Service) job(kind string, waveID int64, at time.Time) jobs.New {
	return jobs.New{Kind: kind, Queue: QueueName, Args: jobArgs{waveID}, RunAt: at, Once: fmt.Sprintf("%s:%d", kind, waveID)}
}

// Handlers are the jobs that this package does.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{
		KindFreeze: onWave(s.freeze), KindBeacon: onWave(s.fetch), KindRun: onWave(s.run), KindReceived: onWave(s.receive),
	}
}

func onWave(do func(context.Context, int64) error) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		var args jobArgs
		if err := j.Decode(&args); err != nil {
			return err
		}
		return do(ctx, args.Wave)
	}
}
