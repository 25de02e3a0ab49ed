package announce_test

import (
	"strings"
	"testing"
	"time"

	"gelombang/announce"
	"gelombang/application"
	"gelombang/audit"
	"gelombang/draw"
	"gelombang/draw/drawtest"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

const people = 30

// released brings thirty people to a released wave whose announcement has not begun.
func released(t *testing.T, w *drawtest.World) int64 {
	t.Helper()
	id := w.Wave(t, "1").ID
	for n := 1; n <= people; n++ {
		w.Set(t, drawtest.Account(n), drawtest.NewPerson(n, n))
		w.Join(t, drawtest.Account(n), id, "")
	}
	w.At(t, w.Wave(t, "1").Closes)
	w.At(t, w.Wave(t, "1").SettledBy)
	w.At(t, w.Wave(t, "1").RoundAt)
	if err := w.Draws.Run(t.Context(), id, audit.Staff(1)); err != nil {
		t.Fatal(err)
	}
	w.Run(t)
	for _, staff := range []int64{1, 2} {
		if err := w.Draws.Approve(t.Context(), id, audit.Staff(staff)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Draws.Release(t.Context(), id, audit.Staff(1)); err != nil {
		t.Fatal(err)
	}
	return id
}

func progress(t *testing.T, w *drawtest.World, id int64) announce.Progress {
	t.Helper()
	return drawtest.Read(t, w.DB, func(q sqldb.Querier) (announce.Progress, error) { return w.Announce.Progress(q, id) })
}

func times(w *drawtest.World) map[int64]int {
	n := map[int64]int{}
	for _, m := range w.Told() {
		if strings.HasPrefix(m.Key, "announce.") {
			n[m.Account]++
		}
	}
	return n
}

func TestEverybodyIsToldOnceAlthoughTheJobRunsTwice(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		id := released(t, w)
		if p := progress(t, w, id); p.Started.IsZero() || p.Told != 0 {
			t.Errorf("%+v", p)
		}
		if len(times(w)) != 0 {
			t.Error("somebody was told inside the release")
		}
		w.Run(t)
		again := jobs.New{Kind: announce.KindWave, Queue: announce.QueueName, Args: map[string]int64{"wave": id}}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			if err := w.Announce.Start(tx, w.Wave(t, "1")); err != nil { // started already
				return err
			}
			return w.Jobs.Enqueue(tx, again, again)
		})
		if err != nil {
			t.Fatal(err)
		}
		clock.Add(time.Minute)
		w.Run(t)
		for account, n := range times(w) {
			if n != 1 {
				t.Errorf("account %d was told %d times", account, n)
			}
		}
		if p := progress(t, w, id); len(times(w)) != people || p.Told != people || p.Finished.IsZero() || !p.Finished.Before(clock.Now()) {
			t.Errorf("%d people, %+v", len(times(w)), p)
		}
	})
}

func TestRankAndCutoffAreToldAndOnlyTheSelectedGetAnSMS(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		id := released(t, w)
		w.Run(t)
		kinds := map[string]int{}
		for _, m := range w.Told() {
			if !strings.HasPrefix(m.Key, "announce.") {
				continue
			}
			kinds[m.Key]++
			place := drawtest.Read(t, db, func(q sqldb.Querier) (application.Place, error) { return w.Apps.Place(q, m.Account, id) })
			o := drawtest.Read(t, db, func(q sqldb.Querier) (draw.Outcome, error) { return w.Draws.Outcome(q, place.ID) })
			if m.Args["rank"] != o.Rank || m.Args["cutoff"] != o.Cutoff || m.Key != "announce."+string(o.Outcome) {
				t.Errorf("told %s %+v, drew %+v", m.Key, m.Args, o)
			}
			if m.SMS != (m.Key == announce.KeySelected) {
				t.Errorf("%s by SMS: %v", m.Key, m.SMS)
			}
		}
		// 20 of 30 live in Java (12 places, 4 reserve), 10 elsewhere (8 and 3).
		if kinds[announce.KeySelected] != 20 || kinds[announce.KeyReserve] != 6 || kinds[announce.KeyNotSelected] != 4 {
			t.Errorf("%v", kinds)
		}
	})
}
