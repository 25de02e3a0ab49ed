package sqldb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// retries bounds how often a transaction that lost a race is run again.
const retries = 8

func (db *DB) writePostgres(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// The work is carried through although the request may go away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	for try := 0; ; try++ {
		err := db.writeOnce(ctx, fn)
		if !lostRace(err) || try == retries {
			return err
		}
		pause := time.Duration(1+rand.IntN(4<<try)) * time.Millisecond
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return unavailable(err)
		}
	}
}

func (db *DB) writeOnce(ctx context.Context, fn func(*Tx) error) error {
	sqlTx, err := db.pool.BeginTx(ctx, nil)
	if err != nil {
		return unavailable(fmt.Errorf("begin: %w", err))
	}
	defer func() { _ = sqlTx.Rollback() }()
	tx := &Tx{run: poolRunner{ctx, sqlTx}, db: db, now: wholeMillis(db.now())}
	if err := safely(fn, tx); err != nil {
		return broken(err)
	}
	if err := sqlTx.Commit(); err != nil {
		return unavailable(fmt.Errorf("commit: %w", err))
	}
	tx.committed()
	return nil
}

// broken gives an error of the connection its kind: the closure returned it, but
// the database failed.
func broken(err error) error {
	var pg *pgconn.PgError
	var conn *pgconn.ConnectError
	switch {
	case errors.As(err, &conn), pgconn.Timeout(err), errors.Is(err, context.DeadlineExceeded):
		return unavailable(err)
	case errors.As(err, &pg) && (pg.Code[:2] == "57" || pg.Code[:2] == "53" || pg.Code[:2] == "08"):
		return unavailable(err) // operator intervention, out of resources, connection lost
	}
	return err
}

// lostRace says that PostgreSQL asks for the transaction to be run again:
// serialization failure or deadlock.
func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
