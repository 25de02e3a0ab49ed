package staff

import (
	"database/sql"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// listMost is above the number of officials that any programme has.
const listMost = 1000

// row is an official with what signs them in.
type row struct {
	Staff
	hash string
	totp []byte
}

const columns = `id, email, name, role, password_hash, totp_sealed, created_ms, disabled_ms`

func scan(from interface{ Scan(...any) error }) (r row, err error) {
	var created, disabled int64
	err = from.Scan(&r.ID, &r.Email, &r.Name, &r.Role, &r.hash, &r.totp, &created, &disabled)
	r.Created, r.Disabled = sqldb.Time(created), sqldb.Time(disabled)
	return r, err
}

// insert adds an official; the address is the claim.
func insert(tx *sqldb.Tx, r row) error {
	n, err := tx.Exec(`INSERT INTO staff (id, email, name, role, password_hash, totp_sealed, created_ms)
		VALUES ($1,$2,$3,$4,$5,$6,$7) ON CONFLICT (email) DO NOTHING`,
		r.ID, r.Email, r.Name, string(r.Role), r.hash, r.totp, sqldb.Millis(r.Created))
	if err == nil && n == 0 {
		return fault.InvalidFields([]fault.Field{{Name: "email", Key: "staff.email.taken"}})
	}
	return err
}

func find(q sqldb.Querier, id int64) (row, error) {
	r, err := scan(q.QueryRow(`SELECT `+columns+` FROM staff WHERE id=$1`, id))
	if sqldb.NoRows(err) {
		return row{}, fault.Wrap(err, fault.NotFound, "staff.unknown")
	}
	return r, err
}

// byEmail gives a row without an id when nobody has the address: a sign-in goes on
// all the same, so that its time says nothing.
func byEmail(q sqldb.Querier, email string) (row, error) {
	r, err := scan(q.QueryRow(`SELECT `+columns+` FROM staff WHERE email=$1`, email))
	if sqldb.NoRows(err) {
		return row{}, nil
	}
	return r, err
}

func list(q sqldb.Querier) ([]Staff, error) {
	return sqldb.All(q, func(rows *sql.Rows) (Staff, error) {
		r, err := scan(rows)
		return r.Staff, err
	}, `SELECT `+columns+` FROM staff ORDER BY id LIMIT $1`, listMost)
}

// takeStep uses a time step up: true once for each, and never for an earlier one.
func takeStep(tx *sqldb.Tx, id, step int64) (bool, error) {
	n, err := tx.Exec(`UPDATE staff SET totp_last_step=$1 WHERE id=$2 AND totp_last_step<$1`, step, id)
	return n == 1, err
}

func rehash(tx *sqldb.Tx, id int64, hash string) error {
	_, err := tx.Exec(`UPDATE staff SET password_hash=$1 WHERE id=$2`, hash, id)
	return err
}

// disable says false when the account was closed before.
func disable(tx *sqldb.Tx, id int64) (bool, error) {
	n, err := tx.Exec(`UPDATE staff SET disabled_ms=$1 WHERE id=$2 AND disabled_ms=0`, sqldb.Millis(tx.Now()), id)
	return n == 1, err
}
