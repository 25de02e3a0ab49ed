package otp

import (
	"fmt"
	"time"

	"gelombang/internal/sqldb"
)

// addGuesses adds to the rows of the given minutes, in their order.
func addGuesses(tx *sqldb.Tx, minutes []int64, counts map[int64]guesses) error {
	args := make([]any, 0, 3*len(minutes))
	for _, m := range minutes {
		args = append(args, m, counts[m].correct, counts[m].wrong)
	}
	_, err := tx.Exec(`INSERT INTO guess_count (minute_ms, correct, wrong) VALUES `+sqldb.Values(len(minutes), 3, 1)+`
		ON CONFLICT (minute_ms) DO UPDATE SET correct = guess_count.correct + excluded.correct, wrong = guess_count.wrong + excluded.wrong`, args...)
	return err
}

// guessesSince adds up the minutes that began since a time, and those before it since an
// earlier one.
func guessesSince(q sqldb.Querier, from, earlier time.Time) (seen, before guesses, err error) {
	err = q.QueryRow(`SELECT
			CAST(COALESCE(SUM(CASE WHEN minute_ms >= $1 THEN correct ELSE 0 END), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN minute_ms >= $1 THEN wrong ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN minute_ms < $1 THEN correct ELSE 0 END), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN minute_ms < $1 THEN wrong ELSE 0 END), 0) AS BIGINT)
		FROM guess_count WHERE minute_ms >= $2`, sqldb.Millis(from), sqldb.Millis(earlier)).
		Scan(&seen.correct, &seen.wrong, &before.correct, &before.wrong)
	if err != nil {
		return seen, before, fmt.Errorf("read guesses: %w", err)
	}
	return seen, before, nil
}

// forgetGuesses deletes what is compared with nothing any more: a minute or two each time.
func forgetGuesses(tx *sqldb.Tx, before time.Time) error {
	if _, err := tx.Exec(`DELETE FROM guess_count WHERE minute_ms < $1`, sqldb.Millis(before)); err != nil {
		return fmt.Errorf("forget guesses: %w", err)
	}
	return nil
}

// takeLook says whether it is for us to judge: nobody has since a time. Compared and set
// in one statement, so that of many processes one does.
func takeLook(tx *sqldb.Tx, since time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE guess_rise SET looked_ms = $1 WHERE id = 1 AND looked_ms <= $2`, sqldb.Millis(tx.Now()), sqldb.Millis(since))
	if err != nil {
		return false, fmt.Errorf("take a look: %w", err)
	}
	return n == 1, nil
}

func lastRise(q sqldb.Querier) (r Rise, err error) {
	var since, until int64
	err = q.QueryRow(`SELECT since_ms, until_ms, wrong, guesses, usual FROM guess_rise WHERE id = 1`).Scan(&since, &until, &r.Wrong, &r.Guesses, &r.Usual)
	if err != nil {
		return Rise{}, fmt.Errorf("read rise: %w", err)
	}
	r.Since, r.Until = sqldb.Time(since), sqldb.Time(until)
	return r, nil
}

func setRise(tx *sqldb.Tx, r Rise) error {
	_, err := tx.Exec(`UPDATE guess_rise SET since_ms = $1, until_ms = $2, wrong = $3, guesses = $4, usual = $5 WHERE id = 1`,
		sqldb.Millis(r.Since), sqldb.Millis(r.Until), r.Wrong, r.Guesses, r.Usual)
	if err != nil {
		return fmt.Errorf("write rise: %w", err)
	}
	return nil
}
