package migrations_test

import (
	"context"
	"io/fs"
	"testing"
	"testing/fstest"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/migrations"
)

// before are the migrations of the releases before a number.
func before(t *testing.T, number string) fs.FS {
	t.Helper()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	for _, name := range names {
		if name >= number {
			continue
		}
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: text}
	}
	return out
}

const challenge = `INSERT INTO challenge (id, purpose, channel, dest_version, dest_index, dest_sealed, account, asker, known, browser_hash, lang, text_key, link,
	key_version, digits, state, guesses, guesses_most, created_ms, expires_ms, last_sent_ms, sends, message)
	VALUES ($1, $2, 'email', 1, 'sum', $3, 7, 8, 1, 'browser', 'id', 'otp.sign_in', '', 1, 6, 'open', 2, 5, 10, 20, 11, 1, 9)`

func TestACodeThatIsOnItsWayOutlivesTheChangeOfItsTable(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			db, err := sqldb.Open(ctx, sqldb.Config{DSN: sqldbtest.DSN(t, engine), Now: sqldbtest.NewClock().Now})
			must(t, err)
			defer func() { must(t, db.Close()) }()
			insert := func(id int64, purpose string) error {
				return db.Write(ctx, func(tx *sqldb.Tx) error {
					_, err := tx.Exec(challenge, id, purpose, []byte("sealed"))
					return err
				})
			}
			if engine == sqldb.Postgres { // its databases come with the whole schema
				must(t, db.Write(ctx, func(tx *sqldb.Tx) error {
					for _, statement := range []string{`DROP SCHEMA public CASCADE`, `CREATE SCHEMA public`} {
						if _, err := tx.Exec(statement); err != nil {
							return err
						}
					}
					return nil
				}))
			}
			must(t, db.Migrate(ctx, before(t, "0012")))
			must(t, insert(1, "sign_in"))
			if insert(2, "undo") == nil {
				t.Fatal("the former table knows the new purposes")
			}
			must(t, db.Migrate(ctx, migrations.Files))
			must(t, insert(2, "undo"))
			if insert(3, "nonsense") == nil {
				t.Fatal("the list of purposes is no longer closed")
			}
			must(t, db.Read(ctx, func(rx *sqldb.Rx) error {
				var purpose, browser string
				var sealed []byte
				var account, asker, known, guesses, expires, message int64
				err := rx.QueryRow(`SELECT purpose, browser_hash, dest_sealed, account, asker, known, guesses, expires_ms, message FROM challenge WHERE id = 1`).
					Scan(&purpose, &browser, &sealed, &account, &asker, &known, &guesses, &expires, &message)
				if purpose != "sign_in" || browser != "browser" || string(sealed) != "sealed" || account != 7 || asker != 8 || known != 1 || guesses != 2 || expires != 20 || message != 9 {
					t.Errorf("the code came through as %s %s %s %d %d %d %d %d %d", purpose, browser, sealed, account, asker, known, guesses, expires, message)
				}
				return err
			}))
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
