package audit

import (
	"database/sql"

	"gelombang/internal/sqldb"
)

const columns = `id, at_ms, actor_kind, actor_id, action, subject_kind, subject_id, reason`

func insert(tx *sqldb.Tx, e Entry) error {
	_, err := tx.Exec(`INSERT INTO audit_entry (`+columns+`) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`,
		e.ID, sqldb.Millis(e.At), e.Actor.Kind, e.Actor.ID, e.Action, e.SubjectKind, e.SubjectID, e.Reason)
	return err
}

func ofSubject(q sqldb.Querier, kind string, id int64, most int) ([]Entry, error) {
	return sqldb.All(q, scan, `SELECT `+columns+` FROM audit_entry WHERE subject_kind=$1 AND subject_id=$2 ORDER BY id DESC LIMIT $3`, kind, id, most)
}

func newest(q sqldb.Querier, most int) ([]Entry, error) {
	return sqldb.All(q, scan, `SELECT `+columns+` FROM audit_entry ORDER BY id DESC LIMIT $1`, most)
}

func scan(rows *sql.Rows) (e Entry, err error) {
	var ms int64
	err = rows.Scan(&e.ID, &ms, &e.Actor.Kind, &e.Actor.ID, &e.Action, &e.SubjectKind, &e.SubjectID, &e.Reason)
	e.At = sqldb.Time(ms)
	return e, err
}
