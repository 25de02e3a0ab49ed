package identity

import (
	"database/sql"
	"fmt"

	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
)

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

// ownerOf gives whose a NIK is; 0: nobody's.
func ownerOf(q sqldb.Querier, indexes []seal.Index) (owner int64, err error) {
	err = q.QueryRow(`SELECT account FROM nik_claim WHERE (key_version, sum) IN (`+
		sqldb.TypedValues(len(indexes), 1, "INTEGER", "TEXT")+`) ORDER BY since_ms, key_version LIMIT 1`, indexArgs(indexes)...).Scan(&owner)
	if sqldb.NoRows(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find NIK's owner: %w", err)
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

// markClaimed and markInUse say how a claim ended.
func markClaimed(tx *sqldb.Tx, account int64) error {
	_, err := tx.Exec(`UPDATE identity SET claimed_ms = $2 WHERE account = $1`, account, sqldb.Millis(tx.Now()))
	if err != nil {
		return fmt.Errorf("mark identity claimed: %w", err)
	}
	return nil
}

func markInUse(tx *sqldb.Tx, account int64) error {
	_, err := tx.Exec(`UPDATE identity SET state = 'in_use', claimed_ms = 0, held = '', since_ms = $2 WHERE account = $1`, account, sqldb.Millis(tx.Now()))
	if err != nil {
		return fmt.Errorf("mark identity in use: %w", err)
	}
	return nil
}
