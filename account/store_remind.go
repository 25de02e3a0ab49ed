package account

import (
	"database/sql"
	"fmt"
	"time"

	"gelombang/internal/sqldb"
)

func scanID(rows *sql.Rows) (id int64, err error) {
	err = rows.Scan(&id)
	return id, err
}

func activeAfter(q sqldb.Querier, after int64, most int) ([]int64, error) {
	ids, err := sqldb.All(q, scanID, `SELECT id FROM account WHERE state = 'active' AND id > $1 ORDER BY id LIMIT $2`, after, most)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return ids, nil
}

// forgottenBetween lists accounts with an e-mail that were made between two times, that
// nobody proved and that were not reminded.
func forgottenBetween(tx *sqldb.Tx, from, to time.Time, most int) ([]int64, error) {
	ids, err := sqldb.All(tx, scanID, `SELECT id FROM account WHERE state = 'unproven' AND created_ms > $1 AND created_ms <= $2
		AND reminded_ms = 0 AND LENGTH(email_sealed) > 0 ORDER BY created_ms LIMIT $3`, sqldb.Millis(from), sqldb.Millis(to), most)
	if err != nil {
		return nil, fmt.Errorf("list unproven accounts: %w", err)
	}
	return ids, nil
}

// setReminded is false when an account was reminded before.
func setReminded(tx *sqldb.Tx, id int64) (bool, error) {
	n, err := tx.Exec(`UPDATE account SET reminded_ms = $1 WHERE id = $2 AND reminded_ms = 0`, sqldb.Millis(tx.Now()), id)
	if err != nil {
		return false, fmt.Errorf("note reminder: %w", err)
	}
	return n == 1, nil
}
