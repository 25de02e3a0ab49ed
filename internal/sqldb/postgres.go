package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// retries bounds how often a transaction that lost a race is run again.
	retries = 8
	// connectWithin bounds one attempt to connect to one host where the DSN does not:
	// a host that is gone says nothing, and the next one is to be asked within ReadLimit.
	connectWithin = time.Second
)

// postgresPool makes the pool. Where there are several hosts, one that only reads is
// passed over although the DSN does not ask for that: everything here writes.
func postgresPool(dsn string, conns int, settings map[string]string) (*sql.DB, error) {
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	maps.Copy(c.RuntimeParams, settings)
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectWithin
	}
	if c.ValidateConnect == nil && manyHosts(c) {
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	pool := stdlib.OpenDB(*c)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxLifetime(30 * time.Minute) // so that a failed-over address is resolved anew
	return pool, nil
}

// writerSettings are for transactions that touch rows by their keys, some hundred in
// one statement. A plan that was made while a table was empty, or without statistics
// as in the first minute of an opening day, reads whole tables: six times slower
// after a few thousand registrations, and worse with each.
var writerSettings = map[string]string{"plan_cache_mode": "force_custom_plan", "enable_seqscan": "off"}

func manyHosts(c *pgx.ConnConfig) bool {
	for _, f := range c.Fallbacks {
		if f.Host != c.Host || f.Port != c.Port {
			return true
		}
	}
	return false
}

func (db *DB) readPostgres(ctx context.Context, fn func(runner) error) error {
	tx, err := db.pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return unavailable(fmt.Errorf("begin reading: %w", err))
	}
	defer func() { _ = tx.Rollback() }()
	return fn(poolRunner{ctx, tx})
}

func (db *DB) writePostgres(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return broken(err)
	}
	ctx, cancel := carriedThrough(ctx)
	defer cancel()
	for try := 0; ; try++ {
		err := db.writeOnce(ctx, fn)
		if onReadOnly(err) && try == 0 {
			db.leaveServer()
			continue
		}
		if errors.Is(err, context.DeadlineExceeded) {
			db.leaveServer() // it says nothing: each further connection to it would cost as long
		}
		if !lostRace(err) {
			return err
		}
		if try == retries {
			return unavailable(err)
		}
		pause := time.Duration(1+rand.IntN(4<<try)) * time.Millisecond
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return unavailable(err)
		}
	}
}

// carriedThrough is a context that does not end when the caller goes away, but ends
// when the caller said beforehand.
func carriedThrough(ctx context.Context) (context.Context, context.CancelFunc) {
	end, said := ctx.Deadline()
	ctx = context.WithoutCancel(ctx)
	if said {
		return context.WithDeadline(ctx, end)
	}
	return context.WithTimeout(ctx, writeLimit)
}

// leaveServer drops the connections that nobody uses: they lead to a server that has
// become a standby or says nothing any more, and those in use are dropped the same way
// when they find that out.
func (db *DB) leaveServer() {
	for _, pool := range []*sql.DB{db.pool, db.writers} {
		pool.SetMaxIdleConns(-1)
		pool.SetMaxIdleConns(db.conns)
	}
}

func (db *DB) writeOnce(ctx context.Context, fn func(*Tx) error) error {
	sqlTx, err := db.writers.BeginTx(ctx, nil)
	if err != nil {
		return unavailable(fmt.Errorf("begin: %w", err))
	}
	defer func() { _ = sqlTx.Rollback() }()
	tx := &Tx{run: db.watched(poolRunner{ctx, sqlTx}), db: db, now: wholeMillis(db.now())}
	if err := safely(fn, tx); err != nil {
		return broken(err)
	}
	if err := sqlTx.Commit(); err != nil {
		return unavailable(fmt.Errorf("commit: %w", err))
	}
	tx.committed()
	return nil
}

// ErrRace is a closure's word that another transaction came first, so that what it
// read is no longer so, or that a number it drew is taken: the closure is run again.
var ErrRace = errors.New("another transaction came first")

// lostRace says that the transaction is to be run again: PostgreSQL says so
// (serialization failure or deadlock), or the closure does.
func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, ErrRace) || errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
