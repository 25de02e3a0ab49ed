package staff

import (
	"context"
	"time"

	"gelombang/audit"
	"gelombang/internal/sqldb"
)

// Handing is an official's leaving an item of the review desk to the others. It holds for
// what waited at that time: what comes back later is led to them again.
type Handing struct {
	Item   string // the item's name at the desk
	Staff  int64
	Reason string
	At     time.Time
}

// HandOn leaves an item, which is about an account, to the other officials. It keeps its
// place in the queue; the reason stands in the audit log. Errors: the database's.
func (s *Service) HandOn(ctx context.Context, item string, account int64, by audit.Actor, reason string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := insertHanding(tx, Handing{Item: item, Staff: by.ID, Reason: reason, At: tx.Now()}); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Actor: by, Action: "review.pass", SubjectKind: "account", SubjectID: account, Reason: reason})
	})
}

// HandedOnBy gives when an official handed on which items.
func (s *Service) HandedOnBy(q sqldb.Querier, staff int64) (map[string]time.Time, error) {
	list, err := handingsBy(q, staff)
	out := make(map[string]time.Time, len(list))
	for _, h := range list {
		out[h.Item] = h.At
	}
	return out, err
}

// HandedOn lists who handed an item on since it waits, the newest first.
func (s *Service) HandedOn(q sqldb.Querier, item string, since time.Time) ([]Handing, error) {
	return handingsOf(q, item, since)
}

// Decided counts an item that an official decided, and forgets who handed it on. It comes
// after the decision, which its own noun has written.
func (s *Service) Decided(ctx context.Context, staff int64, item string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := addDecided(tx, staff, dayOf(tx.Now())); err != nil {
			return err
		}
		return deleteHandings(tx, item)
	})
}

// DecidedToday is how many items an official decided on this day of the capital's clock.
func (s *Service) DecidedToday(q sqldb.Querier, staff int64) (int64, error) {
	return decidedOn(q, staff, dayOf(q.Now()))
}
