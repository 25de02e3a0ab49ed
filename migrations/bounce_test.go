package migrations_test

import (
	"context"
	"testing"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/migrations"
)

const message = `INSERT INTO message (id, channel, text_key, lang, owner, fill_ref, to_sealed, args_sealed, state, reason, provider, provider_ref,
	created_ms, state_ms, attempts, priority, operator, chosen_ms, chosen_try, typed_ms)
	VALUES ($1, 'email', 'otp.sign_in', 'id', 7, 8, $2, $2, 'failed', $3, 'smtp', 'ref', 9, 10, 2, 10, 'gmail', 11, 1, 12)`

func TestAMessageOnItsWayOutlivesTheChangeOfItsTable(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			db, err := sqldb.Open(ctx, sqldb.Config{DSN: sqldbtest.DSN(t, engine), Now: sqldbtest.NewClock().Now})
			must(t, err)
			defer func() { must(t, db.Close()) }()
			insert := func(id int64, reason string) error {
				return db.Write(ctx, func(tx *sqldb.Tx) error {
					_, err := tx.Exec(message, id, []byte("sealed"), reason)
					return err
				})
			}
			empty(t, db)
			must(t, db.Migrate(ctx, before(t, "0016")))
			must(t, insert(1, "mailbox_full"))
			if insert(2, "no_such_domain") == nil {
				t.Fatal("the former table knows the new reasons")
			}
			must(t, db.Migrate(ctx, migrations.Files))
			must(t, insert(2, "no_such_domain"))
			if insert(3, "nonsense") == nil {
				t.Fatal("the list of reasons is no longer closed")
			}
			must(t, db.Read(ctx, func(rx *sqldb.Rx) error {
				var reason, operator, ref string
				var sealed []byte
				var owner, fill, try, typed, since int64
				err := rx.QueryRow(`SELECT reason, operator, provider_ref, to_sealed, owner, fill_ref, chosen_try, typed_ms, state_ms FROM message WHERE id = 1`).
					Scan(&reason, &operator, &ref, &sealed, &owner, &fill, &try, &typed, &since)
				if reason != "mailbox_full" || operator != "gmail" || ref != "ref" || string(sealed) != "sealed" || owner != 7 || fill != 8 || try != 1 || typed != 12 || since != 10 {
					t.Errorf("the message came through as %s %s %s %s %d %d %d %d %d", reason, operator, ref, sealed, owner, fill, try, typed, since)
				}
				return err
			}))
		})
	}
}

// empty takes the whole schema away with which PostgreSQL's databases come here.
func empty(t *testing.T, db *sqldb.DB) {
	t.Helper()
	if db.Engine() != sqldb.Postgres {
		return
	}
	must(t, db.Write(context.Background(), func(tx *sqldb.Tx) error {
		for _, statement := range []string{`DROP SCHEMA public CASCADE`, `CREATE SCHEMA public`} {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
		return nil
	}))
}
