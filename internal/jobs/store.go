package jobs

import (
	"database/sql"
	"slices"
	"strconv"
	"time"

	"gelombang/internal/sqldb"
)

type row struct {
	id       int64
	kind     string
	queue    string
	args     string
	priority Priority
	runAt    time.Time
	once     string
}

// rowsMost bounds the rows of one statement.
const rowsMost = 256

func insert(tx *sqldb.Tx, rows []row) error {
	for part := range sqldb.Parts(rows, rowsMost) {
		args := make([]any, 0, len(part)*9)
		for _, r := range part {
			args = append(args, r.id, r.kind, r.queue, r.args, "ready", int64(r.priority), sqldb.Millis(r.runAt), sqldb.Millis(tx.Now()), nullable(r.once))
		}
		_, err := tx.Exec(`INSERT INTO job (id, kind, queue, args, state, priority, run_at_ms, created_ms, once_key) VALUES `+
			sqldb.Values(len(part), 9, 1)+` ON CONFLICT (once_key) DO NOTHING`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

const jobColumns = `id, kind, queue, attempts, fence, args, created_ms, priority, run_at_ms`

func scanJob(rows *sql.Rows) (Job, error) {
	var j Job
	var created int64
	err := rows.Scan(&j.ID, &j.Kind, &j.Queue, &j.Attempts, &j.fence, &j.args, &created, &j.priority, &j.runAt)
	j.Created = sqldb.Time(created)
	return j, err
}

// claim takes the due jobs of a queue that go first. The limit, a power of two so
// that there are few texts, stands in the text: for a limit that is a parameter
// PostgreSQL expects a tenth of the table, and reads all of it at every claim.
func claim(tx *sqldb.Tx, queue string, most int) ([]Job, error) {
	now := tx.Now()
	until := now.Add(LeaseFor)
	jobs, err := sqldb.All(tx, scanJob, `UPDATE job SET state = 'running', attempts = attempts + 1, fence = fence + 1, lease_until_ms = $1
		WHERE id IN (SELECT id FROM job WHERE queue = $2 AND state = 'ready' AND run_at_ms <= $3
			ORDER BY priority, run_at_ms, id LIMIT `+strconv.Itoa(most)+tx.SkipLocked()+`)
		RETURNING `+jobColumns, sqldb.Millis(until), queue, sqldb.Millis(now))
	for i := range jobs {
		jobs[i].until = until
	}
	slices.SortFunc(jobs, Job.before) // RETURNING promises no order
	return jobs, err
}

// done removes finished jobs. A job whose lease was lost has another fence and stays.
func done(tx *sqldb.Tx, jobs []Job) error {
	for part := range sqldb.Parts(jobs, rowsMost) {
		if _, err := tx.Exec(`DELETE FROM job WHERE (id, fence) IN (`+sqldb.TypedValues(len(part), 1, "BIGINT", "BIGINT")+`)`, claims(part)...); err != nil {
			return err
		}
	}
	return nil
}

func back(tx *sqldb.Tx, j Job, at time.Time, attempts int, why string) error {
	_, err := tx.Exec(`UPDATE job SET state = 'ready', run_at_ms = $1, attempts = $2, last_error = $3 WHERE id = $4 AND fence = $5`,
		sqldb.Millis(at), attempts, why, j.ID, j.fence)
	return err
}

func bury(tx *sqldb.Tx, j Job, why string) error {
	_, err := tx.Exec(`UPDATE job SET state = 'dead', last_error = $1, once_key = NULL WHERE id = $2 AND fence = $3`, why, j.ID, j.fence)
	return err
}

// renew holds on to leases and gives the ids of the jobs that were still ours.
func renew(tx *sqldb.Tx, jobs []Job, until time.Time) (map[int64]bool, error) {
	ours := make(map[int64]bool, len(jobs))
	for part := range sqldb.Parts(jobs, rowsMost) {
		ids, err := sqldb.All(tx, scanID, `UPDATE job SET lease_until_ms = $1 WHERE (id, fence) IN (`+
			sqldb.TypedValues(len(part), 2, "BIGINT", "BIGINT")+`) RETURNING id`, append([]any{sqldb.Millis(until)}, claims(part)...)...)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			ours[id] = true
		}
	}
	return ours, nil
}

func scanID(rows *sql.Rows) (id int64, err error) {
	err = rows.Scan(&id)
	return id, err
}

// release undoes claims: their jobs never began, so the try does not count. The new
// fence keeps whoever held them from writing.
func release(tx *sqldb.Tx, jobs []Job) error {
	for part := range sqldb.Parts(jobs, rowsMost) {
		if _, err := tx.Exec(`UPDATE job SET state = 'ready', attempts = attempts - 1, fence = fence + 1 WHERE (id, fence) IN (`+
			sqldb.TypedValues(len(part), 1, "BIGINT", "BIGINT")+`)`, claims(part)...); err != nil {
			return err
		}
	}
	return nil
}

// claims are the ids and fences of jobs, one after the other.
func claims(jobs []Job) []any {
	args := make([]any, 0, len(jobs)*2)
	for _, j := range jobs {
		args = append(args, j.ID, j.fence)
	}
	return args
}

// rescue sends back jobs whose lease ran out: their node died or lost its clock.
// A finished job has left the table, so success is never overwritten.
func rescue(tx *sqldb.Tx) (int64, error) {
	return tx.Exec(`UPDATE job SET state = 'ready', fence = fence + 1, last_error = 'lease ran out'
		WHERE id IN (SELECT id FROM job WHERE state = 'running' AND lease_until_ms < $1 ORDER BY lease_until_ms LIMIT `+strconv.Itoa(rescueMost)+tx.SkipLocked()+`)`,
		sqldb.Millis(tx.Now()))
}

func health(rx *sqldb.Rx) ([]Health, error) {
	return sqldb.All(rx, func(rows *sql.Rows) (Health, error) {
		var h Health
		var oldest sql.NullInt64
		err := rows.Scan(&h.Queue, &h.Ready, &h.Dead, &oldest)
		h.Oldest = sqldb.Time(oldest.Int64)
		return h, err
	}, `SELECT queue, COUNT(CASE WHEN state = 'ready' AND run_at_ms <= $1 THEN 1 END), COUNT(CASE WHEN state = 'dead' THEN 1 END),
		MIN(CASE WHEN state = 'ready' AND run_at_ms <= $2 THEN run_at_ms END) FROM job GROUP BY queue ORDER BY queue`, sqldb.Millis(rx.Now()), sqldb.Millis(rx.Now()))
}

func deadJobs(rx *sqldb.Rx, most int) ([]DeadJob, error) {
	return sqldb.All(rx, func(rows *sql.Rows) (DeadJob, error) {
		var d DeadJob
		var created int64
		err := rows.Scan(&d.ID, &d.Kind, &d.Queue, &d.Attempts, &d.Error, &created)
		d.Created = sqldb.Time(created)
		return d, err
	}, `SELECT id, kind, queue, attempts, last_error, created_ms FROM job WHERE state = 'dead' ORDER BY id DESC LIMIT $1`, most)
}

func redrive(tx *sqldb.Tx, id int64) error {
	_, err := tx.Exec(`UPDATE job SET state = 'ready', attempts = 0, run_at_ms = $1 WHERE id = $2 AND state = 'dead'`, sqldb.Millis(tx.Now()), id)
	return err
}
