package notify

import (
	"database/sql"
	"time"

	"gelombang/internal/sqldb"
)

// addCounts adds to the rows of the given minutes, in their order.
func addCounts(tx *sqldb.Tx, minutes []minute, counts map[minute]Counts) error {
	const columns = 13
	for part := range sqldb.Parts(minutes, insertMost) {
		args := make([]any, 0, len(part)*columns)
		for _, m := range part {
			c := counts[m]
			args = append(args, string(m.channel), m.operator, m.provider, m.at, c.Sent, c.Confirmed, c.ConfirmedSoon,
				c.Typed, c.TypedSoon, c.ArrivedSoon, c.Failed, c.Silent, c.Cost)
		}
		_, err := tx.Exec(`INSERT INTO delivery_count (channel, operator, provider, minute_ms, sent, confirmed, confirmed_soon,
				typed, typed_soon, arrived_soon, failed, silent, cost) VALUES `+sqldb.Values(len(part), columns, 1)+`
			ON CONFLICT (channel, operator, provider, minute_ms) DO UPDATE SET sent = delivery_count.sent + excluded.sent,
				confirmed = delivery_count.confirmed + excluded.confirmed, confirmed_soon = delivery_count.confirmed_soon + excluded.confirmed_soon,
				typed = delivery_count.typed + excluded.typed, typed_soon = delivery_count.typed_soon + excluded.typed_soon,
				arrived_soon = delivery_count.arrived_soon + excluded.arrived_soon, failed = delivery_count.failed + excluded.failed,
				silent = delivery_count.silent + excluded.silent, cost = delivery_count.cost + excluded.cost`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// tallied is one row of counts.
type tallied struct {
	minute
	counts Counts
}

// countsMost bounds one reading: an hour of every operator by a dozen providers.
const countsMost = 20_000

// countsBetween reads the minutes that began between two times, the newest first.
func countsBetween(q sqldb.Querier, from, to time.Time) ([]tallied, error) {
	return sqldb.All(q, scanTallied, `SELECT channel, operator, provider, minute_ms, sent, confirmed, confirmed_soon, typed, typed_soon,
			arrived_soon, failed, silent, cost
		FROM delivery_count WHERE minute_ms >= $1 AND minute_ms <= $2 ORDER BY minute_ms DESC LIMIT $3`,
		sqldb.Millis(from), sqldb.Millis(to), countsMost)
}

func scanTallied(rows *sql.Rows) (tallied, error) {
	var t tallied
	c := &t.counts
	err := rows.Scan(&t.channel, &t.operator, &t.provider, &t.at, &c.Sent, &c.Confirmed, &c.ConfirmedSoon, &c.Typed, &c.TypedSoon,
		&c.ArrivedSoon, &c.Failed, &c.Silent, &c.Cost)
	return t, err
}

// weight is what was learnt, and since when it holds.
type weight struct {
	weight int
	since  time.Time
}

// weightsMost bounds one reading: every operator by some fifty providers, those that
// are configured no more included.
const weightsMost = 1000

func weights(q sqldb.Querier) (map[lane]weight, error) {
	out := map[lane]weight{}
	_, err := sqldb.All(q, func(rows *sql.Rows) (none struct{}, err error) {
		var l lane
		var w weight
		var since int64
		err = rows.Scan(&l.channel, &l.operator, &l.provider, &w.weight, &since)
		w.since = sqldb.Time(since)
		out[l] = w
		return none, err
	}, `SELECT channel, operator, provider, weight, since_ms FROM route_weight ORDER BY since_ms DESC LIMIT $1`, weightsMost)
	return out, err
}

// takeTurn says whether it is for us to weigh: nobody has since a time. Compared and
// set in one statement, so that of many processes one does.
func takeTurn(tx *sqldb.Tx, since time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE route_turn SET at_ms = $1 WHERE id = 1 AND at_ms <= $2`, sqldb.Millis(tx.Now()), sqldb.Millis(since))
	return n == 1, err
}

func writeChanges(tx *sqldb.Tx, changes []Change) error {
	now := sqldb.Millis(tx.Now())
	for _, c := range changes { // a handful, seldom
		_, err := tx.Exec(`INSERT INTO route_weight (channel, operator, provider, weight, since_ms) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (channel, operator, provider) DO UPDATE SET weight = excluded.weight, since_ms = excluded.since_ms`,
			string(c.Channel), c.Operator, c.Provider, c.Becomes, now)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO route_change (id, at_ms, channel, operator, provider, was, becomes, reason)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			tx.NewID(), now, string(c.Channel), c.Operator, c.Provider, c.Was, c.Becomes, string(c.Reason))
		if err != nil {
			return err
		}
	}
	return nil
}

func changes(q sqldb.Querier, most int) ([]Change, error) {
	return sqldb.All(q, func(rows *sql.Rows) (Change, error) {
		var c Change
		var at int64
		err := rows.Scan(&at, &c.Channel, &c.Operator, &c.Provider, &c.Was, &c.Becomes, &c.Reason)
		c.At = sqldb.Time(at)
		return c, err
	}, `SELECT at_ms, channel, operator, provider, was, becomes, reason FROM route_change ORDER BY id DESC LIMIT $1`, most)
}

// pruneRoutes deletes whole minutes of counts, the oldest first, and old changes.
func pruneRoutes(tx *sqldb.Tx, before time.Time, most int) (int64, error) {
	gone, err := tx.Exec(`DELETE FROM delivery_count WHERE minute_ms IN (
		SELECT minute_ms FROM delivery_count WHERE minute_ms < $1 ORDER BY minute_ms LIMIT $2)`, sqldb.Millis(before), most)
	if err != nil {
		return 0, err
	}
	n, err := tx.Exec(`DELETE FROM route_change WHERE id IN (SELECT id FROM (SELECT id, at_ms FROM route_change ORDER BY id LIMIT $2) oldest
		WHERE at_ms < $1)`, sqldb.Millis(before), most)
	return gone + n, err
}
