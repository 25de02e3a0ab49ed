package sqldb

import "database/sql"

// Watch shows every statement of every transaction to see, in the order in which they
// run, until it is called with nil. What a page asks of the database can tell as much as
// what it says: tests compare both. see is called from the goroutines of the transactions.
func (db *DB) Watch(see func(statement string)) {
	if see == nil {
		db.seen.Store(nil)
		return
	}
	db.seen.Store(&see)
}

// watched is run, shown to whoever watches.
func (db *DB) watched(run runner) runner {
	if see := db.seen.Load(); see != nil {
		return watchedRunner{run, *see}
	}
	return run
}

type watchedRunner struct {
	runner
	see func(string)
}

func (r watchedRunner) exec(q string, args []any) (sql.Result, error) {
	r.see(q)
	return r.runner.exec(q, args)
}

func (r watchedRunner) query(q string, args []any) (*sql.Rows, error) {
	r.see(q)
	return r.runner.query(q, args)
}

func (r watchedRunner) queryRow(q string, args []any) *sql.Row {
	r.see(q)
	return r.runner.queryRow(q, args)
}
