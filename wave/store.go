package wave

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"gelombang/draw/transcript"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
)

// listMost is above the number of waves that a programme file may plan.
const listMost = 1000

const columns = `id, name, title, state, opens_ms, closes_ms, settled_by_ms, freeze_by_ms, announce_ms,
	terms, rules, chain, round, round_at_ms, round_fixed_ms, round_why, void_reason`

func scan(row interface{ Scan(...any) error }) (Wave, error) {
	var w Wave
	var opens, closes, settled, freeze, announce, roundAt, fixed int64
	var terms, chain string
	err := row.Scan(&w.ID, &w.Name, &w.Title, &w.State, &opens, &closes, &settled, &freeze, &announce,
		&terms, &w.Rules, &chain, &w.Round, &roundAt, &fixed, &w.RoundWhy, &w.VoidReason)
	if err != nil {
		return Wave{}, err
	}
	w.Opens, w.Closes, w.SettledBy, w.FreezeBy = sqldb.Time(opens), sqldb.Time(closes), sqldb.Time(settled), sqldb.Time(freeze)
	w.Announce, w.RoundAt, w.RoundFixed = sqldb.Time(announce), sqldb.Time(roundAt), sqldb.Time(fixed)
	var err1, err2 error
	w.Terms, err1 = parsed[Terms](terms)
	w.Chain, err2 = parsed[transcript.Chain](chain)
	if err := errors.Join(err1, err2); err != nil {
		return Wave{}, fmt.Errorf("read wave %d: %w", w.ID, err)
	}
	return w, nil
}

// known are the values of JSON that rows held so far: those of a few waves, read with
// every page of the journey and never changed in place.
var known sync.Map

func parsed[T any](text string) (v T, err error) {
	if old, ok := known.Load(text); ok {
		if v, ok = old.(T); ok {
			return v, nil
		}
	}
	if err = json.Unmarshal([]byte(text), &v); err == nil {
		known.Store(text, v)
	}
	return v, err
}

// values are the columns from state on that an update may change, and terms.
func values(w Wave) ([]any, error) {
	terms, err1 := json.Marshal(w.Terms)
	chain, err2 := json.Marshal(w.Chain)
	return []any{w.ID, w.Name, w.Title, string(w.State), sqldb.Millis(w.Opens), sqldb.Millis(w.Closes), sqldb.Millis(w.SettledBy),
		sqldb.Millis(w.FreezeBy), sqldb.Millis(w.Announce), string(terms), w.Rules, string(chain), w.Round,
		sqldb.Millis(w.RoundAt), sqldb.Millis(w.RoundFixed), string(w.RoundWhy), string(w.VoidReason)}, errors.Join(err1, err2)
}

// insert says false when a wave of this name is there already.
func insert(tx *sqldb.Tx, w Wave) (bool, error) {
	args, err := values(w)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(`INSERT INTO wave (`+columns+`) VALUES `+sqldb.Values(1, len(args), 1)+` ON CONFLICT (name) DO NOTHING`, args...)
	return n == 1, err
}

// update writes what a verb changed, unless somebody else was faster.
func update(tx *sqldb.Tx, from State, w Wave) error {
	chain, err := json.Marshal(w.Chain)
	if err != nil {
		return err
	}
	n, err := tx.Exec(`UPDATE wave SET state = $1, opens_ms = $2, closes_ms = $3, settled_by_ms = $4, freeze_by_ms = $5,
		rules = $6, chain = $7, round = $8, round_at_ms = $9, round_fixed_ms = $10, round_why = $11, void_reason = $12
		WHERE id = $13 AND state = $14`,
		string(w.State), sqldb.Millis(w.Opens), sqldb.Millis(w.Closes), sqldb.Millis(w.SettledBy), sqldb.Millis(w.FreezeBy),
		w.Rules, string(chain), w.Round, sqldb.Millis(w.RoundAt), sqldb.Millis(w.RoundFixed), string(w.RoundWhy), string(w.VoidReason),
		w.ID, string(from))
	if err == nil && n == 0 {
		return fault.New(fault.Refused, refusals[w.State], fault.Args{"state": locale.Key("wave.state." + string(w.State))})
	}
	return err
}

func find(q sqldb.Querier, id int64) (Wave, error) {
	w, err := scan(q.QueryRow(`SELECT `+columns+` FROM wave WHERE id = $1`, id))
	if sqldb.NoRows(err) {
		return Wave{}, fault.Wrap(err, fault.NotFound, KeyNone)
	}
	return w, err
}

func hold(tx *sqldb.Tx, id int64) (Wave, error) {
	w, err := scan(tx.QueryRow(`UPDATE wave SET state = state WHERE id = $1 RETURNING `+columns, id))
	if sqldb.NoRows(err) {
		return Wave{}, fault.Wrap(err, fault.NotFound, KeyNone)
	}
	return w, err
}

// states lists the waves by id and state alone.
func states(q sqldb.Querier) ([]Wave, error) {
	return sqldb.All(q, func(rows *sql.Rows) (w Wave, err error) {
		err = rows.Scan(&w.ID, &w.State)
		return w, err
	},
		`SELECT id, state FROM wave ORDER BY opens_ms, id LIMIT $1`, listMost)
}

func list(q sqldb.Querier) ([]Wave, error) {
	return sqldb.All(q, func(rows *sql.Rows) (Wave, error) { return scan(rows) },
		`SELECT `+columns+` FROM wave ORDER BY opens_ms, id LIMIT $1`, listMost)
}
