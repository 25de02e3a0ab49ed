package report

import (
	"database/sql"
	"time"

	"gelombang/internal/sqldb"
)

// arrivals adds up the codes queued from one minute up to another, by stretches of width.
func arrivals(q sqldb.Querier, from, to time.Time, width time.Duration, into map[slot]Share) error {
	_, err := sqldb.All(q, func(rows *sql.Rows) (none struct{}, err error) {
		var at slot
		var share Share
		err = rows.Scan(&at.channel, &at.operator, &at.at, &share.Sent, &share.Soon, &share.Failed)
		into[at] = into[at].plus(share)
		return none, err
	}, `SELECT channel, operator, minute_ms / $1, CAST(SUM(sent) AS BIGINT), CAST(SUM(arrived_soon) AS BIGINT), CAST(SUM(failed) AS BIGINT)
		FROM delivery_count WHERE minute_ms >= $2 AND minute_ms < $3 GROUP BY 1, 2, 3`, width.Milliseconds(), sqldb.Millis(from), sqldb.Millis(to))
	return err
}
