package application

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gelombang/draw/transcript"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
)

const (
	// entriesMost bounds one snapshot of the list: 2,000 rows take some 20 ms.
	entriesMost = 2000
	// placesMost bounds what is read of one account: ten changes a day in a long wave.
	placesMost = 500

	sealReceipt = "place.receipt"
)

const columns = `id, wave, account, state, reason, stratum, joined_ms, settled_ms, carried_from, token,
	receipt, commitment, household_left, kk_version, kk_sum, age, sex, checks`

func scan(keys *seal.Keys) func(*sql.Rows) (Place, error) {
	return func(rows *sql.Rows) (Place, error) { return scanPlace(keys, rows) }
}

func scanPlace(keys *seal.Keys, row interface{ Scan(...any) error }) (Place, error) {
	var p Place
	var joined, settled int64
	var receipt []byte
	var commitment, checks string
	err := row.Scan(&p.ID, &p.Wave.ID, &p.Account, &p.State, &p.Reason, &p.Stratum, &joined, &settled, &p.CarriedFrom, &p.token,
		&receipt, &commitment, &p.left, &p.kk.Version, &p.kk.Sum, &p.age, &p.sex, &checks)
	if err != nil {
		return Place{}, err
	}
	p.Joined, p.Settled = sqldb.Time(joined), sqldb.Time(settled)
	if checks != "" {
		for word := range strings.SplitSeq(checks, ",") {
			p.Checks = append(p.Checks, Check(word))
		}
	}
	if p.commitment, err = transcript.ParseDigest(commitment); err != nil {
		return Place{}, fmt.Errorf("read place %d: %w", p.ID, err)
	}
	if len(receipt) == 0 { // its holder was erased
		return p, nil
	}
	if p.Signed, err = keys.UnsealText(sealReceipt, p.ID, receipt); err != nil {
		return Place{}, err
	}
	if p.Receipt, err = transcript.OpenReceipt([]byte(p.Signed)); err != nil {
		return Place{}, fmt.Errorf("read place %d: %w", p.ID, err)
	}
	return p, nil
}

// insert says false when the account has a live place in the wave.
func insert(tx *sqldb.Tx, keys *seal.Keys, p Place) (bool, error) {
	n, err := tx.Exec(`INSERT INTO place (id, wave, account, state, reason, stratum, joined_ms, settled_ms, carried_from, token,
		receipt, commitment, household, household_left, kk_version, kk_sum, age, sex) VALUES `+sqldb.Values(1, 18, 1)+`
		ON CONFLICT (wave, account) WHERE state = 'joined' DO NOTHING`,
		p.ID, p.Wave.ID, p.Account, string(p.State), p.Reason, p.Stratum, sqldb.Millis(p.Joined), sqldb.Millis(p.Settled), p.CarriedFrom, p.token,
		keys.SealText(sealReceipt, p.ID, p.Signed), p.commitment.String(), p.Receipt.Household.String(), p.left,
		p.kk.Version, p.kk.Sum, p.age, string(p.sex))
	return n == 1, err
}

func ofAccount(q sqldb.Querier, keys *seal.Keys, account int64) ([]Place, error) {
	return sqldb.All(q, scan(keys), `SELECT `+columns+` FROM place WHERE account = $1 ORDER BY id DESC LIMIT $2`, account, placesMost)
}

func live(q sqldb.Querier, keys *seal.Keys, waveID, account int64) (Place, error) {
	return scanPlace(keys, q.QueryRow(`SELECT `+columns+` FROM place WHERE wave = $1 AND account = $2 AND state = 'joined'`, waveID, account))
}

func liveOf(q sqldb.Querier, keys *seal.Keys, account int64) ([]Place, error) {
	return sqldb.All(q, scan(keys), `SELECT `+columns+` FROM place WHERE account = $1 AND state = 'joined' AND settled_ms = 0
		ORDER BY id LIMIT $2`, account, placesMost)
}

func unsettledOf(q sqldb.Querier, keys *seal.Keys, waveID int64, most int) ([]Place, error) {
	return sqldb.All(q, scan(keys), `SELECT `+columns+` FROM place WHERE wave = $1 AND state = 'joined' AND settled_ms = 0
		ORDER BY id LIMIT $2`, waveID, most)
}

func byID(q sqldb.Querier, keys *seal.Keys, id int64) (Place, error) {
	return scanPlace(keys, q.QueryRow(`SELECT `+columns+` FROM place WHERE id = $1`, id))
}

// replay finds what the same form gave before: its own place, or the live one.
func replay(q sqldb.Querier, keys *seal.Keys, waveID, account int64, token string) (Place, bool, error) {
	p, err := scanPlace(keys, q.QueryRow(`SELECT `+columns+` FROM place WHERE wave = $1 AND account = $2
		AND (state = 'joined' OR (token = $3 AND token <> '')) ORDER BY CASE state WHEN 'joined' THEN 0 ELSE 1 END, id DESC LIMIT 1`,
		waveID, account, token))
	if sqldb.NoRows(err) {
		return Place{}, false, nil
	}
	return p, err == nil, err
}

func withdraw(tx *sqldb.Tx, id int64, reason string) (bool, error) {
	n, err := tx.Exec(`UPDATE place SET state = 'withdrawn', reason = $1 WHERE id = $2 AND state = 'joined' AND settled_ms = 0`, reason, id)
	return n == 1, err
}

// settled writes what became of a place. Whoever withdrew meanwhile stays withdrawn.
func settled(tx *sqldb.Tx, p Place) (bool, error) {
	n, err := tx.Exec(`UPDATE place SET state = $1, reason = $2, settled_ms = $3, household_left = $4, age = $5, sex = $6, checks = $7
		WHERE id = $8 AND state = 'joined' AND settled_ms = 0`,
		string(p.State), p.Reason, sqldb.Millis(tx.Now()), p.left, p.age, string(p.sex), wordsOf(p.Checks), p.ID)
	return n == 1, err
}

func wordsOf(checks []Check) string {
	words := make([]string, len(checks))
	for i, c := range checks {
		words[i] = string(c)
	}
	return strings.Join(words, ",")
}

// claim takes a NIK for a place, or finds that the place has it. Rows go in the
// order of their keys: two claims that met half-way would deadlock.
func claim(tx *sqldb.Tx, waveID int64, indexes []seal.Index, place int64) (bool, error) {
	slices.SortFunc(indexes, func(a, b seal.Index) int { return a.Version - b.Version })
	for _, ix := range indexes {
		if _, err := tx.Exec(`INSERT INTO place_claim (wave, key_version, sum, place) VALUES ($1, $2, $3, $4)
			ON CONFLICT (wave, key_version, sum) DO NOTHING`, waveID, ix.Version, ix.Sum, place); err != nil {
			return false, err
		}
		var holder int64
		if err := tx.QueryRow(`SELECT place FROM place_claim WHERE wave = $1 AND key_version = $2 AND sum = $3`,
			waveID, ix.Version, ix.Sum).Scan(&holder); err != nil {
			return false, err
		}
		if holder != place {
			return false, nil
		}
	}
	return true, nil
}

func unclaim(tx *sqldb.Tx, place int64) error {
	_, err := tx.Exec(`DELETE FROM place_claim WHERE place = $1`, place)
	return err
}

func entries(q sqldb.Querier, waveID, after int64, most int) ([]Entry, error) {
	return sqldb.All(q, func(rows *sql.Rows) (Entry, error) {
		var e Entry
		var state State
		var joined, settled int64
		var commitment, household string
		err := rows.Scan(&e.Place, &e.Account, &state, &e.Stratum, &joined, &settled, &commitment, &household, &e.Left, &e.Age, &e.Sex)
		if err != nil {
			return e, err
		}
		if state == Joined && settled == 0 {
			return e, errUnsettled
		}
		e.State, e.Joined = entryState(state), sqldb.Time(joined)
		if e.Commitment, err = transcript.ParseDigest(commitment); err != nil {
			return e, err
		}
		e.Household, err = transcript.ParseDigest(household)
		return e, err
	}, `SELECT id, account, state, stratum, joined_ms, settled_ms, commitment, household, household_left, age, sex
		FROM place WHERE wave = $1 AND id > $2 ORDER BY id LIMIT $3`, waveID, after, most)
}

func toTell(q sqldb.Querier, waveID, after int64, most int) ([]Told, error) {
	return sqldb.All(q, func(rows *sql.Rows) (Told, error) {
		var t Told
		return t, rows.Scan(&t.Place, &t.Account, &t.State, &t.Reason)
	}, `SELECT id, account, state, reason FROM place WHERE wave = $1 AND id > $2 AND state <> 'withdrawn' AND account > 0
		ORDER BY id LIMIT $3`, waveID, after, most)
}

func isRecipient(q sqldb.Querier, indexes []seal.Index) (bool, error) {
	for _, ix := range indexes {
		var n int
		err := q.QueryRow(`SELECT COUNT(*) FROM recipient WHERE key_version = $1 AND sum = $2`, ix.Version, ix.Sum).Scan(&n)
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// householdTaken counts the places that a family card took in released waves.
func householdTaken(q sqldb.Querier, indexes []seal.Index) (int, error) {
	taken := 0
	for _, ix := range indexes {
		var n int
		err := q.QueryRow(`SELECT COUNT(*) FROM recipient_household WHERE key_version = $1 AND sum = $2`, ix.Version, ix.Sum).Scan(&n)
		if err != nil {
			return 0, err
		}
		taken += n
	}
	return taken, nil
}

func received(tx *sqldb.Tx, waveID int64, niks []seal.Index, p Place) error {
	for _, ix := range niks {
		if _, err := tx.Exec(`INSERT INTO recipient (key_version, sum, wave) VALUES ($1, $2, $3)
			ON CONFLICT (key_version, sum) DO NOTHING`, ix.Version, ix.Sum, waveID); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`INSERT INTO recipient_household (key_version, sum, place) VALUES ($1, $2, $3)
		ON CONFLICT (key_version, sum, place) DO NOTHING`, p.kk.Version, p.kk.Sum, p.ID)
	return err
}

func putStatements(tx *sqldb.Tx, account int64, st Statements) error {
	answers, err := json.Marshal(st)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO statements (account, answers, at_ms) VALUES ($1, $2, $3)
		ON CONFLICT (account) DO UPDATE SET answers = excluded.answers, at_ms = excluded.at_ms`,
		account, string(answers), sqldb.Millis(tx.Now()))
	return err
}

func statementsOf(q sqldb.Querier, account int64) (Statements, time.Time, error) {
	var answers string
	var at int64
	err := q.QueryRow(`SELECT answers, at_ms FROM statements WHERE account = $1`, account).Scan(&answers, &at)
	if sqldb.NoRows(err) {
		return Statements{}, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	st := Statements{}
	if err := json.Unmarshal([]byte(answers), &st); err != nil {
		return nil, time.Time{}, fmt.Errorf("read statements: %w", err)
	}
	return st, sqldb.Time(at), nil
}

// erase cuts a person off from their places. What was published stays: commitment,
// stratum, household tag and state. An account below 0 is nobody's; it differs from
// place to place, so that nothing joins two of them.
func erase(tx *sqldb.Tx, account int64) error {
	for _, statement := range []string{
		`DELETE FROM place_claim WHERE place IN (SELECT id FROM place WHERE account = $1)`,
		`UPDATE place SET state = CASE WHEN state = 'joined' AND settled_ms = 0 THEN 'withdrawn' ELSE state END,
			account = -id, token = '', receipt = '', kk_version = 0, kk_sum = '', age = 0, sex = '' WHERE account = $1`,
		`DELETE FROM statements WHERE account = $1`,
		`DELETE FROM reminder WHERE account = $1`,
	} {
		if _, err := tx.Exec(statement, account); err != nil {
			return fmt.Errorf("erase application: %w", err)
		}
	}
	return nil
}
