package photo

import (
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/photo/ktp"
)

const nikSeal = "photo.nik_read"

// begin inserts an upload, or gives the one that this token began.
func begin(tx *sqldb.Tx, account int64, token string, size int64) (u Upload, fresh bool, err error) {
	id := tx.NewID()
	u, err = scanUpload(tx.QueryRow(`INSERT INTO photo_upload (id, account, token, size, created_ms) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account, token) DO UPDATE SET token = excluded.token RETURNING `+uploadColumns,
		id, account, token, size, sqldb.Millis(tx.Now())))
	if err != nil {
		return Upload{}, false, fmt.Errorf("begin upload: %w", err)
	}
	return u, u.ID == id, nil
}

const uploadColumns = `id, account, size, received, parts, done, created_ms`

func scanUpload(row *sql.Row) (u Upload, err error) {
	var parts string
	var done, created int64
	if err := row.Scan(&u.ID, &u.Account, &u.Size, &u.Received, &parts, &done, &created); err != nil {
		return Upload{}, err
	}
	u.Done, u.Created = done == 1, sqldb.Time(created)
	for part := range strings.SplitSeq(parts, ",") {
		if at, err := strconv.ParseInt(part, 10, 64); err == nil {
			u.parts = append(u.parts, at)
		}
	}
	return u, nil
}

func upload(q sqldb.Querier, account, id int64) (Upload, error) {
	u, err := scanUpload(q.QueryRow(`SELECT `+uploadColumns+` FROM photo_upload WHERE id = $1 AND account = $2`, id, account))
	if sqldb.NoRows(err) {
		return Upload{}, fault.New(fault.NotFound, KeyOver, nil)
	}
	if err != nil {
		return Upload{}, fmt.Errorf("read upload: %w", err)
	}
	return u, nil
}

// advance counts a part, unless the upload no longer stands where the part begins.
func advance(tx *sqldb.Tx, u Upload, at int64) (counted bool, err error) {
	parts := make([]string, len(u.parts))
	for i, begins := range u.parts {
		parts[i] = strconv.FormatInt(begins, 10)
	}
	n, err := tx.Exec(`UPDATE photo_upload SET received = $3, parts = $4 WHERE id = $1 AND received = $2 AND done = 0`,
		u.ID, at, u.Received, strings.Join(parts, ","))
	if err != nil {
		return false, fmt.Errorf("count part: %w", err)
	}
	return n == 1, nil
}

// done ends an upload, once.
func done(tx *sqldb.Tx, u Upload) (fresh bool, err error) {
	n, err := tx.Exec(`UPDATE photo_upload SET done = 1, received = size WHERE id = $1 AND done = 0`, u.ID)
	if err != nil {
		return false, fmt.Errorf("end upload: %w", err)
	}
	return n == 1, nil
}

// abandoned removes uploads that were never finished, and gives their ids.
func abandoned(tx *sqldb.Tx, before time.Time, most int) ([]int64, error) {
	left, err := ids(tx, `SELECT id FROM photo_upload WHERE created_ms < $1 ORDER BY created_ms LIMIT $2`, sqldb.Millis(before), most)
	if err != nil {
		return nil, err
	}
	for _, id := range left {
		if _, err := tx.Exec(`DELETE FROM photo_upload WHERE id = $1`, id); err != nil {
			return nil, fmt.Errorf("delete upload: %w", err)
		}
	}
	return left, nil
}

func ids(q sqldb.Querier, query string, args ...any) ([]int64, error) {
	found, err := sqldb.All(q, func(rows *sql.Rows) (id int64, err error) {
		err = rows.Scan(&id)
		return id, err
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list photos: %w", err)
	}
	return found, nil
}

const photoColumns = `id, account, state, verdict, cut, nik_match, differs_at, nik_read, scores, why, failures, second, officer, reason,
	sent_ms, since_ms, gone_ms`

type scanner interface{ Scan(into ...any) error }

func (s *Service) scan(row scanner) (p Photo, err error) {
	var cut string
	var read []byte
	var second, sent, since, gone int64
	if err := row.Scan(&p.ID, &p.Account, &p.State, &p.Verdict, &cut, &p.NIKMatch, &p.DiffersAt, &read, &p.Scores, &p.Why, &p.Failures,
		&second, &p.Officer, &p.Reason, &sent, &since, &gone); err != nil {
		return Photo{}, err
	}
	p.Second, p.Sent, p.Since, p.Gone = second == 1, sqldb.Time(sent), sqldb.Time(since), sqldb.Time(gone)
	p.Cut = corners(cut)
	p.NIKRead, err = s.c.Keys.UnsealText(nikSeal, p.ID, read)
	return p, err
}

func corners(joined string) (out []ktp.Corner) {
	for _, c := range ktp.Corners {
		if slices.Contains(strings.Split(joined, ","), string(c)) {
			out = append(out, c)
		}
	}
	return out
}

func joined(corners []ktp.Corner) string {
	words := make([]string, len(corners))
	for i, c := range corners {
		words[i] = string(c)
	}
	return strings.Join(words, ",")
}

// newest gives an account's newest photo; one that is not there is in state None.
func (s *Service) newest(q sqldb.Querier, account int64) (Photo, error) {
	p, err := s.scan(q.QueryRow(`SELECT `+photoColumns+` FROM photo WHERE account = $1 ORDER BY id DESC LIMIT 1`, account))
	if sqldb.NoRows(err) {
		return Photo{Account: account, State: None}, nil
	}
	if err != nil {
		return Photo{}, fmt.Errorf("read newest photo: %w", err)
	}
	return p, nil
}

func (s *Service) photo(q sqldb.Querier, account, id int64) (Photo, error) {
	return found(s.scan(q.QueryRow(`SELECT `+photoColumns+` FROM photo WHERE id = $1 AND (account = $2 OR $2 = 0)`, id, account)))
}

// lock keeps a photo's row until the transaction ends.
func (s *Service) lock(tx *sqldb.Tx, id int64) (Photo, error) {
	return found(s.scan(tx.QueryRow(`UPDATE photo SET state = state WHERE id = $1 RETURNING `+photoColumns, id)))
}

func found(p Photo, err error) (Photo, error) {
	if sqldb.NoRows(err) {
		return Photo{}, fault.New(fault.NotFound, KeyNotYours, nil)
	}
	if err != nil {
		return Photo{}, fmt.Errorf("read photo: %w", err)
	}
	return p, nil
}

func insert(tx *sqldb.Tx, u Upload, failures int) error {
	_, err := tx.Exec(`INSERT INTO photo (id, account, state, failures, sent_ms, since_ms) VALUES ($1, $2, 'checking', $3, $4, $4)`,
		u.ID, u.Account, failures, sqldb.Millis(tx.Now()))
	if err != nil {
		return fmt.Errorf("insert photo: %w", err)
	}
	return nil
}

// replaceOlder marks all but the newest photo of an account, and gives those it marked.
func replaceOlder(tx *sqldb.Tx, account int64) ([]int64, error) {
	return ids(tx, `UPDATE photo SET state = 'replaced', since_ms = $2 WHERE account = $1 AND state <> 'replaced'
		AND id < (SELECT MAX(id) FROM photo WHERE account = $1) RETURNING id`, account, sqldb.Millis(tx.Now()))
}

// judged writes what was found or decided about a photo.
func (s *Service) judged(tx *sqldb.Tx, p Photo) error {
	second := 0
	if p.Second {
		second = 1
	}
	_, err := tx.Exec(`UPDATE photo SET state = $2, verdict = $3, nik_match = $4, differs_at = $5, nik_read = $6, scores = $7, why = $8,
		failures = $9, second = $10, officer = $11, reason = $12, since_ms = $13, cut = $14 WHERE id = $1`,
		p.ID, string(p.State), string(p.Verdict), string(p.NIKMatch), p.DiffersAt, s.c.Keys.SealText(nikSeal, p.ID, p.NIKRead), p.Scores,
		string(p.Why), p.Failures, second, p.Officer, string(p.Reason), sqldb.Millis(tx.Now()), joined(p.Cut))
	if err != nil {
		return fmt.Errorf("judge photo: %w", err)
	}
	return nil
}

// gone notes that a picture was deleted.
func gone(tx *sqldb.Tx, id int64) error {
	_, err := tx.Exec(`UPDATE photo SET gone_ms = $2 WHERE id = $1 AND gone_ms = 0`, id, sqldb.Millis(tx.Now()))
	if err != nil {
		return fmt.Errorf("note a deleted picture: %w", err)
	}
	return nil
}

// kept lists pictures that were decided about before a time and are still there.
func kept(q sqldb.Querier, before time.Time, most int) ([]int64, error) {
	return ids(q, `SELECT id FROM photo WHERE gone_ms = 0 AND since_ms < $1 AND state NOT IN ('checking', 'review')
		ORDER BY since_ms LIMIT $2`, sqldb.Millis(before), most)
}

// waiting lists what is in review, and counts it.
func (s *Service) waiting(q sqldb.Querier, most int) ([]Photo, int, error) {
	list, err := sqldb.All(q, func(rows *sql.Rows) (Photo, error) { return s.scan(rows) },
		`SELECT `+photoColumns+` FROM photo WHERE state = 'review' ORDER BY since_ms, id LIMIT $1`, min(most, reviewsMost))
	if err != nil {
		return nil, 0, fmt.Errorf("list reviews: %w", err)
	}
	n := 0
	if err := q.QueryRow(`SELECT COUNT(*) FROM photo WHERE state = 'review'`).Scan(&n); err != nil {
		return nil, 0, fmt.Errorf("count reviews: %w", err)
	}
	return list, n, nil
}

func note(tx *sqldb.Tx, account int64, kind string) error {
	_, err := tx.Exec(`INSERT INTO photo_event (id, account, at_ms, kind) VALUES ($1, $2, $3, $4)`,
		tx.NewID(), account, sqldb.Millis(tx.Now()), kind)
	if err != nil {
		return fmt.Errorf("note photo event: %w", err)
	}
	return nil
}

func events(q sqldb.Querier, account int64, most int) ([]Happening, error) {
	found, err := sqldb.All(q, func(rows *sql.Rows) (Happening, error) {
		var ms int64
		var kind string
		err := rows.Scan(&ms, &kind)
		return Happening{At: sqldb.Time(ms), Key: "photo.event." + kind}, err
	}, `SELECT at_ms, kind FROM photo_event WHERE account = $1 ORDER BY id DESC LIMIT $2`, account, most)
	if err != nil {
		return nil, fmt.Errorf("list photo events: %w", err)
	}
	return found, nil
}

// erase removes every row of an account and gives the ids of its pictures.
func erase(tx *sqldb.Tx, account int64) ([]int64, error) {
	pictures, err := ids(tx, `SELECT id FROM photo_upload WHERE account = $1 UNION SELECT id FROM photo WHERE account = $1`, account)
	if err != nil {
		return nil, err
	}
	for _, table := range []string{"photo_event", "photo", "photo_upload"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE account = $1`, account); err != nil {
			return nil, fmt.Errorf("erase photos: %w", err)
		}
	}
	return pictures, nil
}
