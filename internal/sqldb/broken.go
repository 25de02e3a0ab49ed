package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"gelombang/internal/fault"
)

// liteAway are SQLite's primary codes for a database that cannot serve now: the disk
// is full, failing, read-only or out of files, or somebody else holds the lock.
var liteAway = []int{
	sqlite3.SQLITE_ABORT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_INTERRUPT,
	sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
}

// postAway are PostgreSQL's classes for the same: connection lost, transaction rolled
// back by the server, out of resources (the disk among them), operator intervention,
// failure of the system below.
var postAway = []string{"08", "40", "53", "57", "58"}

// readOnly is PostgreSQL's answer on a standby, or on a primary that has become one.
const readOnly = "25006"

// broken gives an error its kind where a closure returned it although it was the
// database that failed. What has a kind keeps it.
func broken(err error) error {
	if _, known := fault.As(err); err == nil || known {
		return err
	}
	if away(err) {
		return unavailable(err)
	}
	return err
}

func away(err error) bool {
	var lite *sqlite.Error
	var post *pgconn.PgError
	switch {
	case errors.As(err, &lite):
		return slices.Contains(liteAway, lite.Code()&0xff) // the rest of the code says where it happened
	case errors.As(err, &post):
		return post.Code == readOnly || slices.Contains(postAway, post.Code[:2])
	}
	return lost(err)
}

// lost says that the connection ended, or that time ran out on it.
func lost(err error) bool {
	var network net.Error
	var connect *pgconn.ConnectError
	for _, end := range []error{context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone} {
		if errors.Is(err, end) {
			return true
		}
	}
	return errors.As(err, &network) || errors.As(err, &connect) || pgconn.SafeToRetry(err)
}

// onReadOnly says that a write was sent to a server that only reads.
func onReadOnly(err error) bool {
	var post *pgconn.PgError
	return errors.As(err, &post) && post.Code == readOnly
}

func busy(err error) bool {
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_BUSY
}
