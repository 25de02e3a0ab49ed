package waitroom

import (
	"database/sql"
	"fmt"
	"time"

	"gelombang/internal/sqldb"
)

// keepFor is how long an admission outlives its pass: longer than any ticket is called
// (a policy's durations end at hoursMost), so that no ticket enters twice.
const keepFor = 24 * time.Hour

// nodeRow is one node's counts and load.
type nodeRow struct {
	node, episode int64
	counted       tally
	load          Load
	seen          int64 // the room's beat when it last wrote
}

func readCrowd(q sqldb.Querier) (crowd, error) {
	var c crowd
	var opens, drawn, front, rate, pace, cut, quiet, at int64
	err := q.QueryRow(`SELECT beat, episode, why, opens_ms, drawn, early, front_milli, rate_milli, pace_milli, cut_ms, quiet_ms, at_ms
		FROM waiting_room WHERE id = 1`).
		Scan(&c.Beat, &c.Episode, &c.Why, &opens, &drawn, &c.Early, &front, &rate, &pace, &cut, &quiet, &at)
	if err != nil {
		return crowd{}, fmt.Errorf("read the room: %w", err)
	}
	c.Opens, c.Cut, c.Quiet, c.At = sqldb.Time(opens), sqldb.Time(cut), sqldb.Time(quiet), sqldb.Time(at)
	c.Drawn, c.Front, c.Rate, c.Pace = drawn == 1, unmilli(front), unmilli(rate), unmilli(pace)
	return c, nil
}

// moveCrowd writes the room if its beat is still the one that was read.
func moveCrowd(tx *sqldb.Tx, beat int64, c crowd) (bool, error) {
	drawn := 0
	if c.Drawn {
		drawn = 1
	}
	n, err := tx.Exec(`UPDATE waiting_room SET beat = $1, episode = $2, why = $3, opens_ms = $4, drawn = $5, early = $6,
		front_milli = $7, rate_milli = $8, pace_milli = $9, cut_ms = $10, quiet_ms = $11, at_ms = $12 WHERE id = 1 AND beat = $13`,
		c.Beat, c.Episode, string(c.Why), sqldb.Millis(c.Opens), drawn, c.Early,
		milli(c.Front), milli(c.Rate), milli(c.Pace), sqldb.Millis(c.Cut), sqldb.Millis(c.Quiet), sqldb.Millis(c.At), beat)
	if err != nil {
		return false, fmt.Errorf("move the room: %w", err)
	}
	return n == 1, nil
}

func milli(x float64) int64   { return int64(x*1000 + 0.5) }
func unmilli(n int64) float64 { return float64(n) / 1000 }

func saveNode(tx *sqldb.Tx, n nodeRow) error {
	_, err := tx.Exec(`INSERT INTO waiting_node (node, episode, early, late, entered, commit_ms, queue_ms, seen)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (node) DO UPDATE SET episode = excluded.episode, early = excluded.early, late = excluded.late,
			entered = excluded.entered, commit_ms = excluded.commit_ms, queue_ms = excluded.queue_ms, seen = excluded.seen`,
		n.node, n.episode, n.counted.early, n.counted.late, n.counted.entered, n.load.Commit.Milliseconds(), n.load.Queue.Milliseconds(), n.seen)
	if err != nil {
		return fmt.Errorf("save a node's counts: %w", err)
	}
	return nil
}

func readNodes(q sqldb.Querier, episode int64) ([]nodeRow, error) {
	nodes, err := sqldb.All(q, func(rows *sql.Rows) (nodeRow, error) {
		n := nodeRow{episode: episode}
		var commit, queue int64
		err := rows.Scan(&n.node, &n.counted.early, &n.counted.late, &n.counted.entered, &commit, &queue, &n.seen)
		n.load = Load{Commit: time.Duration(commit) * time.Millisecond, Queue: time.Duration(queue) * time.Millisecond}
		return n, err
	}, `SELECT node, early, late, entered, commit_ms, queue_ms, seen FROM waiting_node WHERE episode = $1`, episode)
	if err != nil {
		return nil, fmt.Errorf("read the nodes' counts: %w", err)
	}
	return nodes, nil
}

func readHistory(q sqldb.Querier, episode, after int64) (history, error) {
	samples, err := sqldb.All(q, func(rows *sql.Rows) (sample, error) {
		var s sample
		var at int64
		err := rows.Scan(&s.beat, &at, &s.front, &s.entered)
		s.at = sqldb.Time(at)
		return s, err
	}, `SELECT beat, at_ms, front, entered FROM waiting_front WHERE episode = $1 AND beat > $2 ORDER BY beat`, episode, after)
	if err != nil {
		return nil, fmt.Errorf("read the fronts: %w", err)
	}
	return samples, nil
}

// saveSample adds to the line's memory and forgets what is older than that.
func saveSample(tx *sqldb.Tx, episode int64, s sample, old time.Time) error {
	_, err := tx.Exec(`INSERT INTO waiting_front (episode, beat, at_ms, front, entered) VALUES ($1, $2, $3, $4, $5)`,
		episode, s.beat, sqldb.Millis(s.at), s.front, s.entered)
	if err != nil {
		return fmt.Errorf("save a front: %w", err)
	}
	if _, err := tx.Exec(`DELETE FROM waiting_front WHERE episode = $1 AND at_ms < $2`, episode, sqldb.Millis(old)); err != nil {
		return fmt.Errorf("forget old fronts: %w", err)
	}
	return nil
}

// addAdmissions writes the rows that are not there yet and says which these are.
func addAdmissions(tx *sqldb.Tx, items []entry, until time.Time) (map[int64]bool, error) {
	fresh := make(map[int64]bool, len(items))
	for part := range sqldb.Parts(items, len(items)) {
		args := make([]any, 0, 4*len(part))
		for _, e := range part {
			args = append(args, e.ticket, e.episode, sqldb.Millis(tx.Now()), sqldb.Millis(until))
		}
		ids, err := sqldb.All(tx, scanID, `INSERT INTO admission (ticket, episode, at_ms, until_ms) VALUES `+sqldb.Values(len(part), 4, 1)+`
			ON CONFLICT (ticket) DO NOTHING RETURNING ticket`, args...)
		if err != nil {
			return nil, fmt.Errorf("admit: %w", err)
		}
		for _, id := range ids {
			fresh[id] = true
		}
	}
	return fresh, nil
}

func readAdmissions(tx *sqldb.Tx, items []entry) (map[int64]time.Time, error) {
	args := make([]any, len(items))
	for i, e := range items {
		args[i] = e.ticket
	}
	until := make(map[int64]time.Time, len(items))
	_, err := sqldb.All(tx, func(rows *sql.Rows) (struct{}, error) {
		var id, ms int64
		err := rows.Scan(&id, &ms)
		until[id] = sqldb.Time(ms)
		return struct{}{}, err
	}, `SELECT ticket, until_ms FROM admission WHERE ticket IN (`+sqldb.List(len(items), 1)+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("read admissions: %w", err)
	}
	return until, nil
}

// countUses adds to the uses of each ticket while they stay between none and most, and
// says of which tickets they did.
func countUses(tx *sqldb.Tx, tickets []int64, by, most int) (map[int64]bool, error) {
	done := make(map[int64]bool, len(tickets))
	for part := range sqldb.Parts(tickets, len(tickets)) {
		args := []any{by, most}
		for _, id := range part {
			args = append(args, id)
		}
		ids, err := sqldb.All(tx, scanID, `UPDATE admission SET used = used + $1
			WHERE ticket IN (`+sqldb.List(len(part), 3)+`) AND used + $1 BETWEEN 0 AND $2 RETURNING ticket`, args...)
		if err != nil {
			return nil, fmt.Errorf("count uses of passes: %w", err)
		}
		for _, id := range ids {
			done[id] = true
		}
	}
	return done, nil
}

func scanID(rows *sql.Rows) (int64, error) {
	var id int64
	err := rows.Scan(&id)
	return id, err
}

func sweep(tx *sqldb.Tx, most int) (int64, error) {
	var gone int64
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`DELETE FROM admission WHERE ticket IN (SELECT ticket FROM admission WHERE until_ms < $1 ORDER BY until_ms LIMIT $2)`,
			[]any{sqldb.Millis(tx.Now().Add(-keepFor)), most}},
		{`DELETE FROM waiting_node WHERE node IN (SELECT node FROM waiting_node
			WHERE episode <> (SELECT episode FROM waiting_room WHERE id = 1) LIMIT $1)`, []any{most}},
		{`DELETE FROM waiting_front WHERE (episode, beat) IN (SELECT episode, beat FROM waiting_front
			WHERE episode <> (SELECT episode FROM waiting_room WHERE id = 1) LIMIT $1)`, []any{most}},
	} {
		n, err := tx.Exec(s.query, s.args...)
		if err != nil {
			return 0, fmt.Errorf("sweep the waiting room: %w", err)
		}
		gone += n
	}
	return gone, nil
}
