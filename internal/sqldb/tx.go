package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Querier reads: both a Tx and a Rx are one, so that a store's SELECT serves both.
type Querier interface {
	Query(query string, args ...any) (*sql.Rows, error)
	QueryRow(query string, args ...any) *sql.Row
	Now() time.Time
}

// Tx is a write transaction, or a caller's share of one. It is valid only inside
// the closure that Write calls, and not for concurrent use.
type Tx struct {
	run   runner
	db    *DB
	now   time.Time
	after []func()
}

// Rx is a read transaction: one snapshot, no Exec.
type Rx struct {
	run runner
	now time.Time
}

// runner executes statements under the writer's context, never a request's.
type runner interface {
	exec(query string, args []any) (sql.Result, error)
	query(query string, args []any) (*sql.Rows, error)
	queryRow(query string, args []any) *sql.Row
}

// Exec runs a statement and gives the number of rows it touched.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	res, err := tx.run.exec(query, args)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Query runs a statement that returns rows. Prefer All, which closes them.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) { return tx.run.query(query, args) }

// QueryRow runs a statement that returns at most one row.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row { return tx.run.queryRow(query, args) }

// Now is the time of this transaction, read once, in UTC and whole milliseconds.
func (tx *Tx) Now() time.Time { return tx.now }

// NewID makes an id; see ids.go.
func (tx *Tx) NewID() int64 { return tx.db.ids.next(tx.db.now()) }

// SkipLocked is DB.SkipLocked.
func (tx *Tx) SkipLocked() string { return tx.db.SkipLocked() }

// Acknowledge makes what this transaction read as durable as what it writes, for a
// closure that answers "done already" from a row that was there. PostgreSQL waits for its
// log and its standby after a write alone: without this, a row whose own commit the
// standby has never seen would be acknowledged by whoever asks again.
func (tx *Tx) Acknowledge() error {
	if tx.db.engine == SQLite { // a group that was not synced is not there to be read
		return nil
	}
	_, err := tx.run.exec(`SELECT pg_logical_emit_message(true, 'gelombang', '')`, nil)
	return err
}

// AfterCommit runs f once the transaction is durable, and not at all when it
// isn't. It is for waking somebody up; nothing may depend on it having run.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Query runs a SELECT. Prefer All, which closes the rows.
func (rx *Rx) Query(query string, args ...any) (*sql.Rows, error) { return rx.run.query(query, args) }

// QueryRow runs a SELECT that returns at most one row.
func (rx *Rx) QueryRow(query string, args ...any) *sql.Row { return rx.run.queryRow(query, args) }

// Now is the time of this snapshot.
func (rx *Rx) Now() time.Time { return rx.now }

// Read runs fn on one snapshot. The snapshot ends after ReadLimit at the latest.
// When the database itself failed, the answer is fault.Unavailable.
func (db *DB) Read(ctx context.Context, fn func(*Rx) error) error {
	ctx, cancel := context.WithTimeout(ctx, ReadLimit)
	defer cancel()
	read := db.readPostgres
	if db.engine == SQLite {
		read = db.readers.read
	}
	return broken(read(ctx, func(run runner) error { return fn(&Rx{run: db.watched(run), now: wholeMillis(db.now())}) }))
}

// Write runs fn in a transaction and answers once it is durable. fn may run more
// than once (PostgreSQL asks for a retry), so it sets outer variables rather than
// adding to them. An error of fn undoes what fn did, and only that, and is
// returned as it is; a panic of fn is returned as a *PanicError. When the
// database itself failed, the answer is fault.Unavailable.
//
// A context that ends before fn has begun gives its error; afterwards the work is
// carried through, so that "cancelled" never means "perhaps written". A deadline is
// known beforehand: it ends the work on PostgreSQL, and the waiting for it on SQLite,
// with fault.Unavailable.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if db.engine == SQLite {
		return db.writeGrouped(ctx, fn)
	}
	return db.writePostgres(ctx, fn)
}

// PanicError is what a panicking closure becomes. It is a fault of ours.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic in transaction: %v", e.Value) }

func (tx *Tx) committed() {
	for _, f := range tx.after {
		f()
	}
}

// All runs a query and scans every row. The caller's LIMIT bounds it.
func All[T any](q Querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// NoRows says that a QueryRow found nothing.
func NoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// Values writes "($1,$2),($3,$4)" for rows of cols columns, numbering from first.
func Values(rows, cols, first int) string {
	var b strings.Builder
	n := first
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for c := range cols {
			if c > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
			n++
		}
		b.WriteByte(')')
	}
	return b.String()
}

// TypedValues writes "VALUES (CAST($1 AS BIGINT),…),($3,…)" for use as a table:
// PostgreSQL takes the types of such a list from its first row.
func TypedValues(rows, first int, types ...string) string {
	var b strings.Builder
	b.WriteString("VALUES (")
	for i, t := range types {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "CAST($%d AS %s)", first+i, t)
	}
	b.WriteByte(')')
	if rows > 1 {
		b.WriteByte(',')
		b.WriteString(Values(rows-1, len(types), first+len(types)))
	}
	return b.String()
}

// List writes "$3,$4,$5" for n values, numbering from first.
func List(n, first int) string {
	v := Values(1, n, first)
	return v[1 : len(v)-1]
}

// Millis is a time as rows keep it: UTC milliseconds; 0 for the zero time.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Time reads what Millis wrote.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func wholeMillis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

type poolRunner struct {
	ctx context.Context
	tx  *sql.Tx
}

func (r poolRunner) exec(q string, args []any) (sql.Result, error) {
	return r.tx.ExecContext(r.ctx, q, args...)
}
func (r poolRunner) query(q string, args []any) (*sql.Rows, error) {
	return r.tx.QueryContext(r.ctx, q, args...)
}
func (r poolRunner) queryRow(q string, args []any) *sql.Row {
	return r.tx.QueryRowContext(r.ctx, q, args...)
}
