// Package sqldbtest gives every test a fresh, migrated, real database of each
// engine. PostgreSQL is a real server: the one named by GELOMBANG_TEST_POSTGRES
// (make test starts one for all packages), or one that this package starts itself
// in a temporary folder, as an unprivileged user when the tests run as root.
package sqldbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/migrations"
)

// What test processes share, when somebody says so (withpostgres does).
const (
	PostgresEnv  = "GELOMBANG_TEST_POSTGRES"  // the DSN of a running server
	TemplatesEnv = "GELOMBANG_TEST_TEMPLATES" // a folder for migrated SQLite files
)

// Clock is a clock that tests set. The zero value is not useful; use NewClock.
type Clock struct{ ms atomic.Int64 }

// NewClock stands at a Monday morning in the wave of the examples: 3 August 2026, 09.00 WIB.
func NewClock() *Clock {
	c := &Clock{}
	c.Set(time.Date(2026, 8, 3, 2, 0, 0, 0, time.UTC))
	return c
}

// Now reads the clock.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.ms.Load()).UTC() }

// Set moves the clock to t.
func (c *Clock) Set(t time.Time) { c.ms.Store(t.UnixMilli()) }

// Add moves the clock on.
func (c *Clock) Add(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// Each runs test once per engine, in parallel, each on a fresh migrated database.
func Each(t *testing.T, test func(t *testing.T, db *sqldb.DB, clock *Clock)) {
	t.Helper()
	On(t, []sqldb.Engine{sqldb.SQLite, sqldb.Postgres}, test)
}

// On is Each for some of the engines.
func On(t *testing.T, engines []sqldb.Engine, test func(t *testing.T, db *sqldb.DB, clock *Clock)) {
	t.Helper()
	for _, e := range engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			clock := NewClock()
			test(t, Open(t, e, clock), clock)
		})
	}
}

// Open gives one fresh, migrated database that is closed and dropped with the test.
func Open(t testing.TB, e sqldb.Engine, clock *Clock) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(context.Background(), sqldb.Config{DSN: Migrated(t, e), Now: clock.Now, PoolSize: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	return db
}

// migrated is SQLite's template: a file on which all migrations ran. It is made once per
// process, or once for all that share a TemplatesEnv.
var migrated = sync.OnceValues(func() ([]byte, error) {
	kept := ""
	if folder := os.Getenv(TemplatesEnv); folder != "" {
		kept = filepath.Join(folder, "schema_"+schemaHash()+".db")
		if template, err := os.ReadFile(kept); err == nil {
			return template, nil
		}
	}
	template, err := makeFile()
	if err == nil && kept != "" {
		err = keep(kept, template)
	}
	return template, err
})

func makeFile() ([]byte, error) {
	dir, err := os.MkdirTemp("", "gelombang-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "template.db")
	if err := migrate("sqlite:" + file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// keep leaves a template for the other processes, who find it whole or not at all.
func keep(path string, template []byte) error {
	part := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(part, template, 0o600); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// migrate brings a database to the newest schema and closes it.
func migrate(dsn string) error {
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Config{DSN: dsn, Now: time.Now})
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(ctx, migrations.Files), db.Close())
}

// Fill makes a new SQLite file with all tables: a copy of the template.
func Fill(t testing.TB, path string) {
	t.Helper()
	template, err := migrated()
	if err == nil {
		err = os.WriteFile(path, template, 0o600)
	}
	if err != nil {
		t.Fatalf("copy the template: %v", err)
	}
}

// Migrated gives the address of a fresh database with all tables.
func Migrated(t testing.TB, e sqldb.Engine) string {
	t.Helper()
	dsn := DSN(t, e)
	if e == sqldb.SQLite { // PostgreSQL's is a copy of a migrated template already
		_, path, _ := sqldb.ParseDSN(dsn) // it is ours
		Fill(t, path)
	}
	return dsn
}

// DSN gives the address of a fresh database: a file that is not there yet for SQLite, a
// copy of a migrated template for PostgreSQL.
func DSN(t testing.TB, e sqldb.Engine) string {
	t.Helper()
	if e == sqldb.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	}
	server := postgres(t)
	name := fmt.Sprintf("t%d_%d", os.Getpid(), serial.Add(1))
	admin(t, server, "CREATE DATABASE "+name+" TEMPLATE "+template(t))
	t.Cleanup(func() { admin(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	return withDatabase(server, name)
}

var serial atomic.Int64

var server = sync.OnceValues(func() (string, error) {
	if dsn := os.Getenv(PostgresEnv); dsn != "" {
		return dsn, nil
	}
	s, err := StartPostgres()
	if err != nil {
		return "", err
	}
	return s.DSN, nil
})

func postgres(t testing.TB) string {
	t.Helper()
	dsn, err := server()
	if err != nil {
		t.Fatalf("a real PostgreSQL is needed (make test installs it): %v", err)
	}
	return dsn
}

// templateOnce makes one migrated template per process and schema.
var templateOnce = sync.OnceValues(func() (string, error) {
	dsn, err := server()
	if err != nil {
		return "", err
	}
	name := "schema_" + schemaHash()
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		return "", err
	}
	defer func() { _ = pool.Close() }()
	// Test binaries of several packages share the server: one of them makes the
	// template under a lock, the others find it.
	conn, err := pool.Conn(context.Background())
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(context.Background(), "SELECT pg_advisory_lock(1)"); err != nil {
		return "", err
	}
	var n int
	if err := conn.QueryRowContext(context.Background(), "SELECT count(*) FROM pg_database WHERE datname=$1", name).Scan(&n); err != nil || n == 1 {
		return name, err
	}
	return name, makeTemplate(conn, dsn, name)
})

func makeTemplate(conn *sql.Conn, dsn, name string) error {
	ctx := context.Background()
	if _, err := conn.ExecContext(ctx, "CREATE DATABASE making_"+name); err != nil {
		return err
	}
	if err := migrate(withDatabase(dsn, "making_"+name)); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, "ALTER DATABASE making_"+name+" RENAME TO "+name)
	return err
}

func template(t testing.TB) string {
	t.Helper()
	name, err := templateOnce()
	if err != nil {
		t.Fatalf("make template database: %v", err)
	}
	return name
}

func schemaHash() string {
	h := fnv.New64a()
	names, _ := fs.Glob(migrations.Files, "*.sql")
	for _, n := range names {
		b, _ := fs.ReadFile(migrations.Files, n)
		_, _ = h.Write(b)
	}
	return fmt.Sprintf("%x", h.Sum64())
}

func withDatabase(dsn, name string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn
	}
	u.Path = "/" + name
	return u.String()
}

func admin(t testing.TB, dsn, statement string) {
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
