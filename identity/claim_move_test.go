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

// shows gives accounts an accepted photo of a card with the NIK that they stated.
func (s *scene) shows(accounts ...int64) {
	s.config.CardShowsNIK = func(_ sqldb.Querier, account int64) (bool, error) { return slices.Contains(accounts, account), nil }
	s.Service = identity.New(s.config)
	s.worker = s.newWorker()
}

// contested makes two accounts that the registry matched with one NIK, the first its owner.
func contested(t *testing.T, s *scene) (owner, person int64) {
	t.Helper()
	owner, person = s.account(t, true), s.account(t, true)
	s.submit(t, owner, form("0001"))
	s.submit(t, person, form("0001"))
	s.runDue(t)
	s.expectState(t, person, identity.InUse)
	return owner, person
}

func TestOnlyWhoseCardShowsTheNIKMayAskWhoseItIs(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		owner, person := contested(t, s)
		stranger := s.account(t, true)
		expectKind(t, s.AskClaim(t.Context(), person), fault.Refused, "identity.claim_unproven")
		s.shows(owner, person, stranger)
		expectKind(t, s.AskClaim(t.Context(), owner), fault.Refused, "identity.not_in_use")
		expectKind(t, s.AskClaim(t.Context(), stranger), fault.Refused, "identity.not_in_use")
		if r := s.record(t, person); !r.CardShows || r.Asked || r.State != identity.InUse {
			t.Errorf("before asking: %+v", r)
		}
		for range 2 { // the button was pressed twice
			if err := s.AskClaim(t.Context(), person); err != nil {
				t.Fatal(err)
			}
		}
		if r := s.record(t, person); !r.Asked || r.State != identity.InUse {
			t.Errorf("after asking: %+v", r)
		}
		if got := s.reviews(t); !slices.Equal(got, []int64{person}) {
			t.Errorf("for review: %v", got)
		}
		expectKind(t, s.Admit(t.Context(), person, audit.Staff(7), "seen"), fault.Refused, "identity.not_held")
	})
}

func TestAClaimThatMovesEndsTheReview(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		owner, person := contested(t, s)
		s.shows(person)
		if err := s.AskClaim(t.Context(), person); err != nil {
			t.Fatal(err)
		}
		expectKind(t, s.MoveClaim(t.Context(), person, audit.Staff(7), " "), fault.Invalid, "")
		if err := s.MoveClaim(t.Context(), person, audit.Staff(7), "card"); err != nil {
			t.Fatal(err)
		}
		if got := s.reviews(t); len(got) != 0 {
			t.Errorf("for review: %v", got)
		}
		s.read(t, func(rx *sqldb.Rx) error {
			list, err := audit.OfSubject(rx, "account", owner, 5)
			if err == nil && (len(list) != 1 || list[0].Action != "identity.take" || list[0].Reason != "") {
				t.Errorf("the former owner reads %+v", list) // the reason speaks of another person
			}
			return err
		})
		expectKind(t, s.MoveClaim(t.Context(), person, audit.Staff(8), "card"), fault.Refused, "identity.not_in_use")
	})
}

func TestAClaimThatIsDeniedMayBeAskedOnceMoreInAWeek(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		owner, person := contested(t, s)
		s.shows(owner, person)
		for range 2 {
			if err := s.AskClaim(t.Context(), person); err != nil {
				t.Fatal(err)
			}
			if err := s.Keep(t.Context(), person, audit.Staff(7), "another face"); err != nil {
				t.Fatal(err)
			}
			expectKind(t, s.Keep(t.Context(), person, audit.Staff(8), "another face"), fault.Refused, "identity.not_held")
		}
		if got := s.told[len(s.told)-1]; got != telling(person, "kept") {
			t.Errorf("told %q", got)
		}
		expectKind(t, s.AskClaim(t.Context(), person), fault.Limited, "identity.claims")
		if f := s.facts(t, owner); f.State != identity.Matched || !f.Claimed {
			t.Errorf("the owner: %+v", f)
		}
		clock.Add(7 * 24 * time.Hour)
		if err := s.AskClaim(t.Context(), person); err != nil {
			t.Error(err)
		}
	})
}

func TestANewcomerWhoIsKeptWaitingGoesBehindTheOthers(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		s.few(1)
		first, second, third := s.account(t, true), s.account(t, true), s.account(t, true)
		for _, account := range []int64{first, second, third} {
			s.submit(t, account, form("0001"))
			clock.Add(time.Minute)
		}
		if err := s.Keep(t.Context(), second, audit.Staff(7), "no photo yet"); err != nil {
			t.Fatal(err)
		}
		if got := s.reviews(t); !slices.Equal(got, []int64{third, second}) {
			t.Errorf("for review: %v", got)
		}
		s.expectState(t, second, identity.Review)
		s.expectAudited(t, second, "identity.keep")
		s.read(t, func(rx *sqldb.Rx) error {
			n, since, err := s.Waiting(rx)
			if n != 2 || !since.Equal(clock.Now().Add(-time.Minute)) {
				t.Errorf("%d wait since %s", n, since)
			}
			return err
		})
	})
}

func TestALostNIKCanBeClaimedBackOnlyWithACard(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		owner, person := contested(t, s)
		s.shows(person)
		if err := s.MoveClaim(t.Context(), person, audit.Staff(7), "card"); err != nil {
			t.Fatal(err)
		}
		expectKind(t, s.AskClaim(t.Context(), owner), fault.Refused, "identity.claim_unproven")
		s.shows(owner, person)
		if err := s.AskClaim(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
		if err := s.MoveClaim(t.Context(), owner, audit.Staff(8), "the face"); err != nil {
			t.Fatal(err)
		}
		if f := s.facts(t, owner); f.State != identity.Matched || !f.Claimed {
			t.Errorf("%+v", f)
		}
		if f := s.facts(t, person); f.State != identity.InUse || f.Claimed {
			t.Errorf("%+v", f)
		}
	})
}
