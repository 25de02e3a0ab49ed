package announce

import (
	"database/sql"
	"slices"

	"gelombang/application"
	"gelombang/internal/sqldb"
)

// start says false when the announcement was started before.
func start(tx *sqldb.Tx, waveID int64) (bool, error) {
	n, err := tx.Exec(`INSERT INTO announcement (wave, told, started_ms, finished_ms) VALUES ($1, 0, $2, 0) ON CONFLICT (wave) DO NOTHING`,
		waveID, sqldb.Millis(tx.Now()))
	return n == 1, err
}

// mark notes who is told now and gives those that were not told before, in their
// order. Rows go in the order of their keys.
func mark(tx *sqldb.Tx, waveID int64, people []application.Told) ([]application.Told, error) {
	accounts := make([]int64, 0, len(people))
	for _, p := range people {
		accounts = append(accounts, p.Account)
	}
	slices.Sort(accounts)
	accounts = slices.Compact(accounts)
	args := make([]any, 0, 3*len(accounts))
	for _, a := range accounts {
		args = append(args, waveID, a, sqldb.Millis(tx.Now()))
	}
	marked, err := sqldb.All(tx, func(rows *sql.Rows) (int64, error) {
		var a int64
		return a, rows.Scan(&a)
	}, `INSERT INTO announced (wave, account, at_ms) VALUES `+sqldb.Values(len(accounts), 3, 1)+`
		ON CONFLICT (wave, account) DO NOTHING RETURNING account`, args...)
	if err != nil {
		return nil, err
	}
	left := make(map[int64]bool, len(marked))
	for _, a := range marked {
		left[a] = true
	}
	var fresh []application.Told
	for _, p := range people {
		if left[p.Account] {
			delete(left, p.Account)
			fresh = append(fresh, p)
		}
	}
	return fresh, nil
}

func count(tx *sqldb.Tx, waveID int64, told int) error {
	_, err := tx.Exec(`UPDATE announcement SET told = told + $1 WHERE wave = $2`, told, waveID)
	return err
}

func finish(tx *sqldb.Tx, waveID int64) error {
	_, err := tx.Exec(`UPDATE announcement SET finished_ms = $1 WHERE wave = $2 AND finished_ms = 0`, sqldb.Millis(tx.Now()), waveID)
	return err
}

func progress(q sqldb.Querier, waveID int64) (Progress, error) {
	var p Progress
	var started, finished int64
	err := q.QueryRow(`SELECT told, started_ms, finished_ms FROM announcement WHERE wave = $1`, waveID).Scan(&p.Told, &started, &finished)
	if sqldb.NoRows(err) {
		return Progress{}, nil
	}
	p.Started, p.Finished = sqldb.Time(started), sqldb.Time(finished)
	return p, err
}
