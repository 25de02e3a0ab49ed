package identity

import (
	"database/sql"
	"fmt"
	"time"

	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
)

// tendPage bounds what one transaction looks after.
const tendPage = 500

// waiting is what a parked submission's place in the line depends on.
type waiting struct {
	account, submission int64
	submitted, closes   time.Time
	due                 time.Time // zero: at once
}

func (r row) waiting() waiting {
	return waiting{r.account, r.submission, r.submitted, r.closes, r.nextTry}
}

func (w waiting) urgency(now time.Time) urgency { return urgencyOf(now, w.closes, w.submitted) }

const waitingColumns = `account, submission, submitted_ms, closes_ms, next_try_ms`

func scanWaiting(rows *sql.Rows) (w waiting, err error) {
	var ms [3]int64
	err = rows.Scan(&w.account, &w.submission, &ms[0], &ms[1], &ms[2])
	w.submitted, w.closes, w.due = sqldb.Time(ms[0]), sqldb.Time(ms[1]), sqldb.Time(ms[2])
	return w, err
}

func listWaiting(q sqldb.Querier, where string, args ...any) ([]waiting, error) {
	list, err := sqldb.All(q, scanWaiting, `SELECT `+waitingColumns+` FROM identity WHERE state = 'parked' AND held = '' AND `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list who waits: %w", err)
	}
	return list, nil
}

// idle lists the parked without a question under way, who waits longest first.
func idle(q sqldb.Querier, most int) ([]waiting, error) {
	return listWaiting(q, `urgency < 0 ORDER BY submitted_ms, account LIMIT $1`, most)
}

// unwaived lists the parked that no mode lets pass.
func unwaived(q sqldb.Querier, most int) ([]waiting, error) {
	return listWaiting(q, `waived = 0 ORDER BY submitted_ms, account LIMIT $1`, most)
}

// hurried lists the parked whose question is less urgent than it should be.
func hurried(q sqldb.Querier, most int) ([]waiting, error) {
	now := q.Now()
	for _, c := range closings {
		less := `urgency >= 0 AND (urgency = 0 OR urgency > $1)`
		near, err := listWaiting(q, less+` AND closes_ms > $2 AND closes_ms <= $3 ORDER BY closes_ms, account LIMIT $4`,
			int(c.urgency), sqldb.Millis(now), sqldb.Millis(now.Add(c.within)), most)
		if err != nil || len(near) > 0 {
			return near, err
		}
		if c.waiting == 0 {
			continue
		}
		long, err := listWaiting(q, less+` AND submitted_ms <= $2 ORDER BY submitted_ms, account LIMIT $3`,
			int(c.urgency), sqldb.Millis(now.Add(-c.waiting)), most)
		if err != nil || len(long) > 0 {
			return long, err
		}
	}
	return nil, nil
}

func setUrgency(tx *sqldb.Tx, account int64, to urgency) error {
	return change(tx, "set urgency", `UPDATE identity SET urgency = $2 WHERE account = $1`, account, int(to))
}

func setCloses(tx *sqldb.Tx, account int64, at time.Time) error {
	return change(tx, "set closing", `UPDATE identity SET closes_ms = $2 WHERE account = $1`, account, sqldb.Millis(at))
}

func markWaived(tx *sqldb.Tx, account, mode int64) error {
	return change(tx, "waive check", `UPDATE identity SET waived = $2 WHERE account = $1`, account, mode)
}

func holdBack(tx *sqldb.Tx, account int64) error {
	return change(tx, "hold back", `UPDATE identity SET held = 'review' WHERE account = $1`, account)
}

func letGo(tx *sqldb.Tx, account int64) error {
	return change(tx, "let go", `UPDATE identity SET held = '' WHERE account = $1`, account)
}

func change(tx *sqldb.Tx, what, statement string, args ...any) error {
	if _, err := tx.Exec(statement, args...); err != nil {
		return fmt.Errorf("%s of identity: %w", what, err)
	}
	return nil
}

func held(q sqldb.Querier, most int) ([]Held, error) {
	list, err := sqldb.All(q, func(rows *sql.Rows) (h Held, err error) {
		var ms int64
		var st State
		err = rows.Scan(&h.Account, &ms, &st, &h.Barred)
		h.Since, h.Claim = sqldb.Time(ms), st == InUse
		return h, err
	}, `SELECT i.account, i.since_ms, i.state, COALESCE(d.officer, 0) FROM identity i
		LEFT JOIN nik_decline d ON i.state = 'parked' AND d.account = i.account AND d.key_version = i.nik_version AND d.sum = i.nik_index
		WHERE i.held <> '' AND i.declined <> i.submission ORDER BY i.since_ms, i.account LIMIT $1`, most)
	if err != nil {
		return nil, fmt.Errorf("list identities on hold: %w", err)
	}
	return list, nil
}

func triedBy(q sqldb.Querier, account int64, indexes []seal.Index) (bool, error) {
	args := append(indexArgs(indexes), account)
	var n int
	err := q.QueryRow(fmt.Sprintf(`SELECT COUNT(*) FROM nik_try WHERE (key_version, sum) IN (%s) AND account = $%d`,
		sqldb.TypedValues(len(indexes), 1, "INTEGER", "TEXT"), len(args)), args...).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for a try of a NIK: %w", err)
	}
	return n > 0, nil
}

func markTried(tx *sqldb.Tx, account int64, x seal.Index) error {
	return change(tx, "note try", `INSERT INTO nik_try (key_version, sum, account, tried_ms) VALUES ($1, $2, $3, $4)
		ON CONFLICT (key_version, sum, account) DO NOTHING`, x.Version, x.Sum, account, sqldb.Millis(tx.Now()))
}

// newestMode is online until somebody says otherwise.
func newestMode(q sqldb.Querier) (Setting, error) {
	list, err := listModes(q, 1)
	if err != nil || len(list) == 0 {
		return Setting{Mode: Online}, err
	}
	return list[0], nil
}

func listModes(q sqldb.Querier, most int) ([]Setting, error) {
	list, err := sqldb.All(q, func(rows *sql.Rows) (m Setting, err error) {
		var ms int64
		err = rows.Scan(&m.ID, &m.Mode, &m.Staff, &m.Reason, &ms)
		m.Since = sqldb.Time(ms)
		return m, err
	}, `SELECT id, mode, staff, reason, at_ms FROM identity_mode ORDER BY id DESC LIMIT $1`, most)
	if err != nil {
		return nil, fmt.Errorf("list identity's modes: %w", err)
	}
	return list, nil
}

func insertMode(tx *sqldb.Tx, mode Mode, staff int64, reason string) error {
	return change(tx, "set mode", `INSERT INTO identity_mode (id, mode, staff, reason, at_ms) VALUES ($1, $2, $3, $4, $5)`,
		tx.NewID(), string(mode), staff, reason, sqldb.Millis(tx.Now()))
}

func addMinute(tx *sqldb.Tx, p pace) error {
	now := tx.Now()
	if err := change(tx, "count replies", `INSERT INTO registry_minute (minute_ms, answers, silent) VALUES ($1, $2, $3)
		ON CONFLICT (minute_ms) DO UPDATE SET answers = registry_minute.answers + excluded.answers,
		silent = registry_minute.silent + excluded.silent`,
		sqldb.Millis(now.Truncate(time.Minute)), p.answers, p.silent); err != nil {
		return err
	}
	return change(tx, "forget replies", `DELETE FROM registry_minute WHERE minute_ms < $1`, sqldb.Millis(now.Add(-paceKept)))
}

func listMinutes(q sqldb.Querier, since time.Time) ([]Minute, error) {
	list, err := sqldb.All(q, func(rows *sql.Rows) (m Minute, err error) {
		var ms int64
		err = rows.Scan(&ms, &m.Answers, &m.Silent)
		m.At = sqldb.Time(ms)
		return m, err
	}, `SELECT minute_ms, answers, silent FROM registry_minute WHERE minute_ms >= $1 ORDER BY minute_ms`, sqldb.Millis(since))
	if err != nil {
		return nil, fmt.Errorf("list the registry's minutes: %w", err)
	}
	return list, nil
}

// measured gives the registry's replies in a minute, over the last few.
func measured(q sqldb.Querier) (pace, error) {
	now := q.Now()
	var first, answers, silent int64
	err := q.QueryRow(`SELECT COALESCE(MIN(minute_ms), 0), COALESCE(SUM(answers), 0), COALESCE(SUM(silent), 0)
		FROM registry_minute WHERE minute_ms > $1`, sqldb.Millis(now.Add(-paceOver))).Scan(&first, &answers, &silent)
	if err != nil {
		return pace{}, fmt.Errorf("read the registry's pace: %w", err)
	}
	minutes := max(now.Sub(sqldb.Time(first)).Minutes(), 1)
	if first == 0 {
		return pace{}, nil
	}
	return pace{rate(answers, minutes), rate(silent, minutes)}, nil
}

// rate rounds up: what happened at all is not nothing.
func rate(n int64, minutes float64) int { return int((float64(n) + minutes - 1) / minutes) }

func countHeld(q sqldb.Querier) (n int64, since time.Time, err error) {
	var ms int64
	err = q.QueryRow(`SELECT COUNT(*), COALESCE(MIN(since_ms), 0) FROM identity WHERE held <> '' AND declined <> submission`).Scan(&n, &ms)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("count identities on hold: %w", err)
	}
	return n, sqldb.Time(ms), nil
}

// holdFrom puts a submission before an official, behind those who wait already.
func holdFrom(tx *sqldb.Tx, account int64) error {
	return change(tx, "hold", `UPDATE identity SET held = 'review', declined = 0, since_ms = $2 WHERE account = $1`, account, sqldb.Millis(tx.Now()))
}
