package staff

import (
	"database/sql"
	"fmt"
	"time"

	"gelombang/internal/sqldb"
)

const handingColumns = `item, staff, reason, at_ms`

func scanHanding(rows *sql.Rows) (h Handing, err error) {
	var ms int64
	err = rows.Scan(&h.Item, &h.Staff, &h.Reason, &ms)
	h.At = sqldb.Time(ms)
	return h, err
}

// handingsBy lists what an official handed on, the newest first.
func handingsBy(q sqldb.Querier, staff int64) ([]Handing, error) {
	list, err := sqldb.All(q, scanHanding, `SELECT `+handingColumns+` FROM review_pass WHERE staff = $1 ORDER BY at_ms DESC LIMIT $2`, staff, handingsMost)
	if err != nil {
		return nil, fmt.Errorf("list what was handed on: %w", err)
	}
	return list, nil
}

// handingsOf lists who handed an item on since it waits, the newest first.
func handingsOf(q sqldb.Querier, item string, since time.Time) ([]Handing, error) {
	list, err := sqldb.All(q, scanHanding, `SELECT `+handingColumns+` FROM review_pass WHERE item = $1 AND at_ms >= $2
		ORDER BY at_ms DESC LIMIT $3`, item, sqldb.Millis(since), handingsShown)
	if err != nil {
		return nil, fmt.Errorf("list who handed an item on: %w", err)
	}
	return list, nil
}

// insertHanding writes a handing on, and forgets those that nothing can wait for any more.
func insertHanding(tx *sqldb.Tx, h Handing) error {
	if _, err := tx.Exec(`INSERT INTO review_pass (`+handingColumns+`) VALUES ($1, $2, $3, $4)
		ON CONFLICT (item, staff) DO UPDATE SET reason = excluded.reason, at_ms = excluded.at_ms`,
		h.Item, h.Staff, h.Reason, sqldb.Millis(h.At)); err != nil {
		return fmt.Errorf("hand an item on: %w", err)
	}
	if _, err := tx.Exec(`DELETE FROM review_pass WHERE at_ms < $1`, sqldb.Millis(h.At.Add(-handingKept))); err != nil {
		return fmt.Errorf("forget what was handed on: %w", err)
	}
	return nil
}

// deleteHandings forgets who handed on an item that is decided.
func deleteHandings(tx *sqldb.Tx, item string) error {
	if _, err := tx.Exec(`DELETE FROM review_pass WHERE item = $1`, item); err != nil {
		return fmt.Errorf("forget who handed an item on: %w", err)
	}
	return nil
}

func addDecided(tx *sqldb.Tx, staff int64, day string) error {
	if _, err := tx.Exec(`INSERT INTO review_done (staff, day, n) VALUES ($1, $2, 1)
		ON CONFLICT (staff, day) DO UPDATE SET n = review_done.n + 1`, staff, day); err != nil {
		return fmt.Errorf("count a decision: %w", err)
	}
	return nil
}

func decidedOn(q sqldb.Querier, staff int64, day string) (n int64, err error) {
	err = q.QueryRow(`SELECT COALESCE(SUM(n), 0) FROM review_done WHERE staff = $1 AND day = $2`, staff, day).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count an official's decisions: %w", err)
	}
	return n, nil
}
