package wave_test

import (
	"testing"
	"time"

	"gelombang/audit"
	"gelombang/draw/drawtest"
	"gelombang/draw/transcript"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/wave"
)

func refused(t *testing.T, err error, key string) {
	t.Helper()
	if f, ok := fault.As(err); !ok || f.Key != key {
		t.Errorf("want %s, got %v", key, err)
	}
}

func TestAWaveOpensAndClosesByTheClock(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		first, second := w.Wave(t, "1"), w.Wave(t, "2")
		if first.State != wave.Open || second.State != wave.Scheduled {
			t.Fatalf("%s, %s", first.State, second.State)
		}
		if want := transcript.RoundAt(first.Chain, first.FreezeBy.Add(10*time.Minute)); uint64(first.Round) != want || first.RoundWhy != wave.RoundAtOpening {
			t.Errorf("round %d (%s), want %d", first.Round, first.RoundWhy, want)
		}
		if first.Rules == "" || second.Round != 0 {
			t.Error("opening fixes rules and round, and nothing before")
		}
		w.At(t, first.Closes)
		closed := w.Wave(t, "1")
		if closed.State != wave.Settling || closed.Round != first.Round || !closed.FreezeBy.Equal(first.FreezeBy) {
			t.Errorf("%+v", closed)
		}
		if now := drawtest.Read(t, db, w.Waves.Current); now.Name != "2" {
			t.Errorf("the next one is shown, not %s", now.Name)
		}
		w.At(t, second.Opens)
		if now := drawtest.Read(t, db, w.Waves.Current); now.Name != "2" || now.State != wave.Open {
			t.Errorf("%s %s", now.Name, now.State)
		}
	})
}

func TestAPlanIsTakenOnceAndLaterEditsMoveNothing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		before := w.Wave(t, "1")
		if err := w.Waves.Plan(t.Context(), drawtest.Plans(clock.Now().Add(time.Hour), 0.5)); err != nil {
			t.Fatal(err)
		}
		after := w.Wave(t, "1")
		if ws := drawtest.Read(t, db, w.Waves.List); len(ws) != 2 || !after.Closes.Equal(before.Closes) || after.PMin != before.PMin {
			t.Errorf("%d waves, %v", len(ws), after.Closes)
		}
	})
}

func TestOnlyTheDemosRoundFollowsAnEarlyClosing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		for _, chain := range []*transcript.Chain{nil, &transcript.Quicknet} {
			if chain != nil {
				db = sqldbtest.Open(t, db.Engine(), clock)
			}
			w := drawtest.New(t, db, clock, drawtest.Options{Chain: chain})
			before := w.Wave(t, "1")
			clock.Add(time.Hour)
			if err := w.Waves.Close(t.Context(), before.ID, audit.Staff(1)); err != nil {
				t.Fatal(err)
			}
			after := w.Wave(t, "1")
			if moved := after.Round != before.Round; moved != (chain == nil) || moved != (after.RoundWhy == wave.RoundMovedDemo) {
				t.Errorf("demo %v: round %d became %d (%s)", chain == nil, before.Round, after.Round, after.RoundWhy)
			}
			if !after.RoundFixed.Before(after.Closes) || after.Closes.After(after.SettledBy) || after.SettledBy.After(after.FreezeBy) {
				t.Errorf("fixed %v, closes %v, settled %v, freeze %v", after.RoundFixed, after.Closes, after.SettledBy, after.FreezeBy)
			}
			w.At(t, after.SettledBy)
			if got := w.Wave(t, "1"); got.State != wave.Frozen {
				t.Errorf("%s", got.State)
			}
		}
	})
}

func TestAWaveThatWasSleptThroughNeverOpens(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		second := w.Wave(t, "2")
		w.At(t, second.Closes)
		if got := w.Wave(t, "2"); got.State != wave.Void || got.VoidReason != wave.Missed {
			t.Errorf("%s %s", got.State, got.VoidReason)
		}
		refused(t, w.Waves.Open(t.Context(), second.ID, audit.Staff(1)), wave.KeyNotScheduled)
	})
}

func TestEachVerbHasOneStateAndEachDeedAnEntry(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		first, second := w.Wave(t, "1"), w.Wave(t, "2")
		ctx := t.Context()
		refused(t, w.Waves.Open(ctx, first.ID, audit.Staff(1)), wave.KeyNotScheduled)
		refused(t, w.Waves.Close(ctx, second.ID, audit.Staff(1)), wave.KeyNotOpen)
		refused(t, w.Waves.Close(ctx, 12345, audit.Staff(1)), wave.KeyNone)
		for state, verb := range map[string]func(*sqldb.Tx, int64) error{
			wave.KeyNotSettling: w.Waves.Freeze, wave.KeyNotFrozen: w.Waves.Draw, wave.KeyNotDrawn: w.Waves.Release,
		} {
			refused(t, db.Write(ctx, func(tx *sqldb.Tx) error { return verb(tx, first.ID) }), state)
		}
		if err := w.Waves.Open(ctx, second.ID, audit.Staff(4)); err != nil { // early, by hand
			t.Fatal(err)
		}
		if got := w.Wave(t, "2"); got.State != wave.Open || !got.Opens.Equal(clock.Now()) {
			t.Errorf("%s since %v", got.State, got.Opens)
		}
		entries := drawtest.Read(t, db, func(q sqldb.Querier) ([]audit.Entry, error) { return audit.OfSubject(q, "wave", second.ID, 5) })
		if len(entries) != 1 || entries[0].Action != "wave.open" || entries[0].Actor != audit.Staff(4) {
			t.Errorf("%+v", entries)
		}
	})
}

func TestAStratumTakesItsProvincesAndTheRest(t *testing.T) {
	t.Parallel()
	w := wave.Wave{Terms: wave.Terms{Strata: []wave.Stratum{{Name: "java", Provinces: []string{"31"}}, {Name: "bali", Provinces: []string{"51"}}}}}
	if s, ok := w.StratumOf("51"); !ok || s.Name != "bali" {
		t.Errorf("%v %v", s, ok)
	}
	if s, ok := w.StratumOf("64"); ok {
		t.Errorf("%v takes a province it does not list", s)
	}
	w.Strata = append(w.Strata, wave.Stratum{Name: "rest", Else: true})
	if s, ok := w.StratumOf("64"); !ok || s.Name != "rest" {
		t.Errorf("%v %v", s, ok)
	}
}
