package draw

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"gelombang/draw/transcript"
	"gelombang/internal/sqldb"
)

// approvalsMost is above the number of officials that a programme may ask for.
const approvalsMost = 100

// insert publishes the head of a list; its lines are kept already.
func insert(tx *sqldb.Tx, waveID int64, f *transcript.Frozen) error {
	header, err := json.Marshal(f.Header)
	if err != nil {
		return err
	}
	in := 0
	for _, e := range f.Entries {
		if e.State == transcript.StateIn {
			in++
		}
	}
	_, err = tx.Exec(`INSERT INTO draw (wave, header, root, checkpoint, listed, taking_part, frozen_ms, source, source_json, source_ms,
		ranked, cutoffs, gate, ran_ms, inquiry, inquired_by, inquired_ms, released_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '', '{}', 0, 0, '[]', '{}', 0, '', 0, 0, 0)`,
		waveID, string(header), f.Root.String(), f.Checkpoint, len(f.Entries), in, f.Header.FrozenMs)
	return err
}

func find(q sqldb.Querier, waveID int64) (Publication, error) {
	var p Publication
	var header, root, origin, cutoffs, gate string
	var frozen, sourceAt, ran, inquired, released int64
	err := q.QueryRow(`SELECT header, root, checkpoint, listed, taking_part, frozen_ms, source, source_json, source_ms,
		ranked, cutoffs, gate, ran_ms, inquiry, inquired_by, inquired_ms, released_ms FROM draw WHERE wave = $1`, waveID).
		Scan(&header, &root, &p.Checkpoint, &p.Listed, &p.TakingPart, &frozen, &p.Source, &origin, &sourceAt,
			&p.Ranked, &cutoffs, &gate, &ran, &p.Inquiry, &p.InquiredBy, &inquired, &released)
	if sqldb.NoRows(err) {
		return Publication{}, errNone
	}
	if err != nil {
		return Publication{}, err
	}
	p.Frozen, p.SourceAt, p.Ran = sqldb.Time(frozen), sqldb.Time(sourceAt), sqldb.Time(ran)
	p.Inquired, p.Released = sqldb.Time(inquired), sqldb.Time(released)
	err = errors.Join(json.Unmarshal([]byte(header), &p.Header), p.Root.UnmarshalText([]byte(root)),
		json.Unmarshal([]byte(origin), &p.Origin), json.Unmarshal([]byte(cutoffs), &p.Cutoffs), json.Unmarshal([]byte(gate), &p.Gate))
	if err != nil {
		return Publication{}, fmt.Errorf("read draw of wave %d: %w", waveID, err)
	}
	return p, nil
}

// setSource names where the outcome comes from, once: a second answer changes nothing.
func setSource(tx *sqldb.Tx, waveID int64, source Source, origin transcript.Source) error {
	text, err := json.Marshal(origin)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE draw SET source = $1, source_json = $2, source_ms = $3 WHERE wave = $4 AND source = ''`,
		string(source), string(text), sqldb.Millis(tx.Now()), waveID)
	return err
}

func setRanked(tx *sqldb.Tx, waveID int64, done int) error {
	_, err := tx.Exec(`UPDATE draw SET ranked = $1 WHERE wave = $2`, done, waveID)
	return err
}

func setDrawn(tx *sqldb.Tx, waveID int64, cutoffs []transcript.Cutoff, gate Gate, ranked int) error {
	c, err1 := json.Marshal(cutoffs)
	g, err2 := json.Marshal(gate)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE draw SET cutoffs = $1, gate = $2, ranked = $3, ran_ms = $4 WHERE wave = $5`,
		string(c), string(g), ranked, sqldb.Millis(tx.Now()), waveID)
	return err
}

func setInquiry(tx *sqldb.Tx, waveID int64, words string, staff int64) error {
	_, err := tx.Exec(`UPDATE draw SET inquiry = $1, inquired_by = $2, inquired_ms = $3 WHERE wave = $4`,
		words, staff, sqldb.Millis(tx.Now()), waveID)
	return err
}

func setReleased(tx *sqldb.Tx, waveID int64) error {
	_, err := tx.Exec(`UPDATE draw SET released_ms = $1 WHERE wave = $2`, sqldb.Millis(tx.Now()), waveID)
	return err
}

// clearList removes some lines of a list that was never published, and says how many.
func clearList(tx *sqldb.Tx, waveID int64, most int) (int64, error) {
	entries, err1 := tx.Exec(`DELETE FROM draw_entry WHERE wave = $1 AND commitment IN
		(SELECT commitment FROM draw_entry WHERE wave = $1 LIMIT $2)`, waveID, most)
	households, err2 := tx.Exec(`DELETE FROM draw_household WHERE wave = $1 AND tag IN
		(SELECT tag FROM draw_household WHERE wave = $1 LIMIT $2)`, waveID, most)
	return entries + households, errors.Join(err1, err2)
}

func countList(q sqldb.Querier, waveID int64) (n int, err error) {
	err = q.QueryRow(`SELECT (SELECT COUNT(*) FROM draw_entry WHERE wave = $1) + (SELECT COUNT(*) FROM draw_household WHERE wave = $2)`,
		waveID, waveID).Scan(&n)
	return n, err
}

func insertEntries(tx *sqldb.Tx, waveID int64, es []Entry) error {
	args := make([]any, 0, 6*len(es))
	for _, e := range es {
		args = append(args, waveID, e.Commitment.String(), e.Household.String(), e.Stratum, string(e.State), e.Place)
	}
	_, err := tx.Exec(`INSERT INTO draw_entry (wave, commitment, household, stratum, state, place) VALUES `+sqldb.Values(len(es), 6, 1), args...)
	return err
}

func insertHouseholds(tx *sqldb.Tx, waveID int64, hs []transcript.Household) error {
	args := make([]any, 0, 3*len(hs))
	for _, h := range hs {
		args = append(args, waveID, h.Tag.String(), h.Left)
	}
	_, err := tx.Exec(`INSERT INTO draw_household (wave, tag, left_places) VALUES `+sqldb.Values(len(hs), 3, 1), args...)
	return err
}

// listed is a line of the list with the place behind it.
type listed struct {
	transcript.Entry
	place int64
}

// entriesAfter pages by commitment; digests in lower-case hexadecimal sort alike
// on both engines and as bytes.
func entriesAfter(q sqldb.Querier, waveID int64, after string, most int) ([]listed, error) {
	return sqldb.All(q, func(rows *sql.Rows) (listed, error) {
		var l listed
		var commitment, household string
		if err := rows.Scan(&commitment, &household, &l.Stratum, &l.State, &l.place); err != nil {
			return l, err
		}
		return l, errors.Join(l.Commitment.UnmarshalText([]byte(commitment)), l.Household.UnmarshalText([]byte(household)))
	}, `SELECT commitment, household, stratum, state, place FROM draw_entry WHERE wave = $1 AND commitment > $2
		ORDER BY commitment LIMIT $3`, waveID, after, most)
}

func householdsAfter(q sqldb.Querier, waveID int64, after string, most int) ([]transcript.Household, error) {
	return sqldb.All(q, func(rows *sql.Rows) (transcript.Household, error) {
		var h transcript.Household
		var tag string
		if err := rows.Scan(&tag, &h.Left); err != nil {
			return h, err
		}
		return h, h.Tag.UnmarshalText([]byte(tag))
	}, `SELECT tag, left_places FROM draw_household WHERE wave = $1 AND tag > $2 ORDER BY tag LIMIT $3`, waveID, after, most)
}

func insertResults(tx *sqldb.Tx, waveID int64, rs []transcript.Result, places map[transcript.Digest]int64) error {
	args := make([]any, 0, 6*len(rs))
	for _, r := range rs {
		args = append(args, waveID, r.Stratum, r.Rank, r.Commitment.String(), places[r.Commitment], string(r.Outcome))
	}
	_, err := tx.Exec(`INSERT INTO draw_result (wave, stratum, rank, commitment, place, outcome) VALUES `+sqldb.Values(len(rs), 6, 1)+`
		ON CONFLICT (wave, stratum, rank) DO NOTHING`, args...)
	return err
}

func selectedPlaces(q sqldb.Querier, waveID, after int64, most int) ([]int64, error) {
	return sqldb.All(q, func(rows *sql.Rows) (int64, error) {
		var id int64
		return id, rows.Scan(&id)
	}, `SELECT place FROM draw_result WHERE wave = $1 AND place > $2 AND outcome = 'selected' ORDER BY place LIMIT $3`, waveID, after, most)
}

func outcomes(q sqldb.Querier, places []int64) ([]Outcome, error) {
	if len(places) == 0 {
		return nil, nil
	}
	args := make([]any, len(places))
	for i, p := range places {
		args[i] = p
	}
	return sqldb.All(q, func(rows *sql.Rows) (Outcome, error) {
		var o Outcome
		return o, rows.Scan(&o.Place, &o.Wave, &o.Stratum, &o.Rank, &o.Outcome)
	}, `SELECT r.place, r.wave, r.stratum, r.rank, r.outcome FROM draw_result r JOIN draw d ON d.wave = r.wave
		WHERE d.released_ms > 0 AND r.place IN (`+sqldb.List(len(places), 1)+`)`, args...)
}

func approvals(q sqldb.Querier, waveID int64) ([]Approval, error) {
	return sqldb.All(q, func(rows *sql.Rows) (Approval, error) {
		var a Approval
		var at int64
		err := rows.Scan(&a.Staff, &at)
		a.At = sqldb.Time(at)
		return a, err
	}, `SELECT staff, at_ms FROM draw_approval WHERE wave = $1 ORDER BY at_ms, staff LIMIT $2`, waveID, approvalsMost)
}

func approve(tx *sqldb.Tx, waveID, staff int64) (bool, error) {
	n, err := tx.Exec(`INSERT INTO draw_approval (wave, staff, at_ms) VALUES ($1, $2, $3) ON CONFLICT (wave, staff) DO NOTHING`,
		waveID, staff, sqldb.Millis(tx.Now()))
	return n == 1, err
}

func officials(q sqldb.Querier, waveID int64) (out [2]Official, err error) {
	type row struct {
		number int
		Official
	}
	found, err := sqldb.All(q, func(rows *sql.Rows) (row, error) {
		var r row
		return r, rows.Scan(&r.number, &r.Staff, &r.Commitment, &r.Value)
	}, `SELECT official, staff, commitment, value FROM draw_official WHERE wave = $1 ORDER BY official LIMIT 2`, waveID)
	for _, r := range found {
		r.Revealed = r.Value != ""
		out[r.number-1] = r.Official
	}
	return out, err
}

func insertOfficial(tx *sqldb.Tx, waveID int64, official int, commitment string, staff int64) (bool, error) {
	n, err := tx.Exec(`INSERT INTO draw_official (wave, official, commitment, value, staff, at_ms) VALUES ($1, $2, $3, '', $4, $5)
		ON CONFLICT DO NOTHING`, waveID, official, commitment, staff, sqldb.Millis(tx.Now()))
	return n == 1, err
}

func setValue(tx *sqldb.Tx, waveID int64, official int, value string) error {
	_, err := tx.Exec(`UPDATE draw_official SET value = $1 WHERE wave = $2 AND official = $3`, value, waveID, official)
	return err
}
