package otp_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/fault"
	"gelombang/notify"
	"gelombang/otp"
)

const (
	pumpedPrefix = "+62812345"
	heldMost     = 60 // codes an hour that open an account, to numbers that are held
)

// hold makes bots ask for codes that arrive and are never typed, until their numbers are
// held. The test's own phone begins like them.
func (w *world) hold() (until time.Time) {
	w.Helper()
	w.attacked()
	w.judge()
	return w.clock.Now().Add(notify.SpendHold)
}

// attacked is hold before anybody has looked.
func (w *world) attacked() {
	w.Helper()
	for _, i := range w.pump(notify.SpendFewest) {
		if err := w.mail.Receipt(w.Context(), notify.Receipt{MessageID: i.Message, State: notify.Confirmed}); err != nil {
			w.Fatal(err)
		}
	}
	w.clock.Add(15 * time.Minute)
}

func (w *world) judge() {
	w.Helper()
	if err := w.mail.JudgeSpending(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// pump asks for codes to many numbers, and lets them go out.
func (w *world) pump(n int) []otp.Issued {
	w.Helper()
	rs := make([]otp.Request, n)
	for i := range rs {
		rs[i] = otp.Request{Purpose: otp.ProvePhone, Channel: notify.SMS, Destination: fmt.Sprintf("%s9%04d", pumpedPrefix, i), Account: int64(1000 + i), Browser: fmt.Sprint("bot ", i), Lang: "id"}
	}
	issued := w.issue(rs...)
	w.deliver()
	return issued
}

func bySMS(purpose otp.Purpose, to string) otp.Request {
	return otp.Request{Purpose: purpose, Channel: notify.SMS, Destination: to, Account: 7, Browser: mine, Lang: "id"}
}

func TestAHeldNumberIsToldWhyAndUntilWhenAndTakesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		until := w.hold()
		for range otp.DefaultPolicy.SendsPerDestinationDay + 1 {
			refused := w.issue(bySMS(otp.ProvePhone, phone))[0].Refused
			if refused == nil || refused.Kind != fault.Limited || refused.Key != "otp.held.prefix" || !refused.Until.Equal(until) {
				w.Fatalf("%+v", refused)
			}
		}
		if refused := w.issue(asking(mine))[0].Refused; refused != nil {
			w.Errorf("e-mail is held too: %v", refused)
		}
		w.clock.Set(until.Add(-time.Millisecond))
		if w.issue(bySMS(otp.ProvePhone, phone))[0].Refused == nil {
			w.Error("let go a moment before the end")
		}
		w.clock.Set(until)
		for range otp.DefaultPolicy.SendsPerDestinationHour { // none of the refusals was counted
			if refused := w.issue(bySMS(otp.ProvePhone, phone))[0].Refused; refused != nil {
				w.Fatal(refused)
			}
			w.clock.Add(otp.DefaultPolicy.ResendAfter)
		}
	})
}

func TestAHeldCodeIsNotSentAgainAndStaysGood(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.attacked()
		id := w.challenge(bySMS(otp.ProvePhone, phone))
		code := w.code()
		w.clock.Add(otp.DefaultPolicy.ResendAfter)
		w.judge()
		until := w.clock.Now().Add(notify.SpendHold)
		_, err := w.codes.Resend(w.Context(), id, mine)
		want(w.T, err, fault.Limited, "otp.held.prefix")
		if f, _ := fault.As(err); f == nil || !f.Until.Equal(until) {
			w.Errorf("until %+v", f)
		}
		if err := w.check(id, code); err != nil {
			w.Error(err)
		}
	})
}

func TestTheMoneyHoldsWhatStrangersAskFor(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.pump(paidFor)
		w.judge()
		refused := w.issue(bySMS(otp.ProvePhone, "+6285712345678"))[0].Refused
		if refused == nil || refused.Key != "otp.held.money" || !refused.Until.Equal(w.clock.Now().Add(time.Hour)) {
			w.Errorf("%+v", refused)
		}
		if w.issue(bySMS(otp.SignIn, "+6285712345679"))[0].Refused == nil {
			w.Error("whoever signs in from a new browser is sent what nobody pays")
		}
		known := bySMS(otp.SignIn, "+6285712345680")
		known.Known = true
		if refused := w.issue(known)[0].Refused; refused != nil {
			w.Errorf("a browser that signed in: %v", refused)
		}
	})
}

// TestAHoldNeverTouchesABrowserThatSignedInNorTellsWhoIsKnown asks in every way while the
// number's beginning is held: what decides is the browser, never whose the number is.
func TestAHoldNeverTouchesABrowserThatSignedInNorTellsWhoIsKnown(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.hold()
		left, fresh := heldMost, 0
		ask := func(purpose otp.Purpose, prefix string, known bool, account int64) string {
			fresh++ // a number of its own, so that no budget of a number is used up
			r := bySMS(purpose, fmt.Sprintf("%s%07d", prefix, fresh))
			r.Account, r.Known, r.Browser = account, known, fmt.Sprint("browser ", fresh)
			if refused := w.issue(r)[0].Refused; refused != nil {
				return refused.Key
			}
			return ""
		}
		rapid.Check(w.T, func(rt *rapid.T) {
			purpose := rapid.SampledFrom([]otp.Purpose{otp.ProvePhone, otp.SignIn, otp.Reset, otp.Recover, otp.Undo}).Draw(rt, "purpose")
			known := purpose != otp.ProvePhone && rapid.Bool().Draw(rt, "known")
			prefix := rapid.SampledFrom([]string{pumpedPrefix[:7], "+62857"}).Draw(rt, "prefix")
			for _, account := range []int64{0, 7} { // nobody's, and somebody's
				want := ""
				if prefix == pumpedPrefix[:7] && !known {
					if want = "otp.held.prefix"; purpose != otp.ProvePhone && left > 0 {
						want = ""
						left--
					}
				}
				if got := ask(purpose, prefix, known, account); got != want {
					rt.Fatalf("%s to %s, known %v, account %d, %d left: %q, want %q", purpose, prefix, known, account, left, got, want)
				}
			}
		})
	})
}

func TestAFewWhoOpenAnAccountFromANewBrowserComeThroughAHold(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		until := w.hold()
		rs := make([]otp.Request, heldMost+1)
		for i := range rs {
			rs[i] = bySMS(otp.SignIn, fmt.Sprintf("%s8%04d", pumpedPrefix, i))
			rs[i].Browser = fmt.Sprint("browser ", i)
		}
		for i, issued := range w.issue(rs...) {
			if through := issued.Refused == nil; through != (i < heldMost) {
				w.Fatalf("number %d: %v", i, issued.Refused)
			}
		}
		w.clock.Set(until)
		if refused := w.issue(rs[heldMost])[0].Refused; refused != nil {
			w.Error(refused)
		}
	})
}
