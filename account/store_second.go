package account

import (
	"database/sql"
	"fmt"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
)

// firstProof is a right code that did not sign in alone.
type firstProof struct {
	account int64
	browser string // hashed
	channel notify.Channel
	purpose otp.Purpose
	at      time.Time
}

func setFirstProof(tx *sqldb.Tx, f firstProof) error {
	_, err := tx.Exec(`INSERT INTO first_proof (account, browser_hash, channel, purpose, at_ms) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account, browser_hash, channel) DO UPDATE SET purpose = excluded.purpose, at_ms = excluded.at_ms`,
		f.account, f.browser, string(f.channel), string(f.purpose), sqldb.Millis(f.at))
	if err != nil {
		return fmt.Errorf("write first proof: %w", err)
	}
	return nil
}

// firstProofs lists what a browser has proven after a time, newest first.
func firstProofs(q sqldb.Querier, browser string, after time.Time) ([]firstProof, error) {
	out, err := sqldb.All(q, func(rows *sql.Rows) (firstProof, error) {
		f := firstProof{browser: browser}
		var at int64
		err := rows.Scan(&f.account, &f.channel, &f.purpose, &at)
		f.at = sqldb.Time(at)
		return f, err
	}, `SELECT account, channel, purpose, at_ms FROM first_proof WHERE browser_hash = $1 AND at_ms > $2
		ORDER BY at_ms DESC, account, channel LIMIT $3`, browser, sqldb.Millis(after), firstProofsMost)
	if err != nil {
		return nil, fmt.Errorf("read first proofs: %w", err)
	}
	return out, nil
}

func pruneFirstProofs(tx *sqldb.Tx, before time.Time, most int) error {
	_, err := tx.Exec(`DELETE FROM first_proof WHERE account IN (SELECT account FROM first_proof WHERE at_ms <= $1 ORDER BY at_ms LIMIT $2) AND at_ms <= $3`,
		sqldb.Millis(before), most, sqldb.Millis(before))
	if err != nil {
		return fmt.Errorf("prune first proofs: %w", err)
	}
	return nil
}
