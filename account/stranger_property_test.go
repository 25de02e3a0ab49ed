package account_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/account"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/otp"
)

// TestMain asks for fewer sequences than rapid does by itself, as each is some thirty durable
// transactions and several hashes. -rapid.checks=1000 asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "30"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// wrongly types a wrong code for a challenge.
func (w *world) wrongly(challenge int64, browser string) {
	fill, err := tryRead(w, func(q sqldb.Querier) (map[string]string, error) { return w.codes.Code(q, challenge) })
	if err != nil || fill["code"] == "" {
		return // the challenge is over, or is of nobody's account
	}
	code := fill["code"]
	wrong := code[:5] + string('0'+(code[5]-'0'+1)%10)
	_, _ = w.accounts.Prove(context.Background(), challenge, wrong, browser)
}

// asksFor lets a stranger ask for a code in one of the ways there are, and guess at it.
func (w *world) asksFor(way string, a account.Address, browser string, guesses int) {
	ctx := context.Background()
	ask := map[string]func(context.Context, account.Address, string, string) (int64, error){
		"sign in": w.accounts.RequestCode, "reset": w.accounts.RequestReset, "recover": w.accounts.RequestRecovery, "undo": w.accounts.RequestUndo,
		"register": func(ctx context.Context, a account.Address, lang, browser string) (int64, error) {
			v, err := w.accounts.Register(ctx, form(a, browser, ""))
			return v.Challenge, err
		},
	}[way]
	challenge, err := ask(ctx, a, "id", browser)
	if err != nil {
		return
	}
	for range guesses {
		w.wrongly(challenge, browser)
	}
	_, _ = w.codes.Resend(ctx, challenge, browser)
}

// TestNothingThatStrangersDoKeepsTheOwnerOut lets browsers that never signed in do whatever
// they can, in any order. Afterwards the owner signs in by passkey anywhere, and by
// password and by code in a browser that did before. A password in a new browser, too, as
// long as it was not passwords that the strangers guessed: those are counted by the address
// alone, or there would be no counting them.
func TestNothingThatStrangersDoKeepsTheOwnerOut(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := newWorld(t, db, clock)
		id := w.withPassword(rani)
		w.changes(id, hp)
		d := newDevice(w)
		w.addsPasskey(id, d, "ponsel")
		rounds := 0
		rapid.Check(t, func(rt *rapid.T) {
			rounds++
			clock.Add(25 * time.Hour) // every budget of a day is whole again
			guessed := w.rampage(rt)
			w.ownerGetsIn(rt, id, d, rounds, guessed)
		})
	})
}

// rampage is a sequence of strangers' actions; it says whether passwords were guessed.
func (w *world) rampage(rt *rapid.T) (guessed bool) {
	for i := range rapid.IntRange(0, 8).Draw(rt, "actions") {
		browser := fmt.Sprint("stranger ", rapid.IntRange(0, 2).Draw(rt, "browser"))
		a := rapid.SampledFrom([]account.Address{rani, hp}).Draw(rt, "address")
		what := rapid.SampledFrom([]string{"sign in", "reset", "recover", "undo", "register", "password", "passkey", "second", "rise", "wait"}).Draw(rt, "what")
		switch what {
		case "password":
			guessed = true
			for range rapid.IntRange(1, tries).Draw(rt, "passwords") {
				_, _ = w.signIn(a.Value, fmt.Sprint("salah sekali ", i), browser)
			}
		case "passkey":
			_, _ = w.answers(browser, []byte(`{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{}}`))
		case "second":
			_, _ = w.accounts.RequestSecond(context.Background(), "id", browser)
		case "rise":
			w.guessers()
		case "wait":
			w.clock.Add(time.Duration(rapid.IntRange(0, 1200).Draw(rt, "seconds")) * time.Second)
		default:
			w.asksFor(what, a, browser, rapid.IntRange(0, 6).Draw(rt, "guesses"))
		}
	}
	return guessed
}

func (w *world) ownerGetsIn(rt *rapid.T, id int64, d *device, round int, guessed bool) {
	anywhere := fmt.Sprint("new browser ", round)
	if got, err := w.answers(anywhere, d.signs(w.asksToSign(rani.Value, anywhere))); err != nil || got != id {
		rt.Fatalf("by passkey: %d %v", got, err)
	}
	if got, err := w.signIn(hp.Value, secret, mine); err != nil || got != id {
		rt.Fatalf("by password in a known browser: %d %v", got, err)
	}
	for _, a := range []account.Address{rani, hp} {
		challenge, err := w.accounts.RequestCode(context.Background(), a, "id", mine)
		if err != nil {
			rt.Fatalf("a code for a known browser: %v", err)
		}
		fill := read(w, func(q sqldb.Querier) (map[string]string, error) { return w.codes.Code(q, challenge) })
		signed, err := w.accounts.Prove(context.Background(), challenge, fill["code"], mine)
		if err != nil || signed.Account != id || signed.Purpose != otp.SignIn {
			rt.Fatalf("by code in a known browser: %+v %v", signed, err)
		}
	}
	if !guessed {
		if got, err := w.signIn(rani.Value, secret, anywhere+" for a password"); err != nil || got != id {
			rt.Fatalf("by password in a new browser: %d %v", got, err)
		}
	}
}
