package account

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/notify"
)

// row is an account as it is kept.
type row struct {
	id             int64
	state          string
	lang           string
	consentVersion string
	consent        time.Time
	created        time.Time
	email          contact
	phone          contact
	hasPassword    bool
}

type contact struct {
	sealed []byte
	proven time.Time
}

func (r *row) contact(ch notify.Channel) *contact {
	if ch == notify.SMS {
		return &r.phone
	}
	return &r.email
}

const columns = `id, state, lang, consent_version, consent_ms, created_ms, email_sealed, email_proven_ms, phone_sealed, phone_proven_ms`

const columnCount = 10

// insertMost bounds the rows of one statement, whose cost on SQLite grows with the
// square of its parameters.
const insertMost = 256

// insertRows writes new accounts. One that is there already stays as it is.
func insertRows(tx *sqldb.Tx, rows []row) error {
	for part := range sqldb.Parts(rows, insertMost) {
		args := make([]any, 0, len(part)*columnCount)
		for _, r := range part {
			args = append(args, r.id, r.state, r.lang, r.consentVersion, sqldb.Millis(r.consent), sqldb.Millis(r.created),
				r.email.sealed, sqldb.Millis(r.email.proven), r.phone.sealed, sqldb.Millis(r.phone.proven))
		}
		if _, err := tx.Exec(`INSERT INTO account (`+columns+`) VALUES `+sqldb.Values(len(part), columnCount, 1)+` ON CONFLICT (id) DO NOTHING`, args...); err != nil {
			return fmt.Errorf("insert accounts: %w", err)
		}
	}
	return nil
}

// find gives an account, or a zero row when there is none.
func find(q sqldb.Querier, id int64) (row, error) {
	var r row
	var consent, created, email, phone int64
	err := q.QueryRow(`SELECT `+columns+`, EXISTS (SELECT 1 FROM password WHERE password.account = account.id) FROM account WHERE id = $1`, id).
		Scan(&r.id, &r.state, &r.lang, &r.consentVersion, &consent, &created, &r.email.sealed, &email, &r.phone.sealed, &phone, &r.hasPassword)
	if sqldb.NoRows(err) {
		return row{}, nil
	}
	if err != nil {
		return row{}, fmt.Errorf("read account: %w", err)
	}
	r.consent, r.created = sqldb.Time(consent), sqldb.Time(created)
	r.email.proven, r.phone.proven = sqldb.Time(email), sqldb.Time(phone)
	return r, nil
}

func get(q sqldb.Querier, id int64) (row, error) {
	r, err := find(q, id)
	if err == nil && r.id == 0 {
		return row{}, fault.New(fault.NotFound, "account.not_found", nil)
	}
	return r, err
}

// setProven makes an address the account's proven one, and the account active.
func setProven(tx *sqldb.Tx, id int64, ch notify.Channel, sealed []byte) error {
	statement := `UPDATE account SET state = 'active', email_sealed = $1, email_proven_ms = $2 WHERE id = $3`
	if ch == notify.SMS {
		statement = `UPDATE account SET state = 'active', phone_sealed = $1, phone_proven_ms = $2 WHERE id = $3`
	}
	if _, err := tx.Exec(statement, sealed, sqldb.Millis(tx.Now()), id); err != nil {
		return fmt.Errorf("prove contact: %w", err)
	}
	return nil
}

func passwordOf(q sqldb.Querier, account int64) (string, error) {
	var hashed string
	err := q.QueryRow(`SELECT hash FROM password WHERE account = $1`, account).Scan(&hashed)
	if err != nil && !sqldb.NoRows(err) {
		return "", fmt.Errorf("read password: %w", err)
	}
	return hashed, nil
}

func setPassword(tx *sqldb.Tx, account int64, hashed string) error {
	_, err := tx.Exec(`INSERT INTO password (account, hash, changed_ms) VALUES ($1, $2, $3)
		ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, changed_ms = excluded.changed_ms`, account, hashed, sqldb.Millis(tx.Now()))
	if err != nil {
		return fmt.Errorf("write password: %w", err)
	}
	return nil
}

// renewPassword replaces a hash by a newer one of the same password, unless the
// password was changed meanwhile.
func renewPassword(tx *sqldb.Tx, account int64, was, hashed string) error {
	if _, err := tx.Exec(`UPDATE password SET hash = $1 WHERE account = $2 AND hash = $3`, hashed, account, was); err != nil {
		return fmt.Errorf("renew password: %w", err)
	}
	return nil
}

func knowsBrowser(q sqldb.Querier, account int64, browser string) (bool, error) {
	var n int
	err := q.QueryRow(`SELECT COUNT(*) FROM known_browser WHERE account = $1 AND browser_hash = $2`, account, browser).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("read known browser: %w", err)
	}
	return n > 0, nil
}

func insertBrowser(tx *sqldb.Tx, account int64, browser string) error {
	_, err := tx.Exec(`INSERT INTO known_browser (account, browser_hash, seen_ms) VALUES ($1, $2, $3)
		ON CONFLICT (account, browser_hash) DO UPDATE SET seen_ms = excluded.seen_ms`, account, browser, sqldb.Millis(tx.Now()))
	if err != nil {
		return fmt.Errorf("write known browser: %w", err)
	}
	_, err = tx.Exec(`DELETE FROM known_browser WHERE account = $1 AND browser_hash NOT IN
		(SELECT browser_hash FROM known_browser WHERE account = $1 ORDER BY seen_ms DESC, browser_hash LIMIT $2)`, account, browsersMost)
	if err != nil {
		return fmt.Errorf("forget old browsers: %w", err)
	}
	return nil
}

func insertEvent(tx *sqldb.Tx, account int64, key string) error {
	_, err := tx.Exec(`INSERT INTO account_event (id, account, at_ms, key) VALUES ($1, $2, $3, $4)`,
		tx.NewID(), account, sqldb.Millis(tx.Now()), key)
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}

func events(q sqldb.Querier, account int64, most int) ([]Happening, error) {
	out, err := sqldb.All(q, func(rows *sql.Rows) (Happening, error) {
		var h Happening
		var at int64
		err := rows.Scan(&at, &h.Key)
		h.At = sqldb.Time(at)
		return h, err
	}, `SELECT at_ms, key FROM account_event WHERE account = $1 ORDER BY id DESC LIMIT $2`, account, most)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return out, nil
}

func browsersSeen(q sqldb.Querier, account int64) ([]time.Time, error) {
	return sqldb.All(q, func(rows *sql.Rows) (time.Time, error) {
		var seen int64
		err := rows.Scan(&seen)
		return sqldb.Time(seen), err
	}, `SELECT seen_ms FROM known_browser WHERE account = $1 ORDER BY seen_ms DESC LIMIT $2`, account, browsersMost)
}

// eraseRows deletes an account and all that hangs on it, but not its claims.
func eraseRows(tx *sqldb.Tx, account int64) error {
	for _, table := range []string{"password", "passkey", "known_browser", "first_proof", "handover", "account_event"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE account = $1`, account); err != nil {
			return fmt.Errorf("erase %s: %w", table, err)
		}
	}
	if _, err := tx.Exec(`DELETE FROM account WHERE id = $1`, account); err != nil {
		return fmt.Errorf("erase account: %w", err)
	}
	return nil
}

// dropUnproven deletes an account that nobody proved; it has nothing hanging on it.
func dropUnproven(tx *sqldb.Tx, account int64) error {
	if _, err := tx.Exec(`DELETE FROM account WHERE id = $1 AND state = 'unproven'`, account); err != nil {
		return fmt.Errorf("drop unproven account: %w", err)
	}
	return nil
}

// unprovenBefore lists accounts that nobody proved in time.
func unprovenBefore(q sqldb.Querier, before time.Time, most int) ([]int64, error) {
	ids, err := sqldb.All(q, func(rows *sql.Rows) (id int64, err error) {
		err = rows.Scan(&id)
		return id, err
	}, `SELECT id FROM account WHERE state = 'unproven' AND created_ms < $1 ORDER BY created_ms LIMIT $2`, sqldb.Millis(before), most)
	if err != nil {
		return nil, fmt.Errorf("list unproven accounts: %w", err)
	}
	return ids, nil
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}
