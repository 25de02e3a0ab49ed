package seal

import (
	"context"
	"errors"
	"fmt"

	"gelombang/internal/sqldb"
)

const canaryText = "gelombang"

// ErrWrongKeys says that the keyset does not open this database.
var ErrWrongKeys = errors.New("this keyset does not open this database: use the keyset that belongs to it; a new one cannot read what is sealed")

// Check opens the database's canary. fresh means that the database has none yet.
func (k *Keys) Check(ctx context.Context, db *sqldb.DB) (fresh bool, err error) {
	sealed, err := canary(ctx, db)
	if err != nil || sealed == nil {
		return err == nil, err
	}
	plain, err := k.Unseal("canary", 1, sealed)
	if err != nil || string(plain) != canaryText {
		return false, ErrWrongKeys
	}
	return false, nil
}

// HasCanary says whether a keyset was ever used with this database.
func HasCanary(ctx context.Context, db *sqldb.DB) (bool, error) {
	sealed, err := canary(ctx, db)
	return sealed != nil, err
}

// Plant writes the canary into an empty database.
func (k *Keys) Plant(ctx context.Context, db *sqldb.DB) error {
	return db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(`INSERT INTO canary (id, sealed) VALUES (1, $1) ON CONFLICT (id) DO NOTHING`, k.SealText("canary", 1, canaryText))
		return err
	})
}

func canary(ctx context.Context, db *sqldb.DB) (sealed []byte, err error) {
	err = db.Read(ctx, func(rx *sqldb.Rx) error {
		err := rx.QueryRow(`SELECT sealed FROM canary WHERE id = 1`).Scan(&sealed)
		if sqldb.NoRows(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read canary: %w", err)
	}
	return sealed, nil
}
