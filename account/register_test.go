package account_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
)

func TestTheFirstProofMakesAnAccountActive(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		challenge := w.register(rani, mine)
		id := w.owner(rani)
		if a := w.get(id); a.State != account.Unproven || a.EmailProven || a.HasPassword || a.Email != rani.Value || a.Lang != "id" {
			w.Fatalf("before the proof: %+v", a)
		}
		signed := w.prove(challenge, rani, mine)
		if signed.Account != id || !signed.New || signed.Purpose != otp.ProveEmail {
			w.Fatalf("%+v", signed)
		}
		if a := w.get(id); a.State != account.Active || !a.EmailProven || !a.Created.Equal(w.clock.Now()) {
			w.Fatalf("after the proof: %+v", a)
		}
		knows := func(browser string) bool {
			return read(w, func(q sqldb.Querier) (bool, error) { return w.accounts.KnowsBrowser(q, id, browser) })
		}
		if !knows(mine) || knows(theirs) || knows("") {
			w.Fatal("the browser of the proof alone is known")
		}
		history := read(w, func(q sqldb.Querier) ([]account.Happening, error) { return w.accounts.History(q, id, 10) })
		if len(history) != 2 || history[0].Key != "account.history.proved_email" || history[1].Key != "account.history.registered" {
			w.Fatalf("%+v", history)
		}
	})
}

func TestTheLinkProvesInTheBrowserThatAskedAlone(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.register(rani, mine)
		link := linkPath.FindStringSubmatch(w.inbox(rani).Text)[1]
		_, err := w.accounts.ProveByLink(context.Background(), link, theirs)
		want(w, err, fault.Forbidden, "otp.other_browser")
		signed, err := w.accounts.ProveByLink(context.Background(), link, mine)
		if err != nil || !signed.New || signed.Account != w.owner(rani) {
			w.Fatalf("%+v %v", signed, err)
		}
	})
}

func TestAKnownAddressGetsTheSamePageAndAMailThatSaysSo(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]account.Address{"mail": rani, "SMS": hp} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				id := w.member(a, mine)
				known := w.register(a, theirs)
				other := budi
				if a.Channel == notify.SMS {
					other = account.Address{Channel: notify.SMS, Value: "+6281298765432"}
				}
				unknown := w.register(other, theirs)
				view := func(challenge int64) otp.View {
					return read(w, func(q sqldb.Querier) (otp.View, error) { return w.codes.View(q, challenge, theirs) })
				}
				k, u := view(known), view(unknown)
				if k.Purpose != u.Purpose || k.State != u.State || k.TriesLeft != u.TriesLeft || k.SendsLeft+1 != u.SendsLeft || !k.Expires.Equal(u.Expires) {
					w.Fatalf("known %+v\nunknown %+v", k, u)
				}
				if text := w.inbox(a).Text; !strings.Contains(text, "sudah punya akun") {
					w.Fatal(text)
				}
				signed := w.prove(known, a, theirs)
				if signed.Account != id || signed.New || signed.Purpose != otp.SignIn {
					w.Fatalf("%+v", signed)
				}
			})
		})
	}
}

func TestSendBudgetsAreTheSameForKnownAndUnknown(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.member(rani, mine)
		w.clock.Add(24 * time.Hour)
		refusals := map[account.Address]string{}
		for _, a := range []account.Address{rani, budi} {
			for i := range 8 {
				_, err := w.accounts.Register(context.Background(), form(a, fmt.Sprint(i), ""))
				refusals[a] += fmt.Sprintln(i, err)
			}
		}
		if refusals[rani] != refusals[budi] || !strings.Contains(refusals[rani], "3 limited otp.sends_used_hour") {
			w.Fatalf("known:\n%sunknown:\n%s", refusals[rani], refusals[budi])
		}
	})
}

func TestTwoStrangersClaimOneEmailAndItsOwnerGetsIt(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		strangers := w.register(rani, theirs)
		owners := w.register(rani, mine)
		if strangers == owners {
			w.Fatal("two browsers share a challenge")
		}
		signed := w.prove(owners, rani, mine)
		if signed.Account != w.owner(rani) || !signed.New {
			w.Fatalf("%+v", signed)
		}
		_, err := w.accounts.Prove(context.Background(), strangers, "123456", theirs)
		want(w, err, fault.Refused, "otp.void")
		if again := w.prove(w.register(rani, theirs), rani, theirs); again.Account != signed.Account || again.New {
			w.Fatalf("a later proof of the same mailbox: %+v", again)
		}
	})
}

func TestAnUnprovenClaimYieldsToTheFirstWhoProves(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.register(rani, theirs)
		squatter := w.owner(rani)
		id := w.member(hp, mine)
		signed := w.prove(w.adds(id, rani), rani, mine)
		if signed.Account != id || signed.New || w.owner(rani) != id {
			w.Fatalf("%+v, owner %d", signed, w.owner(rani))
		}
		_, err := tryRead(w, func(q sqldb.Querier) (account.Account, error) { return w.accounts.Get(q, squatter) })
		want(w, err, fault.NotFound, "account.not_found")
		contacts := read(w, func(q sqldb.Querier) ([]account.Address, error) { return w.accounts.Contacts(q, id) })
		if len(contacts) != 2 || contacts[0] != rani || contacts[1] != hp {
			w.Fatalf("%+v", contacts)
		}
	})
}

func TestAPhoneIsClaimedAtProofAlone(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		strangers := w.register(hp, theirs)
		owners := w.register(hp, mine)
		_, err := tryRead(w, func(q sqldb.Querier) (int64, error) { return w.accounts.FindByAddress(q, hp) })
		want(w, err, fault.NotFound, "account.not_found")
		signed := w.prove(owners, hp, mine)
		if !signed.New || signed.Account != w.owner(hp) || signed.Purpose != otp.ProvePhone {
			w.Fatalf("%+v", signed)
		}
		if len(w.phones) != 1 || w.phones[0] != signed.Account {
			w.Fatalf("told of %v", w.phones)
		}
		_, err = w.accounts.Prove(context.Background(), strangers, "123456", theirs)
		want(w, err, fault.Refused, "otp.void")
		if a := w.get(signed.Account); a.Phone != hp.Value || !a.PhoneProven || a.Email != "" {
			w.Fatalf("%+v", a)
		}
	})
}

func TestAnotherAccountsAddressIsRefusedAfterTheProofAlone(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]account.Address{"mail": rani, "SMS": hp} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				holder := w.member(a, theirs)
				id := w.member(budi, mine)
				challenge := w.adds(id, a) // the answer tells nothing
				_, err := w.accounts.Prove(context.Background(), challenge, w.code(a), mine)
				want(w, err, fault.Refused, "account.contact.taken")
				if w.owner(a) != holder || w.get(id).Email != budi.Value || w.get(id).Phone != "" {
					w.Fatal("the address moved")
				}
				_, err = w.accounts.Prove(context.Background(), challenge, w.code(a), mine)
				want(w, err, fault.Refused, "otp.proven")
			})
		})
	}
}

func TestANewContactTakesTheFormersPlaceAndFreesItInTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		challenge := w.adds(id, budi)
		if a := w.get(id); a.Email != rani.Value || !a.EmailProven {
			w.Fatalf("before the proof: %+v", a)
		}
		w.prove(challenge, budi, mine)
		if a := w.get(id); a.Email != budi.Value || w.owner(budi) != id {
			w.Fatalf("after the proof: %+v", a)
		}
		_, err := w.accounts.AddContact(context.Background(), id, budi, "id", mine)
		want(w, err, fault.Invalid, "account.contact.same")
		w.clock.Add(coolingOff)
		w.deliver()
		if other := w.member(rani, theirs); other == id {
			w.Fatal("the former address was not freed")
		}
	})
}

func TestAFormSentAgainIsTheSameRegistration(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var mu sync.Mutex
		seen := map[int64]bool{}
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() { // without the cookie's help
				challenge, err := w.accounts.Register(context.Background(), form(rani, fmt.Sprint("browser ", i), "token"))
				if err != nil {
					w.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				seen[challenge.Challenge] = true
			})
		}
		wg.Wait()
		w.deliver()
		if len(seen) != 1 || w.out.count() != 1 {
			w.Fatalf("%d challenges, %d messages", len(seen), w.out.count())
		}
		corrected, err := w.accounts.Register(context.Background(), form(budi, mine, "token"))
		if err != nil || seen[corrected.Challenge] {
			w.Fatalf("a corrected form is answered with the former address: %v", err)
		}
	})
}

func TestAFormThatWasLimitedMayBeSentAgainLater(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for i := range 3 {
			w.register(rani, fmt.Sprint(i))
		}
		_, err := w.accounts.Register(context.Background(), form(rani, mine, "token"))
		f := want(w, err, fault.Limited, "otp.sends_used_hour")
		w.clock.Set(f.Until)
		if _, err := w.accounts.Register(context.Background(), form(rani, mine, "token")); err != nil {
			w.Fatal(err)
		}
	})
}

func TestACrowdRegistersAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var wg sync.WaitGroup
		const people, addresses = 300, 150
		for i := range people {
			wg.Go(func() {
				a := account.Address{Channel: notify.Email, Value: fmt.Sprintf("p%d@example.com", i%addresses)}
				if i%3 == 0 {
					a = account.Address{Channel: notify.SMS, Value: fmt.Sprintf("+62812%08d", i%addresses)}
				}
				if _, err := w.accounts.Register(context.Background(), form(a, fmt.Sprint(i), fmt.Sprint("t", i))); err != nil {
					w.Error(err)
				}
			})
		}
		wg.Wait()
		w.deliver()
		if w.out.count() != people {
			w.Fatalf("%d messages", w.out.count())
		}
		for i := range addresses {
			if i%3 == 0 {
				continue
			}
			a := account.Address{Channel: notify.Email, Value: fmt.Sprintf("p%d@example.com", i)}
			if got := w.get(w.owner(a)); got.Email != a.Value {
				w.Fatalf("%+v", got)
			}
		}
	})
}

func TestAClaimOutlivesTheRotationOfKeys(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		w.register(budi, mine)
		waiting := w.owner(budi)
		rotated, err := w.keys.Rotate(w.clock.Now())
		if err != nil {
			w.Fatal(err)
		}
		w.open(rotated)
		if w.owner(rani) != id || w.owner(budi) != waiting {
			w.Fatal("claims under the former key are not found")
		}
		w.clock.Add(24 * time.Hour)
		if signed := w.prove(w.register(rani, theirs), rani, theirs); signed.Account != id {
			w.Fatalf("%+v", signed)
		}
		if signed := w.prove(w.register(budi, theirs), budi, theirs); signed.Account != waiting || !signed.New {
			w.Fatalf("%+v", signed)
		}
	})
}

func TestErasingForgetsAPersonAndFreesTheAddresses(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		w.prove(w.adds(id, hp), hp, mine)
		if err := w.accounts.SetPassword(context.Background(), id, secret); err != nil {
			w.Fatal(err)
		}
		out := read(w, func(q sqldb.Querier) (account.Exported, error) { return w.accounts.Export(q, id) })
		if out.Email != rani.Value || out.Phone != hp.Value || !out.HasPassword || out.ConsentVersion != "1" || len(out.Browsers) != 1 || len(out.History) != 4 {
			w.Fatalf("%+v", out)
		}
		w.write(func(tx *sqldb.Tx) error { return w.accounts.Erase(tx, id) })
		for _, a := range []account.Address{rani, hp} {
			_, err := tryRead(w, func(q sqldb.Querier) (int64, error) { return w.accounts.FindByAddress(q, a) })
			want(w, err, fault.NotFound, "account.not_found")
		}
		w.clock.Add(24 * time.Hour)
		if again := w.member(rani, mine); again == id {
			w.Fatal("the erased account came back")
		}
	})
}

func TestWhatNobodyProvedIsForgotten(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.register(rani, mine)
		kept := w.member(budi, mine)
		w.clock.Add(100 * 24 * time.Hour)
		w.write(w.accounts.Schedule)
		w.write(w.accounts.Schedule) // at every start
		w.deliver()
		_, err := tryRead(w, func(q sqldb.Querier) (int64, error) { return w.accounts.FindByAddress(q, rani) })
		want(w, err, fault.NotFound, "account.not_found")
		if w.owner(budi) != kept {
			w.Fatal("an active account was forgotten")
		}
		w.register(rani, mine)
		w.clock.Add(100 * 24 * time.Hour)
		w.deliver() // the job came back by itself
		_, err = tryRead(w, func(q sqldb.Querier) (int64, error) { return w.accounts.FindByAddress(q, rani) })
		want(w, err, fault.NotFound, "account.not_found")
	})
}

func TestClearingUpKeepsPaceWithAnOpeningDay(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		const crowd = 230 // more than one round takes
		var wg sync.WaitGroup

		for i := range crowd {
			a := account.Address{Channel: notify.Email, Value: fmt.Sprintf("orang%d@example.com", i)}
			wg.Go(func() { w.register(a, fmt.Sprint("browser ", i)) })
			if i%16 == 0 {
				wg.Wait()
			}
		}
		wg.Wait()
		w.clock.Add(100 * 24 * time.Hour)
		w.write(w.accounts.Schedule)
		w.deliver()
		w.clock.Add(time.Minute)
		w.deliver()
		var left int
		if err := w.db.Read(t.Context(), func(rx *sqldb.Rx) error {
			return rx.QueryRow(`SELECT COUNT(*) FROM account`).Scan(&left)
		}); err != nil || left > 0 {
			t.Errorf("%d accounts are left, %v", left, err)
		}
	})
}

func TestWhoRegistersAnewAfterALongTimeIsNotForgottenMeanwhile(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.register(rani, mine)
		w.clock.Add(100 * 24 * time.Hour)
		challenge := w.register(rani, mine) // the old account's: it is due to be forgotten
		w.write(w.accounts.Schedule)
		w.deliver()
		if signed := w.prove(challenge, rani, mine); !signed.New {
			t.Errorf("%+v", signed)
		}
	})
}

// smsMost is what is left of one SMS beside the message's mark.
const smsMost = 148

func TestTheSMSOfThisPackageFitOneMessage(t *testing.T) {
	t.Parallel()
	texts, err := locale.Load(nil, account.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	args := map[string]any{"programme": "Kartu Prakerja", "code": "123456", "minutes": "15"}
	for _, lang := range locale.Langs {
		for _, key := range []string{"account.exists.sms", "account.unknown.sms"} {
			s := texts.Text(lang, key, args)
			if len(s) > smsMost || strings.IndexFunc(s, func(r rune) bool { return r > 126 || r == '`' }) >= 0 {
				t.Errorf("%s in %s has %d characters: %s", key, lang, len(s), s)
			}
		}
	}
}

func TestTheAnswerToARegistrationIsWhatItsPageWouldShow(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for _, token := range []string{"once", "once", "again"} { // fresh, the same form, the same browser anew
			got, err := w.accounts.Register(context.Background(), form(rani, mine, token))
			if err != nil {
				w.Fatal(err)
			}
			page := read(w, func(q sqldb.Querier) (otp.View, error) { return w.codes.View(q, got.Challenge, mine) })
			if diff := cmp.Diff(page, got); diff != "" {
				w.Errorf("%s: %s", token, diff)
			}
		}
	})
}
