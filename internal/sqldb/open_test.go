package sqldb_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gelombang/internal/sqldb"
)

func TestManyProcessesMayMakeADatabaseAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		dsn := "sqlite:" + filepath.Join(t.TempDir(), "new.db")
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				db, err := sqldb.Open(t.Context(), sqldb.Config{DSN: dsn, Now: time.Now})
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	}
}
