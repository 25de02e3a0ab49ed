package session

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gelombang/internal/sqldb"
)

// beginning marks the context of the one Commit that may make a row.
type beginning struct{}

// store keeps sessions in the table session. scs hands it tokens hashed already.
type store struct {
	db       *sqldb.DB
	realm    string
	lifetime time.Duration
	idle     time.Duration
}

// FindCtx gives what a token's session holds, while it lasts.
func (s *store) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = s.db.Read(ctx, func(rx *sqldb.Rx) error {
		err := rx.QueryRow(`SELECT data FROM session WHERE token_hash = $1 AND realm = $2 AND expiry_ms > $3`,
			token, s.realm, sqldb.Millis(rx.Now())).Scan(&data)
		if sqldb.NoRows(err) {
			return nil
		}
		found = err == nil
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("read session: %w", err)
	}
	return data, found, nil
}

// CommitCtx writes a session. The end is counted from our own clock, not scs's.
func (s *store) CommitCtx(ctx context.Context, token string, data []byte, _ time.Time) error {
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	begin, _ := ctx.Value(beginning{}).(bool)
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if begin {
			_, err := tx.Exec(`INSERT INTO session (token_hash, realm, subject, data, expiry_ms) VALUES ($1, $2, $3, $4, $5)`,
				token, s.realm, r.Numbers[subjectKey], data, sqldb.Millis(s.end(r)))
			return err
		}
		_, err := tx.Exec(`UPDATE session SET data = $1, expiry_ms = $2 WHERE token_hash = $3 AND realm = $4`,
			data, sqldb.Millis(s.end(r)), token, s.realm)
		return err
	})
	if err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	return nil
}

func (s *store) end(r record) time.Time {
	end := sqldb.Time(r.Numbers[sinceKey]).Add(s.lifetime)
	if idle := sqldb.Time(r.Numbers[seenKey]).Add(s.idle); s.idle > 0 && idle.Before(end) {
		return idle
	}
	return end
}

// DeleteCtx removes a session.
func (s *store) DeleteCtx(ctx context.Context, token string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.remove(tx, token) })
}

func (s *store) endAll(tx *sqldb.Tx, subject int64) error {
	if _, err := tx.Exec(`DELETE FROM session WHERE realm = $1 AND subject = $2`, s.realm, subject); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// listed is a row of one subject.
type listed struct {
	token string
	data  []byte
}

func (s *store) list(q sqldb.Querier, subject int64, now time.Time) ([]listed, error) {
	rows, err := sqldb.All(q, func(rows *sql.Rows) (r listed, err error) {
		err = rows.Scan(&r.token, &r.data)
		return r, err
	}, `SELECT token_hash, data FROM session WHERE realm = $1 AND subject = $2 AND expiry_ms > $3 ORDER BY expiry_ms DESC, token_hash LIMIT $4`,
		s.realm, subject, sqldb.Millis(now), listMost)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return rows, nil
}

func (s *store) remove(tx *sqldb.Tx, token string) error {
	if _, err := tx.Exec(`DELETE FROM session WHERE token_hash = $1 AND realm = $2`, token, s.realm); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

func (s *store) endOthers(tx *sqldb.Tx, subject int64, but string) error {
	if _, err := tx.Exec(`DELETE FROM session WHERE realm = $1 AND subject = $2 AND token_hash <> $3`, s.realm, subject, but); err != nil {
		return fmt.Errorf("end other sessions: %w", err)
	}
	return nil
}

func prune(tx *sqldb.Tx, most int) (int64, error) {
	n, err := tx.Exec(`DELETE FROM session WHERE token_hash IN
		(SELECT token_hash FROM session WHERE expiry_ms <= $1 ORDER BY expiry_ms LIMIT $2)`, sqldb.Millis(tx.Now()), most)
	if err != nil {
		return 0, fmt.Errorf("prune sessions: %w", err)
	}
	return n, nil
}

// Find, Commit and Delete complete scs.Store, which asks for them beside the ones
// with a context. scs never calls them when the others are there.

var errNoContext = errors.New("session: a context is needed")

// Find is never called; see FindCtx.
func (s *store) Find(string) ([]byte, bool, error) { return nil, false, errNoContext }

// Commit is never called; see CommitCtx.
func (s *store) Commit(string, []byte, time.Time) error { return errNoContext }

// Delete is never called; see DeleteCtx.
func (s *store) Delete(string) error { return errNoContext }

// record is a session's data: texts of pages and numbers of ours. JSON, so that a
// row says what it holds and the next release can read it.
type record struct {
	Deadline time.Time         `json:"deadline"`
	Numbers  map[string]int64  `json:"numbers"`
	Texts    map[string]string `json:"texts,omitempty"`
}

// codec turns scs's values into a record and back.
type codec struct{}

// Encode writes the values.
func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	r := record{Deadline: deadline, Numbers: map[string]int64{}, Texts: map[string]string{}}
	for key, value := range values {
		switch v := value.(type) {
		case int64:
			r.Numbers[key] = v
		case string:
			r.Texts[key] = v
		default:
			return nil, fmt.Errorf("session: %s is a %T", key, value)
		}
	}
	return json.Marshal(r)
}

// Decode reads them back.
func (codec) Decode(data []byte) (time.Time, map[string]any, error) {
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return time.Time{}, nil, fmt.Errorf("read session: %w", err)
	}
	values := make(map[string]any, len(r.Numbers)+len(r.Texts))
	for key, v := range r.Numbers {
		values[key] = v
	}
	for key, v := range r.Texts {
		values[key] = v
	}
	return r.Deadline, values, nil
}
