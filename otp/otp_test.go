package otp_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
	"gelombang/otp"
)

// want holds an error against a kind and a key, of its own or of its first field.
func want(t *testing.T, err error, kind fault.Kind, key string) *fault.Error {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || (f.Key != key && (len(f.Fields) == 0 || f.Fields[0].Key != key)) {
		t.Fatalf("got %v, want %s %s", err, kind, key)
	}
	return f
}

func parallel(n int, do func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	wg.Wait()
}

func TestParallelWrongGuessesUseExactlyTheTriesThereAre(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.challenge(asking(mine))
		wrong := another(w.code())
		var compared, refused atomic.Int64
		parallel(50, func(int) {
			switch err := w.check(id, wrong); {
			case fault.Is(err, fault.Invalid):
				compared.Add(1)
			case fault.Is(err, fault.Limited):
				refused.Add(1)
			default:
				w.Errorf("unexpected answer: %v", err)
			}
		})
		// The last of the five is answered with the limit it reached.
		if compared.Load() != 4 || refused.Load() != 46 {
			w.Fatalf("%d wrong, %d limited", compared.Load(), refused.Load())
		}
		v := w.view(id, mine)
		if v.State != otp.Exhausted || v.TriesLeft != 0 {
			w.Fatalf("%s, %d tries left", v.State, v.TriesLeft)
		}
		// The day of the address has exactly five more, in another challenge.
		other := w.challenge(asking(theirs))
		if v := w.view(other, theirs); v.TriesLeft != 5 {
			w.Fatalf("%d tries left of the day", v.TriesLeft)
		}
	})
}

func TestParallelGuessesOverManyChallengesUseExactlyTheDayOfTheAddress(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var ids [3]int64
		for i := range ids {
			ids[i] = w.challenge(asking(fmt.Sprint("browser ", i)))
		}
		var compared atomic.Int64
		parallel(60, func(i int) {
			if err := w.check(ids[i%3], "000000"); fault.Is(err, fault.Invalid) || isUsedUp(err) {
				compared.Add(1)
			}
		})
		used := 0
		for _, id := range ids {
			v := w.view(id, mine)
			if v.TriesLeft != 0 {
				w.Errorf("%d tries left", v.TriesLeft)
			}
			if !v.GuessesOpen.Equal(w.clock.Now().Add(24 * time.Hour)) {
				w.Errorf("opens at %s", v.GuessesOpen)
			}
			used += 5
		}
		// A refusal by the day uses none of the challenge's tries: after the day is
		// over all that were not compared are there again.
		w.clock.Add(24 * time.Hour)
		left := 0
		for _, id := range ids {
			left += w.view(id, mine).TriesLeft
		}
		if used-left != 10 {
			w.Fatalf("%d guesses were counted at the challenges, 10 at the day", used-left)
		}
	})
}

// isUsedUp: the fifth guess of a challenge is compared, and answered with the limit.
func isUsedUp(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Key == "otp.guesses_used"
}

func TestParallelRightGuessesConsumeOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.challenge(asking(mine))
		code := w.code()
		var proved atomic.Int64
		parallel(50, func(int) {
			err := w.codes.Check(w.Context(), id, code, func(_ *sqldb.Tx, p otp.Proof) error {
				if p.Challenge != id || p.Destination != mail || p.Account != 7 || p.Purpose != otp.ProveEmail || p.Channel != notify.Email {
					w.Errorf("proof %+v", p)
				}
				return nil
			})
			if err == nil {
				proved.Add(1)
			}
		})
		if proved.Load() != 1 {
			w.Fatalf("proved %d times", proved.Load())
		}
		want(w.T, w.check(id, code), fault.Refused, "otp.proven")
	})
}

func TestTheLastTryMayBeTheRightOne(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.challenge(asking(mine))
		code := w.code()
		for left := 4; left > 0; left-- {
			f := want(w.T, w.check(id, another(code)), fault.Invalid, "otp.wrong")
			if f.Fields[0].Name != "code" || f.Fields[0].Args["left"] != left {
				w.Fatalf("field %+v", f.Fields[0])
			}
		}
		if err := w.check(id, code); err != nil {
			w.Fatal(err)
		}
	})
}

func TestWhatCannotBeACodeIsNotCounted(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.challenge(asking(mine))
		code := w.code()
		for _, typed := range []string{"", "12345", "1234567", "12345a", "１２３４５６"} {
			want(w.T, w.check(id, typed), fault.Invalid, "otp.shape")
		}
		if v := w.view(id, mine); v.TriesLeft != 5 {
			w.Fatalf("%d tries left", v.TriesLeft)
		}
		if err := w.check(id, " "+code[:3]+"-"+code[3:]+"\u00a0"); err != nil {
			w.Fatal(err)
		}
	})
}

func TestAnErrorOfTheCallerUndoesTheProofButNotTheGuess(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.challenge(asking(mine))
		code := w.code()
		broken := errors.New("broken")
		err := w.codes.Check(w.Context(), id, code, func(*sqldb.Tx, otp.Proof) error { return broken })
		if !errors.Is(err, broken) {
			w.Fatal(err)
		}
		if v := w.view(id, mine); v.State != otp.Open || v.TriesLeft != 4 {
			w.Fatalf("%s, %d tries left", v.State, v.TriesLeft)
		}
		if err := w.check(id, code); err != nil {
			w.Fatal(err)
		}
	})
}

func TestACodeWorksInAnyBrowserAndVoidsTheAddressesOthers(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		strangers := w.challenge(asking(theirs))
		id := w.challenge(asking(mine))
		if strangers == id {
			w.Fatal("two browsers share a challenge")
		}
		if err := w.check(id, w.code()); err != nil {
			w.Fatal(err)
		}
		want(w.T, w.check(strangers, "123456"), fault.Refused, "otp.void")
	})
}

func TestALinkWorksOnlyInTheBrowserThatAskedAndOnlyWithItsSecret(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.challenge(asking(mine))
		link := w.link()
		if strings.Contains(link, w.code()) {
			w.Fatal("the link carries the code")
		}
		number, _, _ := strings.Cut(link, ".")
		for _, forged := range []string{number, number + ".", number + ".AAAAAAAAAAAAAAAAAAAA", fmt.Sprint(id), "", "!"} {
			want(w.T, w.codes.Confirm(w.Context(), forged, mine, nothing), fault.NotFound, "otp.no_link")
		}
		for _, browser := range []string{theirs, ""} {
			want(w.T, w.codes.Confirm(w.Context(), link, browser, nothing), fault.Forbidden, "otp.other_browser")
		}
		if v := w.view(id, theirs); v.State != otp.Open || v.TriesLeft != 5 || v.SameBrowser {
			w.Fatalf("after other browsers: %+v", v)
		}
		err := w.db.Read(w.Context(), func(rx *sqldb.Rx) error {
			got, err := w.codes.OpenLink(rx, link)
			if got != id {
				w.Errorf("the link opens %d", got)
			}
			return err
		})
		if err != nil {
			w.Fatal(err)
		}
		if err := w.codes.Confirm(w.Context(), link, mine, nothing); err != nil {
			w.Fatal(err)
		}
		want(w.T, w.codes.Confirm(w.Context(), link, mine, nothing), fault.Refused, "otp.proven")
	})
}

func TestAChallengeThatNoBrowserAskedForHasNoLinkThatWorks(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.challenge(asking(""))
		want(w.T, w.codes.Confirm(w.Context(), w.link(), "", nothing), fault.Forbidden, "otp.other_browser")
	})
}

func TestACodeEndsAtItsLastMillisecond(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.challenge(asking(mine))
		code := w.code()
		w.clock.Add(otp.DefaultPolicy.Life - time.Millisecond)
		want(w.T, w.check(id, another(code)), fault.Invalid, "otp.wrong")
		w.clock.Add(time.Millisecond)
		want(w.T, w.check(id, code), fault.Refused, "otp.expired")
		want(w.T, w.codes.Confirm(w.Context(), w.link(), mine, nothing), fault.Refused, "otp.expired")
		if v := w.view(id, mine); v.State != otp.Expired {
			w.Fatal(v.State)
		}
	})
}

func TestAResendRepeatsTheCodeWhileHalfOfItsLifeIsLeft(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.challenge(asking(mine))
		code := w.code()
		want(w.T, w.check(id, another(code)), fault.Invalid, "otp.wrong")

		wait := want(w.T, w.resendError(id), fault.Limited, "otp.resend_wait")
		if !wait.Until.Equal(w.clock.Now().Add(time.Minute)) {
			w.Fatalf("until %s", wait.Until)
		}
		w.clock.Add(otp.DefaultPolicy.Life / 2)
		if again := w.resend(id); again != id || w.code() != code {
			w.Fatal("at half of its life the code was changed")
		}
		w.clock.Add(time.Minute)
		next := w.resend(id)
		if next == id || w.code() == code {
			w.Fatal("past half of its life the code was repeated")
		}
		if v := w.view(next, mine); v.TriesLeft != 4 || !v.SameBrowser || v.Account != 7 {
			w.Fatalf("the new challenge did not inherit: %+v", v)
		}
		want(w.T, w.check(id, code), fault.Refused, "otp.void")
		if again := w.resend(id); again != next {
			w.Fatal("pressing the old page's button again made a third challenge")
		}
		if err := w.check(next, w.code()); err != nil {
			w.Fatal(err)
		}
	})
}

func (w *world) resend(id int64) int64 {
	w.Helper()
	next, err := w.codes.Resend(w.Context(), id, mine)
	if err != nil {
		w.Fatal(err)
	}
	return next
}

func (w *world) resendError(id int64) error {
	_, err := w.codes.Resend(w.Context(), id, mine)
	return err
}

func TestAUsedUpChallengeIsReplacedOnlyAfterItsLife(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.challenge(asking(mine))
		wrong := another(w.code())
		for range 5 {
			_ = w.check(id, wrong) // each is answered as other tests say
		}
		w.clock.Add(2 * time.Minute)
		f := want(w.T, w.resendError(id), fault.Limited, "otp.guesses_used")
		if again := w.issue(asking(mine))[0].Refused; again == nil || !again.Until.Equal(f.Until) {
			w.Fatalf("asking anew: %v", again)
		}
		w.clock.Set(f.Until)
		next := w.resend(id)
		if v := w.view(next, mine); v.TriesLeft != 5 {
			w.Fatalf("%d tries left", v.TriesLeft)
		}
	})
}

func TestAskingAgainInTheSameBrowserGivesTheSameChallengeAndNoSecondMessage(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		issued := w.issue(asking(mine), asking(theirs), asking(mine))
		if issued[0].Challenge != issued[2].Challenge || !issued[2].Reused || issued[1].Challenge == issued[0].Challenge {
			w.Fatalf("%+v", issued)
		}
		again := w.issue(asking(mine))[0]
		if again.Challenge != issued[0].Challenge || !again.Reused {
			w.Fatalf("%+v", again)
		}
		w.deliver()
		if n := len(w.out.sent); n != 2 {
			w.Fatalf("%d messages", n)
		}
		w.clock.Add(10 * time.Minute) // past half of its life
		heir := w.issue(asking(mine))[0]
		if heir.Challenge == issued[0].Challenge || !heir.Reused || heir.Account != 7 {
			w.Fatalf("%+v", heir)
		}
	})
}

func TestSendsAreLimitedPerDestinationByHourAndDay(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		first := w.clock.Now()
		batch := make([]otp.Request, 5)
		for i := range batch {
			batch[i] = asking(fmt.Sprint("browser ", i))
		}
		sent := 0
		for _, issued := range w.issue(batch...) {
			if issued.Refused == nil {
				sent++
				continue
			}
			want(w.T, issued.Refused, fault.Limited, "otp.sends_used_hour")
			if !issued.Refused.Until.Equal(first.Add(time.Hour)) || issued.Challenge != 0 {
				w.Fatalf("%+v", issued)
			}
		}
		if sent != 3 {
			w.Fatalf("%d were sent in the first hour", sent)
		}
		w.clock.Add(time.Hour)
		for i, issued := range w.issue(batch[:4]...) {
			if refused := issued.Refused != nil; refused != (i == 3) {
				w.Fatalf("second hour, %d: %v", i, issued.Refused)
			}
		}
		w.clock.Add(time.Hour)
		f := want(w.T, w.issue(batch[0])[0].Refused, fault.Limited, "otp.sends_used_day")
		if !f.Until.Equal(first.Add(24 * time.Hour)) {
			w.Fatalf("until %s", f.Until)
		}
		other := asking(mine)
		other.Destination = "other@example.com"
		if refused := w.issue(other)[0].Refused; refused != nil {
			w.Fatalf("another address is limited too: %v", refused)
		}
	})
}

func TestASendThatTheProviderFailedIsGivenBack(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		r := otp.Request{Purpose: otp.ProvePhone, Channel: notify.SMS, Destination: phone, Account: 7, Browser: mine, Lang: "id"}
		id := w.challenge(r)
		if v := w.view(id, mine); v.SendsLeft != 2 {
			w.Fatalf("%d sends left", v.SendsLeft)
		}
		w.out.fail = &notify.SendError{Permanent: true, Reason: notify.OperatorFailed, Err: errors.New("refused")}
		w.deliver()
		v := w.view(id, mine)
		if v.SendsLeft != 3 || v.ResendAt.After(w.clock.Now()) || v.Message.State != notify.Failed {
			w.Fatalf("%+v", v)
		}
		w.out.fail = nil
		if again := w.resend(id); again != id {
			w.Fatal("a new challenge")
		}
		if out := w.out; w.code() == "" || strings.Contains(out.last(w.T).Text, "http") {
			w.Fatal("an SMS has no link")
		}
	})
}

func TestAMessageThatComesTooLateIsNotSent(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.challenge(asking(mine))
		w.clock.Add(otp.DefaultPolicy.Life)
		w.deliver()
		if n := len(w.out.sent); n != 0 {
			w.Fatalf("%d messages", n)
		}
	})
}

func TestErasingAndPruningForgetChallenges(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		erased, kept := w.challenge(asking(mine)), asking(mine)
		kept.Destination, kept.Account = "other@example.com", 8
		old := w.challenge(kept)
		write := func(fn func(tx *sqldb.Tx) error) {
			w.Helper()
			if err := w.db.Write(w.Context(), fn); err != nil {
				w.Fatal(err)
			}
		}
		write(func(tx *sqldb.Tx) error {
			return w.codes.Erase(tx, 7, otp.Destination{Channel: notify.Email, Value: mail})
		})
		want(w.T, w.check(erased, "123456"), fault.NotFound, "otp.no_challenge")
		w.view(old, mine)
		w.clock.Add(60 * 24 * time.Hour)
		write(func(tx *sqldb.Tx) error {
			n, err := w.codes.Prune(tx, 10)
			if n != 1 {
				w.Errorf("%d pruned", n)
			}
			return err
		})
		want(w.T, w.check(old, "123456"), fault.NotFound, "otp.no_challenge")
	})
}

func TestAPolicyThatCanBeGuessedIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*otp.Policy)
		words  string
	}{
		"the default":             {func(*otp.Policy) {}, ""},
		"at the odds allowed":     {func(p *otp.Policy) { p.GuessesPerDestinationDay = 100 }, ""},
		"just past them":          {func(p *otp.Policy) { p.GuessesPerDestinationDay = 101 }, "101 guesses a day"},
		"four digits":             {func(p *otp.Policy) { p.Digits = 4 }, "10 guesses a day among 4 digits"},
		"no sends":                {func(p *otp.Policy) { p.SendsPerDestinationHour = 0 }, "sends per destination and hour"},
		"a code that never ends":  {func(p *otp.Policy) { p.Life = 48 * time.Hour }, "lives between"},
		"a resend after its life": {func(p *otp.Policy) { p.ResendAfter = p.Life }, "resending"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := otp.DefaultPolicy
			c.change(&p)
			err := p.Check()
			if (err == nil) != (c.words == "") || err != nil && !strings.Contains(err.Error(), c.words) {
				t.Fatalf("%v", err)
			}
		})
	}
}

// smsMost is what is left of one SMS beside the message's mark.
const smsMost = 148

func TestAnSMSFitsOneMessage(t *testing.T) {
	t.Parallel()
	texts, err := locale.Load(nil, otp.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	args := map[string]any{"programme": "Kartu Prakerja", "code": "123456", "minutes": "15"}
	for _, lang := range locale.Langs {
		for _, key := range []string{"otp.prove_phone.sms", "otp.sign_in.sms", "otp.reset.sms", "otp.recover.sms", "otp.undo.sms"} {
			s := texts.Text(lang, key, args)
			if len(s) > smsMost || strings.IndexFunc(s, func(r rune) bool { return r > 126 || r == '`' }) >= 0 {
				t.Errorf("%s in %s has %d characters: %s", key, lang, len(s), s)
			}
		}
	}
}

func TestCodesAreSpreadEvenly(t *testing.T) {
	t.Parallel()
	policy := otp.DefaultPolicy
	policy.SendsPerDestinationHour, policy.SendsPerDestinationDay = 2000, 2000
	clock := sqldbtest.NewClock()
	w := newWorld(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock, policy)
	requests := make([]otp.Request, 300)
	for i := range requests {
		requests[i] = asking(fmt.Sprint("browser ", i))
	}
	counts := map[byte]int{}
	for _, one := range w.issue(requests...) {
		err := w.db.Read(t.Context(), func(rx *sqldb.Rx) error {
			filled, err := w.codes.Code(rx, one.Challenge)
			for i := range filled["code"] {
				counts[filled["code"][i]]++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for digit, n := range counts { // 180 expected; eight standard deviations are 102
		if n < 78 || n > 282 {
			t.Errorf("digit %c came %d times in 1800", digit, n)
		}
	}
	if len(counts) != 10 {
		t.Fatalf("%d different digits", len(counts))
	}
}
