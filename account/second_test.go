package account_test

import (
	"context"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/otp"
)

// guessers type so many wrong codes all over the programme that unknown browsers are
// asked for a second proof.
func (w *world) guessers() {
	w.Helper()
	w.write(func(tx *sqldb.Tx) error {
		_, err := tx.Exec(`INSERT INTO guess_count (minute_ms, correct, wrong) VALUES ($1, 0, $2)`,
			tx.Now().Truncate(time.Minute).UnixMilli(), otp.DefaultRise.Least)
		return err
	})
	w.clock.Add(time.Minute)
	if err := w.codes.Judge(context.Background()); err != nil {
		w.Fatal(err)
	}
}

// types asks for a code to sign in and types it.
func (w *world) types(a account.Address, browser string) account.Signed {
	w.Helper()
	w.clock.Add(time.Minute) // past the wait between two messages
	challenge, err := w.accounts.RequestCode(context.Background(), a, "id", browser)
	if err != nil {
		w.Fatal(err)
	}
	return w.prove(challenge, a, browser)
}

func (w *world) secondOf(browser string) (account.Second, error) {
	return tryRead(w, func(q sqldb.Querier) (account.Second, error) { return w.accounts.SecondOf(q, browser) })
}

func TestWhileWrongCodesRiseAnUnknownBrowserGivesASecondProof(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.withPassword(rani)
		w.changes(id, hp)
		w.guessers()
		signed := w.types(rani, theirs)
		if !signed.Second || signed.Account != 0 {
			w.Fatalf("one code was enough: %+v", signed)
		}
		if said := w.said(id); said[0] != "account.history.second_asked" {
			w.Errorf("the owner reads %v", said)
		}
		s, err := w.secondOf(theirs)
		if err != nil || !s.Password || s.Passkey || !s.Mail || s.Code != "0812••••7890" || !s.Until.After(w.clock.Now()) {
			w.Fatalf("%+v %v", s, err)
		}
		challenge, err := w.accounts.RequestSecond(context.Background(), "id", theirs)
		if err != nil {
			w.Fatal(err)
		}
		if signed := w.prove(challenge, hp, theirs); signed.Account != id || signed.Second || signed.Purpose != otp.SignIn {
			w.Fatalf("two proofs were not enough: %+v", signed)
		}
		if signed := w.types(rani, theirs); signed.Account != id { // it is known from now on
			w.Fatalf("%+v", signed)
		}
	})
}

func TestTheSameAddressTwiceIsOneProof(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.withPassword(rani)
		w.guessers()
		for range 2 {
			if signed := w.types(rani, theirs); !signed.Second {
				w.Fatalf("%+v", signed)
			}
		}
	})
}

func TestTheFirstProofIsOfOneBrowserAndLapses(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		w.changes(id, hp)
		w.guessers()
		w.types(rani, theirs)
		proved := w.clock.Now()
		if signed := w.types(hp, "a third browser"); !signed.Second {
			w.Fatalf("the first proof was another browser's: %+v", signed)
		}
		w.guessers()
		w.clock.Set(proved.Add(30*time.Minute - time.Millisecond))
		if s, err := w.secondOf(theirs); err != nil || !s.Kept.Equal(proved.Add(30*time.Minute)) {
			w.Fatalf("%+v %v", s, err)
		}
		w.clock.Set(proved.Add(30 * time.Minute))
		_, err := w.secondOf(theirs)
		want(w, err, fault.NotFound, "account.second.none")
		_, err = w.accounts.RequestSecond(context.Background(), "id", theirs)
		want(w, err, fault.NotFound, "account.second.none")
	})
}

func TestARiseTouchesNobodyElse(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.withPassword(rani)
		w.changes(id, hp)
		d := newDevice(w)
		w.addsPasskey(id, d, "ponsel")
		alone := w.member(siti, mine)
		w.guessers()
		if signed := w.types(rani, mine); signed.Account != id {
			w.Errorf("a known browser: %+v", signed)
		}
		if signed := w.types(siti, theirs); signed.Account != alone {
			w.Errorf("an account that has nothing else: %+v", signed)
		}
		if signed := w.prove(w.register(budi, theirs), budi, theirs); !signed.New {
			w.Errorf("a first registration: %+v", signed)
		}
		if got, err := w.signIn(rani.Value, secret, "browser with a password"); err != nil || got != id {
			w.Errorf("a password: %d %v", got, err)
		}
		if got, err := w.answers("browser with a passkey", d.signs(w.asksToSign("", "browser with a passkey"))); err != nil || got != id {
			w.Errorf("a passkey: %d %v", got, err)
		}
	})
}

func TestTheButtonOfAMailIsNoGuess(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.withPassword(rani)
		w.guessers()
		if _, err := w.accounts.RequestCode(context.Background(), rani, "id", theirs); err != nil {
			w.Fatal(err)
		}
		link := linkPath.FindStringSubmatch(w.inbox(rani).Text)[1]
		if signed, err := w.accounts.ProveByLink(context.Background(), link, theirs); err != nil || signed.Account != id {
			w.Fatalf("%+v %v", signed, err)
		}
	})
}

func TestWhoHasForgottenThePasswordIsNotAskedForIt(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		single := w.withPassword(rani)
		both := w.member(siti, mine)
		w.changes(both, hp)
		w.guessers()
		resets := func(a account.Address) account.Signed {
			challenge, err := w.accounts.RequestReset(context.Background(), a, "id", theirs)
			if err != nil {
				w.Fatal(err)
			}
			return w.prove(challenge, a, theirs)
		}
		if signed := resets(rani); signed.Account != single {
			w.Errorf("%+v", signed)
		}
		if signed := resets(siti); !signed.Second {
			w.Fatalf("a code alone made a new password possible: %+v", signed)
		}
		challenge, err := w.accounts.RequestSecond(context.Background(), "id", theirs)
		if err != nil {
			w.Fatal(err)
		}
		if signed := w.prove(challenge, hp, theirs); signed.Account != both || signed.Purpose != otp.Reset {
			w.Errorf("%+v", signed)
		}
	})
}

func TestARegistrationWithAnAddressThatHasAnAccountIsNoWayAround(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.withPassword(rani)
		w.clock.Add(time.Hour)
		w.guessers()
		if signed := w.prove(w.register(rani, theirs), rani, theirs); !signed.Second {
			w.Fatalf("%+v", signed)
		}
	})
}

func TestWhenTheRiseIsOverOneCodeIsEnoughAgain(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.withPassword(rani)
		w.guessers()
		until := w.clock.Now().Add(otp.DefaultRise.Hold)
		w.clock.Set(until.Add(-time.Minute - time.Millisecond))
		if signed := w.types(rani, theirs); !signed.Second { // types lets a minute pass
			w.Fatalf("a millisecond before its end: %+v", signed)
		}
		w.clock.Set(until.Add(-time.Minute))
		if signed := w.types(rani, theirs); signed.Account != id {
			w.Fatalf("%+v", signed)
		}
	})
}

func TestErasingForgetsAFirstProof(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.withPassword(rani)
		w.guessers()
		w.types(rani, theirs)
		w.write(func(tx *sqldb.Tx) error { return w.accounts.Erase(tx, id) })
		_, err := w.secondOf(theirs)
		want(w, err, fault.NotFound, "account.second.none")
	})
}

func TestAFirstProofIsForgottenAfterItsTime(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.withPassword(rani)
		w.guessers()
		w.types(rani, theirs)
		w.clock.Add(time.Hour)
		w.write(w.accounts.Schedule)
		w.deliver()
		left := read(w, func(q sqldb.Querier) (n int, err error) {
			err = q.QueryRow(`SELECT COUNT(*) FROM first_proof`).Scan(&n)
			return n, err
		})
		if left != 0 {
			w.Errorf("%d are kept", left)
		}
	})
}
