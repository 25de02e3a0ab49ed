package draw_test

import (
	"testing"
	"time"

	"gelombang/application"
	"gelombang/audit"
	"gelombang/draw"
	"gelombang/draw/drawtest"
	"gelombang/draw/transcript"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/sim/beacon"
	"gelombang/sim/loopback"
	"gelombang/wave"
)

func TestALateFreezeStopsTheDrawInPublic(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		// The demo's chain would follow a late closing, so the closing is in time.
		w := drawtest.New(t, db, clock, drawtest.Options{})
		enrol(t, w)
		w.At(t, w.Wave(t, "1").Closes)
		w.At(t, w.Wave(t, "1").FreezeBy.Add(time.Minute))
		wv := w.Wave(t, "1")
		if wv.State != wave.Void || wv.VoidReason != wave.LateFreeze {
			t.Fatalf("%s %s", wv.State, wv.VoidReason)
		}
		if r := verify(t, w, wv.ID, transcript.Options{}); r.Stage != transcript.StageVoid {
			t.Errorf("the file says %s", r.Stage)
		}
		void := 0
		for _, m := range w.Told() {
			if m.Key == "announce.void" {
				void++
			}
		}
		if p := w.Published(t, wv.ID); void != p.TakingPart {
			t.Errorf("%d of %d were told", void, p.TakingPart)
		}
		refused(t, w.Draws.Run(t.Context(), wv.ID, audit.Staff(1)), wave.KeyNotFrozen)
	})
}

func TestAMissingRoundIsWaitedForAndNeverReplaced(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		enrol(t, w)
		wv := toFrozen(t, w)
		lose(t, w, uint64(wv.Round))
		for _, after := range []time.Duration{0, time.Minute, 5 * time.Hour, 71 * time.Hour} {
			w.At(t, wv.RoundAt.Add(after))
			if p := w.Published(t, wv.ID); p.Source != draw.FromNone || p.Wave.State != wave.Frozen {
				t.Fatalf("after %s: %q, %s", after, p.Source, p.Wave.State)
			}
		}
		refused(t, w.Draws.Run(t.Context(), wv.ID, audit.Staff(1)), draw.KeyNotYet)
		lose(t, w)
		w.At(t, wv.RoundAt.Add(71*time.Hour+6*time.Minute))
		if p := w.Published(t, wv.ID); p.Source != draw.FromBeacon || p.Origin.Beacon.Round != uint64(wv.Round) {
			t.Errorf("%q %+v", p.Source, p.Origin.Beacon)
		}
	})
}

func lose(t *testing.T, w *drawtest.World, rounds ...uint64) {
	t.Helper()
	if err := w.Beacon.SetControl(beacon.Control{Missing: rounds}); err != nil {
		t.Fatal(err)
	}
}

func TestTwoOfficialsDecideWhenTheRoundStaysMissing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		enrol(t, w)
		id := w.Wave(t, "1").ID
		first, c1 := drawtest.Value("one")
		second, c2 := drawtest.Value("two")
		for i, c := range []string{c1, c2} {
			if err := w.Draws.Commit(t.Context(), id, i+1, c, audit.Staff(int64(i+1))); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, w.Draws.Commit(t.Context(), id, 1, c2, audit.Staff(1)), draw.KeyCommitted)
		wv := toFrozen(t, w)
		lose(t, w, uint64(wv.Round))
		w.At(t, wv.RoundAt)
		refused(t, w.Draws.Reveal(t.Context(), id, 1, first, audit.Staff(1)), draw.KeyRevealEarly)
		w.At(t, wv.RoundAt.Add(transcript.FallbackAfter))
		if err := w.Draws.Reveal(t.Context(), id, 1, second, audit.Staff(1)); !fault.Is(err, fault.Invalid) {
			t.Errorf("another's value was taken: %v", err)
		}
		for i, v := range []string{first, second} {
			if err := w.Draws.Reveal(t.Context(), id, i+1, v, audit.Staff(int64(i+1))); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Draws.Run(t.Context(), id, audit.Staff(1)); err != nil {
			t.Fatal(err)
		}
		w.Run(t)
		release(t, w, id)
		if r := verify(t, w, id, transcript.Options{}); r.Stage != transcript.StageDrawn {
			t.Errorf("stage %s", r.Stage)
		}
	})
}

func TestAMissingRevealVoidsTheDraw(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		enrol(t, w)
		id := w.Wave(t, "1").ID
		first, c1 := drawtest.Value("one")
		_, c2 := drawtest.Value("two")
		for i, c := range []string{c1, c2} {
			if err := w.Draws.Commit(t.Context(), id, i+1, c, audit.Staff(int64(i+1))); err != nil {
				t.Fatal(err)
			}
		}
		wv := toFrozen(t, w)
		lose(t, w, uint64(wv.Round))
		w.At(t, wv.RoundAt.Add(transcript.FallbackAfter))
		if err := w.Draws.Reveal(t.Context(), id, 1, first, audit.Staff(1)); err != nil {
			t.Fatal(err)
		}
		w.At(t, wv.RoundAt.Add(transcript.FallbackAfter+draw.RevealWithin))
		if wv := w.Wave(t, "1"); wv.State != wave.Void || wv.VoidReason != wave.RevealMissing {
			t.Fatalf("%s %s", wv.State, wv.VoidReason)
		}
		if r := verify(t, w, id, transcript.Options{}); r.Stage != transcript.StageVoid {
			t.Errorf("stage %s", r.Stage)
		}
	})
}

func TestWithoutOfficialsAMissingRoundVoidsTheDrawAfterThreeDays(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		enrol(t, w)
		wv := toFrozen(t, w)
		lose(t, w, uint64(wv.Round))
		w.At(t, wv.RoundAt.Add(transcript.FallbackAfter))
		verify(t, w, wv.ID, transcript.Options{})
		if wv := w.Wave(t, "1"); wv.VoidReason != wave.RevealMissing {
			t.Errorf("%s %s", wv.State, wv.VoidReason)
		}
	})
}

func TestARelayThatLiesIsPassedOver(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	dir := t.TempDir() // one chain, two relays
	start := func() *beacon.Server {
		s, err := beacon.Start(beacon.Config{Dir: dir, Now: clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close(t.Context()) })
		return s
	}
	liar, honest := start(), start()
	chain := transcript.Chain{Hash: honest.ChainHash(), Scheme: transcript.Scheme, PublicKey: honest.PublicKeyHex(),
		GenesisS: honest.Genesis().Unix(), PeriodS: 3, Demo: true}
	clock.Add(time.Minute)
	for _, lie := range []string{"wrong_signature", "wrong_randomness"} {
		if err := liar.SetControl(beacon.Control{Control: loopback.Control{Fault: lie}}); err != nil {
			t.Fatal(err)
		}
		if b, err := (draw.Relays{URLs: []string{liar.URL()}}).Round(t.Context(), chain, 7); err == nil {
			t.Errorf("%s was believed: %+v", lie, b)
		}
		b, err := draw.Relays{URLs: []string{liar.URL(), honest.URL() + "/"}}.Round(t.Context(), chain, 7)
		if err != nil || b.Round != 7 {
			t.Errorf("the honest relay was not heard: %v", err)
		}
	}
	if _, err := (draw.Relays{}).Round(t.Context(), chain, 7); err == nil {
		t.Error("a round came from nowhere")
	}
}

func TestTwoDifferentPeopleMustApproveARelease(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		enrol(t, w)
		wv := toDrawn(t, w)
		ctx := t.Context()
		refused(t, w.Draws.Approve(ctx, wv.ID, audit.Citizen(9)), draw.KeyStaffOnly)
		if err := w.Draws.Approve(ctx, wv.ID, audit.Staff(1)); err != nil {
			t.Fatal(err)
		}
		refused(t, w.Draws.Approve(ctx, wv.ID, audit.Staff(1)), draw.KeyApproved)
		refused(t, w.Draws.Release(ctx, wv.ID, audit.Staff(1)), draw.KeyApprovals)
		held := place(t, w, 1, wv.ID)
		err := db.Read(ctx, func(rx *sqldb.Rx) error {
			_, err := w.Draws.Outcome(rx, held.ID)
			return err
		})
		refused(t, err, draw.KeyNoOutcome)
		if err := w.Draws.Approve(ctx, wv.ID, audit.Staff(2)); err != nil {
			t.Fatal(err)
		}
		if err := w.Draws.Release(ctx, wv.ID, audit.Staff(2)); err != nil {
			t.Fatal(err)
		}
		if o := outcome(t, w, held.ID); o.Rank == 0 {
			t.Errorf("%+v", o)
		}
		refused(t, w.Draws.Release(ctx, wv.ID, audit.Staff(2)), wave.KeyNotDrawn)
	})
}

func TestTheGateHoldsAResultForAnInquiryAndNeverDrawsAgain(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{PMin: 1}) // no chance is good enough
		enrol(t, w)
		wv := toDrawn(t, w)
		ctx := t.Context()
		before := w.Published(t, wv.ID)
		if before.Gate.Passed() || !before.Held() {
			t.Fatalf("%+v", before.Gate)
		}
		refused(t, w.Draws.Approve(ctx, wv.ID, audit.Staff(1)), draw.KeyHeld)
		refused(t, w.Draws.Run(ctx, wv.ID, audit.Staff(1)), wave.KeyNotFrozen)
		if err := w.Draws.Inquire(ctx, wv.ID, " ", audit.Staff(1)); !fault.Is(err, fault.Invalid) {
			t.Errorf("an inquiry without findings: %v", err)
		}
		if err := w.Draws.Inquire(ctx, wv.ID, "Batasnya salah diatur.", audit.Staff(1)); err != nil {
			t.Fatal(err)
		}
		refused(t, w.Draws.Inquire(ctx, wv.ID, "Lagi.", audit.Staff(1)), draw.KeyNotHeld)
		release(t, w, wv.ID)
		after := w.Published(t, wv.ID)
		if after.Inquiry != "Batasnya salah diatur." || after.Origin.Beacon.Signature != before.Origin.Beacon.Signature {
			t.Errorf("%q", after.Inquiry)
		}
	})
}

func TestNothingChangesOnceTheListIsFrozen(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{})
		enrol(t, w)
		wv := toFrozen(t, w)
		refused(t, w.Apps.Withdraw(t.Context(), drawtest.Account(1), wv.ID), application.KeyLate)
		_, c := drawtest.Value("late")
		refused(t, w.Draws.Commit(t.Context(), wv.ID, 1, c, audit.Staff(1)), draw.KeyFrozen)
		p := drawtest.NewPerson(1, 500) // another family card
		w.Set(t, drawtest.Account(1), p)
		if held := place(t, w, 1, wv.ID); held.State != application.Joined || held.Reason != "" {
			t.Errorf("%s %s", held.State, held.Reason)
		}
	})
}
