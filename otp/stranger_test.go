package otp_test

import (
	"fmt"
	"testing"

	"gelombang/internal/fault"
	"gelombang/notify"
	"gelombang/otp"
)

func TestAChallengeCannotBeFoundByCounting(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		// A stranger asks for a code of their own and tries the numbers around it: the
		// number of somebody else's would be enough to use up its guesses.
		victim := w.challenge(asking(mine))
		own := w.challenge(asking(theirs))
		// By chance they lie this near once in a million times.
		if distance := max(own, victim) - min(own, victim); distance < 1<<11 {
			t.Fatalf("two challenges of one moment lie %d apart", distance)
		}
	})
}

func TestAChallengeOfASignedInAccountIsTakenUpByThatAccountAlone(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		first := asking(mine)
		first.Account, first.Asker = 7, 7
		second := asking(mine)
		second.Account, second.Asker = 8, 8
		nobody := asking(mine)
		nobody.Account = 9
		a, b, c := w.issue(first)[0], w.issue(second)[0], w.issue(nobody)[0]
		if a.Account != 7 || b.Account != 8 || c.Account != 9 || a.Challenge == b.Challenge || b.Challenge == c.Challenge {
			t.Fatalf("%+v %+v %+v", a, b, c)
		}
		if again := w.issue(first)[0]; again.Challenge != a.Challenge {
			t.Errorf("the account's own challenge was not taken up: %+v", again)
		}
	})
}

func TestStrangersCannotUseUpTheCodesOfAKnownBrowser(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for i := range otp.DefaultPolicy.SendsPerDestinationHour { // every send of the hour, every guess of the day
			id := w.challenge(asking(fmt.Sprint("stranger ", i)))
			for range otp.DefaultPolicy.GuessesPerChallenge {
				_ = w.check(id, "000000")
			}
		}
		if refused := w.issue(asking(theirs))[0].Refused; refused == nil {
			t.Fatal("the strangers' budget is not used up")
		}
		known := asking(mine)
		known.Known = true
		id := w.challenge(known)
		if v := w.view(id, mine); v.TriesLeft != otp.DefaultPolicy.GuessesPerChallenge || !v.GuessesOpen.IsZero() {
			t.Errorf("%d tries left, open at %s", v.TriesLeft, v.GuessesOpen)
		}
		if err := w.check(id, w.code()); err != nil {
			t.Error(err)
		}
	})
}

func TestAKnownBrowserHasABudgetThatEndsToo(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		known := asking(mine)
		known.Known = true
		id := w.challenge(known)
		for range otp.DefaultPolicy.SendsPerDestinationHour - 1 {
			w.clock.Add(otp.DefaultPolicy.ResendAfter)
			if _, err := w.codes.Resend(w.Context(), id, mine); err != nil {
				t.Fatal(err)
			}
		}
		w.clock.Add(otp.DefaultPolicy.ResendAfter)
		_, err := w.codes.Resend(w.Context(), id, mine)
		want(t, err, fault.Limited, "otp.sends_used_hour")
	})
}

func TestSendsThatFailAreNotGivenBackForEver(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		// Whoever names a dead number must not make us pay for an SMS as often as they like.
		w.out.fail = &notify.SendError{Permanent: true, Reason: notify.NoSuchNumber, Err: fmt.Errorf("no such number")}
		r := otp.Request{Purpose: otp.ProvePhone, Channel: notify.SMS, Destination: phone, Account: 7, Browser: mine, Lang: "id"}
		id := w.challenge(r)
		const tries = 40
		for range tries {
			w.deliver()
			if _, err := w.codes.Resend(w.Context(), id, mine); err != nil {
				want(t, err, fault.Limited, "otp.sends_used_hour")
				return
			}
		}
		t.Errorf("%d messages that failed were sent", tries)
	})
}
