package otp

import (
	"database/sql"
	"fmt"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

const columns = `id, purpose, channel, dest_version, dest_index, dest_sealed, account, asker, known, browser_hash, lang, text_key, link,
	key_version, digits, state, guesses, guesses_most, created_ms, expires_ms, last_sent_ms, sends, message, class`

const columnCount = 24

// insertMost bounds the rows of one statement: PostgreSQL takes at most 65,535
// parameters, and a row has 24.
const insertMost = 256

func scan(row interface{ Scan(...any) error }) (challenge, error) {
	var c challenge
	var created, expires, sent, known int64
	err := row.Scan(&c.id, &c.purpose, &c.channel, &c.dest.Version, &c.dest.Sum, &c.sealed, &c.account, &c.asker, &known, &c.browser, &c.lang, &c.textKey, &c.link,
		&c.keyVersion, &c.digits, &c.state, &c.guesses, &c.guessesMost, &created, &expires, &sent, &c.sends, &c.message, &c.class)
	c.known = known == 1
	c.created, c.expires, c.lastSent = sqldb.Time(created), sqldb.Time(expires), sqldb.Time(sent)
	return c, err
}

func get(q sqldb.Querier, id int64) (challenge, error) {
	c, err := scan(q.QueryRow(`SELECT `+columns+` FROM challenge WHERE id = $1`, id))
	if sqldb.NoRows(err) {
		return challenge{}, fault.New(fault.NotFound, "otp.no_challenge", nil)
	}
	if err != nil {
		return challenge{}, fmt.Errorf("read challenge: %w", err)
	}
	return c, nil
}

// there says which challenges exist, whatever became of them, and whom each is for.
func there(q sqldb.Querier, ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	list, args := sqldb.In(ids, 1)
	_, err := sqldb.All(q, func(rows *sql.Rows) (none struct{}, err error) {
		var id int64
		var dest string
		err = rows.Scan(&id, &dest)
		out[id] = dest
		return none, err
	}, `SELECT id, dest_index FROM challenge WHERE id IN (`+list+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("look for challenges: %w", err)
	}
	return out, nil
}

// liveFor lists the challenges of destinations that are neither over nor expired,
// by destination, newest first. The sum keeps PostgreSQL from going by the time of
// expiry, by which nearly all of an opening day's challenges are still alive.
func liveFor(q sqldb.Querier, sums []string) (map[string][]challenge, error) {
	live := map[string][]challenge{}
	if len(sums) == 0 {
		return live, nil
	}
	list, args := sqldb.In(sums, 1)
	args = append(args, sqldb.Millis(q.Now()))
	cs, err := sqldb.All(q, func(rows *sql.Rows) (challenge, error) { return scan(rows) },
		`SELECT `+columns+` FROM challenge WHERE dest_index IN (`+list+`)
		AND expires_ms + 0 > `+fmt.Sprintf("$%d", len(args))+` AND state IN ('open', 'exhausted') ORDER BY created_ms DESC, id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("read live challenges: %w", err)
	}
	for _, c := range cs {
		live[c.dest.Sum] = append(live[c.dest.Sum], c)
	}
	return live, nil
}

func insert(tx *sqldb.Tx, cs []challenge) error {
	for part := range sqldb.Parts(cs, insertMost) {
		args := make([]any, 0, len(part)*columnCount)
		for _, c := range part {
			args = append(args, c.id, string(c.purpose), string(c.channel), c.dest.Version, c.dest.Sum, c.sealed, c.account, c.asker, asNumber(c.known), c.browser, c.lang, c.textKey, c.link,
				c.keyVersion, c.digits, string(c.state), c.guesses, c.guessesMost, sqldb.Millis(c.created), sqldb.Millis(c.expires), sqldb.Millis(c.lastSent), c.sends, c.message, c.class)
		}
		n, err := tx.Exec(`INSERT INTO challenge (`+columns+`) VALUES `+sqldb.Values(len(part), columnCount, 1)+` ON CONFLICT (id) DO NOTHING`, args...)
		if err != nil {
			return fmt.Errorf("insert challenges: %w", err)
		}
		if n < int64(len(part)) { // the same form, sent to another node as well, was quicker; or an id is taken
			return fmt.Errorf("insert challenges: %w", sqldb.ErrRace)
		}
	}
	return nil
}

func setSent(tx *sqldb.Tx, c challenge) error {
	_, err := tx.Exec(`UPDATE challenge SET message = $1, last_sent_ms = $2, sends = sends + 1 WHERE id = $3`,
		c.message, sqldb.Millis(c.lastSent), c.id)
	if err != nil {
		return fmt.Errorf("write sending: %w", err)
	}
	return nil
}

// unsend takes a sending back; false when there is none to take back.
func unsend(tx *sqldb.Tx, id int64) (bool, error) {
	n, err := tx.Exec(`UPDATE challenge SET sends = sends - 1, last_sent_ms = 0 WHERE id = $1 AND sends > 0`, id)
	if err != nil {
		return false, fmt.Errorf("take sending back: %w", err)
	}
	return n == 1, nil
}

// setVoid ends a challenge and gives the guesses that were used; false when it is
// over already. An exhausted one that has expired may still be replaced.
func setVoid(tx *sqldb.Tx, id int64) (guesses int, voided bool, err error) {
	err = tx.QueryRow(`UPDATE challenge SET state = 'void' WHERE id = $1
		AND (state = 'open' OR state = 'exhausted' AND expires_ms <= $2) RETURNING guesses`,
		id, sqldb.Millis(tx.Now())).Scan(&guesses)
	if sqldb.NoRows(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("void challenge: %w", err)
	}
	return guesses, true, nil
}

// countGuess counts and compares in one statement: parallel guesses cannot share a
// try. It gives the row as it is after this very guess.
func countGuess(tx *sqldb.Tx, c challenge) (challenge, bool, error) {
	counted, err := scan(tx.QueryRow(`UPDATE challenge SET guesses = guesses + 1,
			state = CASE WHEN guesses + 1 >= guesses_most THEN 'exhausted' ELSE state END
		WHERE id = $1 AND state = 'open' AND guesses < guesses_most AND expires_ms > $2
		RETURNING `+columns, c.id, sqldb.Millis(tx.Now())))
	if sqldb.NoRows(err) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("count guess: %w", err)
	}
	return counted, true, nil
}

// setProven consumes a challenge. Exhausted ones too: the last guess may be the
// right one, and no other can be counted after it.
func setProven(tx *sqldb.Tx, id int64) (bool, error) {
	n, err := tx.Exec(`UPDATE challenge SET state = 'proven' WHERE id = $1 AND state IN ('open', 'exhausted')`, id)
	if err != nil {
		return false, fmt.Errorf("prove challenge: %w", err)
	}
	return n == 1, nil
}

func voidOthers(tx *sqldb.Tx, sums []string, but int64) error {
	args := append(anys(sums), but)
	_, err := tx.Exec(`UPDATE challenge SET state = 'void' WHERE dest_index IN (`+sqldb.List(len(sums), 1)+`)
		AND state = 'open' AND id <> `+fmt.Sprintf("$%d", len(args)), args...)
	if err != nil {
		return fmt.Errorf("void other challenges: %w", err)
	}
	return nil
}

// voidAll takes the exhausted ones along: after their life they could be asked for again.
func voidAll(tx *sqldb.Tx, account int64) error {
	if _, err := tx.Exec(`UPDATE challenge SET state = 'void' WHERE account = $1 AND state IN ('open', 'exhausted')`, account); err != nil {
		return fmt.Errorf("void challenges of an account: %w", err)
	}
	return nil
}

func awaits(q sqldb.Querier, account int64) (bool, error) {
	var n int
	err := q.QueryRow(`SELECT COUNT(*) FROM challenge WHERE account = $1 AND expires_ms > $2 AND state IN ('open', 'exhausted')`,
		account, sqldb.Millis(q.Now())).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("read account's challenges: %w", err)
	}
	return n > 0, nil
}

func erase(tx *sqldb.Tx, account int64, sums []string) error {
	if _, err := tx.Exec(`DELETE FROM challenge WHERE account = $1 AND account <> 0`, account); err != nil {
		return fmt.Errorf("erase challenges: %w", err)
	}
	if len(sums) == 0 {
		return nil
	}
	if _, err := tx.Exec(`DELETE FROM challenge WHERE dest_index IN (`+sqldb.List(len(sums), 1)+`)`, anys(sums)...); err != nil {
		return fmt.Errorf("erase challenges: %w", err)
	}
	return nil
}

func prune(tx *sqldb.Tx, before time.Time, most int) (int64, error) {
	n, err := tx.Exec(`DELETE FROM challenge WHERE id IN (SELECT id FROM challenge WHERE expires_ms < $1 ORDER BY expires_ms LIMIT $2)`,
		sqldb.Millis(before), most)
	if err != nil {
		return 0, fmt.Errorf("prune challenges: %w", err)
	}
	return n, nil
}

func asNumber(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}
