package account

import (
	"database/sql"
	"fmt"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/notify"
)

// handover is a row.
type handover struct {
	id      int64
	account int64
	kind    HandoverKind
	channel notify.Channel
	former  []byte // sealed
	browser string // hashed
	state   string
	asked   time.Time
	began   time.Time
	due     time.Time
	ended   time.Time
	told    int
	notice  int64 // the message that the time waits for; 0 when due is exact
}

// The states of a handover.
const (
	stateAsked     = "asked"   // an address is proven, the identity data are not there yet
	stateWaiting   = "waiting" // begun, and can be taken back
	stateGranted   = "granted" // a recovery that was completed
	stateCancelled = "cancelled"
	stateOver      = "over" // the time to take it back, or to complete it, is over
)

const handoverColumns = `id, account, kind, channel, former_sealed, browser_hash, state, asked_ms, began_ms, due_ms, ended_ms, told, notice`

func scanHandover(row interface{ Scan(...any) error }) (handover, error) {
	var h handover
	var asked, began, due, ended int64
	err := row.Scan(&h.id, &h.account, &h.kind, &h.channel, &h.former, &h.browser, &h.state, &asked, &began, &due, &ended, &h.told, &h.notice)
	h.asked, h.began, h.due, h.ended = sqldb.Time(asked), sqldb.Time(began), sqldb.Time(due), sqldb.Time(ended)
	return h, err
}

func insertHandover(tx *sqldb.Tx, h handover) error {
	_, err := tx.Exec(`INSERT INTO handover (`+handoverColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		h.id, h.account, string(h.kind), string(h.channel), h.former, h.browser, h.state,
		sqldb.Millis(h.asked), sqldb.Millis(h.began), sqldb.Millis(h.due), sqldb.Millis(h.ended), h.told, h.notice)
	if err != nil {
		return fmt.Errorf("insert handover: %w", err)
	}
	return nil
}

// findHandover gives a handover, or a zero one when there is none.
func findHandover(q sqldb.Querier, id int64) (handover, error) {
	h, err := scanHandover(q.QueryRow(`SELECT `+handoverColumns+` FROM handover WHERE id = $1`, id))
	if sqldb.NoRows(err) {
		return handover{}, nil
	}
	if err != nil {
		return handover{}, fmt.Errorf("read handover: %w", err)
	}
	return h, nil
}

// waitingOf lists what can still be taken back in an account: at most one recovery and
// one change of each channel.
func waitingOf(q sqldb.Querier, account int64) ([]handover, error) {
	hs, err := sqldb.All(q, func(rows *sql.Rows) (handover, error) { return scanHandover(rows) },
		`SELECT `+handoverColumns+` FROM handover WHERE account = $1 AND state = 'waiting' ORDER BY id`, account)
	if err != nil {
		return nil, fmt.Errorf("read waiting handovers: %w", err)
	}
	return hs, nil
}

// grantedSince says whether a recovery by another channel was completed lately.
func grantedSince(q sqldb.Querier, account int64, lost notify.Channel, since time.Time) (bool, error) {
	var n int
	err := q.QueryRow(`SELECT COUNT(*) FROM handover WHERE account = $1 AND kind = 'recovery' AND state = 'granted' AND channel <> $2 AND ended_ms > $3`,
		account, string(lost), sqldb.Millis(since)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("read granted recoveries: %w", err)
	}
	return n > 0, nil
}

// lockAccount keeps an account until the transaction ends: who proves, takes back or
// completes at the same moment takes turns here.
func lockAccount(tx *sqldb.Tx, account int64) error {
	if _, err := tx.Exec(`UPDATE account SET state = state WHERE id = $1`, account); err != nil {
		return fmt.Errorf("lock account: %w", err)
	}
	return nil
}

// setBegun starts the wait of a recovery that was asked for.
func setBegun(tx *sqldb.Tx, h handover) error {
	_, err := tx.Exec(`UPDATE handover SET state = 'waiting', began_ms = $1, due_ms = $2 WHERE id = $3 AND state = 'asked'`,
		sqldb.Millis(h.began), sqldb.Millis(h.due), h.id)
	if err != nil {
		return fmt.Errorf("begin recovery: %w", err)
	}
	return nil
}

// setDue writes what a handover's time waits for, and when it is over.
func setDue(tx *sqldb.Tx, h handover) error {
	if _, err := tx.Exec(`UPDATE handover SET notice = $1, due_ms = $2 WHERE id = $3`, h.notice, sqldb.Millis(h.due), h.id); err != nil {
		return fmt.Errorf("set due of handover: %w", err)
	}
	return nil
}

func setEnded(tx *sqldb.Tx, id int64, state string) error {
	_, err := tx.Exec(`UPDATE handover SET state = $1, ended_ms = $2 WHERE id = $3`, state, sqldb.Millis(tx.Now()), id)
	if err != nil {
		return fmt.Errorf("end handover: %w", err)
	}
	return nil
}

func setTold(tx *sqldb.Tx, id int64, told int) error {
	if _, err := tx.Exec(`UPDATE handover SET told = $1 WHERE id = $2`, told, id); err != nil {
		return fmt.Errorf("note reminder: %w", err)
	}
	return nil
}

// setBrowser lets the browser that proved the address last look at a recovery.
func setBrowser(tx *sqldb.Tx, id int64, browser string) error {
	if _, err := tx.Exec(`UPDATE handover SET browser_hash = $1 WHERE id = $2`, browser, id); err != nil {
		return fmt.Errorf("note browser of recovery: %w", err)
	}
	return nil
}

// dropCredentials forgets a password and passkeys that came at a time or later.
func dropCredentials(tx *sqldb.Tx, account int64, since time.Time) error {
	for _, statement := range []string{
		`DELETE FROM password WHERE account = $1 AND changed_ms >= $2`,
		`DELETE FROM passkey WHERE account = $1 AND created_ms >= $2`,
	} {
		if _, err := tx.Exec(statement, account, sqldb.Millis(since)); err != nil {
			return fmt.Errorf("drop credentials: %w", err)
		}
	}
	return nil
}

func pruneHandovers(tx *sqldb.Tx, before time.Time, most int) (int64, error) {
	n, err := tx.Exec(`DELETE FROM handover WHERE id IN (SELECT id FROM handover
		WHERE asked_ms < $1 AND state <> 'waiting' ORDER BY asked_ms LIMIT $2)`, sqldb.Millis(before), most)
	if err != nil {
		return 0, fmt.Errorf("prune handovers: %w", err)
	}
	return n, nil
}
