package identity_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"gelombang/identity"
	"gelombang/identity/registry"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	sim "gelombang/sim/registry"
)

func TestAMatchedPersonWithAProvenPhoneOwnsTheNIK(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, true)
		if r := s.record(t, account); r.State != identity.None || r.TriesMost != 2 {
			t.Fatalf("before anything was sent: %+v", r)
		}
		s.submit(t, account, form("0001"))
		if r := s.record(t, account); r.State != identity.Parked || r.Slow() || !r.Submitted.Equal(clock.Now()) {
			t.Fatalf("sent: %+v", r)
		}
		clock.Add(time.Minute)
		s.runDue(t)
		r := s.record(t, account)
		if r.State != identity.Matched || !r.Claimed.Equal(clock.Now()) || !r.Answered.Equal(clock.Now()) {
			t.Fatalf("answered: %+v", r)
		}
		f := s.facts(t, account)
		want := identity.Facts{State: identity.Matched, Claimed: true, Name: "Siti Rahayu",
			NIK: "3201014107900001", KK: "3201010101100001", BirthDate: identity.Date{Year: 1990, Month: 7, Day: 1},
			Sex: identity.Female, Province: "32", Regency: "3201", Education: "primary", Employment: "job_seeker"}
		if f != want {
			t.Errorf("facts %+v", f)
		}
		s.expectTold(t, telling(account, "matched"))
		if got := s.history(t, account); !slices.Equal(got, []string{"submitted", "matched"}) {
			t.Errorf("history %q", got)
		}
		if want := []string{fmt.Sprintf("%d parked", account), fmt.Sprintf("%d matched", account)}; !slices.Equal(s.changes, want) {
			t.Errorf("changes %q", s.changes)
		}
	})
}

func TestEveryVerdictHasItsStateAndCanBeMended(t *testing.T) {
	t.Parallel()
	verdicts := []struct {
		serial string
		state  identity.State
		fields []registry.Field
		told   string
	}{
		{"9201", identity.Differs, []registry.Field{registry.FieldName}, "differs"},
		{"9206", identity.Differs, []registry.Field{registry.FieldKK, registry.FieldName}, "differs"},
		{"9101", identity.Deceased, nil, "person_state"},
		{"9102", identity.Duplicate, nil, "person_state"},
		{"9103", identity.Inactive, nil, "person_state"},
		{"9104", identity.NotFound, nil, "not_found"},
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		var told []string
		for i, v := range verdicts {
			account := s.account(t, true)
			s.submit(t, account, form(v.serial))
			s.runDue(t)
			if r := s.record(t, account); r.State != v.state || !slices.Equal(r.Fields, v.fields) {
				t.Fatalf("%s: %+v", v.serial, r)
			}
			s.submit(t, account, form(fmt.Sprintf("%04d", i+1)))
			s.runDue(t)
			if r := s.record(t, account); r.State != identity.Matched || r.Fields != nil || r.Tries != 1 {
				t.Fatalf("%s mended: %+v", v.serial, r)
			}
			told = append(told, telling(account, v.told), telling(account, "matched"))
		}
		s.expectTold(t, told...)
	})
}

func TestNoFaultOfTheRegistryIsEverTheApplicantsMistake(t *testing.T) {
	t.Parallel()
	faults := []sim.Control{{Fault: "timeout"}, {Fault: "http500"}, {Fault: "quota"}, {Fault: "login"},
		{Fault: "ip"}, {Fault: "garbage"}, {Fault: "reset"}, {Outage: true}}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		var told []string
		for i, broken := range faults {
			account := s.account(t, true)
			s.control(t, broken)
			s.client = s.ask(100 * time.Millisecond)
			s.submit(t, account, form(fmt.Sprintf("%04d", i+1)))
			for range 3 {
				s.runDue(t)
				s.expectPatience(t, account, told)
				clock.Set(s.record(t, account).NextTry)
			}
			s.control(t, sim.Control{})
			s.client = s.ask(10 * time.Second)
			s.runDue(t)
			told = append(told, telling(account, "matched"))
			if r := s.record(t, account); r.State != identity.Matched || r.Slow() || r.Tries != 0 {
				t.Fatalf("%+v: back again: %+v", broken, r)
			}
			s.expectTold(t, told...)
			if got := s.history(t, account); !slices.Equal(got, []string{"submitted", "matched"}) {
				t.Errorf("%+v: history %q", broken, got)
			}
		}
	})
}

// expectPatience: parked, asked again later, no try used, nothing said.
func (s *scene) expectPatience(t *testing.T, account int64, told []string) {
	t.Helper()
	r := s.record(t, account)
	if r.State != identity.Parked || !r.Slow() || r.Fields != nil || r.Tries != 0 || !r.Answered.IsZero() {
		t.Fatalf("during the fault: %+v", r)
	}
	if !r.NextTry.After(s.clock.Now()) || !r.StateSince.Equal(r.Submitted) {
		t.Fatalf("next try %v, since %v, now %v", r.NextTry, r.StateSince, s.clock.Now())
	}
	if got := s.history(t, account); !slices.Equal(got, []string{"submitted"}) {
		t.Errorf("history %q", got)
	}
	s.expectTold(t, told...)
}

// answers is a registry that gives the same answer to everybody.
type answers struct{ registry.Answer }

func (a answers) Verify(context.Context, registry.Query) registry.Answer { return a.Answer }

func TestThePauseDoublesUpToItsCapAndNeverPrecedesTheHint(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, true)
		s.client = answers{registry.Answer{Outcome: registry.NoAnswer, Cause: registry.CauseBusy}}
		s.submit(t, account, form("0001"))
		for _, want := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300} {
			want *= time.Second
			s.runDue(t)
			r := s.record(t, account)
			if pause := r.NextTry.Sub(clock.Now()); pause < want || pause > want+want/4 {
				t.Fatalf("pause %v, want %v and at most a quarter more", pause, want)
			}
			clock.Set(r.NextTry.Add(-time.Millisecond))
			if n := s.runDue(t); n != 0 {
				t.Fatal("asked before its time")
			}
			clock.Set(r.NextTry)
		}
		hint := clock.Now().Add(2 * time.Hour)
		s.client = answers{registry.Answer{Outcome: registry.NoAnswer, Cause: registry.CauseQuota, RetryAfter: hint}}
		s.runDue(t)
		if next := s.record(t, account).NextTry; next.Before(hint) || next.After(hint.Add(2*time.Minute)) {
			t.Errorf("next try %v, hint %v", next, hint)
		}
	})
}

func TestWhatIsNoVerdictIsNeverTakenForOne(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		for _, a := range []registry.Answer{{}, {Outcome: "unheard_of"}, {Outcome: registry.Differs}, {Outcome: registry.NoAnswer}} {
			account := s.account(t, true)
			s.client = answers{a}
			s.submit(t, account, form("0001"))
			s.runDue(t)
			if r := s.record(t, account); r.State != identity.Parked || r.NoAnswer != registry.CauseGarbage {
				t.Errorf("%+v: %+v", a, r)
			}
		}
	})
}

// meddler answers after something else has happened.
type meddler struct {
	meanwhile func()
	answer    registry.Answer
}

func (m meddler) Verify(context.Context, registry.Query) registry.Answer {
	m.meanwhile()
	return m.answer
}

func TestAnAnswerAboutAnOlderSubmissionIsDropped(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, true)
		healthy := s.client
		s.client = meddler{answer: registry.Answer{Outcome: registry.Deceased}, meanwhile: func() {
			s.client = healthy // the corrected form is asked properly
			s.submit(t, account, form("0002"))
		}}
		s.submit(t, account, form("0001"))
		s.runDue(t)
		s.expectState(t, account, identity.Matched)
		s.expectTold(t, telling(account, "matched"))
		if got := s.history(t, account); !slices.Equal(got, []string{"submitted", "corrected", "matched"}) {
			t.Errorf("history %q", got)
		}
	})
}

func TestAStopWhileAskingCostsNothing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, true)
		s.submit(t, account, form("0001"))
		ctx, stop := context.WithCancel(t.Context())
		healthy := s.client
		s.client = meddler{meanwhile: stop, answer: registry.Answer{Outcome: registry.NoAnswer, Cause: registry.CauseTimeout}}
		_, _ = s.worker.RunDue(ctx, 20) // ends with the context's error
		if r := s.record(t, account); r.State != identity.Parked || r.Slow() {
			t.Fatalf("stopped: %+v", r)
		}
		s.client = healthy
		s.runDue(t)
		s.expectState(t, account, identity.Matched)
	})
}

func TestThePlaceInTheQueueCountsWhoWaitsLonger(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		for i := range 3 {
			account := s.account(t, false)
			s.submit(t, account, form(fmt.Sprintf("%04d", i+1)))
			if got := s.record(t, account).Queue; got != i {
				t.Errorf("%d before number %d", got, i)
			}
			clock.Add(time.Second)
		}
	})
}

func TestALongQueueIsCountedOnceForAllWhoAskAtTheSameTime(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		place := func(account int64, want int, when string) {
			t.Helper()
			if got := s.record(t, account).Queue; got != want {
				t.Errorf("%d before the last one %s, not %d", got, when, want)
			}
		}
		var accounts []int64
		for i := range 60 {
			clock.Add(time.Millisecond)
			accounts = append(accounts, s.account(t, true))
			s.submit(t, accounts[i], form(fmt.Sprintf("%04d", i+1)))
		}
		last := accounts[len(accounts)-1]
		place(last, 59, "at first")
		if _, err := s.worker.RunDue(t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
		if n := s.record(t, accounts[0]).Queue; n != 0 {
			t.Errorf("%d before somebody who has an answer", n)
		}
		newest := s.account(t, false)
		clock.Add(time.Millisecond)
		s.submit(t, newest, form("0099"))
		place(newest, 60, "by the count of a moment ago")
		clock.Add(2 * time.Second)
		place(newest, 0, "by a count of its own")
	})
}
