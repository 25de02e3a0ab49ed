package sqldb_test

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/migrations"
)

// grow writes more than max_page_count leaves room for.
func grow(tx *sqldb.Tx) error {
	_, err := tx.Exec(`INSERT INTO session (token_hash, realm, subject, data, expiry_ms) VALUES ('big', 'test', 1, $1, 0)`, make([]byte, 1<<20))
	return err
}

func TestNoRoomLeftIsUnavailableAndPassesWhenThereIsRoomAgain(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.SQLite, sqldbtest.NewClock())
	room := func(pages string) {
		t.Helper()
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			var n int64
			return tx.QueryRow("PRAGMA max_page_count=" + pages).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	room("1") // the engine takes the size there is now
	if err := db.Write(t.Context(), grow); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without room: %v", err)
	}
	room("1000000")
	if err := db.Write(t.Context(), grow); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestAPoolLeavesAServerThatOnlyReads(t *testing.T) {
	t.Parallel()
	dsn := sqldbtest.DSN(t, sqldb.Postgres)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres"
	server, err := sql.Open("pgx", u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	if _, err := server.ExecContext(t.Context(), "ALTER DATABASE "+name+" SET default_transaction_read_only = on"); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), sqldb.Config{DSN: dsn, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return mark(tx, 1) }); !fault.Is(err, fault.Unavailable) {
		t.Errorf("while it only reads: %v", err)
	}
	if _, err := server.ExecContext(t.Context(), "ALTER DATABASE "+name+" RESET default_transaction_read_only"); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return mark(tx, 2) }); err != nil {
		t.Errorf("although new sessions may write: %v", err)
	}
}

func TestAConnectionThatEndsUnderAReaderOrAWriterIsUnavailable(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Postgres, sqldbtest.NewClock())
	const suicide = `SELECT CAST(pg_terminate_backend(pg_backend_pid()) AS INTEGER)`
	var n int
	for range 2 { // the second time on a connection that replaced the first
		if err := db.Read(t.Context(), func(rx *sqldb.Rx) error { return rx.QueryRow(suicide).Scan(&n) }); !fault.Is(err, fault.Unavailable) {
			t.Errorf("reading: %v", err)
		}
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(suicide).Scan(&n) }); !fault.Is(err, fault.Unavailable) {
			t.Errorf("writing: %v", err)
		}
	}
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return mark(tx, 1) }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestALockThatAnotherProgramHoldsMakesEverybodyWaitOnlyOnce(t *testing.T) {
	t.Parallel()
	dsn := sqldbtest.DSN(t, sqldb.SQLite)
	db, err := sqldb.Open(t.Context(), sqldb.Config{DSN: dsn, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Migrate(t.Context(), migrations.Files); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", strings.TrimPrefix(dsn, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	other.SetMaxOpenConns(1)
	if _, err := other.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	answers := make(chan error)
	const callers = 5
	for n := range callers {
		go func() { answers <- db.Write(t.Context(), func(tx *sqldb.Tx) error { return mark(tx, n) }) }()
	}
	for range callers {
		if err := <-answers; !fault.Is(err, fault.Unavailable) {
			t.Errorf("while it is locked: %v", err)
		}
	}
	if waited := time.Since(begun); waited > 10*time.Second {
		t.Errorf("%d callers waited %v, one after the other", callers, waited)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return mark(tx, callers) }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
