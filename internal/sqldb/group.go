package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
)

const (
	// groupMost bounds the calls that share one fsync, and so the wait of the first.
	groupMost = 512
	// groupFor bounds the time for which a group takes in further calls.
	groupFor = 20 * time.Millisecond
	// writeQueue bounds the calls that wait for a group.
	writeQueue = 4096
	// walRestart is the size of the log at which the writer waits for the readers
	// (at most ReadLimit) and starts the log anew.
	walRestart = 96 << 20
)

// groupWriter is SQLite's single writer: it commits many calls in one transaction.
type groupWriter struct {
	pool  *sql.DB
	on    *prepared
	now   func() time.Time
	wal   string
	queue chan *call
	quit  chan struct{}
	ended chan struct{}
}

type call struct {
	ctx  context.Context
	fn   func(*Tx) error
	db   *DB
	tx   *Tx
	err  error
	done chan struct{}
}

func newGroupWriter(ctx context.Context, dsn string, now func() time.Time) (*groupWriter, error) {
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open writer: %w", err)
	}
	pool.SetMaxOpenConns(1)
	conn, err := connect(ctx, pool)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open writer: %w", err), pool.Close())
	}
	w := &groupWriter{pool: pool, on: newPrepared(conn), now: now,
		queue: make(chan *call, writeQueue), quit: make(chan struct{}), ended: make(chan struct{})}
	if err := conn.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name='main'").Scan(&w.wal); err != nil {
		return nil, errors.Join(fmt.Errorf("find the log: %w", err), conn.Close(), pool.Close())
	}
	w.wal += "-wal"
	go w.loop()
	return w, nil
}

// connect waits for a process that makes the same new file: SQLite answers "busy" at
// once to the second one that turns on the log, whatever busy_timeout says.
func connect(ctx context.Context, pool *sql.DB) (*sql.Conn, error) {
	again := retrypolicy.NewBuilder[*sql.Conn]().
		HandleIf(func(_ *sql.Conn, err error) bool { return busy(err) }).
		WithBackoff(5*time.Millisecond, 100*time.Millisecond).WithMaxRetries(-1).WithMaxDuration(lockWithin).
		ReturnLastFailure().Build()
	return failsafe.With(again).WithContext(ctx).Get(func() (*sql.Conn, error) { return pool.Conn(ctx) })
}

func (w *groupWriter) close() error {
	close(w.quit)
	<-w.ended
	return errors.Join(w.on.close(), w.pool.Close())
}

func (w *groupWriter) write(ctx context.Context, db *DB, fn func(*Tx) error) error {
	c := &call{ctx: ctx, fn: fn, db: db, done: make(chan struct{})}
	select {
	case w.queue <- c:
	case <-ctx.Done():
		return broken(ctx.Err())
	case <-w.quit:
		return unavailable(errClosed)
	}
	select {
	case <-c.done:
	case <-w.ended:
		select {
		case <-c.done: // answered in the last group
		default:
			return unavailable(errClosed)
		}
	}
	if c.err == nil {
		c.tx.committed()
	}
	return c.err
}

// writeGrouped runs fn in a group, again when it says that it lost a race.
func (db *DB) writeGrouped(ctx context.Context, fn func(*Tx) error) (err error) {
	for range retries {
		if err = db.group.write(ctx, db, fn); !errors.Is(err, ErrRace) {
			return err
		}
	}
	return unavailable(err)
}

func (w *groupWriter) loop() {
	defer close(w.ended)
	for {
		select {
		case c := <-w.queue:
			w.group(c)
		case <-w.quit:
			w.drain()
			return
		}
	}
}

// drain serves what was already queued when Close was called.
func (w *groupWriter) drain() {
	for {
		select {
		case c := <-w.queue:
			w.group(c)
		default:
			return
		}
	}
}

// group runs first and whatever waits behind it in one transaction, commits, and
// only then answers.
func (w *groupWriter) group(first *call) {
	members, err := []*call{first}, w.begin()
	if err == nil {
		if members, err = w.runAll(first); err == nil {
			err = w.on.do("COMMIT")
		}
	} else {
		members = append(members, w.waiting()...)
	}
	if err != nil {
		_ = w.on.do("ROLLBACK") // the engine may have done so by itself
		for _, c := range members {
			c.err = unavailable(fmt.Errorf("commit group of %d: %w", len(members), err))
		}
	}
	for _, c := range members {
		close(c.done)
	}
	w.boundLog()
}

// begin starts the transaction. A connection that cannot, for another reason than
// somebody else's lock, is replaced: the next group begins on a sound one.
func (w *groupWriter) begin() error {
	err := w.on.do("BEGIN IMMEDIATE")
	if err == nil || busy(err) {
		return err
	}
	w.on.discard()
	conn, again := w.pool.Conn(context.Background())
	if again == nil {
		w.on = newPrepared(conn)
	}
	return errors.Join(err, again)
}

// waiting takes the calls that queued while the transaction did not begin: each of
// them would wait as long again, only to hear the same.
func (w *groupWriter) waiting() []*call {
	var out []*call
	for len(out) < writeQueue {
		select {
		case c := <-w.queue:
			out = append(out, c)
		default:
			return out
		}
	}
	return out
}

// runAll runs the members one after the other. An error means that the
// transaction itself is gone and nobody's work was kept.
func (w *groupWriter) runAll(c *call) ([]*call, error) {
	var members []*call
	full := time.NewTimer(groupFor)
	defer full.Stop()
	for {
		run := w.runOne
		if len(members) == 0 {
			run = w.runFirst
		}
		members = append(members, c)
		if err := run(c); err != nil {
			return members, err
		}
		if len(members) == groupMost {
			return members, nil
		}
		select {
		case <-full.C:
			return members, nil
		default:
		}
		select {
		case c = <-w.queue:
		default:
			return members, nil
		}
	}
}

// runFirst runs the call that begins a group. The whole transaction is its savepoint:
// a savepoint copies each page before it is changed, which took an eighth of the time of
// a batch that has a group to itself.
func (w *groupWriter) runFirst(c *call) error {
	if !w.run(c) || c.err == nil {
		return w.alive()
	}
	_ = w.on.do("ROLLBACK") // the engine may have done so by itself
	return w.on.do("BEGIN IMMEDIATE")
}

// alive says whether the transaction is still there: an engine whose disk is full ends it
// by itself, a call may not have noticed, and the next savepoint would begin another one,
// kept although its caller hears that nothing was.
func (w *groupWriter) alive() error {
	if w.on.do("BEGIN") == nil {
		return errors.New("the transaction ended by itself")
	}
	return nil
}

// runOne runs one call inside its savepoint and sets its answer. The returned
// error is the transaction's, not the call's.
func (w *groupWriter) runOne(c *call) error {
	if err := w.on.do("SAVEPOINT one"); err != nil {
		return err
	}
	if w.run(c) && c.err != nil {
		if err := w.on.do("ROLLBACK TO one"); err != nil {
			return errors.Join(err, c.err)
		}
	}
	return w.on.do("RELEASE one")
}

// run runs a call and sets its answer; false when nobody waits for it any more, and
// nothing has begun.
func (w *groupWriter) run(c *call) bool {
	if c.err = broken(c.ctx.Err()); c.err != nil {
		return false
	}
	c.tx = &Tx{run: c.db.watched(w.on.under(context.Background())), db: c.db, now: wholeMillis(w.now())}
	c.err = broken(safely(c.fn, c.tx))
	return true
}

func safely(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return fn(tx)
}

// boundLog keeps the WAL small although readers come and go without a pause:
// a passive checkpoint can never start the log anew under them.
func (w *groupWriter) boundLog() {
	info, err := os.Stat(w.wal)
	if err != nil || info.Size() < walRestart {
		return
	}
	var busy, pages, moved int64
	// Not restarting now is no fault: the next group tries again.
	_ = w.on.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
}
