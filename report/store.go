package report

import (
	"database/sql"
	"time"

	"gelombang/internal/sqldb"
)

// idMillis is how many ids one millisecond holds; see sqldb.IDTime. Ids are in the
// order of time, so "since" is a range of the primary key and needs no other index.
const idMillis = 1 << 22

// idAt is the lowest id of a time.
func idAt(t time.Time) int64 {
	return max(t.Sub(sqldb.IDTime(0)).Milliseconds(), 0) * idMillis
}

func registeredByHour(q sqldb.Querier, since time.Time) (map[int64]int64, error) {
	out := map[int64]int64{}
	_, err := sqldb.All(q, func(rows *sql.Rows) (none struct{}, err error) {
		var hour, n int64
		err = rows.Scan(&hour, &n)
		out[hour] = n
		return none, err
	}, `SELECT created_ms / 3600000, COUNT(*) FROM account WHERE id >= $1 GROUP BY 1`, idAt(since))
	return out, err
}

func registeredSince(q sqldb.Querier, since time.Time) (n int64, err error) {
	err = q.QueryRow(`SELECT COUNT(*) FROM account WHERE id >= $1`, idAt(since)).Scan(&n)
	return n, err
}

// messagesSince leaves out what was no longer wanted when its turn came, such as a
// code that had been typed already: nothing failed there.
func messagesSince(q sqldb.Querier, since time.Time) ([]MessageCount, error) {
	return sqldb.All(q, func(rows *sql.Rows) (m MessageCount, err error) {
		return m, rows.Scan(&m.Channel, &m.State, &m.N)
	}, `SELECT channel, state, COUNT(*) FROM message WHERE id >= $1 AND reason <> 'expired' GROUP BY channel, state ORDER BY channel, state`, idAt(since))
}

func parked(q sqldb.Querier) (p Parked, err error) {
	var oldest, most int64
	_, err = sqldb.All(q, func(rows *sql.Rows) (none struct{}, err error) {
		var cause string
		var n, first int64
		if err := rows.Scan(&cause, &n, &first); err != nil {
			return none, err
		}
		p.N += n
		if oldest == 0 || first < oldest {
			oldest = first
		}
		if cause != "" && n > most {
			p.Cause, most = cause, n
		}
		return none, nil
	}, `SELECT cause, COUNT(*), MIN(submitted_ms) FROM identity WHERE state = 'parked' AND held = '' GROUP BY cause ORDER BY cause`)
	p.Oldest = sqldb.Time(oldest)
	return p, err
}

func answersSince(q sqldb.Querier, since time.Time) (n int64, err error) {
	err = q.QueryRow(`SELECT COUNT(*) FROM identity_event WHERE id >= $1 AND kind NOT IN ('submitted', 'corrected', 'nik_tried')`, idAt(since)).Scan(&n)
	return n, err
}

// verdictsSince counts by verdict, the most frequent first. What an official decided is
// no verdict.
func verdictsSince(q sqldb.Querier, since time.Time) ([]Verdict, error) {
	return sqldb.All(q, func(rows *sql.Rows) (v Verdict, err error) {
		return v, rows.Scan(&v.State, &v.N)
	}, `SELECT kind, COUNT(*) FROM identity_event WHERE id >= $1
		AND kind IN ('matched', 'differs', 'deceased', 'duplicate', 'inactive', 'not_found', 'in_use')
		GROUP BY kind ORDER BY COUNT(*) DESC, kind`, idAt(since))
}

// sliceCount is one slice of the accounts.
type sliceCount struct {
	byStanding map[standing]int64
	people     int64
	last       int64 // highest id of the slice
}

// standings sorts a slice of accounts by how far they have come. The level is an
// index into Stages.
func standings(q sqldb.Querier, wave, after int64, most int) (sliceCount, error) {
	part := sliceCount{byStanding: map[standing]int64{}}
	_, err := sqldb.All(q, func(rows *sql.Rows) (none struct{}, err error) {
		var where standing
		var n, last int64
		err = rows.Scan(&where.level, &where.identity, &n, &last)
		part.byStanding[where] += n
		part.people += n
		part.last = max(part.last, last)
		return none, err
	}, `SELECT level, state, COUNT(*), MAX(id) FROM (
			SELECT a.id, CASE WHEN i.held <> '' AND i.declined = i.submission THEN 'declined' ELSE COALESCE(i.state, '') END AS state,
				CASE WHEN p.account IS NOT NULL THEN 5
					WHEN a.email_proven_ms = 0 AND a.phone_proven_ms = 0 THEN 0
					WHEN COALESCE(i.state, '') <> 'matched' THEN 1
					WHEN a.phone_proven_ms = 0 THEN 2
					WHEN s.account IS NULL THEN 3
					ELSE 4 END AS level
			FROM account a
			LEFT JOIN identity i ON i.account = a.id
			LEFT JOIN statements s ON s.account = a.id
			LEFT JOIN place p ON p.account = a.id AND p.wave = $1 AND p.state = 'joined'
			WHERE a.id > $2 ORDER BY a.id LIMIT $3
		) AS one GROUP BY level, state`, wave, after, most)
	return part, err
}

// selectedIn counts who was selected, and says whether the ranks are there.
func selectedIn(q sqldb.Querier, wave int64) (n int64, drawn bool, err error) {
	var ran int64
	err = q.QueryRow(`SELECT ran_ms FROM draw WHERE wave = $1`, wave).Scan(&ran)
	if sqldb.NoRows(err) || err == nil && ran == 0 {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	err = q.QueryRow(`SELECT COUNT(*) FROM draw_result WHERE wave = $1 AND outcome = 'selected'`, wave).Scan(&n)
	return n, true, err
}
