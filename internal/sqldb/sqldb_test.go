package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/migrations"
)

// mark writes one row that a test can look for.
func mark(tx *sqldb.Tx, n int) error {
	_, err := tx.Exec(`INSERT INTO session (token_hash, realm, subject, data, expiry_ms) VALUES ($1, 'test', $2, $3, 0)`, fmt.Sprint(n), int64(n), []byte{})
	return err
}

func marks(t *testing.T, db *sqldb.DB) (out []int64) {
	t.Helper()
	err := db.Read(t.Context(), func(rx *sqldb.Rx) error {
		rows, err := rx.Query(`SELECT subject FROM session ORDER BY subject`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var n int64
			if err := rows.Scan(&n); err != nil {
				return err
			}
			out = append(out, n)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// inOneGroup holds the writer until every fn waits behind it, and gives their answers.
func inOneGroup(t *testing.T, db *sqldb.DB, ctxs []context.Context, fns []func(*sqldb.Tx) error) []error {
	t.Helper()
	hold, held := make(chan struct{}), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		_ = db.Write(context.Background(), func(*sqldb.Tx) error { close(held); <-hold; return nil })
	})
	<-held
	errs := make([]error, len(fns))
	for i := range fns {
		wait.Go(func() { errs[i] = db.Write(ctxs[i], fns[i]) })
	}
	close(hold)
	wait.Wait()
	return errs
}

func TestAFailingAPanickingAndACancelledCallLoseOnlyThemselves(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		mine := errors.New("mine")
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		during, cancelDuring := context.WithCancel(context.Background())
		defer cancelDuring()
		bg := context.Background()
		fns := []func(*sqldb.Tx) error{
			func(tx *sqldb.Tx) error { return mark(tx, 1) },
			func(tx *sqldb.Tx) error { return errors.Join(mark(tx, 2), mine) },
			func(tx *sqldb.Tx) error { _ = mark(tx, 3); panic("three") },
			func(tx *sqldb.Tx) error { return mark(tx, 4) }, // cancelled before it began
			func(tx *sqldb.Tx) error { cancelDuring(); return mark(tx, 5) },
			func(tx *sqldb.Tx) error { _, err := tx.Exec(`INSERT INTO nowhere VALUES (1)`); return err },
			func(tx *sqldb.Tx) error { return mark(tx, 7) },
		}
		errs := inOneGroup(t, db, []context.Context{bg, bg, bg, gone, during, bg, bg}, fns)
		var panicked *sqldb.PanicError
		switch {
		case errs[0] != nil, errs[4] != nil, errs[6] != nil:
			t.Errorf("good calls failed: %v", errs)
		case !errors.Is(errs[1], mine):
			t.Errorf("the failing call got %v", errs[1])
		case !errors.As(errs[2], &panicked) || panicked.Value != "three":
			t.Errorf("the panicking call got %v", errs[2])
		case !errors.Is(errs[3], context.Canceled):
			t.Errorf("the cancelled call got %v", errs[3])
		case errs[5] == nil:
			t.Error("a wrong statement got no error")
		}
		if got := marks(t, db); !slices.Equal(got, []int64{1, 5, 7}) {
			t.Errorf("kept %v", got)
		}
	})
}

func TestWhenTheTransactionIsGoneAllItsCallersHearUnavailable(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.SQLite, sqldbtest.NewClock())
	bg := context.Background()
	errs := inOneGroup(t, db, []context.Context{bg, bg}, []func(*sqldb.Tx) error{
		func(tx *sqldb.Tx) error { return mark(tx, 1) },
		func(tx *sqldb.Tx) error { _, err := tx.Exec(`ROLLBACK`); return err }, // as the engine does when the disk is full
	})
	for i, err := range errs {
		if err != nil && !fault.Is(err, fault.Unavailable) {
			t.Errorf("call %d got %v", i, err)
		}
	}
	if kept := marks(t, db); len(kept) == 1 && errs[0] != nil {
		t.Errorf("kept %v although its caller heard %v", kept, errs[0])
	}
	if fault.Of(errs[1]) != fault.Unavailable {
		t.Errorf("the killer of the transaction got %v", errs[1])
	}
	if err := db.Write(bg, func(tx *sqldb.Tx) error { return mark(tx, 9) }); err != nil {
		t.Errorf("the writer did not recover: %v", err)
	}
}

func TestCallbacksRunOnlyAfterACommit(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		ran := ""
		_ = db.Write(t.Context(), func(tx *sqldb.Tx) error { tx.AfterCommit(func() { ran += "lost" }); return errors.New("no") })
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { tx.AfterCommit(func() { ran += "kept" }); return nil }); err != nil || ran != "kept" {
			t.Errorf("%q %v", ran, err)
		}
	})
}

func TestAReaderCannotWrite(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		err := db.Read(t.Context(), func(rx *sqldb.Rx) error {
			var n int64
			return rx.QueryRow(`INSERT INTO session (token_hash, realm, subject, data, expiry_ms) VALUES ('x', 'test', 1, $1, 0) RETURNING subject`, []byte{}).Scan(&n)
		})
		if err == nil || sqldb.NoRows(err) || len(marks(t, db)) != 0 {
			t.Errorf("a reader wrote: %v", err)
		}
	})
}

func TestTheWriterSyncsEveryCommit(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		d, err := db.Durability(t.Context())
		if err != nil || !d.Durable(db.Engine()) {
			t.Errorf("%+v %v", d, err)
		}
	})
}

func TestLessThanASyncIsCalledNotDurable(t *testing.T) {
	t.Parallel()
	for _, d := range []sqldb.Durability{
		{Synchronous: "1", JournalMode: "wal"},
		{Synchronous: "2", JournalMode: "delete"},
	} {
		if d.Durable(sqldb.SQLite) {
			t.Errorf("%+v passes", d)
		}
	}
	for _, d := range []sqldb.Durability{
		{Fsync: "off", SynchronousCommit: "on"},
		{Fsync: "on", SynchronousCommit: "off"},
	} {
		if d.Durable(sqldb.Postgres) {
			t.Errorf("%+v passes", d)
		}
	}
}

func TestTheSchemaIsTheSameOnBothEngines(t *testing.T) {
	t.Parallel()
	lite, post := columns(t, sqldb.SQLite), columns(t, sqldb.Postgres)
	if len(lite) < 10 {
		t.Fatalf("only %d columns found", len(lite))
	}
	if !slices.Equal(lite, post) {
		t.Errorf("SQLite:\n%s\nPostgreSQL:\n%s", strings.Join(lite, "\n"), strings.Join(post, "\n"))
	}
}

// columns lists "table.column nullable" in one form for both engines.
func columns(t *testing.T, e sqldb.Engine) (out []string) {
	t.Helper()
	db := sqldbtest.Open(t, e, sqldbtest.NewClock())
	query := `SELECT table_name || '.' || column_name || ' ' || lower(is_nullable) FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%'`
	if e == sqldb.SQLite {
		query = `SELECT m.name || '.' || p.name || ' ' || CASE WHEN p."notnull" = 1 OR p.pk > 0 THEN 'no' ELSE 'yes' END
			FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite_%'`
	}
	err := db.Read(t.Context(), func(rx *sqldb.Rx) error {
		rows, err := rx.Query(query)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			out = append(out, s)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestMigratingTwiceAndTogetherIsTheSame(t *testing.T) {
	t.Parallel()
	for _, e := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		dsn := sqldbtest.DSN(t, e)
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				db, err := sqldb.Open(context.Background(), sqldb.Config{DSN: dsn, Now: time.Now})
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = db.Close() }()
				if err := db.Migrate(context.Background(), migrations.Files); err != nil {
					t.Errorf("%s: %v", e, err)
				}
			})
		}
		wait.Wait()
	}
}

func TestIdsGrowAndDifferAcrossNodesAlthoughTheClockStandsStillOrGoesBack(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		seen := map[int64]bool{}
		last := int64(0)
		for i := range 10000 {
			if i == 5000 {
				clock.Add(-time.Hour)
			}
			id := db.NewID()
			if id <= last || seen[id] {
				t.Fatalf("id %d after %d", id, last)
			}
			seen[id], last = true, id
		}
		if err := db.LeaseNode(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := sqldb.IDTime(db.NewID()); got.Sub(clock.Now()).Abs() > 2*time.Hour {
			t.Errorf("an id says it was made at %v", got)
		}
	})
}

func TestTwoProcessesLeaseDifferentNodeNumbers(t *testing.T) {
	t.Parallel()
	for _, e := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		dsn := sqldbtest.DSN(t, e)
		got := map[int64]bool{}
		for range 3 {
			db, err := sqldb.Open(t.Context(), sqldb.Config{DSN: dsn, Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if err := errors.Join(db.Migrate(t.Context(), migrations.Files), db.LeaseNode(t.Context())); err != nil {
				t.Fatal(err)
			}
			got[db.Node()] = true
		}
		if len(got) != 3 {
			t.Errorf("%s: nodes %v", e, got)
		}
	}
}

func TestAnAddressOfNeitherEngineIsRefusedWithWords(t *testing.T) {
	t.Parallel()
	_, err := sqldb.Open(t.Context(), sqldb.Config{DSN: "mysql://x", Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "sqlite:") {
		t.Errorf("%v", err)
	}
}

func TestWorkAfterCloseIsUnavailable(t *testing.T) {
	t.Parallel()
	db, err := sqldb.Open(t.Context(), sqldb.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "x.db"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(*sqldb.Tx) error { return nil })
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v", err)
	}
}

func TestWhatWasReadIsAcknowledgedByAWriteOfItsOwn(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Postgres, sqldbtest.NewClock())
	writes := func(tx *sqldb.Tx) (wrote bool) { // a commit without a number of its own waits for nobody
		if err := tx.QueryRow(`SELECT pg_current_xact_id_if_assigned() IS NOT NULL`).Scan(&wrote); err != nil {
			t.Error(err)
		}
		return wrote
	}
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		if writes(tx) {
			t.Error("a transaction that only read has written")
		}
		err := tx.Acknowledge()
		if err == nil && !writes(tx) {
			t.Error("an acknowledgement has written nothing")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
