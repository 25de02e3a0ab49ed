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
	operator       string
	chosen         time.Time // since when provider may have it
	chosenTry      int       // since which of its attempts
	typed          time.Time // when its code was typed
}

// insertMost bounds the rows of one statement.
const insertMost = 256

func insert(tx *sqldb.Tx, rows []row) error {
	const columns = 13
	now := sqldb.Millis(tx.Now())
	for part := range sqldb.Parts(rows, insertMost) {
		args := make([]any, 0, len(part)*columns)
		for _, r := range part {
			args = append(args, r.id, string(r.channel), r.key, r.lang, r.owner, r.fill, r.to, r.args,
				string(Queued), now, now, int64(r.priority), r.operator)
		}
		_, err := tx.Exec(`INSERT INTO message (id, channel, text_key, lang, owner, fill_ref, to_sealed, args_sealed,
			state, created_ms, state_ms, priority, operator) VALUES `+sqldb.Values(len(part), columns, 1), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

const rowColumns = `id, channel, text_key, lang, owner, fill_ref, to_sealed, args_sealed, state, reason, provider,
	created_ms, state_ms, attempts, priority, operator, chosen_ms, chosen_try`

func scanRow(scan func(...any) error) (row, error) {
	var r row
	var created, since, chosen int64
	err := scan(&r.id, &r.channel, &r.key, &r.lang, &r.owner, &r.fill, &r.to, &r.args, &r.state, &r.reason, &r.provider,
		&created, &since, &r.attempts, &r.priority, &r.operator, &chosen, &r.chosenTry)
	r.created, r.since, r.chosen = sqldb.Time(created), sqldb.Time(since), sqldb.Time(chosen)
	return r, err
}

// claim begins a try and gives the message to the provider that was drawn, unless it
// is with one already. No row means that there is nothing to send.
func claim(tx *sqldb.Tx, id int64, drawn *guard) (row, error) {
	name := ""
	if drawn != nil {
		name = drawn.Name
	}
	return scanRow(tx.QueryRow(`UPDATE message SET state = '`+string(Sending)+`', attempts = attempts + 1, state_ms = $1,
			chosen_ms = CASE WHEN provider = '' THEN $1 ELSE chosen_ms END,
			chosen_try = CASE WHEN provider = '' THEN attempts + 1 ELSE chosen_try END,
			provider = CASE WHEN provider = '' THEN $2 ELSE provider END
		WHERE id = $3 AND state IN (`+words(sendable)+`) RETURNING `+rowColumns, sqldb.Millis(tx.Now()), name, id).Scan)
}

// setChoice gives a message that is being sent to another provider; false when it is
// not being sent any more.
func setChoice(tx *sqldb.Tx, id int64, provider string, since int) (bool, error) {
	n, err := tx.Exec(`UPDATE message SET provider = $1, chosen_ms = $2, chosen_try = $3 WHERE id = $4 AND state = '`+string(Sending)+`'`,
		provider, sqldb.Millis(tx.Now()), since, id)
	return n == 1, err
}

// setReleased ends a try that came to nothing; false when a receipt moved the message on.
func setReleased(tx *sqldb.Tx, id int64, provider string) (bool, error) {
	n, err := tx.Exec(`UPDATE message SET state = '`+string(Queued)+`', state_ms = $1, provider = $2 WHERE id = $3 AND state = '`+string(Sending)+`'`,
		sqldb.Millis(tx.Now()), provider, id)
	return n == 1, err
}

// setAccepted writes the acceptance and the provider's reference; false when the message
// is as far already.
func setAccepted(tx *sqldb.Tx, id int64, provider, ref string) (bool, error) {
	n, err := tx.Exec(`UPDATE message SET state = '`+string(Accepted)+`', state_ms = $1, provider = $2, provider_ref = $3
		WHERE id = $4 AND state IN (`+words(weaker(Accepted))+`)`, sqldb.Millis(tx.Now()), provider, ref, id)
	return n == 1, err
}

// setReference notes whose message it is and gives the state that a receipt has set.
func setReference(tx *sqldb.Tx, id int64, provider, ref string) (state State, err error) {
	err = tx.QueryRow(`UPDATE message SET provider = $1, provider_ref = $2 WHERE id = $3 RETURNING state`, provider, ref, id).Scan(&state)
	return state, err
}

const reportColumns = `channel, operator, provider, fill_ref, to_sealed, state, state_ms, created_ms, typed_ms`

func scanReport(id int64, scan func(...any) error) (row, error) {
	r := row{id: id}
	var since, created, typed int64
	err := scan(&r.channel, &r.operator, &r.provider, &r.fill, &r.to, &r.state, &since, &created, &typed)
	r.since, r.created, r.typed = sqldb.Time(since), sqldb.Time(created), sqldb.Time(typed)
	return r, err
}

// strengthen compares and sets in one statement. No row means that the message stands
// there already, or further, or is not there, or is with another provider than named.
func strengthen(tx *sqldb.Tx, id int64, e Event, with string) (row, error) {
	args := []any{string(e.State), string(e.Reason), sqldb.Millis(tx.Now()), id}
	and := ""
	if with != "" {
		and, args = ` AND provider IN ('', $5)`, append(args, with)
	}
	if e.State == Failed { // a code that was typed has arrived, whatever is said of it later
		and += ` AND typed_ms = 0`
	}
	return scanReport(id, tx.QueryRow(`UPDATE message SET state = $1, reason = $2, state_ms = $3
		WHERE id = $4 AND state IN (`+words(weaker(e.State))+`)`+and+` RETURNING `+reportColumns, args...).Scan)
}

// setTyped marks a message whose code was typed. No row means that it is marked or gone.
func setTyped(tx *sqldb.Tx, id int64) (row, error) {
	return scanReport(id, tx.QueryRow(`UPDATE message SET typed_ms = $1 WHERE id = $2 AND typed_ms = 0 RETURNING `+reportColumns,
		sqldb.Millis(tx.Now()), id).Scan)
}

func note(tx *sqldb.Tx, id int64, events ...Event) error {
	const columns = 7
	args := make([]any, 0, len(events)*columns)
	for _, e := range events {
		args = append(args, id, tx.NewID(), sqldb.Millis(e.At), string(e.State), string(e.Reason), e.Route, e.Detail)
	}
	_, err := tx.Exec(`INSERT INTO message_event (message, id, at_ms, state, reason, route, detail) VALUES `+sqldb.Values(len(events), columns, 1), args...)
	return err
}

// find gives the message that a receipt names by the provider's own reference.
func find(q sqldb.Querier, r Receipt) (id int64, err error) {
	if r.Ref == "" {
		return 0, sql.ErrNoRows
	}
	err = q.QueryRow(`SELECT id FROM message WHERE provider = $1 AND provider_ref = $2 AND provider_ref <> ''`, r.Provider, r.Ref).Scan(&id)
	return id, err
}

func exists(q sqldb.Querier, id int64) (bool, error) {
	err := q.QueryRow(`SELECT id FROM message WHERE id = $1`, id).Scan(&id)
	if sqldb.NoRows(err) {
		return false, nil
	}
	return err == nil, err
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
