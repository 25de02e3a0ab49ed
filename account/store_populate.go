package account

import (
	"fmt"

	"gelombang/internal/sqldb"
)

// insertProven writes claims of e-mails that nobody has claimed yet.
func insertProven(tx *sqldb.Tx, claims []claim) error {
	for part := range sqldb.Parts(claims, claimsMost) {
		args := make([]any, 0, 4*len(part))
		for _, c := range part {
			args = append(args, c.index.Version, c.index.Sum, c.account, c.proven)
		}
		if _, err := tx.Exec(`INSERT INTO email_claim (key_version, sum, account, proven_ms) VALUES `+sqldb.Values(len(part), 4, 1), args...); err != nil {
			return fmt.Errorf("insert proven claims: %w", err)
		}
	}
	return nil
}
