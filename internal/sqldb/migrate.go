package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

const (
	migrateLease = time.Minute
	migrateWait  = 200 * time.Millisecond
)

// Migrate brings the schema to the newest version in files. Nodes that start
// together take turns by a lease row, so that no engine's own lock is needed.
func (db *DB) Migrate(ctx context.Context, files fs.FS) error {
	release, err := db.lockSchema(ctx)
	if err != nil {
		return err
	}
	defer release()
	p, pool, err := db.provider(files)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Version is the number of the newest migration that ran, and the newest there is.
func (db *DB) Version(ctx context.Context, files fs.FS) (ran, newest int64, err error) {
	p, pool, err := db.provider(files)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = pool.Close() }()
	return p.GetVersions(ctx)
}

func (db *DB) provider(files fs.FS) (*goose.Provider, *sql.DB, error) {
	dialect, driver := goose.DialectSQLite3, "sqlite"
	dsn := "file:" + db.path + "?_pragma=busy_timeout(10000)&_pragma=foreign_keys(ON)&_pragma=synchronous(FULL)"
	if db.engine == Postgres {
		dialect, driver, dsn = goose.DialectPostgres, "pgx", db.path
	}
	pool, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nil, fmt.Errorf("open for migration: %w", err)
	}
	p, err := goose.NewProvider(dialect, pool, files)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read migrations: %w", err), pool.Close())
	}
	return p, pool, nil
}

// lockSchema takes the lease row, waiting for a node that migrates just now.
func (db *DB) lockSchema(ctx context.Context) (release func(), err error) {
	if err := db.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`CREATE TABLE IF NOT EXISTS schema_lease (id SMALLINT PRIMARY KEY, until_ms BIGINT NOT NULL)`)
		return err
	}); err != nil {
		return nil, fmt.Errorf("prepare schema lease: %w", err)
	}
	for {
		var got int
		err := db.Write(ctx, func(tx *Tx) error {
			return tx.QueryRow(`INSERT INTO schema_lease (id, until_ms) VALUES (1, $1)
				ON CONFLICT (id) DO UPDATE SET until_ms = excluded.until_ms WHERE schema_lease.until_ms < $2
				RETURNING id`, Millis(tx.Now().Add(migrateLease)), Millis(tx.Now())).Scan(&got)
		})
		if err == nil {
			return db.unlockSchema, nil
		}
		if !NoRows(err) {
			return nil, fmt.Errorf("take schema lease: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("another node migrates: %w", ctx.Err())
		case <-time.After(migrateWait):
		}
	}
}

func (db *DB) unlockSchema() {
	_ = db.Write(context.Background(), func(tx *Tx) error { // it runs out by itself if this fails
		_, err := tx.Exec(`UPDATE schema_lease SET until_ms = 0 WHERE id = 1`)
		return err
	})
}
