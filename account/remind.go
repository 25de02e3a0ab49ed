package account

import (
	"context"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/notify"
)

// KindRemind writes once to those who registered with an e-mail and never proved it. It
// comes back by itself: a job for each registration would be a write more for each of an
// opening day.
const KindRemind = "account.remind"

const (
	// remindAfter is when a code that was never typed is not on its way any more: past a
	// night, and past a mail server that was full.
	remindAfter = 24 * time.Hour
	// remindWithin is until when a reminder makes sense: later it reads like advertising.
	remindWithin = 72 * time.Hour
	// remindEvery and remindMost bound a round; while there are more it goes on after
	// pruneSoon.
	remindEvery = 10 * time.Minute
	remindMost  = 200
)

func remindLimit() LimitRow {
	return LimitRow{Name: "account.remind", Key: "account.limit.remind", Most: 1, Window: unprovenFor}
}

// Members lists accounts that have a proven contact, by their ids, after one of them.
func (s *Service) Members(q sqldb.Querier, after int64, most int) ([]int64, error) {
	return activeAfter(q, after, most)
}

func (s *Service) remindUnproven(ctx context.Context, _ jobs.Job) error {
	next, err := withTx(ctx, s.db, func(tx *sqldb.Tx) (time.Time, error) {
		if morning := notify.Daytime(tx.Now()); morning.After(tx.Now()) {
			return morning, nil
		}
		more, err := s.remindSome(tx)
		if more {
			return tx.Now().Add(pruneSoon), err
		}
		return tx.Now().Add(remindEvery), err
	})
	if err != nil {
		return err
	}
	return jobs.Later(next, "next round")
}

// remindSome writes to a bounded part of them, and says whether there are more.
func (s *Service) remindSome(tx *sqldb.Tx) (more bool, err error) {
	ids, err := forgottenBetween(tx, tx.Now().Add(-remindWithin), tx.Now().Add(-remindAfter), remindMost)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if err := s.remindOf(tx, id); err != nil {
			return false, err
		}
	}
	return len(ids) == remindMost, nil
}

// remindOf marks an account first: there is one reminder whatever becomes of it. None
// goes to an address that is another account's by now, or to which a code is on its way.
func (s *Service) remindOf(tx *sqldb.Tx, id int64) error {
	fresh, err := setReminded(tx, id)
	if err != nil || !fresh {
		return err
	}
	r, err := get(tx, id)
	if err != nil {
		return err
	}
	a, err := s.addressOf(r, notify.Email)
	if err != nil || a.Value == "" {
		return err
	}
	owner, err := claimOf(tx, a.Channel, s.indexes(a))
	if err != nil || owner.account != id {
		return err
	}
	awaited, err := s.codes.Awaits(tx, id)
	if err != nil || awaited {
		return err
	}
	when := locale.Day(locale.Lang(r.lang), r.created)
	_, err = s.tell(tx, notify.Message{Channel: a.Channel, To: a.Value, Key: "account.told.unproven", Args: map[string]string{"when": when},
		Lang: r.lang, Owner: id, Link: "/register", Priority: jobs.Bulk})
	return err
}
