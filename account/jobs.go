package account

import (
	"context"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// QueueName is the queue of this package's jobs.
const QueueName = "account"

// KindPrune forgets what nobody needs any more: forms' tokens, challenges long over,
// accounts that nobody proved. It comes back by itself.
const KindPrune = "account.prune"

// Schedule starts the recurring jobs. It may be called at every start.
func (s *Service) Schedule(tx *sqldb.Tx) error {
	return s.jobs.Enqueue(tx, jobs.New{Kind: KindPrune, Queue: QueueName, Priority: jobs.Bulk, Once: KindPrune})
}

func (s *Service) prune(ctx context.Context, _ jobs.Job) error {
	next, err := withTx(ctx, s.db, func(tx *sqldb.Tx) (time.Time, error) {
		return tx.Now().Add(pruneEvery), s.pruneOnce(tx)
	})
	if err != nil {
		return err
	}
	return jobs.Later(next, "next round")
}

func (s *Service) pruneOnce(tx *sqldb.Tx) error {
	if _, err := pruneTokens(tx, pruneMost); err != nil {
		return err
	}
	if _, err := s.codes.Prune(tx, pruneMost); err != nil {
		return err
	}
	ids, err := unprovenBefore(tx, tx.Now().Add(-unprovenFor), pruneUnproven)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.Erase(tx, id); err != nil {
			return err
		}
	}
	return nil
}
