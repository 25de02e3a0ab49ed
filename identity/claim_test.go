package identity_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"gelombang/identity"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

func TestOneNIKBelongsToTheFirstWithAMatchAndAProvenPhone(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		early, owner := s.account(t, false), s.account(t, true)
		s.submit(t, early, form("0001")) // matched first, but anybody can know a NIK
		s.runDue(t)
		if f := s.facts(t, early); f.State != identity.Matched || f.Claimed {
			t.Fatalf("without a phone: %+v", f)
		}
		s.submit(t, owner, form("0001"))
		s.runDue(t)
		if f := s.facts(t, owner); f.State != identity.Matched || !f.Claimed {
			t.Fatalf("with a phone: %+v", f)
		}
		if err := s.provePhone(t.Context(), early); err != nil {
			t.Fatal(err)
		}
		s.expectState(t, early, identity.InUse)
		s.expectState(t, owner, identity.Matched)
		s.expectTold(t, telling(early, "matched"), telling(owner, "matched"),
			telling(owner, "nik_tried"), telling(early, "in_use"))
		if got := s.history(t, owner); !slices.Equal(got, []string{"submitted", "matched", "nik_tried"}) {
			t.Errorf("owner's history %q", got)
		}
		if got := s.history(t, early); !slices.Equal(got, []string{"submitted", "matched", "in_use"}) {
			t.Errorf("history %q", got)
		}
	})
}

func TestANIKThatIsTakenCanBeExchangedForOnesOwn(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		owner, other := s.account(t, true), s.account(t, true)
		s.submit(t, owner, form("0001"))
		s.submit(t, other, form("0001"))
		s.runDue(t)
		s.expectState(t, other, identity.InUse)
		s.submit(t, other, form("0002"))
		s.runDue(t)
		if f := s.facts(t, other); f.State != identity.Matched || !f.Claimed {
			t.Errorf("with another NIK: %+v", f)
		}
		if f := s.facts(t, owner); f.State != identity.Matched || !f.Claimed {
			t.Errorf("the owner: %+v", f)
		}
		var found []int64
		s.read(t, func(rx *sqldb.Rx) (err error) {
			found, err = s.FindByNIK(rx, "3201014107900001")
			return err
		})
		if !slices.Equal(found, []int64{owner}) {
			t.Errorf("found %v", found)
		}
	})
}

func TestPhonesProvenAtOnceClaimANIKOnce(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		accounts := make([]int64, 8)
		for i := range accounts {
			accounts[i] = s.account(t, false)
			s.submit(t, accounts[i], form("0001"))
		}
		s.runDue(t)
		var all sync.WaitGroup
		for _, account := range accounts {
			all.Go(func() {
				if err := s.provePhone(t.Context(), account); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		claimed, inUse := 0, 0
		for _, account := range accounts {
			switch f := s.facts(t, account); {
			case f.State == identity.Matched && f.Claimed:
				claimed++
			case f.State == identity.InUse && !f.Claimed:
				inUse++
			}
		}
		if claimed != 1 || inUse != len(accounts)-1 {
			t.Errorf("%d own it, %d are told that it is in use", claimed, inUse)
		}
	})
}

func TestProvingThePhoneWhileTheVerdictArrivesIsNotMissed(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		for _, serial := range []string{"0001", "0002", "0003", "0004", "0005", "0006"} {
			account := s.account(t, false)
			s.submit(t, account, form(serial))
			var proving sync.WaitGroup
			proving.Go(func() {
				if err := s.provePhone(t.Context(), account); err != nil {
					t.Error(err)
				}
			})
			s.runDue(t)
			proving.Wait()
			if f := s.facts(t, account); f.State != identity.Matched || !f.Claimed {
				t.Fatalf("%+v", f)
			}
		}
	})
}

func TestProvingAPhoneBeforeAnythingWasSentChangesNothing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		account := s.account(t, false)
		if err := s.provePhone(t.Context(), account); err != nil {
			t.Fatal(err)
		}
		s.expectState(t, account, identity.None)
		s.submit(t, account, form("0001"))
		s.runDue(t)
		if err := s.provePhone(t.Context(), account); err != nil { // the number is changed later
			t.Fatal(err)
		}
		s.expectTold(t, telling(account, "matched"))
	})
}

func TestAClaimOutlivesARotationOfTheKeys(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		owner, other := s.account(t, true), s.account(t, false)
		s.submit(t, owner, form("0001"))
		s.submit(t, other, form("0001"))
		s.runDue(t)
		rotated, err := s.config.Keys.Rotate(clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		clock.Add(time.Minute)
		s.config.Keys = rotated
		s.Service = identity.New(s.config)
		if err := s.provePhone(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		s.expectState(t, other, identity.InUse)
		if f := s.facts(t, owner); !f.Claimed {
			t.Errorf("the owner: %+v", f)
		}
		// Nothing that was written for the loser stands in the way later.
		s.write(t, func(tx *sqldb.Tx) error { return s.Erase(tx, owner) })
		var left int
		s.read(t, func(rx *sqldb.Rx) error {
			return rx.QueryRow(`SELECT COUNT(*) FROM nik_claim`).Scan(&left)
		})
		if left != 0 {
			t.Errorf("%d claims are left", left)
		}
	})
}

func TestANodeWhoseClockIsBehindTakesNoNIKAfterARotation(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		owner, other := s.account(t, true), s.account(t, false)
		s.submit(t, owner, form("0001"))
		s.submit(t, other, form("0001"))
		s.runDue(t)
		rotated, err := s.config.Keys.Rotate(clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		clock.Add(-time.Hour) // the claim under the new key would be the older one
		s.config.Keys = rotated
		s.Service = identity.New(s.config)
		if err := s.provePhone(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		s.expectState(t, other, identity.InUse)
	})
}

func TestErasingAPersonFreesTheNIK(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s := newScene(t, db, clock)
		owner, heir := s.account(t, true), s.account(t, true)
		s.submit(t, owner, form("0001"))
		s.runDue(t)
		s.write(t, func(tx *sqldb.Tx) error { return s.Erase(tx, owner) })
		if r := s.record(t, owner); r.State != identity.None || r.Form != (identity.Form{}) || s.history(t, owner) != nil {
			t.Errorf("left: %+v", r)
		}
		s.submit(t, heir, form("0001"))
		s.runDue(t)
		if f := s.facts(t, heir); f.State != identity.Matched || !f.Claimed {
			t.Errorf("next: %+v", f)
		}
		s.write(t, func(tx *sqldb.Tx) error { return s.Erase(tx, owner) }) // twice is harmless
		if f := s.facts(t, heir); !f.Claimed {
			t.Error("erasing twice took the NIK from its next owner")
		}
	})
}
