package account_test

import (
	"context"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/otp"
)

const wait = 72 * time.Hour

var ofRani = account.RecoveryClaim{NIK: "3171234567890123", KK: "3171234567890001", BirthDate: "1992-08-15"}

// wary is somebody with both addresses and identity data, whose phone gets lost.
func (w *world) wary() int64 {
	w.Helper()
	id := w.withPassword(rani)
	w.changes(id, hp)
	w.identity[id] = ofRani
	w.clock.Add(24 * time.Hour)
	return id
}

// proves asks for a code for a recovery and types it.
func (w *world) proves(a account.Address, browser string) account.Signed {
	w.Helper()
	w.deliver()
	challenge, err := w.accounts.RequestRecovery(context.Background(), a, "id", browser)
	if err != nil {
		w.Fatal(err)
	}
	return w.prove(challenge, a, browser)
}

func (w *world) sendsData(id int64, claim account.RecoveryClaim) (account.Handover, error) {
	w.Helper()
	return w.accounts.BeginRecovery(context.Background(), id, theirs, claim)
}

// waiting is a recovery by mail whose wait has begun.
func (w *world) waiting() account.Handover {
	w.Helper()
	h, err := w.sendsData(w.proves(rani, theirs).Handover, ofRani)
	if err != nil {
		w.Fatal(err)
	}
	return h
}

func TestACodeForANewPasswordSignsInAndTellsTheOtherChannel(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.wary()
		challenge, err := w.accounts.RequestReset(context.Background(), hp, "id", theirs)
		if err != nil {
			w.Fatal(err)
		}
		signed := w.prove(challenge, hp, theirs)
		if signed.Account != id || signed.Purpose != otp.Reset {
			w.Fatalf("%+v", signed)
		}
		if told := w.inbox(rani); !strings.Contains(told.Subject, "Kata sandi baru") {
			w.Fatal(told.Subject)
		}
		ended := len(w.ended)
		if err := w.accounts.SetPassword(context.Background(), id, "kuda terbang ke bulan"); err != nil {
			w.Fatal(err)
		}
		if len(w.ended) != ended+1 {
			w.Fatal("the sessions were not ended")
		}
	})
}

func TestAnAddressThatNobodyHasIsAnsweredLikeAnother(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.wary()
		for _, ask := range []func(context.Context, account.Address, string, string) (int64, error){
			w.accounts.RequestReset, w.accounts.RequestRecovery, w.accounts.RequestUndo} {
			var views []otp.View
			for _, a := range []account.Address{rani, budi} {
				challenge, err := ask(context.Background(), a, "id", theirs)
				if err != nil {
					w.Fatal(err)
				}
				v := read(w, func(q sqldb.Querier) (otp.View, error) { return w.codes.View(q, challenge, theirs) })
				views = append(views, otp.View{Purpose: v.Purpose, State: v.State, TriesLeft: v.TriesLeft, SendsLeft: v.SendsLeft, Expires: v.Expires})
			}
			if !reflect.DeepEqual(views[0], views[1]) {
				w.Fatalf("%+v\n%+v", views[0], views[1])
			}
			if text := w.inbox(budi).Text; !strings.Contains(text, "elum ada akun") || sixDigits.MatchString(text) {
				w.Fatal(text)
			}
		}
	})
}

func TestARecoveryWaitsAndThenOpensTheAccountWithoutTheLostAddress(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.wary()
		asked := w.proves(rani, theirs)
		if asked.Account != 0 || asked.Handover == 0 {
			w.Fatalf("the code alone signed in: %+v", asked)
		}
		h, err := w.sendsData(asked.Handover, ofRani)
		if err != nil || h.Stage != account.Waiting || !h.Due.Equal(w.clock.Now().Add(wait)) {
			w.Fatalf("%+v %v", h, err)
		}
		for _, told := range []account.Address{rani, hp} {
			if m := w.inbox(told); !strings.Contains(m.Subject+m.Text, "memulihkan akun") {
				w.Fatalf("%s was told: %s", told.Value, m.Text)
			}
		}
		w.clock.Set(h.Due.Add(-time.Second))
		w.deliver()
		if again := w.proves(rani, mine); again.Account != 0 || again.Handover != h.ID {
			w.Fatalf("a second before: %+v", again)
		}
		w.clock.Set(h.Due)
		w.deliver()
		if text := w.inbox(hp).Text; !strings.Contains(text, "kini bisa dipulihkan") {
			w.Fatal(text)
		}
		ended := len(w.ended)
		signed := w.proves(rani, theirs)
		if signed.Account != id || signed.Purpose != otp.Recover || w.get(id).HasPassword || len(w.ended) != ended+1 {
			w.Fatalf("%+v %+v", signed, w.get(id))
		}
		next := account.Address{Channel: hp.Channel, Value: "+6281298765432"}
		w.changes(id, next)
		if len(w.changing(id)) != 0 || w.get(id).Phone != next.Value {
			w.Fatalf("the lost number waits once more: %+v", w.changing(id))
		}
		if other := w.member(hp, theirs); other == id {
			w.Fatal("the lost number was not freed")
		}
	})
}

func TestARecoveryIsCancelledFromEveryAddressAndFromASignedInBrowser(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.wary()
		for name, cancel := range map[string]func(h account.Handover) error{
			"mail": func(account.Handover) error { _, err := w.undoes(rani); return err },
			"SMS":  func(account.Handover) error { _, err := w.undoes(hp); return err },
			"here": func(h account.Handover) error { return w.accounts.Undo(context.Background(), id, h.ID) },
		} {
			h := w.waiting()
			if err := cancel(h); err != nil {
				w.Fatalf("%s: %v", name, err)
			}
			if len(w.changing(id)) != 0 || !w.get(id).HasPassword {
				w.Fatalf("%s: %+v", name, w.changing(id))
			}
			w.clock.Add(wait + 24*time.Hour)
			w.deliver()
			if again := w.proves(rani, theirs); again.Account != 0 {
				w.Fatalf("%s: a cancelled recovery opened the account", name)
			}
			w.clock.Add(24 * time.Hour)
		}
		_, err := w.undoes(rani)
		want(w, err, fault.Refused, "account.undo.nothing")
	})
}

func TestWrongIdentityDataAreCountedPerAccountAndTellNothing(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.wary()
		asked := w.proves(rani, theirs).Handover
		wrong := ofRani
		wrong.KK = "3171234567890002"
		for left := 2; left >= 0; left-- {
			_, err := w.sendsData(asked, wrong)
			if f := want(w, err, fault.Invalid, "account.recover.differs"); f.Args["left"] != left {
				w.Fatalf("%v left, want %d", f.Args["left"], left)
			}
		}
		_, err := w.sendsData(w.proves(hp, theirs).Handover, ofRani) // by the other address: the same account's tries
		until := want(w, err, fault.Limited, "account.recover.limited").Until
		if len(w.changing(id)) != 0 {
			w.Fatal("a wait began")
		}
		w.clock.Set(until)
		w.waiting()
	})
}

func TestParallelTriesAtIdentityDataShareNoTry(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.wary()
		asked := w.proves(rani, theirs).Handover
		var mu sync.Mutex
		compared := 0
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, err := w.sendsData(asked, account.RecoveryClaim{NIK: "1"})
				mu.Lock()
				defer mu.Unlock()
				if fault.Is(err, fault.Invalid) {
					compared++
				}
			})
		}
		wg.Wait()
		if compared != 3 || len(w.changing(id)) != 0 {
			w.Fatalf("%d tries", compared)
		}
	})
}

func TestOnlyTheBrowserThatProvedAnAddressMaySendIdentityData(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.wary()
		asked := w.proves(rani, mine).Handover
		_, err := w.sendsData(asked, ofRani)
		want(w, err, fault.NotFound, "account.recover.none")
		_, err = w.accounts.BeginRecovery(context.Background(), asked, "", ofRani)
		want(w, err, fault.NotFound, "account.recover.none")
		w.clock.Add(time.Hour)
		_, err = w.accounts.BeginRecovery(context.Background(), asked, mine, ofRani)
		want(w, err, fault.Refused, "account.recover.over")
	})
}

func TestAnAccountHasOneRunningRecovery(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.wary()
		one, two := w.proves(rani, theirs).Handover, w.proves(hp, theirs).Handover
		var wg sync.WaitGroup
		for _, asked := range []int64{one, two} {
			wg.Go(func() {
				if _, err := w.sendsData(asked, ofRani); err != nil {
					w.Error(err)
				}
			})
		}
		wg.Wait()
		if open := w.changing(id); len(open) != 1 {
			w.Fatalf("%+v", open)
		}
	})
}

func TestARipeRecoveryOpensOnlyByItsAddressAndLapses(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.wary()
		h := w.waiting()
		w.clock.Set(h.Due)
		if by := w.proves(hp, mine); by.Account != 0 || by.Handover != h.ID {
			w.Fatalf("the other address opened it: %+v", by)
		}
		w.clock.Set(h.Until)
		w.deliver()
		if open := w.changing(id); len(open) != 0 {
			w.Fatalf("%+v", open)
		}
		if late := w.proves(rani, theirs); late.Account != 0 || late.Handover == h.ID {
			w.Fatalf("%+v", late)
		}
	})
}

func TestEveryStepOfARecoveryIsToldOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.wary()
		h := w.waiting()
		w.deliver()
		for _, at := range []time.Time{h.Began.Add(wait / 2), h.Due} {
			before := w.out.count()
			w.clock.Set(at)
			for range 3 {
				w.deliver()
			}
			if sent := w.out.count() - before; sent != 2 {
				w.Fatalf("%d messages at %s", sent, at)
			}
		}
	})
}

func TestWhoHasOneAddressOnlyNeedsNoWait(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		if signed := w.proves(rani, theirs); signed.Account != id || signed.Purpose != otp.Reset {
			w.Fatalf("%+v", signed)
		}
	})
}

func TestEverySMSAboutAnAccountFitsInOnePart(t *testing.T) {
	t.Parallel()
	texts, err := locale.Load(nil, account.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	texts.Globals(map[string]any{"programme": "Kartu Prakerja"})
	longest := time.Date(2026, 9, 25, 10, 0, 0, 0, time.UTC)
	told := 0
	for _, key := range texts.Keys() {
		if !strings.HasPrefix(key, "account.told.") || !strings.HasSuffix(key, ".sms") {
			continue
		}
		told++
		for _, lang := range []locale.Lang{locale.ID, locale.EN} {
			when := locale.Day(lang, longest) + ", " + locale.Clock(lang, longest)
			words := texts.Text(lang, key, map[string]any{"due": when, "until": when})
			if len(words) > smsMost || strings.ContainsFunc(words, func(r rune) bool { return r > 126 }) {
				t.Errorf("%s %s has %d characters: %s", lang, key, len(words), words)
			}
		}
	}
	if told == 0 {
		t.Fatal("no SMS was looked at")
	}
}
