package draw_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"gelombang/application"
	"gelombang/audit"
	"gelombang/draw"
	"gelombang/draw/drawtest"
	"gelombang/draw/transcript"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/wave"
)

const people = 60

// parked, differing and withdrawing people among the sixty.
var (
	parked    = []int{7, 19, 31, 43}
	differing = []int{11, 23}
	leaving   = []int{5, 17, 29, 41, 53}
	back      = []int{17, 53} // of those, who join again
)

// enrol lets sixty people join over five days; three share each family card.
func enrol(t *testing.T, w *drawtest.World) {
	t.Helper()
	id := w.Wave(t, "1").ID
	for n := 1; n <= people; n++ {
		w.Clock.Add(2 * time.Hour)
		p := drawtest.NewPerson(n, n/3)
		for _, waiting := range append(parked, differing...) {
			if n == waiting {
				p.State, p.Claimed = identity.Parked, false
			}
		}
		w.Set(t, drawtest.Account(n), p)
		w.Join(t, drawtest.Account(n), id, "form")
	}
	for _, n := range leaving {
		if err := w.Apps.Withdraw(t.Context(), drawtest.Account(n), id); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range back {
		w.Join(t, drawtest.Account(n), id, "form again")
	}
	for _, n := range differing {
		p := drawtest.NewPerson(n, n/3)
		p.State, p.Claimed = identity.Differs, false
		w.Set(t, drawtest.Account(n), p)
	}
}

// toFrozen brings a wave from its enrolment to the published list.
func toFrozen(t *testing.T, w *drawtest.World) wave.Wave {
	t.Helper()
	w.At(t, w.Wave(t, "1").Closes)
	w.At(t, w.Wave(t, "1").SettledBy)
	wv := w.Wave(t, "1")
	if wv.State != wave.Frozen {
		t.Fatalf("the wave is %s", wv.State)
	}
	return wv
}

func toDrawn(t *testing.T, w *drawtest.World) wave.Wave {
	t.Helper()
	wv := toFrozen(t, w)
	w.At(t, wv.RoundAt)
	if err := w.Draws.Run(t.Context(), wv.ID, audit.Staff(1)); err != nil {
		t.Fatal(err)
	}
	w.Run(t)
	return w.Wave(t, "1")
}

func release(t *testing.T, w *drawtest.World, id int64) {
	t.Helper()
	for _, staff := range []int64{1, 2} {
		if err := w.Draws.Approve(t.Context(), id, audit.Staff(staff)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Draws.Release(t.Context(), id, audit.Staff(1)); err != nil {
		t.Fatal(err)
	}
	w.Run(t)
}

func verify(t *testing.T, w *drawtest.World, id int64, opt transcript.Options) transcript.Report {
	t.Helper()
	var b bytes.Buffer
	if err := w.Draws.Bundle(t.Context(), id, &b); err != nil {
		t.Fatal(err)
	}
	report, err := transcript.Verify(&b, opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Checks {
		if !c.OK {
			t.Errorf("%s: %s", c.Name, c.Says)
		}
	}
	return report
}

func place(t *testing.T, w *drawtest.World, n int, waveID int64) application.Place {
	t.Helper()
	return drawtest.Read(t, w.DB, func(q sqldb.Querier) (application.Place, error) {
		return w.Apps.Place(q, drawtest.Account(n), waveID)
	})
}

func outcome(t *testing.T, w *drawtest.World, placeID int64) draw.Outcome {
	t.Helper()
	return drawtest.Read(t, w.DB, func(q sqldb.Querier) (draw.Outcome, error) { return w.Draws.Outcome(q, placeID) })
}

func refused(t *testing.T, err error, key string) {
	t.Helper()
	if f, ok := fault.As(err); !ok || f.Key != key {
		t.Errorf("want %s, got %v", key, err)
	}
}

func TestAWaveRunsFromOpeningToTheAnnouncement(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		enrol(t, w)
		wv := toFrozen(t, w)
		list := verify(t, w, wv.ID, transcript.Options{})
		if list.Stage != transcript.StageFrozen || list.Listed != people+len(back) {
			t.Fatalf("%d receipts in stage %s", list.Listed, list.Stage)
		}
		p := w.Published(t, wv.ID)
		if want := people - len(parked) - len(differing) - len(leaving) + len(back); p.TakingPart != want || p.Root != list.Root {
			t.Errorf("%d take part, want %d", p.TakingPart, want)
		}
		refused(t, w.Draws.Run(t.Context(), wv.ID, audit.Staff(1)), draw.KeyNotYet)

		w.At(t, wv.RoundAt)
		if err := w.Draws.Run(t.Context(), wv.ID, audit.Staff(1)); err != nil {
			t.Fatal(err)
		}
		w.Run(t)
		p = w.Published(t, wv.ID)
		if p.Wave.State != wave.Drawn || !p.Gate.Passed() || p.Ranked != p.TakingPart || len(p.Gate.Days) < 5 {
			t.Fatalf("%s, gate %+v", p.Wave.State, p.Gate)
		}
		release(t, w, wv.ID)
		checkRelease(t, w, p)
	})
}

func checkRelease(t *testing.T, w *drawtest.World, p draw.Publication) {
	t.Helper()
	id := p.Wave.ID
	report := verify(t, w, id, transcript.Options{Root: &p.Root, Key: w.Signer.VerifierKey()})
	if report.Stage != transcript.StageDrawn || !report.Complete {
		t.Fatalf("stage %s", report.Stage)
	}
	told := map[int64][]drawtest.Message{}
	for _, m := range w.Told() {
		if strings.HasPrefix(m.Key, "announce.") {
			told[m.Account] = append(told[m.Account], m)
		}
	}
	cat := drawtest.Catalog(t)
	for n := 1; n <= people; n++ {
		held := place(t, w, n, id)
		found := verify(t, w, id, transcript.Options{Receipt: []byte(held.Signed)}).Finding
		if !found.Listed || found.State != map[application.State]transcript.EntryState{
			application.Joined: "in", application.Withdrawn: "withdrawn", application.Refused: "refused", application.Carried: "carried"}[held.State] {
			t.Errorf("person %d is %s and listed as %s", n, held.State, found.State)
		}
		if found.Result != nil {
			o := outcome(t, w, held.ID)
			if o.Rank != found.Result.Rank || o.Outcome != found.Result.Outcome || o.Cutoff == 0 || o.Of == 0 {
				t.Errorf("person %d was told %+v, the file says %+v", n, o, found.Result)
			}
		}
		messages := told[drawtest.Account(n)]
		if held.State == application.Withdrawn {
			if len(messages) != 0 {
				t.Errorf("person %d withdrew and was told %+v", n, messages)
			}
			continue
		}
		if len(messages) != 1 {
			t.Fatalf("person %d was told %d times", n, len(messages))
		}
		for _, lang := range locale.Langs {
			for _, part := range []string{".subject", ".text", ".sms"} {
				cat.Text(lang, messages[0].Key+part, messages[0].Args)
			}
		}
	}
	checkCarried(t, w, id)
}

func checkCarried(t *testing.T, w *drawtest.World, id int64) {
	t.Helper()
	for _, n := range parked {
		if was, next := place(t, w, n, id), place(t, w, n, w.Wave(t, "2").ID); was.State != application.Carried || next.State != application.Joined || next.CarriedFrom != id {
			t.Errorf("person %d: %s, then %+v", n, was.State, next)
		}
	}
	for _, n := range differing {
		if p := place(t, w, n, id); p.State != application.Refused || p.Reason != "application.reason.differs" {
			t.Errorf("person %d: %s %s", n, p.State, p.Reason)
		}
	}
}

func TestAHouseholdThatReceivedHasFewerPlacesInTheNextWave(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		enrol(t, w)
		first := toDrawn(t, w)
		release(t, w, first.ID)
		w.At(t, w.Wave(t, "2").Opens)
		second := w.Wave(t, "2")
		var families []int
		for n := 1; n <= people; n++ {
			if p := place(t, w, n, first.ID); p.State != application.Joined || outcome(t, w, p.ID).Outcome != transcript.Selected {
				continue
			}
			_, err := w.Apps.Join(t.Context(), drawtest.Account(n), second.ID, "")
			refused(t, err, application.KeyNotEligible)
			families = append(families, n/3)
		}
		newcomer := 900
		w.Set(t, drawtest.Account(newcomer), drawtest.NewPerson(newcomer, families[0]))
		w.Join(t, drawtest.Account(newcomer), second.ID, "")
		w.At(t, second.Closes)
		w.At(t, second.SettledBy)
		var b bytes.Buffer
		if err := w.Draws.Bundle(t.Context(), second.ID, &b); err != nil {
			t.Fatal(err)
		}
		list, err := transcript.ReadBundle(&b)
		if err != nil || len(list.Households) == 0 || list.Households[0].Left > 1 {
			t.Errorf("%v, households %+v", err, list.Households)
		}
	})
}
