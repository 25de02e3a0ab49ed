package identity

import (
	"database/sql"
	"fmt"
	"strings"
	"time"

	"gelombang/identity/registry"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
)

// row is one row of table identity, opened.
type row struct {
	account    int64
	submission int64
	state      State
	form       Form
	differs    []registry.Field
	cause      registry.Cause
	unanswered int
	submitted  time.Time
	since      time.Time
	answered   time.Time
	nextTry    time.Time
	claimed    time.Time
}

func (r row) record() Record {
	return Record{
		Account: r.account, Form: r.form, State: r.state, StateSince: r.since, Fields: r.differs,
		Submitted: r.submitted, Answered: r.answered, NextTry: r.nextTry, NoAnswer: r.cause, Claimed: r.claimed,
	}
}

const rowColumns = `account, submission, state, name, nik, kk, birth_place, birth_date, sex, regency, district,
	education, employment, differs, cause, unanswered, submitted_ms, since_ms, answered_ms, next_try_ms, claimed_ms`

// load reads an account's row; one that is not there is a row in state None.
func (s *Service) load(q sqldb.Querier, account int64) (row, error) {
	r, err := s.scan(q.QueryRow(`SELECT `+rowColumns+` FROM identity WHERE account = $1`, account))
	if sqldb.NoRows(err) {
		return row{account: account, state: None}, nil
	}
	if err != nil {
		return row{}, fmt.Errorf("read identity: %w", err)
	}
	return r, nil
}

// hold reads an account's row, making it when there is none, and keeps it locked
// until the transaction ends: two tabs that submit at once take turns here.
func (s *Service) hold(tx *sqldb.Tx, account int64) (row, error) {
	r, err := s.scan(tx.QueryRow(`INSERT INTO identity (account, state) VALUES ($1, 'none')
		ON CONFLICT (account) DO UPDATE SET account = excluded.account RETURNING `+rowColumns, account))
	if err != nil {
		return row{}, fmt.Errorf("hold identity: %w", err)
	}
	return r, nil
}

// lock keeps an account's row until the transaction ends; one that is not there
// is a row in state None, and is not made.
func (s *Service) lock(tx *sqldb.Tx, account int64) (row, error) {
	r, err := s.scan(tx.QueryRow(`UPDATE identity SET state = state WHERE account = $1 RETURNING `+rowColumns, account))
	if sqldb.NoRows(err) {
		return row{account: account, state: None}, nil
	}
	if err != nil {
		return row{}, fmt.Errorf("lock identity: %w", err)
	}
	return r, nil
}

func (s *Service) scan(from *sql.Row) (row, error) {
	var r row
	var sealed [6][]byte
	var differs string
	var ms [5]int64
	err := from.Scan(&r.account, &r.submission, &r.state,
		&sealed[0], &sealed[1], &sealed[2], &sealed[3], &sealed[4], &sealed[5],
		&r.form.Regency, &r.form.District, &r.form.Education, &r.form.Employment,
		&differs, &r.cause, &r.unanswered, &ms[0], &ms[1], &ms[2], &ms[3], &ms[4])
	if err != nil {
		return row{}, err
	}
	r.differs = splitFields(differs)
	for i, to := range []*time.Time{&r.submitted, &r.since, &r.answered, &r.nextTry, &r.claimed} {
		*to = sqldb.Time(ms[i])
	}
	return r, s.unseal(&r, sealed)
}

// sealedColumns are in the order of rowColumns.
var sealedColumns = [6]string{"identity.name", "identity.nik", "identity.kk", "identity.birth_place",
	"identity.birth_date", "identity.sex"}

func (s *Service) unseal(r *row, sealed [6][]byte) error {
	var plain [6]string
	for i, purpose := range sealedColumns {
		var err error
		if plain[i], err = s.config.Keys.UnsealText(purpose, r.account, sealed[i]); err != nil {
			return err
		}
	}
	r.form.Name, r.form.NIK, r.form.KK, r.form.BirthPlace = plain[0], plain[1], plain[2], plain[3]
	r.form.BirthDate, _ = ParseDate(plain[4]) // "" is the zero Date
	r.form.Sex = Sex(plain[5])
	return nil
}

// park writes a submission over the last one. The row is held.
func (s *Service) park(tx *sqldb.Tx, account, submission int64, f Form) error {
	index := s.config.Keys.Index("nik", f.NIK)
	args := []any{account, submission}
	for i, plain := range [6]string{f.Name, f.NIK, f.KK, f.BirthPlace, f.BirthDate.String(), string(f.Sex)} {
		args = append(args, s.config.Keys.SealText(sealedColumns[i], account, plain))
	}
	args = append(args, f.Regency, f.District, f.Education, f.Employment, index.Version, index.Sum, sqldb.Millis(tx.Now()))
	_, err := tx.Exec(`UPDATE identity SET submission = $2, state = 'parked',
		name = $3, nik = $4, kk = $5, birth_place = $6, birth_date = $7, sex = $8,
		regency = $9, district = $10, education = $11, employment = $12, nik_version = $13, nik_index = $14,
		differs = '', cause = '', unanswered = 0, next_try_ms = 0, submitted_ms = $15, since_ms = $15
		WHERE account = $1`, args...)
	if err != nil {
		return fmt.Errorf("park identity: %w", err)
	}
	return nil
}

// putOff notes that the registry gave no answer and when it is asked again.
func putOff(tx *sqldb.Tx, account int64, cause registry.Cause, unanswered int, next time.Time) error {
	_, err := tx.Exec(`UPDATE identity SET cause = $2, unanswered = $3, next_try_ms = $4 WHERE account = $1`,
		account, string(cause), unanswered, sqldb.Millis(next))
	if err != nil {
		return fmt.Errorf("put identity off: %w", err)
	}
	return nil
}

// judge writes the registry's verdict.
func judge(tx *sqldb.Tx, account int64, st State, differs []registry.Field) error {
	_, err := tx.Exec(`UPDATE identity SET state = $2, differs = $3, cause = '', unanswered = 0, next_try_ms = 0,
		since_ms = $4, answered_ms = $4 WHERE account = $1`,
		account, string(st), joinFields(differs), sqldb.Millis(tx.Now()))
	if err != nil {
		return fmt.Errorf("judge identity: %w", err)
	}
	return nil
}

// markClaimed and markInUse say how a claim ended.
func markClaimed(tx *sqldb.Tx, account int64) error {
	_, err := tx.Exec(`UPDATE identity SET claimed_ms = $2 WHERE account = $1`, account, sqldb.Millis(tx.Now()))
	if err != nil {
		return fmt.Errorf("mark identity claimed: %w", err)
	}
	return nil
}

func markInUse(tx *sqldb.Tx, account int64) error {
	_, err := tx.Exec(`UPDATE identity SET state = 'in_use', since_ms = $2 WHERE account = $1`, account, sqldb.Millis(tx.Now()))
	if err != nil {
		return fmt.Errorf("mark identity in use: %w", err)
	}
	return nil
}

// parked gives the moments of sending of the QueueMost who wait longest.
func parked(q sqldb.Querier) ([]int64, error) {
	list, err := sqldb.All(q, func(rows *sql.Rows) (ms int64, err error) {
		err = rows.Scan(&ms)
		return ms, err
	}, `SELECT submitted_ms FROM identity WHERE state = 'parked' ORDER BY submitted_ms LIMIT $1`, QueueMost)
	if err != nil {
		return nil, fmt.Errorf("list parked identities: %w", err)
	}
	return list, nil
}

func accountsOf(q sqldb.Querier, indexes []seal.Index) ([]int64, error) {
	args := indexArgs(indexes)
	found, err := sqldb.All(q, func(rows *sql.Rows) (account int64, err error) {
		err = rows.Scan(&account)
		return account, err
	}, `SELECT account FROM identity WHERE (nik_version, nik_index) IN (`+
		sqldb.TypedValues(len(indexes), 1, "INTEGER", "TEXT")+`) ORDER BY account LIMIT `+fmt.Sprint(findMost), args...)
	if err != nil {
		return nil, fmt.Errorf("find identities by NIK: %w", err)
	}
	return found, nil
}

// claim takes a NIK for an account unless somebody has it, and gives whose it is
// now. The indexes are in one order everywhere, so that two claims cannot wait for
// each other.
func claim(tx *sqldb.Tx, account int64, indexes []seal.Index) (owner int64, err error) {
	args := make([]any, 0, 4*len(indexes))
	for _, x := range indexes {
		args = append(args, x.Version, x.Sum, account, sqldb.Millis(tx.Now()))
	}
	if _, err := tx.Exec(`INSERT INTO nik_claim (key_version, sum, account, since_ms) VALUES `+
		sqldb.Values(len(indexes), 4, 1)+` ON CONFLICT (key_version, sum) DO NOTHING`, args...); err != nil {
		return 0, fmt.Errorf("claim NIK: %w", err)
	}
	// Somebody else's claim under any version speaks for all: a newer version's row may
	// be missing until it is backfilled, and was then just written for the wrong account,
	// perhaps by a node whose clock is behind.
	mine := append(indexArgs(indexes), account)
	err = tx.QueryRow(`SELECT account FROM nik_claim WHERE (key_version, sum) IN (`+
		sqldb.TypedValues(len(indexes), 1, "INTEGER", "TEXT")+fmt.Sprintf(`)
		ORDER BY CASE WHEN account = $%d THEN 1 ELSE 0 END, since_ms, key_version LIMIT 1`, len(mine)), mine...).Scan(&owner)
	if err != nil {
		return 0, fmt.Errorf("read NIK's owner: %w", err)
	}
	return owner, nil
}

// unclaim frees what an account holds of a NIK, under every version of the key.
func unclaim(tx *sqldb.Tx, account int64, indexes []seal.Index) error {
	args := append(indexArgs(indexes), account)
	_, err := tx.Exec(fmt.Sprintf(`DELETE FROM nik_claim WHERE (key_version, sum) IN (%s) AND account = $%d`,
		sqldb.TypedValues(len(indexes), 1, "INTEGER", "TEXT"), len(args)), args...)
	if err != nil {
		return fmt.Errorf("free NIK: %w", err)
	}
	return nil
}

func indexArgs(indexes []seal.Index) []any {
	args := make([]any, 0, 2*len(indexes))
	for _, x := range indexes {
		args = append(args, x.Version, x.Sum)
	}
	return args
}

func note(tx *sqldb.Tx, account int64, kind string) error {
	_, err := tx.Exec(`INSERT INTO identity_event (id, account, at_ms, kind) VALUES ($1, $2, $3, $4)`,
		tx.NewID(), account, sqldb.Millis(tx.Now()), kind)
	if err != nil {
		return fmt.Errorf("note identity event: %w", err)
	}
	return nil
}

func events(q sqldb.Querier, account int64, most int) ([]Happening, error) {
	found, err := sqldb.All(q, func(rows *sql.Rows) (Happening, error) {
		var at int64
		var kind string
		err := rows.Scan(&at, &kind)
		return Happening{At: sqldb.Time(at), Key: "identity.history." + kind}, err
	}, `SELECT at_ms, kind FROM identity_event WHERE account = $1 ORDER BY id DESC LIMIT $2`, account, most)
	if err != nil {
		return nil, fmt.Errorf("read identity events: %w", err)
	}
	return found, nil
}

func erase(tx *sqldb.Tx, account int64) error {
	for _, statement := range []string{
		`DELETE FROM identity_event WHERE account = $1`,
		`DELETE FROM identity WHERE account = $1`,
	} {
		if _, err := tx.Exec(statement, account); err != nil {
			return fmt.Errorf("erase identity: %w", err)
		}
	}
	return nil
}

func joinFields(list []registry.Field) string {
	words := make([]string, len(list))
	for i, f := range list {
		words[i] = string(f)
	}
	return strings.Join(words, ",")
}

func splitFields(text string) []registry.Field {
	if text == "" {
		return nil
	}
	var list []registry.Field
	for word := range strings.SplitSeq(text, ",") {
		list = append(list, registry.Field(word))
	}
	return list
}
