package identity_test

import (
	"slices"
	"testing"
	"time"

	"gelombang/audit"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

// eachHeld runs a test on both engines with a newcomer who waits for an official. One
// correction a day more than in the other tests.
func eachHeld(t *testing.T, test func(t *testing.T, s *scene, newcomer int64)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		s.config.CorrectionsPerDay = 3
		s.few(1)
		s.submit(t, s.account(t, false), form("0001"))
		s.runDue(t)
		newcomer := s.account(t, true)
		s.submit(t, newcomer, form("0001"))
		s.expectState(t, newcomer, identity.Review)
		test(t, s, newcomer)
	})
}

func (s *scene) decline(t *testing.T, account, official int64) {
	t.Helper()
	if err := s.Decline(t.Context(), account, audit.Staff(official), "the card is another person's"); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) appeal(t *testing.T, account int64) {
	t.Helper()
	if err := s.Appeal(t.Context(), account); err != nil {
		t.Fatal(err)
	}
}

func TestADeclinedNewcomerIsNotAskedAboutAndReadsWhy(t *testing.T) {
	t.Parallel()
	eachHeld(t, func(t *testing.T, s *scene, newcomer int64) {
		expectKind(t, s.Decline(t.Context(), newcomer, audit.Staff(7), " "), fault.Invalid, "")
		s.decline(t, newcomer, 7)
		s.clock.Add(time.Hour)
		s.write(t, s.Schedule)
		s.runDue(t)
		r := s.record(t, newcomer)
		if r.State != identity.Declined || r.Reason != "the card is another person's" || r.Decliner != 7 || r.Second {
			t.Errorf("%+v", r)
		}
		if f := s.facts(t, newcomer); f.State != identity.Declined || f.Claimed {
			t.Errorf("other nouns see %+v", f)
		}
		if got := s.reviews(t); len(got) != 0 {
			t.Errorf("for review: %v", got)
		}
		if got := s.told[len(s.told)-1]; got != telling(newcomer, "declined") {
			t.Errorf("told %q", got)
		}
		s.expectAudited(t, newcomer, "identity.decline")
		for _, deed := range []func() error{
			func() error { return s.Decline(t.Context(), newcomer, audit.Staff(8), "again") },
			func() error { return s.Admit(t.Context(), newcomer, audit.Staff(8), "again") },
			func() error { return s.Keep(t.Context(), newcomer, audit.Staff(8), "again") },
		} {
			expectKind(t, deed(), fault.Refused, "identity.not_held")
		}
	})
}

func TestOnlyWhoWaitsForAnOfficialCanBeDeclined(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		owner, person := contested(t, s)
		s.shows(person)
		parked, none := s.account(t, true), s.account(t, true)
		s.submit(t, parked, form("0002"))
		if err := s.AskClaim(t.Context(), person); err != nil {
			t.Fatal(err)
		}
		for _, account := range []int64{owner, person, parked, none} {
			expectKind(t, s.Decline(t.Context(), account, audit.Staff(7), "seen"), fault.Refused, "identity.not_held")
			expectKind(t, s.Appeal(t.Context(), account), fault.Refused, "identity.not_declined")
		}
	})
}

func TestASecondLookIsAskedForOnceAndDecidedByAnother(t *testing.T) {
	t.Parallel()
	eachHeld(t, func(t *testing.T, s *scene, newcomer int64) {
		s.decline(t, newcomer, 7)
		s.clock.Add(time.Hour)
		for range 2 { // the button was pressed twice
			s.appeal(t, newcomer)
		}
		if r := s.record(t, newcomer); r.State != identity.Review || !r.Second || !r.StateSince.Equal(s.clock.Now()) {
			t.Errorf("%+v", r)
		}
		s.read(t, func(rx *sqldb.Rx) error {
			list, err := s.Reviews(rx, 10)
			n, _, countErr := s.Waiting(rx)
			if len(list) != 1 || list[0].Account != newcomer || list[0].Barred != 7 || n != 1 || countErr != nil {
				t.Errorf("for review: %+v of %d %v", list, n, countErr)
			}
			return err
		})
		for _, deed := range []func() error{
			func() error { return s.Decline(t.Context(), newcomer, audit.Staff(7), "again") },
			func() error { return s.Admit(t.Context(), newcomer, audit.Staff(7), "again") },
			func() error { return s.Keep(t.Context(), newcomer, audit.Staff(7), "again") },
		} {
			expectKind(t, deed(), fault.Refused, "identity.second_by_another")
		}
		s.decline(t, newcomer, 8)
		expectKind(t, s.Appeal(t.Context(), newcomer), fault.Refused, "identity.appealed")
	})
}

func TestASecondLookMayLetTheRegistryBeAsked(t *testing.T) {
	t.Parallel()
	eachHeld(t, func(t *testing.T, s *scene, newcomer int64) {
		s.decline(t, newcomer, 7)
		s.appeal(t, newcomer)
		if err := s.Admit(t.Context(), newcomer, audit.Staff(8), "the card was shown"); err != nil {
			t.Fatal(err)
		}
		s.runDue(t)
		if f := s.facts(t, newcomer); f.State != identity.Matched || !f.Claimed {
			t.Errorf("%+v", f)
		}
		if got := s.history(t, newcomer); !slices.Equal(got, []string{"submitted", "review", "admitted", "matched"}) {
			t.Errorf("history %q", got)
		}
		last := s.changes[len(s.changes)-3:]
		if want := []string{"declined", "parked", "matched"}; !slices.Equal(words(last), want) {
			t.Errorf("others heard %q", last)
		}
	})
}

func TestAnotherNIKTakesTheUsualWayAndCostsATry(t *testing.T) {
	t.Parallel()
	eachHeld(t, func(t *testing.T, s *scene, newcomer int64) {
		s.decline(t, newcomer, 7)
		s.submit(t, newcomer, form("0002"))
		if r := s.record(t, newcomer); r.State != identity.Parked || r.Tries != 1 || r.Reason != "" {
			t.Errorf("%+v", r)
		}
		s.runDue(t)
		s.expectState(t, newcomer, identity.Matched)
	})
}

func TestSendingADeclinedNIKAgainIsTheSecondLookAndNoWayAround(t *testing.T) {
	t.Parallel()
	eachHeld(t, func(t *testing.T, s *scene, newcomer int64) {
		s.decline(t, newcomer, 7)
		s.submit(t, newcomer, form("9104")) // some other number, which the registry does not know
		s.runDue(t)
		s.expectState(t, newcomer, identity.NotFound)
		s.clock.Add(8 * 24 * time.Hour) // nobody has tried the first number this week
		s.submit(t, newcomer, form("0001"))
		if n := s.runDue(t); n != 0 {
			t.Errorf("%d jobs ran for a number that was declined", n)
		}
		if r := s.record(t, newcomer); r.State != identity.Review || !r.Second || r.Decliner != 7 {
			t.Errorf("%+v", r)
		}
		other := form("0001")
		other.Name = "Siti Rahayu Lestari"
		s.submit(t, newcomer, other) // a slip beside the number, while the second look waits
		s.expectState(t, newcomer, identity.Review)
		s.decline(t, newcomer, 8)

		s.clock.Add(24 * time.Hour)
		f := expectKind(t, s.Submit(t.Context(), newcomer, form("0001")), fault.Invalid, "")
		if len(f.Fields) != 1 || f.Fields[0].Name != "nik" || f.Fields[0].Key != "identity.declined_nik" {
			t.Errorf("%+v", f.Fields)
		}
		if r := s.record(t, newcomer); r.State != identity.Declined || r.Tries != 0 || r.Form.Name != "Siti Rahayu Lestari" {
			t.Errorf("a try that was not taken: %+v", r)
		}
	})
}

func TestADeclineOpensNoMoreTries(t *testing.T) {
	t.Parallel()
	eachHeld(t, func(t *testing.T, s *scene, newcomer int64) {
		for n := range 3 {
			s.decline(t, newcomer, 7)
			s.appeal(t, newcomer)
			serial := []string{"0002", "0003", "0004"}[n]
			s.submit(t, s.account(t, false), form(serial)) // so that it is crowded, too
			s.submit(t, newcomer, form(serial))
			s.expectState(t, newcomer, identity.Review)
		}
		s.decline(t, newcomer, 7)
		expectKind(t, s.Submit(t.Context(), newcomer, form("0005")), fault.Limited, "identity.corrections")
	})
}

func TestErasingForgetsADecline(t *testing.T) {
	t.Parallel()
	eachHeld(t, func(t *testing.T, s *scene, newcomer int64) {
		s.decline(t, newcomer, 7)
		s.write(t, func(tx *sqldb.Tx) error { return s.Erase(tx, newcomer) })
		s.expectState(t, newcomer, identity.None)
		if left := stored(t, s, "nik_decline"); len(left) != 0 {
			t.Errorf("left: %s", left)
		}
	})
}

// words are the second words of "account word".
func words(list []string) (out []string) {
	for _, one := range list {
		for i := range one {
			if one[i] == ' ' {
				out = append(out, one[i+1:])
			}
		}
	}
	return out
}
