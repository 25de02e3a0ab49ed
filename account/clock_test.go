package account_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// beginnings are Jakarta's morning, the moment before midnight, and the last hour of a year.
var beginnings = []time.Time{
	time.Date(2026, 8, 3, 2, 0, 0, 0, time.UTC), time.Date(2026, 8, 3, 16, 59, 59, 999e6, time.UTC), time.Date(2026, 12, 31, 16, 30, 0, 0, time.UTC),
}

// eachBeginning runs a test from each of them, in one world per engine.
func eachBeginning(t *testing.T, test func(w *world, round int)) {
	t.Helper()
	each(t, func(w *world) {
		for round, begin := range beginnings {
			w.clock.Set(begin)
			test(w, round)
		}
	})
}

// opensAt holds a limit against the moment that it says: closed a millisecond before, open
// at it. What is tried must cost nothing while it is open.
func (w *world) opensAt(opens time.Time, key string, again func() error) {
	w.Helper()
	w.clock.Set(opens.Add(-time.Millisecond))
	if f := want(w, again(), fault.Limited, key); !f.Until.Equal(opens) {
		w.Fatalf("until %s, want %s", f.Until, opens)
	}
	for _, after := range []time.Duration{0, time.Millisecond} {
		w.clock.Set(opens.Add(after))
		if err := again(); err != nil {
			w.Fatalf("%s after it opened: %v", after, err)
		}
	}
}

func someone(round int) account.Address {
	return account.Address{Channel: rani.Channel, Value: fmt.Sprintf("rani-%d@example.com", round)}
}

func TestTriesAtAPasswordOpenWhenTheyAreSaidTo(t *testing.T) {
	t.Parallel()
	eachBeginning(t, func(w *world, round int) {
		a := someone(round)
		w.withPassword(a)
		for _, browser := range []string{theirs, mine} { // strangers together, and a known browser by itself
			opens := w.clock.Now().Add(window)
			for range tries {
				_, err := w.signIn(a.Value, "bukan yang ini", browser)
				want(w, err, fault.Invalid, "account.sign_in.wrong")
				w.clock.Add(time.Minute)
			}
			w.opensAt(opens, "account.sign_in.limited", func() error {
				_, err := w.signIn(a.Value, secret, browser)
				return err
			})
		}
	})
}

func TestTriesAtIdentityDataOpenWhenTheyAreSaidTo(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.wary()
		w.clock.Set(beginnings[1])
		asked := w.proves(rani, theirs).Handover
		opens := w.clock.Now().Add(24 * time.Hour)
		for range 3 {
			_, err := w.sendsData(asked, account.RecoveryClaim{NIK: "1"})
			want(w, err, fault.Invalid, "account.recover.differs")
		}
		w.clock.Set(opens.Add(-time.Millisecond))
		asked = w.proves(rani, theirs).Handover // the first proof has lapsed meanwhile
		_, err := w.sendsData(asked, ofRani)
		if f := want(w, err, fault.Limited, "account.recover.limited"); !f.Until.Equal(opens) {
			w.Fatalf("until %s", f.Until)
		}
		w.clock.Set(opens)
		if h, err := w.sendsData(asked, ofRani); err != nil || h.Stage != account.Waiting {
			w.Fatalf("%+v %v", h, err)
		}
	})
}

func TestAnAddressCanBeChangedAgainWhenItIsSaid(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		w.clock.Set(beginnings[1])
		w.changes(id, budi)
		opens := w.clock.Now().Add(coolingOff)
		try := func() error {
			_, err := w.accounts.AddContact(context.Background(), id, siti, "id", mine)
			return err
		}
		w.clock.Set(opens.Add(-time.Millisecond))
		if f := want(w, try(), fault.Limited, "account.change.cooling"); !f.Until.Equal(opens) {
			w.Fatalf("until %s", f.Until)
		}
		w.clock.Set(opens)
		w.deliver() // the job that ends the cooling-off is due now
		if err := try(); err != nil {
			w.Fatal(err)
		}
	})
}

func TestTheDataOfARecoveryAreTakenForAnHourAfterTheProof(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.wary()
		w.clock.Set(beginnings[1])
		asked := w.proves(rani, theirs).Handover
		proved := w.clock.Now()
		stage := func(after time.Duration) account.Stage {
			w.clock.Set(proved.Add(after))
			return read(w, func(q sqldb.Querier) (account.Handover, error) { return w.accounts.Recovery(q, asked, theirs) }).Stage
		}
		for _, c := range []struct {
			after time.Duration
			want  account.Stage
		}{{time.Hour - time.Millisecond, account.Asked}, {time.Hour, account.Ended}, {time.Hour + time.Millisecond, account.Ended}} {
			if got := stage(c.after); got != c.want {
				w.Errorf("%s after the proof: %s", c.after, got)
			}
		}
	})
}

func TestARecoveryRipensAndLapsesAtTheMomentsThatWereTold(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.wary()
		w.clock.Set(beginnings[2])
		h := w.waiting()
		if !h.Due.Equal(w.clock.Now().Add(wait)) {
			w.Fatalf("due %s", h.Due)
		}
		for _, c := range []struct {
			at   time.Time
			want account.Stage
		}{
			{h.Due.Add(-time.Millisecond), account.Waiting}, {h.Due, account.Ripe}, {h.Due.Add(time.Millisecond), account.Ripe},
			{h.Until.Add(-time.Millisecond), account.Ripe}, {h.Until, account.Ended}, {h.Until.Add(time.Millisecond), account.Ended},
		} {
			w.clock.Set(c.at)
			if got := read(w, func(q sqldb.Querier) (account.Handover, error) { return w.accounts.Recovery(q, h.ID, theirs) }).Stage; got != c.want {
				w.Errorf("at %s: %s, want %s", c.at, got, c.want)
			}
		}
	})
}
