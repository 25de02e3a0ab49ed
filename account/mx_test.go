package account_test

import (
	"context"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"gelombang/account"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
)

// looksUp starts the world again with a server of the domain name system.
func (w *world) looksUp() *nameserver {
	w.Helper()
	n := newNameserver(w)
	w.resolver = n.resolver()
	w.open(w.keys)
	return n
}

func at(name string) account.Address {
	return account.Address{Channel: notify.Email, Value: "rani@" + name}
}

func (w *world) view(challenge int64, browser string) otp.View {
	w.Helper()
	return read(w, func(q sqldb.Querier) (otp.View, error) { return w.codes.View(q, challenge, browser) })
}

func (w *world) doubts(a account.Address) string {
	w.Helper()
	found := w.accounts.Doubts(context.Background(), a)
	if len(found) == 0 {
		return ""
	}
	if len(found) > 1 || found[0].Name != "address" || found[0].Soft == (found[0].Key == "account.address.disposable") {
		w.Errorf("%+v", found)
	}
	return found[0].Key
}

const noDomain = "account.address.no_domain"

func TestACodeToADomainWithoutMailFailsAtOnceAndIsGivenBack(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.looksUp()
		n.set("null.example", zone{mx: []string{"."}, a: true})
		n.set("bare.example", zone{}) // it is there, and has neither a mail server nor an address
		for _, name := range []string{"gone.example", "null.example", "bare.example"} {
			challenge := w.register(at(name), mine)
			if n.questions(name) != 0 {
				w.Fatalf("%s: asked for within the request", name)
			}
			w.deliver()
			v := w.view(challenge, mine)
			if v.Message.State != notify.Failed || v.Message.Reason != notify.NoSuchDomain || v.SendsLeft != 3 {
				w.Errorf("%s: %s %q, %d sendings left", name, v.Message.State, v.Message.Reason, v.SendsLeft)
			}
		}
	})
}

func TestADomainThatTakesMailIsAskedForOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.looksUp()
		n.set("served.example", zone{mx: []string{"mx.served.example."}})
		n.set("address.example", zone{a: true}) // RFC 5321: its address is its mail server
		for _, name := range []string{"served.example", "address.example"} {
			for _, local := range []string{"rani", "budi", "siti"} {
				challenge := w.register(account.Address{Channel: notify.Email, Value: local + "@" + name}, mine)
				w.deliver()
				if v := w.view(challenge, mine); v.Message.State != notify.Accepted {
					w.Errorf("%s: %s %q", name, v.Message.State, v.Message.Reason)
				}
			}
		}
		asked := n.all()
		w.open(w.keys) // another process
		challenge := w.register(account.Address{Channel: notify.Email, Value: "tono@served.example"}, mine)
		w.deliver()
		if v := w.view(challenge, mine); n.all() != asked || n.questions("served.example") != 1 || v.Message.State != notify.Accepted {
			w.Errorf("asked %d times, then %d", asked, n.all())
		}
	})
}

func TestTheDomainsOfNearlyEverybodyAreNotAskedFor(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.looksUp()
		for _, name := range []string{"gmail.com", "yahoo.co.id", "outlook.com", "mail.com"} {
			w.register(at(name), mine)
		}
		w.register(hp, mine)
		w.deliver()
		if n.all() != 0 {
			w.Errorf("asked %d times", n.all())
		}
	})
}

func TestAResolverThatFailsIsNoVerdict(t *testing.T) {
	t.Parallel()
	for name, z := range map[string]zone{"broken.example": {code: dnsmessage.RCodeServerFailure},
		"refused.example": {code: dnsmessage.RCodeRefused}, "silent.example": {silent: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				n := w.looksUp()
				n.set(name, z)
				challenge := w.register(at(name), mine)
				w.deliver()
				if v := w.view(challenge, mine); v.Message.State != notify.Accepted || n.questions(name) == 0 {
					w.Errorf("%s %q, asked %d times", v.Message.State, v.Message.Reason, n.questions(name))
				}
				if found := w.doubts(at(name)); found != "" {
					w.Errorf("%s", found)
				}
			})
		})
	}
}

func TestWhileTheResolverFailsItIsLeftAloneAndAskedAgainForALimitedTime(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.looksUp()
		n.set("broken.example", zone{code: dnsmessage.RCodeServerFailure})
		first := w.register(at("broken.example"), mine)
		w.deliver()
		asked := n.all()
		w.clock.Add(20*time.Second - time.Millisecond)
		second := w.register(at("other.example"), mine)
		w.deliver()
		if n.all() != asked {
			w.Error("asked again at once")
		}
		w.clock.Add(21 * time.Second)
		n.set("broken.example", zone{code: dnsmessage.RCodeServerFailure})
		n.set("other.example", zone{code: dnsmessage.RCodeServerFailure})
		w.deliver()
		if n.all() == asked {
			w.Error("not asked again")
		}
		w.clock.Add(15 * time.Minute)
		w.deliver()
		n.set("broken.example", zone{mx: []string{"."}})
		n.set("other.example", zone{mx: []string{"."}})
		for range 3 {
			w.clock.Add(time.Minute)
			w.deliver()
		}
		for _, challenge := range []int64{first, second} {
			if v := w.view(challenge, mine); v.Message.State != notify.Accepted {
				w.Errorf("ended long after: %s", v.Message.State)
			}
		}
	})
}

func TestAnAnswerThatComesLateStillEndsTheMessage(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.looksUp()
		n.set("gone.example", zone{code: dnsmessage.RCodeServerFailure})
		challenge := w.register(at("gone.example"), mine)
		w.deliver()
		n.set("gone.example", zone{code: dnsmessage.RCodeNameError})
		w.clock.Add(21 * time.Second)
		w.deliver()
		if v := w.view(challenge, mine); v.Message.State != notify.Failed || v.Message.Reason != notify.NoSuchDomain {
			w.Errorf("%s %q", v.Message.State, v.Message.Reason)
		}
	})
}

func TestAFormWarnsOfADomainWithoutMailForAnHour(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.looksUp()
		gone := at("gone.example")
		if found := w.doubts(gone); found != "" {
			w.Fatalf("before it was looked up: %s", found)
		}
		w.register(gone, mine)
		w.deliver()
		if found := w.doubts(gone); found != noDomain {
			w.Errorf("after: %q", found)
		}
		if found := w.doubts(hp); found != "" {
			w.Errorf("a phone: %q", found)
		}
		w.open(w.keys) // another process
		for _, c := range []struct {
			add  time.Duration
			want string
		}{{time.Hour - time.Millisecond, noDomain}, {time.Millisecond, ""}, {time.Millisecond, ""}} {
			w.clock.Add(c.add)
			if found := w.doubts(gone); found != c.want {
				w.Errorf("after %v more: %q", c.add, found)
			}
		}
	})
}

func TestWhoInsistsIsBelievedForTheAsking(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.looksUp()
		young := at("young.example")
		w.register(young, mine)
		w.deliver()
		asked := n.all()
		w.clock.Add(time.Minute - time.Millisecond)
		soon := w.register(young, theirs)
		w.deliver()
		if v := w.view(soon, theirs); v.Message.State != notify.Failed || n.all() != asked {
			w.Errorf("within the minute: %s, asked %d times, then %d", v.Message.State, asked, n.all())
		}
		n.set("young.example", zone{mx: []string{"mx.young.example."}})
		w.clock.Add(time.Millisecond)
		later := w.register(young, theirs+"2")
		w.deliver()
		if v := w.view(later, theirs+"2"); v.Message.State != notify.Accepted || w.doubts(young) != "" {
			w.Errorf("after a minute: %s %q", v.Message.State, w.doubts(young))
		}
	})
}

func TestACodeToSignInAndAChangedAddressAreLookedUpToo(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.looksUp()
		id := w.member(hp, mine)
		changed := w.adds(id, at("gone.example"))
		asked, err := w.accounts.RequestCode(context.Background(), at("nowhere.example"), "id", mine)
		if err != nil {
			w.Fatal(err)
		}
		w.deliver()
		for _, challenge := range []int64{changed, asked} {
			if v := w.view(challenge, mine); v.Message.State != notify.Failed || v.Message.Reason != notify.NoSuchDomain {
				w.Errorf("%s: %s %q", v.Purpose, v.Message.State, v.Message.Reason)
			}
		}
	})
}

func TestACodeThatIsSentAgainIsLookedUpAgain(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.looksUp()
		challenge := w.register(at("gone.example"), mine)
		w.deliver()
		for _, c := range []struct {
			zone zone
			want notify.State
		}{{zone{code: dnsmessage.RCodeNameError}, notify.Failed}, {zone{mx: []string{"mx.gone.example."}}, notify.Accepted}} {
			n.set("gone.example", c.zone)
			w.clock.Add(2 * time.Minute)
			next, err := w.accounts.Resend(context.Background(), challenge, mine)
			if err != nil {
				w.Fatal(err)
			}
			w.deliver()
			if v := w.view(next, mine); v.Message.State != c.want {
				w.Errorf("sent again, it is %s %q, want %s", v.Message.State, v.Message.Reason, c.want)
			}
			challenge = next
		}
		phone := w.register(hp, mine)
		w.clock.Add(2 * time.Minute)
		if _, err := w.accounts.Resend(context.Background(), phone, mine); err != nil {
			w.Error(err)
		}
	})
}

func TestDisposableAddressesAreRefusedDoubtedOrTaken(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		listed := []string{"throw.example", "bin.co.id"}
		for _, c := range []struct {
			disposable account.Disposable
			want       string
		}{
			{account.Disposable{}, ""},
			{account.Disposable{Mode: account.AllowDisposable, Domains: listed}, ""},
			{account.Disposable{Domains: listed}, "account.address.disposable_doubt"},
			{account.Disposable{Mode: account.WarnDisposable, Domains: listed}, "account.address.disposable_doubt"},
			{account.Disposable{Mode: account.RefuseDisposable, Domains: listed}, "account.address.disposable"},
		} {
			w.disposable = c.disposable
			w.open(w.keys)
			for name, want := range map[string]string{"throw.example": c.want, "deep.under.throw.example": c.want, "bin.co.id": c.want,
				"co.id": "", "notthrow.example": "", "throw.example.com": ""} {
				if found := w.doubts(at(name)); found != want {
					w.Errorf("%q, %s: %q", c.disposable.Mode, name, found)
				}
			}
		}
	})
}

func TestAListOfDisposableDomainsIsHeldToItsForm(t *testing.T) {
	t.Parallel()
	for _, wrong := range []account.Disposable{{Mode: "forbid"}, {Domains: []string{"Upper.example"}}, {Domains: []string{"bücher.example"}},
		{Domains: []string{"nodot"}}, {Domains: []string{"rani@throw.example"}}, {Domains: []string{""}}} {
		if wrong.Check() == nil {
			t.Errorf("%+v passes", wrong)
		}
	}
}

func TestWhatIsKnownOfADomainIsForgottenAfterAWeek(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.looksUp()
		n.set("served.example", zone{mx: []string{"mx.served.example."}})
		w.register(at("served.example"), mine)
		w.deliver()
		kept := func() int {
			return read(w, func(q sqldb.Querier) (rows int, err error) {
				err = q.QueryRow(`SELECT COUNT(*) FROM mail_domain`).Scan(&rows)
				return rows, err
			})
		}
		w.clock.Add(7*24*time.Hour - time.Minute)
		w.write(w.accounts.Schedule)
		w.deliver()
		before := kept()
		w.clock.Add(time.Hour)
		w.deliver()
		if before != 1 || kept() != 0 {
			w.Errorf("%d rows, then %d", before, kept())
		}
		w.register(at("served.example"), mine)
		w.deliver()
		if n.questions("served.example") != 2 {
			w.Errorf("asked %d times in all", n.questions("served.example"))
		}
	})
}
