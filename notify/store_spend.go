package notify

import (
	"database/sql"
	"time"

	"gelombang/internal/sqldb"
)

// addSpend adds to the rows of the given stretches, in their order.
func addSpend(tx *sqldb.Tx, sorted []stretch, counts map[stretch]spendCounts) error {
	const columns = 6
	for part := range sqldb.Parts(sorted, insertMost) {
		args := make([]any, 0, len(part)*columns)
		for _, at := range part {
			c := counts[at]
			args = append(args, at.at, at.prefix, c.sent, c.confirmed, c.typed, c.cost)
		}
		_, err := tx.Exec(`INSERT INTO spend_count (slot_ms, prefix, sent, confirmed, typed, cost) VALUES `+sqldb.Values(len(part), columns, 1)+`
			ON CONFLICT (slot_ms, prefix) DO UPDATE SET sent = spend_count.sent + excluded.sent,
				confirmed = spend_count.confirmed + excluded.confirmed, typed = spend_count.typed + excluded.typed,
				cost = spend_count.cost + excluded.cost`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// takeSpendTurn is takeTurn for spending.
func takeSpendTurn(tx *sqldb.Tx, since time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE spend_turn SET at_ms = $1 WHERE id = 1 AND at_ms <= $2`, sqldb.Millis(tx.Now()), sqldb.Millis(since))
	return n == 1, err
}

// readMoney reads what a verdict about the money rests on.
func readMoney(q sqldb.Querier) (f spendFacts, err error) {
	f.now = q.Now()
	from, _ := dayOf(f.now)
	if f.hours, err = spendByHour(q, from); err != nil {
		return f, err
	}
	f.held, err = holdsAt(q, f.now)
	return f, err
}

// prefixesMost bounds one reading: all countries, and all prefixes of ours.
const prefixesMost = 12_000

// settledSpend adds up by prefix what was sent within the last hour, and since a span ago,
// and had its time, without what came before the end of the prefix's last hold: that was
// judged. The sums are read once for both: a day is a hundred thousand rows when it is busy.
func settledSpend(q sqldb.Querier, span time.Duration) (short, long map[string]spendCounts, err error) {
	short, long = map[string]spendCounts{}, map[string]spendCounts{}
	now := q.Now()
	_, err = sqldb.All(q, func(rows *sql.Rows) (none struct{}, err error) {
		var prefix string
		var lately bool
		var c spendCounts
		err = rows.Scan(&prefix, &lately, &c.sent, &c.confirmed, &c.typed, &c.cost)
		if long[prefix] = long[prefix].plus(c); lately {
			short[prefix] = c
		}
		return none, err
	}, `SELECT c.prefix, c.slot_ms >= $1, CAST(SUM(c.sent) AS BIGINT), CAST(SUM(c.confirmed) AS BIGINT), CAST(SUM(c.typed) AS BIGINT), CAST(SUM(c.cost) AS BIGINT)
		FROM spend_count c LEFT JOIN spend_hold h ON h.rule = '`+RulePrefix+`' AND h.prefix = c.prefix
		WHERE c.slot_ms >= $2 AND c.slot_ms < $3 AND (h.until_ms IS NULL OR c.slot_ms >= h.until_ms) GROUP BY 1, 2 LIMIT $4`,
		sqldb.Millis(now.Add(-spendShort)), sqldb.Millis(now.Add(-span)), sqldb.Millis(settledBefore(now)), 2*prefixesMost)
	return short, long, err
}

// spendByHour gives the rupiah of each hour of the clock from one on, the running one last.
func spendByHour(q sqldb.Querier, from time.Time) ([]int64, error) {
	hours := make([]int64, q.Now().Sub(from)/time.Hour+1)
	_, err := sqldb.All(q, func(rows *sql.Rows) (none struct{}, err error) {
		var at, cost int64
		err = rows.Scan(&at, &cost)
		if at >= 0 && at < int64(len(hours)) {
			hours[at] = cost
		}
		return none, err
	}, `SELECT (slot_ms - $1) / $2, CAST(SUM(cost) AS BIGINT) FROM spend_count WHERE slot_ms >= $1 GROUP BY 1 ORDER BY 1 LIMIT $3`,
		sqldb.Millis(from), time.Hour.Milliseconds(), len(hours))
	return hours, err
}

// holdsAt reads what is held at a time.
func holdsAt(q sqldb.Querier, at time.Time) (map[holdOf]Held, error) {
	out := map[holdOf]Held{}
	_, err := sqldb.All(q, func(rows *sql.Rows) (none struct{}, err error) {
		var h Held
		var began, until int64
		err = rows.Scan(&h.Rule, &h.Prefix, &began, &until, &h.Sent, &h.Typed, &h.Cost)
		h.Began, h.Until = sqldb.Time(began), sqldb.Time(until)
		out[h.of()] = h
		return none, err
	}, `SELECT rule, prefix, began_ms, until_ms, sent, typed, cost FROM spend_hold WHERE until_ms > $1 ORDER BY until_ms LIMIT $2`,
		sqldb.Millis(at), prefixesMost)
	return out, err
}

func writeHold(tx *sqldb.Tx, h Held) error {
	_, err := tx.Exec(`INSERT INTO spend_hold (rule, prefix, began_ms, until_ms, sent, typed, cost) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (rule, prefix) DO UPDATE SET began_ms = excluded.began_ms, until_ms = excluded.until_ms,
			sent = excluded.sent, typed = excluded.typed, cost = excluded.cost`,
		h.Rule, h.Prefix, sqldb.Millis(h.Began), sqldb.Millis(h.Until), h.Sent, h.Typed, h.Cost)
	return err
}

func endHold(tx *sqldb.Tx, of holdOf) error {
	_, err := tx.Exec(`UPDATE spend_hold SET until_ms = $1 WHERE rule = $2 AND prefix = $3`, sqldb.Millis(tx.Now()), of.rule, of.prefix)
	return err
}

// pruneSpend deletes whole slots, the oldest first, and holds that ended before.
func pruneSpend(tx *sqldb.Tx, before time.Time, most int) (int64, error) {
	gone, err := tx.Exec(`DELETE FROM spend_count WHERE slot_ms IN (SELECT slot_ms FROM spend_count WHERE slot_ms < $1 ORDER BY slot_ms LIMIT $2)`,
		sqldb.Millis(before), most)
	if err != nil {
		return 0, err
	}
	n, err := tx.Exec(`DELETE FROM spend_hold WHERE until_ms < $1`, sqldb.Millis(before))
	return gone + n, err
}
