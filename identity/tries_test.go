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
	"gelombang/limit"
)

// few makes the limit of accounts per NIK as small as it is in real life.
func (s *scene) few(most int) {
	s.config.AccountsPerNIK = most
	s.Service = identity.New(s.config)
	s.worker = s.newWorker()
}

func (s *scene) reviews(t *testing.T) (accounts []int64) {
	t.Helper()
	s.read(t, func(rx *sqldb.Rx) error {
		list, err := s.Reviews(rx, 10)
		for _, h := range list {
			accounts = append(accounts, h.Account)
		}
		return err
	})
	return accounts
}

func TestANewcomerToANIKThatManyTriedWaitsForAnOfficial(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		s.few(2)
		owner, second, newcomer := s.account(t, true), s.account(t, true), s.account(t, true)
		s.submit(t, owner, form("9202")) // the KK differs
		s.runDue(t)
		s.submit(t, owner, form("0001"))
		s.submit(t, second, form("0001"))
		s.runDue(t)
		s.expectState(t, owner, identity.Matched)
		s.expectState(t, second, identity.InUse)
		s.submit(t, second, form("0002")) // a correction back and forth is no newcomer
		s.runDue(t)
		told := len(s.told)

		s.submit(t, newcomer, form("0001"))
		if n := s.runDue(t); n != 0 {
			t.Errorf("%d jobs ran for somebody who is not to be asked about", n)
		}
		s.expectState(t, newcomer, identity.Review)
		if f := s.facts(t, newcomer); f.State != identity.Parked {
			t.Errorf("other nouns see %s", f.State)
		}
		// The owner heard today already that somebody tries; once a day is enough.
		if got := s.told[told:]; !slices.Equal(got, []string{telling(newcomer, "review")}) {
			t.Errorf("told %q", got)
		}
		if got := s.reviews(t); !slices.Equal(got, []int64{newcomer}) {
			t.Errorf("for review: %v", got)
		}
		if f := s.facts(t, owner); f.State != identity.Matched || !f.Claimed {
			t.Errorf("the owner: %+v", f)
		}
	})
}

func TestWhileTheRuleOnlyRecordsNobodyWaitsAndItIsCounted(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		s.config.AccountsMode, s.config.Book = limit.Record, &limit.Book{}
		s.few(1)
		first, second := s.account(t, true), s.account(t, true)
		s.submit(t, first, form("0001"))
		s.submit(t, second, form("0001"))
		s.runDue(t)
		s.expectState(t, first, identity.Matched)
		s.expectState(t, second, identity.InUse)
		want := limit.Count{Rule: identity.RuleAccounts, Mode: limit.Record, Refused: true, N: 1}
		if got := s.config.Book.Counts(); !slices.Contains(got, want) {
			t.Errorf("counted %+v", got)
		}
	})
}

func TestAnOfficialLetsAHeldSubmissionGo(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		s.few(1)
		first, second := s.account(t, false), s.account(t, true)
		s.submit(t, first, form("0001"))
		s.submit(t, second, form("0001"))
		s.runDue(t)
		s.expectState(t, second, identity.Review)
		expectKind(t, s.Admit(t.Context(), second, audit.Staff(7), " "), fault.Invalid, "")
		expectKind(t, s.Admit(t.Context(), first, audit.Staff(7), "seen"), fault.Refused, "identity.not_held")
		if err := s.Admit(t.Context(), second, audit.Staff(7), "the card was shown"); err != nil {
			t.Fatal(err)
		}
		s.runDue(t)
		if f := s.facts(t, second); f.State != identity.Matched || !f.Claimed {
			t.Errorf("%+v", f)
		}
		if got := s.history(t, second); !slices.Equal(got, []string{"submitted", "review", "admitted", "matched"}) {
			t.Errorf("history %q", got)
		}
		s.expectAudited(t, second, "identity.admit")
	})
}

func (s *scene) expectAudited(t *testing.T, account int64, action string) {
	t.Helper()
	s.read(t, func(rx *sqldb.Rx) error {
		list, err := audit.OfSubject(rx, "account", account, 5)
		if err == nil && (len(list) != 1 || list[0].Action != action || list[0].Actor != audit.Staff(7) || list[0].Reason == "") {
			t.Errorf("audited %+v", list)
		}
		return err
	})
}

func TestAHeldSubmissionMayBeExchangedForOnesOwn(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		s.few(1)
		first, second := s.account(t, true), s.account(t, true)
		s.submit(t, first, form("0001"))
		s.submit(t, second, form("0001"))
		s.expectState(t, second, identity.Review)
		s.submit(t, second, form("0002"))
		s.runDue(t)
		s.expectState(t, second, identity.Matched)
		if got := s.reviews(t); len(got) != 0 {
			t.Errorf("for review: %v", got)
		}
	})
}

func TestTheWeekOfANIKEndsToTheMillisecond(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		want  identity.State
	}{
		{7*24*time.Hour - time.Millisecond, identity.Review},
		{7 * 24 * time.Hour, identity.Parked},
		{7*24*time.Hour + time.Millisecond, identity.Parked},
	} {
		t.Run(c.after.String(), func(t *testing.T) {
			t.Parallel()
			sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
				s := newScene(t, db, clock)
				s.few(1)
				s.submit(t, s.account(t, false), form("0001"))
				clock.Add(c.after)
				late := s.account(t, false)
				s.submit(t, late, form("0001"))
				s.expectState(t, late, c.want)
			})
		})
	}
}

func TestTheOwnerIsToldOfATryThatTheRegistryDenied(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		owner, other := s.account(t, true), s.account(t, true)
		s.submit(t, owner, form("0001"))
		s.runDue(t)
		s.client = answers{differingName}
		for range 2 {
			s.submit(t, other, form("0001"))
			s.runDue(t)
			s.submit(t, other, form("0001"))
			s.runDue(t)
			clock.Add(24 * time.Hour)
		}
		s.expectTold(t, telling(owner, "matched"),
			telling(owner, "nik_tried"), telling(other, "differs"), telling(other, "differs"),
			telling(owner, "nik_tried"), telling(other, "differs"), telling(other, "differs"))
	})
}

func TestAnOfficialGivesANIKToWhomItBelongs(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		squatter, person := s.account(t, true), s.account(t, true)
		s.submit(t, squatter, form("0001"))
		s.submit(t, person, form("0001"))
		s.runDue(t)
		s.expectState(t, person, identity.InUse)
		expectKind(t, s.MoveClaim(t.Context(), person, audit.Staff(7), "card"), fault.Refused, "identity.claim_unproven")
		s.shows(person, squatter)
		expectKind(t, s.MoveClaim(t.Context(), squatter, audit.Staff(7), "card"), fault.Refused, "identity.not_in_use")
		if err := s.MoveClaim(t.Context(), person, audit.Staff(7), "the card and the face agree"); err != nil {
			t.Fatal(err)
		}
		if f := s.facts(t, person); f.State != identity.Matched || !f.Claimed {
			t.Errorf("the person: %+v", f)
		}
		if f := s.facts(t, squatter); f.State != identity.InUse || f.Claimed {
			t.Errorf("the squatter: %+v", f)
		}
		if got := s.told[len(s.told)-2:]; !slices.Equal(got, []string{telling(squatter, "moved"), telling(person, "given")}) {
			t.Errorf("told %q", got)
		}
		s.expectAudited(t, person, "identity.give")
		if err := s.provePhone(t.Context(), squatter); err != nil { // the number is changed later
			t.Fatal(err)
		}
		s.expectState(t, squatter, identity.InUse)
	})
}
