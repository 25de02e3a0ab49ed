package sqldb_test

import (
	"testing"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

// Whatever the writer makes of $n inside, each parameter gets its own value.
func TestParametersKeepTheirPlacesHoweverTheyAreWritten(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		for query, want := range map[string]string{
			`SELECT CAST($1 AS TEXT) || CAST($2 AS TEXT)`:                                 "ab",
			`SELECT CAST($2 AS TEXT) || CAST($1 AS TEXT)`:                                 "ba",
			`SELECT CAST($1 AS TEXT) || CAST($2 AS TEXT) || CAST($1 AS TEXT)`:             "aba",
			`SELECT '$2' || CAST($1 AS TEXT) || CAST($2 AS TEXT)`:                         "$2ab",
			`SELECT 'it''s $9 ' || CAST($1 AS TEXT) || CAST($2 AS TEXT) || ' costs $1 ' `: "it's $9 ab costs $1 ",
		} {
			var got string
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(query, "a", "b").Scan(&got) })
			if err != nil || got != want {
				t.Errorf("%s gave %q, %v", query, got, err)
			}
		}
	})
}
