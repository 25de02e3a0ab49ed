package sqldb_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/migrations"
)

// walMost is the promise: the log stays this small although snapshots never pause.
const walMost = 256 << 20

func TestTheLogStaysSmallInASurgeWithConstantReaders(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "surge.db")
	db, err := sqldb.Open(t.Context(), sqldb.Config{DSN: "sqlite:" + path, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Migrate(t.Context(), migrations.Files); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), surgeFor)
	defer stop()
	var wait sync.WaitGroup
	var written, most atomic.Int64
	for range 4 {
		wait.Go(func() { readWithoutPause(ctx, db) })
	}
	for range 16 {
		wait.Go(func() { writeWithoutPause(t, ctx, db, &written) })
	}
	wait.Go(func() { watchLog(ctx, path+"-wal", &most) })
	wait.Wait()
	t.Logf("%d writes of 4 KiB in %v, log at most %d MB", written.Load(), surgeFor, most.Load()>>20)
	if most.Load() > walMost || written.Load() == 0 {
		t.Errorf("the log grew to %d MB", most.Load()>>20)
	}
}

// readWithoutPause keeps a snapshot open at all times: with four of these there is
// no moment without a reader.
func readWithoutPause(ctx context.Context, db *sqldb.DB) {
	for ctx.Err() == nil {
		_ = db.Read(context.Background(), func(rx *sqldb.Rx) error {
			var n int
			err := rx.QueryRow(`SELECT COUNT(*) FROM session WHERE subject > 0`).Scan(&n)
			select {
			case <-ctx.Done():
			case <-time.After(300 * time.Millisecond):
			}
			return err
		})
	}
}

func writeWithoutPause(t *testing.T, ctx context.Context, db *sqldb.DB, written *atomic.Int64) {
	body := make([]byte, 4096)
	for ctx.Err() == nil {
		n := written.Add(1)
		err := db.Write(context.Background(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(`INSERT INTO session (token_hash, realm, subject, data, expiry_ms) VALUES ($1, 'surge', $2, $3, 0)
				ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data`, string(rune('a'+n%26))+time.Duration(n%20000).String(), n, body)
			return err
		})
		if err != nil {
			t.Error(err)
			return
		}
	}
}

func watchLog(ctx context.Context, path string, most *atomic.Int64) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if info, err := os.Stat(path); err == nil {
				most.Store(max(most.Load(), info.Size()))
			}
		}
	}
}
