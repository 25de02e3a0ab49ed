package sqldb

import (
	"path/filepath"
	"testing"
	"time"

	"gelombang/internal/fault"
)

// A ROLLBACK that failed would leave its transaction open. Nothing from outside can make
// one fail, so this test leaves a transaction open from inside.
func TestAWriterThatCannotBeginGetsANewConnection(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "x.db"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	table := func(name string) error {
		return db.Write(t.Context(), func(tx *Tx) error {
			_, err := tx.Exec("CREATE TABLE " + name + " (n INTEGER)")
			return err
		})
	}
	if err := table("before"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.group.on.conn.ExecContext(t.Context(), "BEGIN"); err != nil {
		t.Fatal(err)
	}
	if err := table("during"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("inside a transaction that nobody ends: %v", err)
	}
	if err := table("after"); err != nil {
		t.Errorf("the writer did not recover: %v", err)
	}
	if d, err := db.Durability(t.Context()); err != nil || !d.Durable(SQLite) {
		t.Errorf("the new connection promises %+v, %v", d, err)
	}
}
