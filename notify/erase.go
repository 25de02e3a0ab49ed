package notify

import (
	"fmt"

	"gelombang/internal/sqldb"
)

// Erase forgets every message to an owner. One that still waited is not sent.
func (s *Service) Erase(tx *sqldb.Tx, owner int64) error {
	if err := eraseOwner(tx, owner); err != nil {
		return fmt.Errorf("erase messages: %w", err)
	}
	return nil
}

// Prune forgets messages older than KeepFor, and counts and changes of weights older
// than KeepCounts, and what was spent long ago. It looks at the oldest of each alone, at most so many of them.
func (s *Service) Prune(tx *sqldb.Tx, most int) (int64, error) {
	n, err := prune(tx, tx.Now().Add(-KeepFor), most)
	if err != nil {
		return 0, fmt.Errorf("prune messages: %w", err)
	}
	counts, err := pruneRoutes(tx, tx.Now().Add(-KeepCounts), most)
	if err != nil {
		return 0, fmt.Errorf("prune counts: %w", err)
	}
	spent, err := pruneSpend(tx, tx.Now().Add(-keepSpend), most)
	if err != nil {
		return 0, fmt.Errorf("prune spending: %w", err)
	}
	return n + counts + spent, nil
}
