package report_test

import (
	"fmt"
	"testing"

	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/report"
)

func TestWhatIsMissingOfARegistrationIsNamed(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		var indexes []seal.Index
		promise := func(parts ...string) {
			ix := seal.Index{Version: 1, Sum: fmt.Sprintf("%032d", len(indexes))}
			indexes = append(indexes, ix)
			if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return keep(tx, ix, parts) }); err != nil {
				t.Fatal(err)
			}
		}
		for range 600 { // more than one snapshot is asked about
			promise("claim", "account", "challenge", "message")
		}
		whole := indexes[:len(indexes):len(indexes)]
		promise()
		promise("claim", "challenge", "message")
		promise("account", "challenge", "message")
		promise("claim", "account", "challenge")
		promise("claim", "account", "message")
		service := report.New(report.Config{DB: db, Now: clock.Now})
		if got, err := service.Lost(t.Context(), whole); err != nil || got != (report.Lost{}) {
			t.Errorf("lost %+v, %v", got, err)
		}
		// Without its claim an account is not found, and without its challenge a message.
		want := report.Lost{Addresses: 5, Claims: 2, Accounts: 3, Challenges: 2, Messages: 3}
		if got, err := service.Lost(t.Context(), indexes); err != nil || got != want {
			t.Errorf("lost %+v, want %+v, %v", got, want, err)
		}
		if got, err := service.Lost(t.Context(), nil); err != nil || got != (report.Lost{}) {
			t.Errorf("of nothing %+v is lost, %v", got, err)
		}
	})
}

// keep writes the parts of one registration as the nouns would.
func keep(tx *sqldb.Tx, ix seal.Index, parts []string) error {
	now, account, message := sqldb.Millis(tx.Now()), tx.NewID(), tx.NewID()
	rows := map[string]func() error{
		"claim": func() error {
			_, err := tx.Exec(`INSERT INTO email_claim (key_version, sum, account, proven_ms) VALUES ($1, $2, $3, 0)`, ix.Version, ix.Sum, account)
			return err
		},
		"account": func() error {
			_, err := tx.Exec(`INSERT INTO account (id, state, lang, consent_version, consent_ms, created_ms, email_proven_ms, phone_proven_ms)
				VALUES ($1, 'unproven', 'id', '1', $2, $3, 0, 0)`, account, now, now)
			return err
		},
		"challenge": func() error {
			_, err := tx.Exec(`INSERT INTO challenge (id, purpose, channel, dest_version, dest_index, dest_sealed, account, browser_hash, lang, text_key,
				link, key_version, digits, state, guesses, guesses_most, created_ms, expires_ms, last_sent_ms, sends, message)
				VALUES ($1, 'prove_email', 'email', $2, $3, $4, $5, '', 'id', '', '', 1, 6, 'open', 0, 5, $6, $7, $8, 1, $9)`,
				tx.NewID(), ix.Version, ix.Sum, []byte("x"), account, now, now, now, message)
			return err
		},
		"message": func() error {
			_, err := tx.Exec(`INSERT INTO message (id, channel, text_key, lang, owner, fill_ref, to_sealed, args_sealed, state, reason, created_ms, state_ms, priority)
				VALUES ($1, 'email', 'otp.prove_email', 'id', $2, 0, $3, $4, 'queued', '', $5, $6, 10)`, message, account, []byte("x"), []byte("x"), now, now)
			return err
		},
	}
	for _, part := range parts {
		if err := rows[part](); err != nil {
			return err
		}
	}
	return nil
}
