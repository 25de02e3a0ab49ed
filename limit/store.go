package limit

import (
	"database/sql"
	"fmt"
	"slices"
	"time"

	"gelombang/internal/sqldb"
)

// takeMost bounds the rows of one statement.
const takeMost = 1000

// take counts what fits. A counter that is full is not among the answers.
func take(tx *sqldb.Tx, wants []want) (map[id]counter, error) {
	counters := make(map[id]counter, len(wants))
	for part := range slices.Chunk(wants, takeMost) {
		if err := takePart(tx, part, counters); err != nil {
			return nil, fmt.Errorf("count uses: %w", err)
		}
	}
	return counters, nil
}

func takePart(tx *sqldb.Tx, wants []want, counters map[id]counter) error {
	now := tx.Now()
	args := make([]any, 0, len(wants)*6+1)
	for _, w := range wants {
		first := int64(min(w.n, max(w.budget.Most, 0)))
		args = append(args, w.id.name, w.id.key, sqldb.Millis(now.Add(w.budget.Window)), first, int64(w.budget.Most), first)
	}
	args = append(args, sqldb.Millis(now))
	past := fmt.Sprintf("limit_use.ends_ms <= $%d", len(args))
	rows, err := tx.Query(`INSERT INTO limit_use (name, key, ends_ms, used, most, granted) VALUES `+sqldb.Values(len(wants), 6, 1)+`
		ON CONFLICT (name, key) DO UPDATE SET
			used = CASE WHEN `+past+` THEN excluded.used
				WHEN limit_use.used + excluded.used > excluded.most THEN excluded.most
				ELSE limit_use.used + excluded.used END,
			granted = CASE WHEN `+past+` THEN excluded.used
				WHEN limit_use.used + excluded.used > excluded.most THEN excluded.most - limit_use.used
				ELSE excluded.used END,
			ends_ms = CASE WHEN `+past+` THEN excluded.ends_ms ELSE limit_use.ends_ms END,
			most = excluded.most
		WHERE `+past+` OR limit_use.used < excluded.most
		RETURNING name, key, used, granted, ends_ms`, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name id
		var c counter
		var ends int64
		if err := rows.Scan(&name.name, &name.key, &c.used, &c.granted, &ends); err != nil {
			return err
		}
		c.ends = sqldb.Time(ends)
		counters[name] = c
	}
	return rows.Err()
}

// read gives a counter as it stands; one that was never used is empty.
func read(q sqldb.Querier, name id) (counter, error) {
	var c counter
	var ends int64
	err := q.QueryRow(`SELECT used, ends_ms FROM limit_use WHERE name = $1 AND key = $2`, name.name, name.key).Scan(&c.used, &ends)
	if err != nil && !sqldb.NoRows(err) {
		return counter{}, fmt.Errorf("read uses: %w", err)
	}
	c.ends = sqldb.Time(ends)
	return c, nil
}

func giveBack(tx *sqldb.Tx, u Use, taken time.Time) error {
	// The window of a counter began one window's length before its end.
	_, err := tx.Exec(`UPDATE limit_use SET used = used - 1 WHERE name = $1 AND key = $2 AND used > 0 AND ends_ms <= $3`,
		u.Budget.Name, u.Key, sqldb.Millis(taken.Add(u.Budget.Window)))
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
	}, `SELECT name, key FROM limit_use WHERE ends_ms <= $1 ORDER BY ends_ms LIMIT $2`, sqldb.Millis(tx.Now()), most)
	if err != nil {
		return 0, fmt.Errorf("sweep uses: %w", err)
	}
	var gone int64
	for _, name := range ended {
		n, err := tx.Exec(`DELETE FROM limit_use WHERE name = $1 AND key = $2 AND ends_ms <= $3`, name.name, name.key, sqldb.Millis(tx.Now()))
		if err != nil {
			return 0, fmt.Errorf("sweep uses: %w", err)
		}
		gone += n
	}
	return gone, nil
}
