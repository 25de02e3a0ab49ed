package otp

import (
	"gelombang/internal/sqldb"
	"gelombang/notify"
)

// Destination is an address as erasing names it.
type Destination struct {
	Channel notify.Channel
	Value   string
}

// Erase forgets every challenge of an account and of its addresses.
func (s *Service) Erase(tx *sqldb.Tx, account int64, ds ...Destination) error {
	var sums []string
	for _, d := range ds {
		sums = append(sums, s.sums(d.Channel, d.Value)...)
	}
	return erase(tx, account, sums)
}

// Void ends every challenge of an account that waits for its proof: whoever asked for it
// may have lost what it opens.
func (s *Service) Void(tx *sqldb.Tx, account int64) error { return voidAll(tx, account) }

// Awaits says whether somebody may still prove one of an account's challenges.
func (s *Service) Awaits(q sqldb.Querier, account int64) (bool, error) { return awaits(q, account) }

// Prune forgets challenges that ended long ago, at most so many of them.
func (s *Service) Prune(tx *sqldb.Tx, most int) (int64, error) {
	return prune(tx, tx.Now().Add(-keepFor), most)
}
