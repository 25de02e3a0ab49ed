package sqldb_test

import (
	"errors"
	"slices"
	"testing"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

func TestWhoWatchesSeesEveryStatementInItsOrder(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		seen := sqldbtest.Watch(t, db)
		var n int
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			if _, err := tx.Exec(`DELETE FROM limit_use
				WHERE name = $1`, "none"); err != nil {
				return err
			}
			return tx.QueryRow(`SELECT 1`).Scan(&n)
		})
		if err == nil {
			err = db.Read(t.Context(), func(rx *sqldb.Rx) error {
				rows, err := rx.Query(`SELECT 2`)
				if err != nil {
					return err
				}
				return errors.Join(rows.Err(), rows.Close())
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, want := seen.Taken(), []string{`DELETE FROM limit_use WHERE name = $1`, `SELECT 1`, `SELECT 2`}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		if again := seen.Taken(); len(again) != 0 {
			t.Errorf("told twice: %q", again)
		}
	})
}
