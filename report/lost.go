package report

import (
	"context"

	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
)

// Lost counts, among addresses whose registration was acknowledged, what is not there.
// Everything is nought, or something was promised and not kept.
type Lost struct {
	Addresses  int64 // of which anything is missing
	Claims     int64
	Accounts   int64
	Challenges int64
	Messages   int64
}

// lostAtOnce is how many addresses one snapshot is asked about.
const lostAtOnce = 500

// Lost looks for what was acknowledged: each address, by its blind index, has a claim,
// the claim's account, a challenge, and the challenge's message.
func (s *Service) Lost(ctx context.Context, indexes []seal.Index) (Lost, error) {
	var lost Lost
	for len(indexes) > 0 {
		n := min(len(indexes), lostAtOnce)
		err := s.db.Read(ctx, func(rx *sqldb.Rx) error { return lost.count(rx, indexes[:n]) })
		if err != nil {
			return Lost{}, err
		}
		indexes = indexes[n:]
	}
	return lost, nil
}

func (l *Lost) count(q sqldb.Querier, indexes []seal.Index) error {
	accounts, err := accountsClaimed(q, indexes)
	if err != nil {
		return err
	}
	messages, err := messagesOfChallenges(q, indexes)
	if err != nil {
		return err
	}
	for _, ix := range indexes {
		account, claimed := accounts[ix]
		message, challenged := messages[ix]
		missing := int64(0)
		for _, kept := range []struct {
			there bool
			count *int64
		}{{claimed, &l.Claims}, {account, &l.Accounts}, {challenged, &l.Challenges}, {message, &l.Messages}} {
			if !kept.there {
				*kept.count++
				missing = 1
			}
		}
		l.Addresses += missing
	}
	return nil
}
