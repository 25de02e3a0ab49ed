package account

import (
	"context"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// QueueName is the queue of this package's jobs.
const QueueName = "account"

// KindPrune forgets what nobody needs any more: challenges long over, accounts
// that nobody proved. It comes back by itself.
const KindPrune = "account.prune"

// Schedule starts the recurring jobs. It may be called at every start.
func (s *Service) Schedule(tx *sqldb.Tx) error {
	return s.jobs.Enqueue(tx, jobs.New{Kind: KindPrune, Queue: QueueName, Priority: jobs.Bulk, Once: KindPrune},
		jobs.New{Kind: KindRemind, Queue: QueueName, Priority: jobs.Bulk, Once: KindRemind})
}

func (s *Service) prune(ctx context.Context, _ jobs.Job) error {
	next, err := withTx(ctx, s.db, func(tx *sqldb.Tx) (time.Time, error) {
		more, err := s.pruneOnce(tx)
		if more {
			return tx.Now().Add(pruneSoon), err
		}
		return tx.Now().Add(pruneEvery), err
	})
	if err != nil {
		return err
	}
	return jobs.Later(next, "next round")
}

// pruneOnce clears up a bounded part and says whether there is more. Other writers
// come in between.
func (s *Service) pruneOnce(tx *sqldb.Tx) (more bool, err error) {
	codes, err := s.codes.Prune(tx, pruneMost)
	if err != nil {
		return false, err
	}
	ids, err := unprovenBefore(tx, tx.Now().Add(-unprovenFor), pruneUnproven)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if err := s.pruneUnproven(tx, id); err != nil {
			return false, err
		}
	}
	if err := pruneFirstProofs(tx, tx.Now().Add(-firstProofFor), pruneMost); err != nil {
		return false, err
	}
	ended, err := pruneHandovers(tx, tx.Now().Add(-handoverFor), pruneMost)
	if err != nil {
		return false, err
	}
	names, err := pruneDomains(tx, tx.Now().Add(-keepTaking), pruneMost)
	return codes == pruneMost || names == pruneMost || ended == pruneMost || len(ids) == pruneUnproven, err
}

// pruneUnproven forgets an account that nobody proved, unless it was registered anew
// and the mail is on its way.
func (s *Service) pruneUnproven(tx *sqldb.Tx, id int64) error {
	awaited, err := s.codes.Awaits(tx, id)
	if err != nil || awaited {
		return err
	}
	return s.Erase(tx, id)
}
