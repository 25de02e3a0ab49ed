package notify

import (
	"fmt"
	"time"

	"gelombang/internal/sqldb"
)

// undelivered is a message that a report from outside may still be the last word on. The
// try is compared when the report is about one provider alone.
const undelivered = ` AND typed_ms = 0 AND state IN (`

// fail ends a message that came back, compared and set in one statement. No row means
// that it is known to have arrived, has failed before, or is not there.
func fail(tx *sqldb.Tx, b Bounce) (row, error) {
	args := []any{string(b.Reason), sqldb.Millis(tx.Now()), b.Message}
	and := ""
	if !b.Reason.ofAddress() {
		and, args = ` AND chosen_try = $4`, append(args, b.Try)
	}
	return scanReport(b.Message, tx.QueryRow(`UPDATE message SET state = 'failed', reason = $1, state_ms = $2
		WHERE id = $3`+undelivered+words(weaker(Failed))+`)`+and+` RETURNING `+reportColumns, args...).Scan)
}

// delayed notes once that a mail is still being tried.
func delayed(tx *sqldb.Tx, r Returned) (noted bool, err error) {
	n, err := tx.Exec(`INSERT INTO message_event (message, id, at_ms, state, reason, route, detail)
		SELECT m.id, $1, $2, m.state, '', 'email', '`+Delayed+`' FROM message m
		WHERE m.id = $3 AND m.chosen_try = $4 AND m.typed_ms = 0 AND m.state IN (`+words(weaker(Failed))+`)
			AND NOT EXISTS (SELECT 1 FROM message_event e WHERE e.message = m.id AND e.detail = '`+Delayed+`')`,
		tx.NewID(), sqldb.Millis(tx.Now()), r.Message, r.Try)
	return n == 1, err
}

// arrived is zero for a message that is not known to have arrived, or is not there.
func arrived(q sqldb.Querier, id int64) (time.Time, error) {
	var state State
	var since, typed int64
	err := q.QueryRow(`SELECT state, state_ms, typed_ms FROM message WHERE id = $1`, id).Scan(&state, &since, &typed)
	switch {
	case sqldb.NoRows(err):
		return time.Time{}, nil
	case err != nil || state != Confirmed:
		return sqldb.Time(typed), err
	case typed != 0:
		return sqldb.Time(min(since, typed)), nil
	}
	return sqldb.Time(since), nil
}

func recipient(q sqldb.Querier, message int64) (sealed []byte, err error) {
	if err := q.QueryRow(`SELECT to_sealed FROM message WHERE id = $1`, message).Scan(&sealed); err != nil {
		return nil, fmt.Errorf("read recipient: %w", err)
	}
	return sealed, nil
}
