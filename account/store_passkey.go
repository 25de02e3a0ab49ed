package account

import (
	"database/sql"
	"fmt"
	"time"

	"gelombang/internal/sqldb"
)

// passkey is a passkey as it is kept.
type passkey struct {
	credential string // its id, in base64url
	id         int64
	account    int64
	publicKey  []byte
	aaguid     string
	transports string
	flags      int64
	signCount  int64
	name       []byte // sealed
	challenged time.Time
	refused    time.Time
	created    time.Time
	used       time.Time
}

const passkeyColumns = `credential, id, account, public_key, aaguid, transports, flags, sign_count, name_sealed, challenged_ms, refused_ms, created_ms, used_ms`

const passkeyColumnCount = 13

type scanner interface{ Scan(into ...any) error }

func scanPasskey(row scanner) (k passkey, err error) {
	var challenged, refused, created, used int64
	err = row.Scan(&k.credential, &k.id, &k.account, &k.publicKey, &k.aaguid, &k.transports, &k.flags, &k.signCount, &k.name,
		&challenged, &refused, &created, &used)
	k.challenged, k.refused, k.created, k.used = sqldb.Time(challenged), sqldb.Time(refused), sqldb.Time(created), sqldb.Time(used)
	return k, err
}

// insertPasskey keeps a new passkey, and says false when it is somebody's already.
func insertPasskey(tx *sqldb.Tx, k passkey) (bool, error) {
	n, err := tx.Exec(`INSERT INTO passkey (`+passkeyColumns+`) VALUES `+sqldb.Values(1, passkeyColumnCount, 1)+` ON CONFLICT (credential) DO NOTHING`,
		k.credential, k.id, k.account, k.publicKey, k.aaguid, k.transports, k.flags, k.signCount, k.name,
		sqldb.Millis(k.challenged), sqldb.Millis(k.refused), sqldb.Millis(k.created), sqldb.Millis(k.used))
	if err != nil {
		return false, fmt.Errorf("insert passkey: %w", err)
	}
	return n == 1, nil
}

// passkeysOf lists an account's passkeys, oldest first.
func passkeysOf(q sqldb.Querier, account int64) ([]passkey, error) {
	keys, err := sqldb.All(q, func(rows *sql.Rows) (passkey, error) { return scanPasskey(rows) },
		`SELECT `+passkeyColumns+` FROM passkey WHERE account = $1 ORDER BY id LIMIT $2`, account, passkeysMost)
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	return keys, nil
}

// findPasskey gives a passkey by its credential's id, or a zero one when there is none.
func findPasskey(q sqldb.Querier, credential string) (passkey, error) {
	k, err := scanPasskey(q.QueryRow(`SELECT `+passkeyColumns+` FROM passkey WHERE credential = $1`, credential))
	if sqldb.NoRows(err) {
		return passkey{}, nil
	}
	if err != nil {
		return passkey{}, fmt.Errorf("read passkey: %w", err)
	}
	return k, nil
}

// advancePasskey notes a use. It says false when the passkey was used, refused or
// removed since it was read: then this answer counts no more.
func advancePasskey(tx *sqldb.Tx, now passkey, wasCount int64) (bool, error) {
	n, err := tx.Exec(`UPDATE passkey SET sign_count = $1, flags = $2, challenged_ms = $3, used_ms = $4
		WHERE credential = $5 AND sign_count = $6 AND challenged_ms < $3 AND refused_ms = 0`,
		now.signCount, now.flags, sqldb.Millis(now.challenged), sqldb.Millis(tx.Now()), now.credential, wasCount)
	if err != nil {
		return false, fmt.Errorf("advance passkey: %w", err)
	}
	return n == 1, nil
}

// refusePasskey ends a passkey of which there is a copy, and says whether it was the
// first to notice.
func refusePasskey(tx *sqldb.Tx, credential string) (bool, error) {
	n, err := tx.Exec(`UPDATE passkey SET refused_ms = $1 WHERE credential = $2 AND refused_ms = 0`, sqldb.Millis(tx.Now()), credential)
	if err != nil {
		return false, fmt.Errorf("refuse passkey: %w", err)
	}
	return n == 1, nil
}

func renamePasskey(tx *sqldb.Tx, account, id int64, name []byte) (bool, error) {
	n, err := tx.Exec(`UPDATE passkey SET name_sealed = $1 WHERE account = $2 AND id = $3`, name, account, id)
	if err != nil {
		return false, fmt.Errorf("rename passkey: %w", err)
	}
	return n == 1, nil
}

func removePasskey(tx *sqldb.Tx, account, id int64) (bool, error) {
	n, err := tx.Exec(`DELETE FROM passkey WHERE account = $1 AND id = $2`, account, id)
	if err != nil {
		return false, fmt.Errorf("remove passkey: %w", err)
	}
	return n == 1, nil
}
