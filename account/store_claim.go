package account

import (
	"database/sql"
	"fmt"
	"slices"

	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/notify"
)

func claimTable(ch notify.Channel) string {
	if ch == notify.SMS {
		return "phone_claim"
	}
	return "email_claim"
}

// claimsOf finds the claims of addresses by their sums. They are joined as rows: in
// an IN of two columns PostgreSQL would go by the version alone, which all rows share.
func claimsOf(q sqldb.Querier, ch notify.Channel, indexes []seal.Index) (map[string]claim, error) {
	found := map[string]claim{}
	for part := range sqldb.Parts(indexes, claimsMost) {
		args := make([]any, 0, 2*len(part))
		for _, ix := range part {
			args = append(args, ix.Version, ix.Sum)
		}
		rows, err := q.Query(`SELECT c.key_version, c.sum, c.account, c.proven_ms FROM (`+sqldb.TypedValues(len(part), 1, "BIGINT", "TEXT")+`) AS v
			JOIN `+claimTable(ch)+` c ON c.key_version = v.column1 AND c.sum = v.column2`, args...)
		if err != nil {
			return nil, fmt.Errorf("read claims: %w", err)
		}
		if err := collect(rows, found); err != nil {
			return nil, fmt.Errorf("read claims: %w", err)
		}
	}
	return found, nil
}

// claimsMost bounds the claims of one statement.
const claimsMost = 256

func claimOf(q sqldb.Querier, ch notify.Channel, indexes []seal.Index) (claim, error) {
	found, err := claimsOf(q, ch, indexes)
	return oldest(found, indexes), err
}

// among names the versions too, as the primary key begins with them.
func among(indexes []seal.Index) (where string, args []any) {
	var versions []seal.Version
	for _, ix := range indexes {
		if !slices.Contains(versions, ix.Version) {
			versions = append(versions, ix.Version)
			args = append(args, ix.Version)
		}
	}
	sums := make([]string, len(indexes))
	for i, ix := range indexes {
		sums[i] = ix.Sum
	}
	list, more := sqldb.In(sums, len(versions)+1)
	return `key_version IN (` + sqldb.List(len(versions), 1) + `) AND sum IN (` + list + `)`, append(args, more...)
}

func collect(rows *sql.Rows, into map[string]claim) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c claim
		if err := rows.Scan(&c.index.Version, &c.index.Sum, &c.account, &c.proven); err != nil {
			return err
		}
		into[c.index.Sum] = c
	}
	return rows.Err()
}

func claimRows(wanted map[string]claim) []any {
	args := make([]any, 0, 4*len(wanted))
	for _, sum := range sorted(wanted) {
		c := wanted[sum]
		args = append(args, c.index.Version, sum, c.account, c.proven)
	}
	return args
}

// insertClaims claims e-mails, and puts into found who has them: the claims wanted,
// or those that stood there first.
func insertClaims(tx *sqldb.Tx, wanted, found map[string]claim) error {
	if len(wanted) == 0 {
		return nil
	}
	rows, err := tx.Query(`INSERT INTO email_claim (key_version, sum, account, proven_ms) VALUES `+sqldb.Values(len(wanted), 4, 1)+`
		ON CONFLICT (key_version, sum) DO UPDATE SET account = email_claim.account
		RETURNING key_version, sum, account, proven_ms`, claimRows(wanted)...)
	if err != nil {
		return fmt.Errorf("insert claims: %w", err)
	}
	if err := collect(rows, found); err != nil {
		return fmt.Errorf("insert claims: %w", err)
	}
	return nil
}

// claimFor claims a proven address for an account under every key version. The
// first proof wins: a proven claim of another account stands and is the answer.
func claimFor(tx *sqldb.Tx, ch notify.Channel, indexes []seal.Index, account int64) (claim, error) {
	wanted := map[string]claim{}
	for _, ix := range indexes {
		wanted[ix.Sum] = claim{index: ix, account: account, proven: sqldb.Millis(tx.Now())}
	}
	t := claimTable(ch)
	rows, err := tx.Query(`INSERT INTO `+t+` (key_version, sum, account, proven_ms) VALUES `+sqldb.Values(len(wanted), 4, 1)+`
		ON CONFLICT (key_version, sum) DO UPDATE SET
			account = CASE WHEN `+t+`.proven_ms = 0 THEN excluded.account ELSE `+t+`.account END,
			proven_ms = CASE WHEN `+t+`.proven_ms = 0 THEN excluded.proven_ms ELSE `+t+`.proven_ms END
		RETURNING key_version, sum, account, proven_ms`, claimRows(wanted)...)
	if err != nil {
		return claim{}, fmt.Errorf("claim address: %w", err)
	}
	found := map[string]claim{}
	if err := collect(rows, found); err != nil {
		return claim{}, fmt.Errorf("claim address: %w", err)
	}
	return oldest(found, indexes), nil
}

// freeClaims gives an address of an account free.
func freeClaims(tx *sqldb.Tx, ch notify.Channel, indexes []seal.Index, account int64) error {
	where, args := among(indexes)
	args = append(args, account)
	if _, err := tx.Exec(`DELETE FROM `+claimTable(ch)+` WHERE `+where+fmt.Sprintf(` AND account = $%d`, len(args)), args...); err != nil {
		return fmt.Errorf("free claims: %w", err)
	}
	return nil
}
