package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/waitroom"
)

// Sweeping removes what has ended: counters of past windows, old messages, sessions.
const (
	sweepQueue = "sweep"
	sweepKind  = "house.sweep"
	sweepEvery = 10 * time.Minute
	sweepMost  = 2000 // rows of each kind in one transaction, so that nobody waits for it
)

// startSweeping enqueues the next sweep until ctx ends. The key keeps it to one
// however many nodes there are.
func (h *house) startSweeping(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		err := h.db.Write(ctx, func(tx *sqldb.Tx) error {
			if err := errors.Join(h.account.Schedule(tx), h.identity.Schedule(tx)); err != nil {
				return err
			}
			return h.queue.Enqueue(tx, jobs.New{Kind: sweepKind, Queue: sweepQueue, Priority: jobs.Bulk, Once: sweepKind})
		})
		if err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "house.sweep", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (h *house) sweeper() map[string]jobs.Handler {
	return map[string]jobs.Handler{sweepKind: func(ctx context.Context, _ jobs.Job) error {
		sessions := func(s *session.Sessions) func(*sqldb.Tx, int) (int64, error) {
			return func(tx *sqldb.Tx, _ int) (int64, error) { return 0, second(s.Prune(tx)) } // bounds itself
		}
		for _, sweep := range []func(*sqldb.Tx, int) (int64, error){limit.Sweep, waitroom.Sweep, h.notify.Prune, h.photo.Retire, sessions(h.citizens), sessions(h.officers)} {
			if err := h.sweepAll(ctx, sweep); err != nil {
				return err
			}
		}
		return nil
	}}
}

func second[T any](_ T, err error) error { return err }

func (h *house) sweepAll(ctx context.Context, sweep func(*sqldb.Tx, int) (int64, error)) error {
	for ctx.Err() == nil {
		var n int64
		err := h.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
			n, err = sweep(tx, sweepMost)
			return err
		})
		if err != nil || n < sweepMost {
			return err
		}
	}
	return ctx.Err()
}
