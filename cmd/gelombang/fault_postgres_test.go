package main

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

func TestPostgresStoppedInTheMiddleLosesNothingAndIsNobodysMistake(t *testing.T) {
	t.Parallel()
	server, err := sqldbtest.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	befall(t, trouble{dsn: server.DSN,
		begin: func(*process) {
			if err := server.Crash(); err != nil {
				t.Fatal(err)
			}
		},
		end: func(*process) {
			if err := server.Restart(); err != nil {
				t.Fatal(err)
			}
		}})
}

// A standby after a switch of roles: sessions that were opened to it stay read-only
// although a new session could write.
func TestAPostgresThatTurnsReadOnlyLosesNothingAndIsLeftWhenItCanWriteAgain(t *testing.T) {
	t.Parallel()
	dsn := sqldbtest.DSN(t, sqldb.Postgres)
	name := databaseOf(t, dsn)
	befall(t, trouble{dsn: dsn,
		begin: func(*process) {
			command(t, dsn, "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
			command(t, dsn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = '"+name+"'")
		},
		end: func(*process) {
			command(t, withoutDatabase(t, dsn), "ALTER DATABASE "+name+" RESET default_transaction_read_only")
		}})
}

// moveTo lets a database live in a folder of its own, until the test ends.
// TestAPostgresThatSaysNothingKeepsNobodyWaiting is the fault that a cut cable makes:
// connections stay open, new ones too, and nothing comes.
// cable carries bytes to a server and back, until it is cut.
func databaseOf(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}

// withoutDatabase is the same server's own database, from which others are commanded.
func withoutDatabase(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/postgres"
	return u.String()
}

// command tells PostgreSQL something on a connection of its own.
func command(t *testing.T, dsn, statement string) {
	t.Helper()
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	if _, err := pool.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// query reads one value.
