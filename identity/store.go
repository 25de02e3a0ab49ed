package identity

import (
	"database/sql"
	"fmt"
	"strings"
	"time"

	"gelombang/identity/registry"
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
	held       string // heldReview, or ""
	declined   int64  // the submission that an official said no to; 0: none
	waived     int64
	closes     time.Time
	urgency    urgency
}

// heldReview is why a submission is not asked about.
const heldReview = "review"

func (r row) record() Record {
	st := r.state
	if r.held == heldReview && st == Parked {
		st = Review
	}
	return Record{
		Account: r.account, Form: r.form, State: st, Waived: r.waived != 0, StateSince: r.since, Fields: r.differs,
		Submitted: r.submitted, Answered: r.answered, NextTry: r.nextTry, NoAnswer: r.cause, Claimed: r.claimed,
	}
}

const rowColumns = `account, submission, state, name, nik, kk, birth_place, birth_date, sex, regency, district,
	education, employment, differs, cause, unanswered, submitted_ms, since_ms, answered_ms, next_try_ms, claimed_ms,
	held, waived, closes_ms, urgency, declined`

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
	var ms [6]int64
	err := from.Scan(&r.account, &r.submission, &r.state,
		&sealed[0], &sealed[1], &sealed[2], &sealed[3], &sealed[4], &sealed[5],
		&r.form.Regency, &r.form.District, &r.form.Education, &r.form.Employment,
		&differs, &r.cause, &r.unanswered, &ms[0], &ms[1], &ms[2], &ms[3], &ms[4],
		&r.held, &r.waived, &ms[5], &r.urgency, &r.declined)
	if err != nil {
		return row{}, err
	}
	r.differs = splitFields(differs)
	for i, to := range []*time.Time{&r.submitted, &r.since, &r.answered, &r.nextTry, &r.claimed, &r.closes} {
		*to = sqldb.Time(ms[i])
	}
	if r.state == Parked && r.held == heldReview && r.declined == r.submission {
		r.state, r.held = Declined, "" // SQLite alters no CHECK: the column has no word for it
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

// park writes a submission over the last one, with no question under way. The row is held.
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
		differs = '', cause = '', unanswered = 0, next_try_ms = 0, submitted_ms = $15, since_ms = $15,
		held = '', waived = 0, urgency = -1
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
	_, err := tx.Exec(`UPDATE identity SET state = $2, differs = $3, cause = '', held = '', urgency = 0, unanswered = 0, next_try_ms = 0,
		since_ms = $4, answered_ms = $4 WHERE account = $1`,
		account, string(st), joinFields(differs), sqldb.Millis(tx.Now()))
	if err != nil {
		return fmt.Errorf("judge identity: %w", err)
	}
	return nil
}

// hush notes why a question was not asked; it keeps its place.
func hush(tx *sqldb.Tx, account int64, cause registry.Cause) error {
	if _, err := tx.Exec(`UPDATE identity SET cause = $2 WHERE account = $1 AND cause <> $2`, account, string(cause)); err != nil {
		return fmt.Errorf("note why identity is not asked about: %w", err)
	}
	return nil
}

// parked gives the moments of sending of the QueueMost who wait longest.
func parked(q sqldb.Querier) ([]int64, error) {
	list, err := sqldb.All(q, func(rows *sql.Rows) (ms int64, err error) {
		err = rows.Scan(&ms)
		return ms, err
	}, `SELECT submitted_ms FROM identity WHERE state = 'parked' AND held = '' ORDER BY submitted_ms LIMIT $1`, QueueMost)
	if err != nil {
		return nil, fmt.Errorf("list parked identities: %w", err)
	}
	return list, nil
}

func note(tx *sqldb.Tx, account int64, kind string) error {
	_, err := tx.Exec(`INSERT INTO identity_event (id, account, at_ms, kind) VALUES ($1, $2, $3, $4)`,
		tx.NewID(), account, sqldb.Millis(tx.Now()), kind)
	if err != nil {
		return fmt.Errorf("note identity event: %w", err)
	}
	return nil
}

// remark is note for the younger kinds.
func remark(tx *sqldb.Tx, account int64, kind string) error {
	_, err := tx.Exec(`INSERT INTO identity_remark (id, account, at_ms, kind) VALUES ($1, $2, $3, $4)`,
		tx.NewID(), account, sqldb.Millis(tx.Now()), kind)
	if err != nil {
		return fmt.Errorf("note identity remark: %w", err)
	}
	return nil
}

func events(q sqldb.Querier, account int64, most int) ([]Happening, error) {
	found, err := sqldb.All(q, func(rows *sql.Rows) (Happening, error) {
		var at int64
		var kind string
		err := rows.Scan(&at, &kind)
		return Happening{At: sqldb.Time(at), Key: "identity.history." + kind}, err
	}, `SELECT at_ms, kind FROM (
			SELECT id, at_ms, kind FROM identity_event WHERE account = $1
			UNION ALL SELECT id, at_ms, kind FROM identity_remark WHERE account = $1
		) AS both_lists ORDER BY id DESC LIMIT $2`, account, most)
	if err != nil {
		return nil, fmt.Errorf("read identity events: %w", err)
	}
	return found, nil
}

func erase(tx *sqldb.Tx, account int64) error {
	for _, statement := range []string{
		`DELETE FROM identity_event WHERE account = $1`,
		`DELETE FROM identity_remark WHERE account = $1`,
		`DELETE FROM nik_try WHERE account = $1`,
		`DELETE FROM nik_decline WHERE account = $1`,
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
