package identity_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"gelombang/audit"
	"gelombang/identity"
	"gelombang/identity/registry"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

var differingName = registry.Answer{Outcome: registry.Differs, Fields: []registry.Field{registry.FieldName}}

func (s *scene) mode(t *testing.T, m identity.Mode) {
	t.Helper()
	if err := s.SetMode(t.Context(), m, audit.Staff(7), "the office asked for it"); err != nil {
		t.Fatal(err)
	}
	s.runDue(t)
}

// listener is a registry that notes whom it is asked about, and matches everybody.
type listener struct{ asked []string }

func (l *listener) Verify(_ context.Context, q registry.Query) registry.Answer {
	l.asked = append(l.asked, q.NIK[12:])
	return registry.Answer{Outcome: registry.Matched}
}

func TestWhileTheCheckRestsNobodyIsAskedAndNothingIsLost(t *testing.T) {
	t.Parallel()
	for _, mode := range []identity.Mode{identity.Park, identity.File} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) { rests(t, newScene(t, db, clock), mode) })
		})
	}
}

func rests(t *testing.T, s *scene, mode identity.Mode) {
	t.Helper()
	clock := s.clock
	l := &listener{}
	s.client = l
	s.submit(t, s.account(t, true), form("0001")) // sent before, not yet asked about
	s.mode(t, mode)
	var accounts []int64
	for i := range 3 {
		clock.Add(time.Second)
		accounts = append(accounts, s.account(t, true))
		s.submit(t, accounts[i], form(fmt.Sprintf("%04d", i+2)))
	}
	s.runDue(t)
	r := s.record(t, accounts[2])
	if len(l.asked) != 0 || r.State != identity.Parked || r.Mode != mode || r.Slow() || !r.Expected.IsZero() || r.Queue != 3 {
		t.Fatalf("asked %q; %+v", l.asked, r)
	}
	clock.Add(time.Hour)
	s.mode(t, identity.Online)
	if want := []string{"0001", "0002", "0003", "0004"}; !slices.Equal(l.asked, want) {
		t.Errorf("asked %q, want %q", l.asked, want)
	}
	for _, a := range accounts {
		s.expectState(t, a, identity.Matched)
	}
}

func TestACheckThatIsSwitchedOffIsWrittenOnEachSubmission(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		l := &listener{}
		s.client = l
		before, after := s.account(t, true), s.account(t, true)
		s.submit(t, before, form("0001"))
		s.mode(t, identity.Off)
		s.submit(t, after, form("0002"))
		s.runDue(t)
		for _, a := range []int64{before, after} {
			if f := s.facts(t, a); f.State != identity.Parked || !f.Waived || f.Claimed {
				t.Errorf("%+v", f)
			}
			if got := s.history(t, a); !slices.Equal(got, []string{"submitted", "waived"}) {
				t.Errorf("history %q", got)
			}
			if r := s.record(t, a); !r.Waived || r.Mode != identity.Off {
				t.Errorf("%+v", r)
			}
		}
		if len(l.asked) != 0 {
			t.Errorf("asked %q", l.asked)
		}
		s.mode(t, identity.Online) // the check is made up for; that it was once waived stays known
		for _, a := range []int64{before, after} {
			if r := s.record(t, a); r.State != identity.Matched || !r.Waived {
				t.Errorf("%+v", r)
			}
			if f := s.facts(t, a); f.Waived {
				t.Errorf("%+v", f)
			}
		}
	})
}

func TestAModeNeedsAReasonAndLeavesATrace(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		expectKind(t, s.SetMode(t.Context(), identity.Park, audit.Staff(7), ""), fault.Invalid, "")
		expectKind(t, s.SetMode(t.Context(), "guess", audit.Staff(7), "why not"), fault.Invalid, "")
		s.mode(t, identity.Park)
		s.read(t, func(rx *sqldb.Rx) error {
			h, err := s.Health(rx)
			if err != nil || h.Mode != identity.Park || h.Staff != 7 || h.Reason != "the office asked for it" || !h.Since.Equal(clock.Now()) {
				t.Errorf("%+v, %v", h, err)
			}
			list, err := audit.Newest(rx, 5)
			if err != nil || len(list) != 1 || list[0].Action != "identity.mode" || list[0].Reason != "park: the office asked for it" {
				t.Errorf("audited %+v, %v", list, err)
			}
			return nil
		})
	})
}

func TestTheChangesOfModeAreListedTheNewestFirst(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		for _, m := range []identity.Mode{identity.Park, identity.Off, identity.Online} {
			clock.Add(time.Minute)
			s.mode(t, m)
		}
		s.read(t, func(rx *sqldb.Rx) error {
			list, err := s.Modes(rx, 2)
			if err != nil || len(list) != 2 || list[0].Mode != identity.Online || list[1].Mode != identity.Off || !list[0].Since.Equal(clock.Now()) || list[1].Staff != 7 {
				t.Errorf("%+v, %v", list, err)
			}
			return nil
		})
	})
}

func TestEachMinuteTellsAnswersFromSilence(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		s.client = &listener{}
		for i := range 3 { // one a minute; what is counted is written by the verdict after it
			s.submit(t, s.account(t, true), form(fmt.Sprintf("%04d", i+1)))
			s.runDue(t)
			clock.Add(time.Minute)
		}
		s.client = answers{registry.Answer{Outcome: registry.NoAnswer, Cause: registry.CauseTimeout}}
		s.submit(t, s.account(t, true), form("0009"))
		s.runDue(t)
		s.read(t, func(rx *sqldb.Rx) error {
			all, err := s.Minutes(rx, clock.Now().Add(-time.Hour))
			if err != nil || len(all) != 4 || all[0].Answers != 1 || all[0].Silent != 0 || all[3].Silent != 1 || all[3].Answers != 0 || !all[0].At.Before(all[3].At) {
				t.Errorf("%+v, %v", all, err)
			}
			late, err := s.Minutes(rx, clock.Now().Add(-time.Minute))
			if err != nil || len(late) != 2 {
				t.Errorf("since a minute ago: %+v, %v", late, err)
			}
			return nil
		})
	})
}

func TestTheNearestClosingIsAskedAboutFirst(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		l := &listener{}
		s.client = l
		closes := []time.Duration{0, 60 * time.Hour, 5 * time.Hour, 30 * time.Minute, 200 * time.Hour}
		for i, in := range closes {
			clock.Add(time.Second)
			account := s.account(t, true)
			s.submit(t, account, form(fmt.Sprintf("%04d", i+1)))
			if in > 0 {
				s.closes(t, account, clock.Now().Add(in))
			}
		}
		s.runDue(t)
		if want := []string{"0004", "0003", "0002", "0001", "0005"}; !slices.Equal(l.asked, want) {
			t.Errorf("asked %q, want %q, each once", l.asked, want)
		}
	})
}

func (s *scene) closes(t *testing.T, account int64, at time.Time) {
	t.Helper()
	s.write(t, func(tx *sqldb.Tx) error { return s.Closes(tx, account, at) })
}

func (s *scene) schedule(t *testing.T) {
	t.Helper()
	s.write(t, func(tx *sqldb.Tx) error { return s.Schedule(tx) })
}

func TestWhoHasWaitedLongAndWhoseClosingComesNearMoveUp(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		l := &listener{}
		s.client = l
		joined, old := s.account(t, true), s.account(t, true)
		s.submit(t, old, form("0001"))
		s.submit(t, joined, form("0002"))
		s.closes(t, joined, clock.Now().Add(80*time.Hour)) // far
		clock.Add(75 * time.Hour)                          // five hours left; the other has waited for days
		late := s.account(t, true)
		s.submit(t, late, form("0003"))
		s.closes(t, late, clock.Now().Add(60*time.Hour))
		s.schedule(t)
		s.runDue(t)
		if want := []string{"0002", "0001", "0003"}; !slices.Equal(l.asked, want) {
			t.Errorf("asked %q, want %q, each once", l.asked, want)
		}
	})
}

func TestAQuestionThatCouldNotBeAskedKeepsItsPlace(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		first, second := s.account(t, true), s.account(t, true)
		s.submit(t, first, form("0001"))
		clock.Add(time.Second)
		s.submit(t, second, form("0002"))
		shut := answers{registry.Answer{Outcome: registry.NoAnswer, Cause: registry.CauseCircuitOpen, Unasked: true,
			RetryAfter: clock.Now().Add(time.Hour)}}
		l := &listener{}
		s.client = meddler{answer: shut.Answer, meanwhile: func() { s.client = l }} // shut for the first question only
		s.runDue(t)
		if want := []string{"0001", "0002"}; !slices.Equal(l.asked, want) {
			t.Errorf("asked %q, want %q", l.asked, want)
		}
		s.expectState(t, first, identity.Matched)
	})
}

func TestTheLineShowsItsRealPace(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		s.client = &listener{}
		for i := range 30 { // ten a minute
			s.submit(t, s.account(t, true), form(fmt.Sprintf("%04d", i+1)))
			s.runDue(t)
			clock.Add(6 * time.Second)
		}
		s.client = answers{registry.Answer{Outcome: registry.NoAnswer, Cause: registry.CauseTimeout}}
		var last int64
		for i := range 15 {
			last = s.account(t, true)
			s.submit(t, last, form(fmt.Sprintf("%04d", i+41)))
			clock.Add(time.Millisecond)
		}
		r := s.record(t, last)
		if r.Queue != 14 || r.PerMinute < 9 || r.PerMinute > 11 {
			t.Fatalf("%d before, %d a minute", r.Queue, r.PerMinute)
		}
		if wait := r.Expected.Sub(clock.Now()); wait < time.Minute || wait > 3*time.Minute {
			t.Errorf("expected in %s", wait)
		}
		s.read(t, func(rx *sqldb.Rx) error {
			h, err := s.Health(rx)
			if wait := h.Ends.Sub(clock.Now()); wait < time.Minute || wait > 3*time.Minute || h.Down {
				t.Errorf("the line ends in %s: %+v", wait, h)
			}
			return err
		})
		clock.Add(10 * time.Minute) // nobody answered since
		s.runDue(t)
		if r := s.record(t, last); r.PerMinute != 0 || !r.Expected.IsZero() {
			t.Errorf("%+v", r)
		}
		s.read(t, func(rx *sqldb.Rx) error {
			h, err := s.Health(rx)
			if !h.Down || h.Parked != 15 || h.Silent == 0 || !h.Ends.IsZero() {
				t.Errorf("%+v", h)
			}
			return err
		})
		s.mode(t, identity.Park)
		s.read(t, func(rx *sqldb.Rx) error {
			h, err := s.Health(rx)
			if h.Down || h.Parked != 15 || !h.Ends.IsZero() {
				t.Errorf("whom nobody asks is neither down nor awaited: %+v", h)
			}
			return err
		})
	})
}
