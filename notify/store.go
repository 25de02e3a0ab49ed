package notify

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// row is a message as the table keeps it.
type row struct {
	id             int64
	channel        Channel
	key, lang      string
	owner, fill    int64
	to, args       []byte
	state          State
	reason         Reason
	provider       string
	created, since time.Time
	attempts       int
	priority       jobs.Priority
}

// insertMost bounds the rows of one statement.
const insertMost = 256

func insert(tx *sqldb.Tx, rows []row) error {
	const columns = 12
	now := sqldb.Millis(tx.Now())
	for part := range sqldb.Parts(rows, insertMost) {
		args := make([]any, 0, len(part)*columns)
		for _, r := range part {
			args = append(args, r.id, string(r.channel), r.key, r.lang, r.owner, r.fill, r.to, r.args,
				string(Queued), now, now, int64(r.priority))
		}
		_, err := tx.Exec(`INSERT INTO message (id, channel, text_key, lang, owner, fill_ref, to_sealed, args_sealed,
			state, created_ms, state_ms, priority) VALUES `+sqldb.Values(len(part), columns, 1), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

const rowColumns = `id, channel, text_key, lang, owner, fill_ref, to_sealed, args_sealed, state, reason, provider,
	created_ms, state_ms, attempts, priority`

func scanRow(scan func(...any) error) (row, error) {
	var r row
	var created, since int64
	err := scan(&r.id, &r.channel, &r.key, &r.lang, &r.owner, &r.fill, &r.to, &r.args, &r.state, &r.reason, &r.provider,
		&created, &since, &r.attempts, &r.priority)
	r.created, r.since = sqldb.Time(created), sqldb.Time(since)
	return r, err
}

// claim begins a try. No row means that there is nothing to send.
func claim(tx *sqldb.Tx, id int64) (row, error) {
	return scanRow(tx.QueryRow(`UPDATE message SET state = '`+string(Sending)+`', attempts = attempts + 1, state_ms = $1
		WHERE id = $2 AND state IN (`+words(sendable)+`) RETURNING `+rowColumns, sqldb.Millis(tx.Now()), id).Scan)
}

// release gives a message back for its next try, unless a receipt moved it on.
func release(tx *sqldb.Tx, r row) error {
	n, err := tx.Exec(`UPDATE message SET state = '`+string(Queued)+`', state_ms = $1 WHERE id = $2 AND state = '`+string(Sending)+`'`,
		sqldb.Millis(tx.Now()), r.id)
	if err != nil || n == 0 {
		return err
	}
	return note(tx, r.id, Event{At: tx.Now(), State: Queued, Route: string(r.channel), Detail: TryAgain})
}

// strengthen compares and sets in one statement. No row means that the message
// stands there already, or further, or is not there.
func strengthen(tx *sqldb.Tx, id int64, e Event) (row, error) {
	var r row
	var created int64
	err := tx.QueryRow(`UPDATE message SET state = $1, reason = $2, state_ms = $3 WHERE id = $4 AND state IN (`+words(weaker(e.State))+`)
		RETURNING channel, fill_ref, created_ms`, string(e.State), string(e.Reason), sqldb.Millis(tx.Now()), id).Scan(&r.channel, &r.fill, &created)
	r.created = sqldb.Time(created)
	return r, err
}

func setProvider(tx *sqldb.Tx, id int64, sent Sent) error {
	_, err := tx.Exec(`UPDATE message SET provider = $1, provider_ref = $2 WHERE id = $3`, sent.Provider, sent.Ref, id)
	return err
}

func note(tx *sqldb.Tx, id int64, e Event) error {
	_, err := tx.Exec(`INSERT INTO message_event (message, id, at_ms, state, reason, route, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, tx.NewID(), sqldb.Millis(e.At), string(e.State), string(e.Reason), e.Route, e.Detail)
	return err
}

// find gives the message that a receipt speaks of. Our own number comes first: the
// provider's reference may not have been written down yet.
func find(q sqldb.Querier, r Receipt) (id int64, err error) {
	if r.MessageID != 0 {
		err = q.QueryRow(`SELECT id FROM message WHERE id = $1`, r.MessageID).Scan(&id)
		return id, err
	}
	if r.Ref == "" {
		return 0, sql.ErrNoRows
	}
	err = q.QueryRow(`SELECT id FROM message WHERE provider = $1 AND provider_ref = $2 AND provider_ref <> ''`, r.Provider, r.Ref).Scan(&id)
	return id, err
}

// pick says which messages to read, newest first.
type pick struct {
	id      int64
	owner   int64
	byOwner bool
	channel Channel
	state   State
	before  int64
	most    int
}

func selectRows(q sqldb.Querier, p pick) ([]row, error) {
	var where []string
	var args []any
	and := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if p.id != 0 {
		and("id = $%d", p.id)
	}
	if p.byOwner {
		and("owner = $%d", p.owner)
	}
	if p.channel != "" {
		and("channel = $%d", string(p.channel))
	}
	if p.state != "" {
		and("state = $%d", string(p.state))
	}
	if p.before != 0 {
		and("id < $%d", p.before)
	}
	query := `SELECT ` + rowColumns + ` FROM message`
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, " AND ")
	}
	args = append(args, p.most)
	return sqldb.All(q, func(rows *sql.Rows) (row, error) { return scanRow(rows.Scan) },
		query+fmt.Sprintf(` ORDER BY id DESC LIMIT $%d`, len(args)), args...)
}

type noted struct {
	message int64
	event   Event
}

// eventsOf reads the events of several messages at once, each oldest first.
func eventsOf(q sqldb.Querier, rows []row) (map[int64][]Event, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	args := make([]any, len(rows), len(rows)+1)
	for i, r := range rows {
		args[i] = r.id
	}
	all, err := sqldb.All(q, scanNoted, `SELECT message, at_ms, state, reason, route, detail FROM message_event
		WHERE message IN (`+sqldb.List(len(rows), 1)+fmt.Sprintf(`) ORDER BY id DESC LIMIT $%d`, len(rows)+1), append(args, EventsMost*len(rows))...)
	events := map[int64][]Event{}
	for _, n := range slices.Backward(all) {
		events[n.message] = append(events[n.message], n.event)
	}
	return events, err
}

func scanNoted(rows *sql.Rows) (noted, error) {
	var n noted
	var at int64
	err := rows.Scan(&n.message, &at, &n.event.State, &n.event.Reason, &n.event.Route, &n.event.Detail)
	n.event.At = sqldb.Time(at)
	return n, err
}

// words writes a closed list into a statement.
func words(states []State) string {
	quoted := make([]string, len(states))
	for i, s := range states {
		quoted[i] = "'" + string(s) + "'"
	}
	return strings.Join(quoted, ", ")
}

func eraseOwner(tx *sqldb.Tx, owner int64) error {
	if _, err := tx.Exec(`DELETE FROM message_event WHERE message IN (SELECT id FROM message WHERE owner = $1)`, owner); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM message WHERE owner = $1`, owner)
	return err
}

// prune relies on ids growing with time: the oldest messages have the smallest.
func prune(tx *sqldb.Tx, before time.Time, most int) (int64, error) {
	old, err := sqldb.All(tx, func(rows *sql.Rows) (any, error) {
		var id int64
		err := rows.Scan(&id)
		return id, err
	}, `SELECT id FROM (SELECT id, created_ms FROM message ORDER BY id LIMIT $1) oldest WHERE created_ms < $2`, most, sqldb.Millis(before))
	if err != nil {
		return 0, err
	}
	var gone int64
	for part := range slices.Chunk(old, insertMost) {
		list := sqldb.List(len(part), 1)
		if _, err := tx.Exec(`DELETE FROM message_event WHERE message IN (`+list+`)`, part...); err != nil {
			return 0, err
		}
		n, err := tx.Exec(`DELETE FROM message WHERE id IN (`+list+`)`, part...)
		if err != nil {
			return 0, err
		}
		gone += n
	}
	return gone, nil
}
