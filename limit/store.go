package limit

import (
	"database/sql"
	"fmt"
	"time"

	"gelombang/internal/sqldb"
)

// takeMost bounds the rows of one statement.
const takeMost = 512

// take counts what fits. A counter that is full is not among the answers.
func take(tx *sqldb.Tx, wants []want) (map[id]counter, error) {
	counters := make(map[id]counter, len(wants))
	for part := range sqldb.Parts(wants, takeMost) {
		if err := takePart(tx, part, counters); err != nil {
			return nil, fmt.Errorf("count uses: %w", err)
		}
	}
	return counters, nil
}

func takePart(tx *sqldb.Tx, wants []want, counters map[id]counter) error {
	now := tx.Now()
	args := make([]any, 0, len(wants)*wantColumns+24)
	for _, w := range wants {
		long := w.budget.longer()
		first := int64(min(w.n, max(w.budget.Most, 0), max(long.Most, 0)))
		args = append(args, w.id.name, w.id.key, sqldb.Millis(now.Add(w.budget.Window)), first, int64(w.budget.Most),
			sqldb.Millis(now.Add(long.Window)), first, int64(long.Most), first)
	}
	// The present stands once per place: a number that comes again would make the
	// engine look every one of them up by its name (sqldb, positional).
	past := func(ends string) string {
		args = append(args, sqldb.Millis(now))
		return fmt.Sprintf("limit_use.%s <= $%d", ends, len(args))
	}
	used := func() string { return "CASE WHEN " + past("ends_ms") + " THEN 0 ELSE limit_use.used END" }
	long := func() string { return "CASE WHEN " + past("long_ends_ms") + " THEN 0 ELSE limit_use.long_used END" }
	fits := func() string { // how many of those wanted both windows have room for
		return "CASE WHEN excluded.granted <= excluded.most - " + used() + " AND excluded.granted <= excluded.long_most - " + long() +
			" THEN excluded.granted WHEN excluded.most - " + used() + " <= excluded.long_most - " + long() +
			" THEN excluded.most - " + used() + " ELSE excluded.long_most - " + long() + " END"
	}
	rows, err := tx.Query(`INSERT INTO limit_use (name, key, ends_ms, used, most, long_ends_ms, long_used, long_most, granted)
		VALUES `+sqldb.Values(len(wants), wantColumns, 1)+` ON CONFLICT (name, key) DO UPDATE SET
			used = `+used()+` + `+fits()+`, ends_ms = CASE WHEN `+past("ends_ms")+` THEN excluded.ends_ms ELSE limit_use.ends_ms END,
			long_used = `+long()+` + `+fits()+`, long_ends_ms = CASE WHEN `+past("long_ends_ms")+` THEN excluded.long_ends_ms ELSE limit_use.long_ends_ms END,
			granted = `+fits()+`, most = excluded.most, long_most = excluded.long_most
		WHERE `+used()+` < excluded.most AND `+long()+` < excluded.long_most
		RETURNING name, key, used, ends_ms, long_used, long_ends_ms, granted`, args...)
	if err != nil {
		return err
	}
	return collect(rows, counters)
}

// wantColumns is how many parameters one row has.
const wantColumns = 9

func collect(rows *sql.Rows, counters map[id]counter) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name id
		var c counter
		var ends, longEnds int64
		if err := rows.Scan(&name.name, &name.key, &c.used, &ends, &c.long, &longEnds, &c.granted); err != nil {
			return err
		}
		c.ends, c.longEnds = sqldb.Time(ends), sqldb.Time(longEnds)
		counters[name] = c
	}
	return rows.Err()
}

// readMany gives counters as they stand; one that was never used is not among them.
func readMany(q sqldb.Querier, uses []Use) (map[id]counter, error) {
	counters := make(map[id]counter, len(uses))
	for part := range sqldb.Parts(uses, takeMost) {
		args := make([]any, 0, 2*len(part))
		for _, u := range part {
			args = append(args, u.Budget.Name, u.Key)
		}
		rows, err := q.Query(`SELECT l.name, l.key, l.used, l.ends_ms, l.long_used, l.long_ends_ms, l.granted
			FROM (`+sqldb.TypedValues(len(part), 1, "TEXT", "TEXT")+`) AS v JOIN limit_use l ON l.name = v.column1 AND l.key = v.column2`, args...)
		if err != nil {
			return nil, fmt.Errorf("read uses: %w", err)
		}
		if err := collect(rows, counters); err != nil {
			return nil, fmt.Errorf("read uses: %w", err)
		}
	}
	return counters, nil
}

// giveBack takes one use back from each window that it was taken from: a window
// began one window's length before its end.
func giveBack(tx *sqldb.Tx, u Use, taken time.Time) error {
	long := u.Budget.longer()
	_, err := tx.Exec(`UPDATE limit_use SET
			used = CASE WHEN used > 0 AND ends_ms <= $1 THEN used - 1 ELSE used END,
			long_used = CASE WHEN long_used > 0 AND long_ends_ms <= $2 THEN long_used - 1 ELSE long_used END
		WHERE name = $3 AND key = $4`,
		sqldb.Millis(taken.Add(u.Budget.Window)), sqldb.Millis(taken.Add(long.Window)), u.Budget.Name, u.Key)
	if err != nil {
		return fmt.Errorf("give a use back: %w", err)
	}
	return nil
}

func sweep(tx *sqldb.Tx, most int) (int64, error) {
	ended, err := sqldb.All(tx, func(rows *sql.Rows) (id, error) {
		var name id
		err := rows.Scan(&name.name, &name.key)
		return name, err
	}, `SELECT name, key FROM limit_use WHERE long_ends_ms <= $1 AND ends_ms <= $2 ORDER BY long_ends_ms LIMIT $3`, sqldb.Millis(tx.Now()), sqldb.Millis(tx.Now()), most)
	if err != nil {
		return 0, fmt.Errorf("sweep uses: %w", err)
	}
	var gone int64
	for _, name := range ended {
		n, err := tx.Exec(`DELETE FROM limit_use WHERE name = $1 AND key = $2 AND long_ends_ms <= $3 AND ends_ms <= $4`,
			name.name, name.key, sqldb.Millis(tx.Now()), sqldb.Millis(tx.Now()))
		if err != nil {
			return 0, fmt.Errorf("sweep uses: %w", err)
		}
		gone += n
	}
	return gone, nil
}
