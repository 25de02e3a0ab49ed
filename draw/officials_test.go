package draw_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"gelombang/audit"
	"gelombang/draw"
	"gelombang/draw/drawtest"
	"gelombang/draw/transcript"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/wave"
)

func TestOneOfficialCannotKeepBothValues(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		id := w.Wave(t, "1").ID
		_, c1 := drawtest.Value("one")
		_, c2 := drawtest.Value("two")
		if f, ok := fault.As(w.Draws.Commit(t.Context(), id, 1, c1, audit.System)); !ok || f.Key != draw.KeyStaffOnly {
			t.Errorf("nobody committed a value: %v", f)
		}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, c := range []string{c1, c2} { // both forms at once
			wg.Go(func() { errs[i] = w.Draws.Commit(t.Context(), id, i+1, c, audit.Staff(1)) })
		}
		wg.Wait()
		refusals := 0
		for _, err := range errs {
			if err != nil {
				refused(t, err, draw.KeyCommitted)
				refusals++
			}
		}
		if refusals != 1 {
			t.Errorf("%v", errs)
		}
	})
}

// missing brings a wave with two committed values to where they may be revealed.
func missing(t *testing.T, w *drawtest.World) (wv wave.Wave, values [2]string) {
	t.Helper()
	enrol(t, w)
	id := w.Wave(t, "1").ID
	for i := range values {
		value, c := drawtest.Value([]string{"one", "two"}[i])
		values[i] = value
		if err := w.Draws.Commit(t.Context(), id, i+1, c, audit.Staff(int64(i+1))); err != nil {
			t.Fatal(err)
		}
	}
	wv = toFrozen(t, w)
	lose(t, w, uint64(wv.Round))
	w.At(t, wv.RoundAt.Add(transcript.FallbackAfter))
	return wv, values
}

func TestValuesRevealedInTheSameMomentDecide(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		wv, values := missing(t, w)
		var wg sync.WaitGroup
		reveal := func() {
			for i, v := range values {
				wg.Go(func() {
					if err := w.Draws.Reveal(t.Context(), wv.ID, i+1, v, audit.Staff(int64(i+1))); err != nil {
						t.Error(err)
					}
				})
			}
		}
		together(t, db, wv.ID, reveal)
		wg.Wait()
		if p := w.Published(t, wv.ID); p.Source != draw.FromOfficials {
			t.Errorf("both values are there and the source is %q", p.Source)
		}
	})
}

// together starts two writers and lets them go on in the same moment: on PostgreSQL
// once both wait for a row, on SQLite once the one writer is free.
func together(t *testing.T, db *sqldb.DB, waveID int64, start func()) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(`UPDATE draw_official SET at_ms = at_ms WHERE wave = $1`, waveID); err != nil {
			return err
		}
		start()
		for deadline := time.Now().Add(5 * time.Second); db.Engine() == sqldb.Postgres && time.Now().Before(deadline); {
			var waiting int
			err := tx.QueryRow(`SELECT COUNT(DISTINCT waits.pid) FROM pg_locks waits JOIN pg_locks ours ON ours.pid = waits.pid
				JOIN pg_database d ON d.oid = ours.database AND d.datname = current_database() WHERE NOT waits.granted`).Scan(&waiting)
			if err != nil || waiting == 2 {
				return err
			}
			runtime.Gosched()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
