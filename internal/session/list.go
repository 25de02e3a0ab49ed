package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gelombang/internal/sqldb"
)

// Session is one place where a subject is signed in.
type Session struct {
	ID     string // names it among its subject's; of no use to anybody else
	Device Device
	Since  time.Time
	Seen   time.Time // to within a twelfth of the idle time
	Here   bool      // the session of the request that asks
}

// List gives the sessions of whoever is signed in: this one first, then the others,
// the last used first.
func (s *Sessions) List(ctx context.Context, q sqldb.Querier) ([]Session, error) {
	rows, err := s.store.list(q, s.Subject(ctx), q.Now())
	if err != nil {
		return nil, err
	}
	here := s.token(ctx)
	var out []Session
	for _, row := range rows {
		var r record
		if err := json.Unmarshal(row.data, &r); err != nil {
			return nil, fmt.Errorf("read session: %w", err)
		}
		out = append(out, Session{ID: nameOf(row.token), Device: readDevice(r.Texts[deviceKey]), Since: sqldb.Time(r.Numbers[sinceKey]),
			Seen: sqldb.Time(r.Numbers[seenKey]), Here: row.token == here})
	}
	slices.SortStableFunc(out, func(a, b Session) int { return b.Seen.Compare(a.Seen) })
	slices.SortStableFunc(out, func(a, b Session) int { return order(b.Here) - order(a.Here) })
	return out, nil
}

func order(here bool) int {
	if here {
		return 1
	}
	return 0
}

// End signs whoever is signed in here out of one of their other sessions.
func (s *Sessions) End(ctx context.Context, id string) error {
	subject, here := s.Subject(ctx), s.token(ctx)
	return s.store.db.Write(ctx, func(tx *sqldb.Tx) error {
		rows, err := s.store.list(tx, subject, tx.Now())
		if err != nil {
			return err
		}
		for _, row := range rows {
			if nameOf(row.token) == id && row.token != here {
				return s.store.remove(tx, row.token)
			}
		}
		return nil // it has ended by itself
	})
}

// EndOthers signs whoever is signed in here out everywhere else.
func (s *Sessions) EndOthers(ctx context.Context) error {
	subject, here := s.Subject(ctx), s.token(ctx)
	return s.store.db.Write(ctx, func(tx *sqldb.Tx) error { return s.store.endOthers(tx, subject, here) })
}

// token is what the row of a request's session is found by, as scs hashes it.
func (s *Sessions) token(ctx context.Context) string {
	sum := sha256.Sum256([]byte(s.scs.Token(ctx)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// nameOf hides even the hash of a token: pages are kept by browsers.
func nameOf(token string) string {
	sum := sha256.Sum256([]byte("session.name\x00" + token))
	return hex.EncodeToString(sum[:8])
}
