package identity

import (
	"fmt"

	"gelombang/internal/sqldb"
)

// declineOf gives what an official said about an account's NIK, under any version of the key.
func (s *Service) declineOf(q sqldb.Querier, account int64, nik NIK) (d decline, err error) {
	indexes := s.indexes(nik)
	args := append(indexArgs(indexes), account)
	var second int
	err = q.QueryRow(fmt.Sprintf(`SELECT officer, reason, second FROM nik_decline WHERE (key_version, sum) IN (%s) AND account = $%d
		ORDER BY at_ms DESC, key_version DESC LIMIT 1`,
		sqldb.TypedValues(len(indexes), 1, "INTEGER", "TEXT"), len(args)), args...).Scan(&d.officer, &d.reason, &second)
	if sqldb.NoRows(err) {
		return decline{}, nil
	}
	if err != nil {
		return decline{}, fmt.Errorf("read decline: %w", err)
	}
	d.second = second != 0
	return d, nil
}

// markDeclined writes an official's "no"; whether the second look was had stays as it was.
// The row is held.
func (s *Service) markDeclined(tx *sqldb.Tx, r row, officer int64, reason string) error {
	nik := NIK(r.form.NIK)
	d, err := s.declineOf(tx, r.account, nik)
	if err != nil {
		return err
	}
	if err := s.forgetDecline(tx, r.account, nik); err != nil {
		return err
	}
	indexes, second := s.indexes(nik), 0
	if d.second {
		second = 1
	}
	newest := indexes[len(indexes)-1]
	if err := change(tx, "note decline", `INSERT INTO nik_decline (key_version, sum, account, officer, reason, second, at_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, newest.Version, newest.Sum, r.account, officer, reason, second, sqldb.Millis(tx.Now())); err != nil {
		return err
	}
	return change(tx, "decline", `UPDATE identity SET declined = submission, since_ms = $2 WHERE account = $1`, r.account, sqldb.Millis(tx.Now()))
}

func (s *Service) markSecond(tx *sqldb.Tx, account int64, nik NIK) error {
	return s.changeDecline(tx, "note second look", `UPDATE nik_decline SET second = 1`, account, nik)
}

func (s *Service) forgetDecline(tx *sqldb.Tx, account int64, nik NIK) error {
	return s.changeDecline(tx, "forget decline", `DELETE FROM nik_decline`, account, nik)
}

func (s *Service) changeDecline(tx *sqldb.Tx, what, statement string, account int64, nik NIK) error {
	indexes := s.indexes(nik)
	args := append(indexArgs(indexes), account)
	return change(tx, what, fmt.Sprintf(`%s WHERE (key_version, sum) IN (%s) AND account = $%d`, statement,
		sqldb.TypedValues(len(indexes), 1, "INTEGER", "TEXT"), len(args)), args...)
}
