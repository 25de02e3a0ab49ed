package application_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gelombang/application"
	"gelombang/audit"
	"gelombang/draw/drawtest"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/wave"
)

// leave is somebody whose account is erased: nothing else knows them any more.
func leave(t *testing.T, w *drawtest.World, account int64) {
	t.Helper()
	w.Forget(account)
	if err := w.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return w.Apps.Erase(tx, account) }); err != nil {
		t.Fatal(err)
	}
}

func TestWhoIsErasedBeforeSettlingLeavesAWithdrawnReceipt(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		id := w.Wave(t, "1").ID
		for n := range 3 {
			w.Set(t, int64(n+1), drawtest.NewPerson(n+1, n+1))
			w.Join(t, int64(n+1), id, "form")
		}
		leave(t, w, 1)
		leave(t, w, 2)
		if held := places(t, w, 1); len(held) != 0 {
			t.Errorf("%+v", held)
		}
		if st, _, err := statements(t, w, 1); err != nil || len(st) != 0 {
			t.Errorf("%v %v", st, err)
		}
		w.Set(t, 9, drawtest.NewPerson(1, 1)) // the same person, with a new account
		w.Join(t, 9, id, "form")
		w.At(t, w.Wave(t, "1").Closes)
		w.At(t, w.Wave(t, "1").SettledBy)
		p := w.Published(t, id)
		if p.Wave.State != wave.Frozen || p.Listed != 4 || p.TakingPart != 2 {
			t.Errorf("%s, %d listed, %d taking part", p.Wave.State, p.Listed, p.TakingPart)
		}
	})
}

func TestWhoIsErasedAfterTheFreezeStaysInTheListAndStopsNothing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		id := w.Wave(t, "1").ID
		const people = 9
		for n := range people {
			w.Set(t, int64(n+1), drawtest.NewPerson(n+1, n+1))
			w.Join(t, int64(n+1), id, "form")
		}
		w.At(t, w.Wave(t, "1").Closes)
		w.At(t, w.Wave(t, "1").SettledBy)
		leave(t, w, 1)
		leave(t, w, 2)
		w.At(t, w.Wave(t, "1").RoundAt)
		if err := w.Draws.Run(t.Context(), id, audit.Staff(1)); err != nil {
			t.Fatal(err)
		}
		w.Run(t)
		if p := w.Published(t, id); p.Wave.State != wave.Drawn || !p.Gate.Passed() || p.TakingPart != people {
			t.Fatalf("%s, %d taking part, %+v", p.Wave.State, p.TakingPart, p.Gate.Tests)
		}
		for _, staff := range []int64{1, 2} {
			if err := w.Draws.Approve(t.Context(), id, audit.Staff(staff)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Draws.Release(t.Context(), id, audit.Staff(1)); err != nil {
			t.Fatal(err)
		}
		w.Run(t) // recipients are noted, everybody is told: no job dies of the two
		var recipients int
		if err := db.Read(t.Context(), func(rx *sqldb.Rx) error {
			return rx.QueryRow(`SELECT COUNT(*) FROM recipient`).Scan(&recipients)
		}); err != nil || recipients != people-2 { // there is a place for everybody
			t.Errorf("%d recipients, %v", recipients, err)
		}
		told := map[int64]int{}
		for _, m := range w.Told() {
			told[m.Account]++
		}
		if len(told) != people-2 || told[1]+told[2] > 0 {
			t.Errorf("told: %v", told)
		}
	})
}

func TestAPersonTakesStatementsAndReceiptsAlong(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		w.Set(t, 1, drawtest.NewPerson(1, 1))
		joined := w.Join(t, 1, w.Wave(t, "1").ID, "form")
		out := drawtest.Read(t, db, func(q sqldb.Querier) (application.Exported, error) { return w.Apps.Export(q, 1) })
		if !out.Statements["citizen"] || out.Stated.IsZero() || len(out.Places) != 1 {
			t.Fatalf("%+v", out)
		}
		p := out.Places[0]
		if p.Wave != "1" || p.State != application.Joined || p.Receipt != joined.Signed || p.Code != joined.Code() || p.Stratum != "jawa" {
			t.Errorf("%+v", p)
		}
		if text, err := json.Marshal(out); err != nil || !strings.Contains(string(text), `"statements"`) {
			t.Errorf("%s %v", text, err)
		}
	})
}

func TestNobodyJoinsAfterTheClosingTimeThoughTheClosingIsLate(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		w.Set(t, 1, drawtest.NewPerson(1, 1))
		first := w.Wave(t, "1")
		clock.Set(first.Closes) // no worker runs: the wave's row still says open
		_, err := w.Apps.Join(t.Context(), 1, first.ID, "form")
		if f := refused(t, err, application.KeyOverNext); f.Kind != fault.Refused {
			t.Errorf("%v", f)
		}
	})
}

func TestALongFormTokenIsCutBetweenLetters(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		p := drawtest.NewPerson(1, 1)
		p.State, p.Claimed = identity.Parked, false
		w.Set(t, 1, p)
		w.Join(t, 1, w.Wave(t, "1").ID, strings.Repeat("a", 99)+strings.Repeat("é", 50)+"\x00\xff")
	})
}

func statements(t *testing.T, w *drawtest.World, account int64) (st application.Statements, at time.Time, err error) {
	t.Helper()
	err = w.DB.Read(t.Context(), func(rx *sqldb.Rx) (err error) {
		st, at, err = w.Apps.Statements(rx, account)
		return err
	})
	return st, at, err
}
