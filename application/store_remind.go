package application

import (
	"database/sql"
	"fmt"

	"gelombang/internal/sqldb"
)

// placedAmong says which of these accounts have, or had, a place in a wave.
func placedAmong(q sqldb.Querier, waveID int64, accounts []int64) (map[int64]bool, error) {
	args := []any{waveID}
	for _, a := range accounts {
		args = append(args, a)
	}
	placed := map[int64]bool{}
	_, err := sqldb.All(q, func(rows *sql.Rows) (none struct{}, err error) {
		var account int64
		err = rows.Scan(&account)
		placed[account] = true
		return none, err
	}, `SELECT DISTINCT account FROM place WHERE wave = $1 AND account IN (`+sqldb.List(len(accounts), 2)+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("read places of a page: %w", err)
	}
	return placed, nil
}

// markReminded is false when somebody was reminded of this wave before.
func markReminded(tx *sqldb.Tx, waveID, account int64) (bool, error) {
	n, err := tx.Exec(`INSERT INTO reminder (wave, account, at_ms) VALUES ($1, $2, $3) ON CONFLICT (wave, account) DO NOTHING`,
		waveID, account, sqldb.Millis(tx.Now()))
	if err != nil {
		return false, fmt.Errorf("note reminder: %w", err)
	}
	return n == 1, nil
}
