// Package sqldb is the one door to the database. It opens SQLite or PostgreSQL
// by DSN and runs the same SQL text on both.
//
// What was written with Write and answered with nil is durable: on SQLite one
// writer goroutine commits many calls in one transaction with one fsync and
// answers after it; on PostgreSQL each call is a transaction of the pool,
// retried when the server asks for it. What was read with Read came from one
// snapshot through a type that cannot write.
//
// It never holds a rule of the domain, never cancels a statement because a
// request went away, and has one word that differs per engine: SkipLocked.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/semver"
	_ "modernc.org/sqlite" // registers the "sqlite" driver

	"gelombang/internal/fault"
)

// Engine names what is behind a DSN.
type Engine string

// The two engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

const (
	// ReadLimit ends a read transaction: an older snapshot would keep the WAL from being reset.
	ReadLimit = 2 * time.Second
	// writeLimit ends a write transaction on PostgreSQL that hangs on the network or a lock.
	writeLimit = 15 * time.Second
	// lockWithin is how long another process may hold SQLite's lock before we give up:
	// longer than ReadLimit, for which it may wait for its own readers.
	lockWithin = 3 * time.Second
	// minSQLite is the first release without the WAL-reset corruption.
	minSQLite = "v3.51.3"
	// UnavailableKey is the catalog key of a database that cannot serve now.
	UnavailableKey = "page.unavailable.database"
)

// Config opens a database. DSN is "sqlite:PATH" or "postgres://…"; Now is the
// clock of the transactions.
type Config struct {
	DSN string
	Now func() time.Time
	// PoolSize bounds PostgreSQL's connections for writing, and those for reading; 0 takes 16.
	PoolSize int
}

// DB is an open database. Its methods are safe for concurrent use.
type DB struct {
	engine  Engine
	path    string // SQLite's file, or PostgreSQL's DSN
	now     func() time.Time
	group   *groupWriter // SQLite: the writer
	readers *readers     // SQLite
	pool    *sql.DB      // PostgreSQL: the readers
	writers *sql.DB      // PostgreSQL
	conns   int          // PostgreSQL: how many connections each pool keeps
	ids     *ids
	seen    atomic.Pointer[func(string)] // see Watch
	stop    context.CancelFunc
	done    sync.WaitGroup
	closing sync.Once
}

// Open connects, checks that the engine can keep the promise of durability and
// leaves the schema alone; see Migrate.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Now == nil {
		return nil, errors.New("sqldb: Config.Now is required")
	}
	engine, rest, err := ParseDSN(c.DSN)
	if err != nil {
		return nil, err
	}
	db := &DB{engine: engine, path: rest, now: c.Now, ids: newIDs()}
	if engine == SQLite {
		err = db.openSQLite(ctx)
	} else {
		err = db.openPostgres(ctx, c)
	}
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

// ParseDSN splits a DSN into its engine and what that engine needs.
func ParseDSN(dsn string) (Engine, string, error) {
	switch {
	case strings.HasPrefix(dsn, "sqlite:"):
		return SQLite, strings.TrimPrefix(dsn, "sqlite:"), nil
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		return Postgres, dsn, nil
	}
	return "", "", errors.New(`database address must start with "sqlite:" (then a file path) or "postgres://"`)
}

// writerPragmas give the one writer room: a cache of 64 MiB holds the inner pages of
// the claims' indexes, which are met in no order; what a savepoint may have to undo
// stays in memory; the log is copied back every 48 MiB, not every 4, as a
// surge changes the same pages again and again.
const writerPragmas = "&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(12288)"

func (db *DB) openSQLite(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(db.path), 0o700); err != nil {
		return fmt.Errorf("make database folder: %w", err)
	}
	// Each file: URI parameter _pragma runs on every new connection.
	base := "file:" + db.path + "?_pragma=busy_timeout(" + strconv.FormatInt(lockWithin.Milliseconds(), 10) + ")&_pragma=foreign_keys(ON)&_pragma=synchronous(FULL)&_pragma=journal_mode(WAL)"
	w, err := newGroupWriter(ctx, base+writerPragmas, db.now)
	if err != nil {
		return err
	}
	db.group = w
	if db.readers, err = newReaders(base+"&_pragma=query_only(ON)", max(4, 2*runtime.NumCPU())); err != nil {
		return err
	}
	return checkSQLiteVersion(ctx, db.readers.pool)
}

func checkSQLiteVersion(ctx context.Context, pool *sql.DB) error {
	var v string
	if err := pool.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&v); err != nil {
		return fmt.Errorf("read SQLite's version: %w", err)
	}
	if semver.Compare("v"+v, minSQLite) < 0 {
		return fmt.Errorf("SQLite %s can corrupt its log; %s or newer is needed", v, minSQLite)
	}
	return nil
}

func (db *DB) openPostgres(ctx context.Context, c Config) error {
	db.conns = c.PoolSize
	if db.conns == 0 {
		db.conns = 16
	}
	var err, also error
	db.pool, err = postgresPool(c.DSN, db.conns, nil)
	db.writers, also = postgresPool(c.DSN, db.conns, writerSettings)
	if err := errors.Join(err, also); err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	if err := db.pool.PingContext(ctx); err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	return nil
}

// Close ends the writer and the connections, after what is under way; a second call does
// nothing. Calls after it answer Unavailable.
func (db *DB) Close() (err error) {
	db.closing.Do(func() { err = db.close() })
	return err
}

func (db *DB) close() error {
	if db.stop != nil {
		db.stop()
		db.done.Wait()
	}
	var errs []error
	if db.group != nil {
		errs = append(errs, db.group.close())
	}
	if db.readers != nil {
		errs = append(errs, db.readers.close())
	}
	for _, pool := range []*sql.DB{db.pool, db.writers} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// Now is the clock of the transactions.
func (db *DB) Now() time.Time { return db.now() }

// Engine says what is behind.
func (db *DB) Engine() Engine { return db.engine }

// SkipLocked is the one place where the engines' SQL differs: a claim skips
// rows that another node is claiming. SQLite has one writer and needs nothing.
func (db *DB) SkipLocked() string {
	if db.engine == Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// Ping says whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if db.engine == SQLite {
		return db.readers.pool.PingContext(ctx)
	}
	return db.pool.PingContext(ctx)
}

// Durability is what the engine says about fsync on the connection that writes.
type Durability struct {
	Synchronous       string // SQLite: 2 is FULL
	JournalMode       string // SQLite: wal
	Fsync             string // PostgreSQL: on
	SynchronousCommit string // PostgreSQL: on, or a stronger word
}

// Durable says whether an acknowledged write survives a power cut.
func (d Durability) Durable(e Engine) bool {
	if e == SQLite {
		return d.Synchronous == "2" && d.JournalMode == "wal"
	}
	return d.Fsync == "on" && d.SynchronousCommit != "off" && d.SynchronousCommit != ""
}

// Durability reads the settings on the writer's own connection: a kill can't
// reveal a missing fsync, so the server reads them at start and refuses less.
func (db *DB) Durability(ctx context.Context) (Durability, error) {
	var d Durability
	err := db.Write(ctx, func(tx *Tx) error {
		if db.engine == SQLite {
			return errors.Join(
				tx.QueryRow("PRAGMA synchronous").Scan(&d.Synchronous),
				tx.QueryRow("PRAGMA journal_mode").Scan(&d.JournalMode))
		}
		return errors.Join(
			tx.QueryRow("SHOW fsync").Scan(&d.Fsync),
			tx.QueryRow("SHOW synchronous_commit").Scan(&d.SynchronousCommit))
	})
	return d, err
}

// Skew is this node's clock minus the database's. SQLite shares our clock.
func (db *DB) Skew(ctx context.Context) (time.Duration, error) {
	if db.engine == SQLite {
		return 0, nil
	}
	var theirs time.Time
	before := db.now()
	if err := db.pool.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&theirs); err != nil {
		return 0, fmt.Errorf("read the database's clock: %w", err)
	}
	after := db.now()
	return before.Add(after.Sub(before) / 2).Sub(theirs), nil
}

func unavailable(err error) error {
	return fault.Wrap(err, fault.Unavailable, UnavailableKey)
}
