package account_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/otp"
)

func (w *world) withPassword(a account.Address) int64 {
	w.Helper()
	id := w.member(a, mine)
	if err := w.accounts.SetPassword(context.Background(), id, secret); err != nil {
		w.Fatal(err)
	}
	return id
}

func (w *world) signIn(typed, password, browser string) (int64, error) {
	return w.accounts.SignIn(context.Background(), typed, password, browser)
}

func TestAPasswordSignsIn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.withPassword(rani)
		for _, typed := range []string{rani.Value, "  RANI@Example.com "} {
			if got, err := w.signIn(typed, secret, theirs); err != nil || got != id {
				w.Fatalf("%q: %d %v", typed, got, err)
			}
		}
		if a := w.get(id); !a.HasPassword {
			w.Fatal("no password is shown")
		}
		_, err := w.signIn("rani@", secret, mine)
		want(w, err, fault.Invalid, "account.address.domain_missing")
	})
}

func TestAnUnknownAddressIsAnsweredLikeAWrongPassword(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.withPassword(rani)
		w.member(account.Address{Channel: rani.Channel, Value: "tanpa@example.com"}, mine) // has no password
		var answers []string
		for _, a := range []string{rani.Value, budi.Value, "tanpa@example.com"} {
			said := ""
			for range tries + 1 {
				_, err := w.signIn(a, "not this one", theirs)
				f, _ := fault.As(err)
				said += fmt.Sprintln(f.Kind, f.Key, f.Args, f.Until)
			}
			answers = append(answers, said)
		}
		if answers[0] != answers[1] || answers[0] != answers[2] {
			w.Fatal(strings.Join(answers, "\n"))
		}
	})
}

func TestStrangersCannotUseUpTheTriesOfAKnownBrowser(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.withPassword(rani)
		for range tries {
			_, err := w.signIn(rani.Value, "not this one", theirs)
			want(w, err, fault.Invalid, "account.sign_in.wrong")
		}
		_, err := w.signIn(rani.Value, secret, theirs)
		f := want(w, err, fault.Limited, "account.sign_in.limited")
		if !f.Until.Equal(w.clock.Now().Add(window)) {
			w.Fatalf("until %s", f.Until)
		}
		for range tries + 3 { // right ones are given back
			if got, err := w.signIn(rani.Value, secret, mine); err != nil || got != id {
				w.Fatalf("%d %v", got, err)
			}
		}
		w.clock.Set(f.Until)
		if _, err := w.signIn(rani.Value, secret, theirs); err != nil {
			w.Fatal(err)
		}
	})
}

func TestAPasswordIsOnlyForProvenAccountsAndNotAnEasyOne(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		set := func(id int64, password string) error {
			return w.accounts.SetPassword(context.Background(), id, password)
		}
		w.register(budi, theirs)
		want(w, set(w.owner(budi), secret), fault.Forbidden, "account.password.unproven")
		want(w, set(12345, secret), fault.NotFound, "account.not_found")
		id := w.member(rani, mine)
		for password, key := range map[string]string{
			"pendek":                 "account.password.short",
			strings.Repeat("ü", 129): "account.password.long",
			"Rani@Example.com":       "account.password.own",
			"Bismillah123":           "account.password.weak.common",
			"password!":              "account.password.weak.common",
			"abababab":               "account.password.weak.repeat",
			"tiga\x00kuda":           "account.password.characters",
		} {
			want(w, set(id, password), fault.Invalid, key)
		}
		for _, password := range []string{secret, strings.Repeat("kuda ", 25), "müde Kühe übermalt"} {
			if err := set(id, password); err != nil {
				w.Fatalf("%q: %v", password, err)
			}
		}
		_, err := w.signIn(rani.Value, secret, mine)
		want(w, err, fault.Invalid, "account.sign_in.wrong")
		// The same password as a computer sends it: u and its dots apart.
		if _, err := w.signIn(rani.Value, strings.ReplaceAll("müde Kühe übermalt", "ü", "u\u0308"), mine); err != nil {
			w.Fatal(err)
		}
	})
}

func TestAHashUnderOutdatedParametersIsRenewed(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.withPassword(rani)
		// argon2id of "tiga kuda liar" with 8 MiB and one pass.
		const old = "$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$Hm8EriYi4WLS6dfTdjZHowJoAR+3hPTBSLbea3CH0U4"
		w.write(func(tx *sqldb.Tx) error {
			_, err := tx.Exec(`UPDATE password SET hash = $1 WHERE account = $2`, old, id)
			return err
		})
		if got, err := w.signIn(rani.Value, secret, mine); err != nil || got != id {
			w.Fatalf("%d %v", got, err)
		}
		hash := read(w, func(q sqldb.Querier) (hash string, err error) {
			return hash, q.QueryRow(`SELECT hash FROM password WHERE account = $1`, id).Scan(&hash)
		})
		if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			w.Fatal(hash)
		}
		if _, err := w.signIn(rani.Value, secret, mine); err != nil {
			w.Fatal(err)
		}
	})
}

func TestACrowdThatSignsInIsToldToComeBackAndLosesNoTries(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		crowd := 40 * runtime.GOMAXPROCS(0)
		turnedAway := make(chan string, crowd)
		var wg sync.WaitGroup
		for i := range crowd {
			wg.Go(func() {
				address := fmt.Sprintf("p%d@example.com", i)
				switch _, err := w.signIn(address, secret, theirs); {
				case fault.Is(err, fault.Unavailable):
					turnedAway <- address
				case !fault.Is(err, fault.Invalid):
					w.Error(err)
				}
			})
		}
		wg.Wait()
		if len(turnedAway) == 0 {
			w.Fatal("everybody waited")
		}
		_, err := w.signIn(<-turnedAway, secret, theirs)
		f := want(w, err, fault.Invalid, "account.sign_in.wrong")
		if f.Args["left"] != tries-1 {
			w.Fatalf("%v tries left", f.Args["left"])
		}
	})
}

func TestACodeSignsInWithoutAPassword(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for _, a := range []account.Address{rani, hp} {
			id := w.member(a, mine)
			challenge, err := w.accounts.RequestCode(context.Background(), a, "en", theirs)
			if err != nil {
				w.Fatal(err)
			}
			signed := w.prove(challenge, a, theirs)
			if signed.Account != id || signed.New || signed.Purpose != otp.SignIn {
				w.Fatalf("%+v", signed)
			}
		}
	})
}

func TestACodeForAnUnknownAddressIsAMailThatSaysSo(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for _, a := range []account.Address{rani, hp} {
			challenge, err := w.accounts.RequestCode(context.Background(), a, "id", mine)
			if err != nil || challenge == 0 {
				w.Fatalf("%d %v", challenge, err)
			}
			text := strings.ToLower(w.inbox(a).Text)
			if !strings.Contains(text, "belum ada akun") || sixDigits.MatchString(strings.ReplaceAll(text, hp.Value, "")) || strings.Contains(text, "/link/") {
				w.Fatal(text)
			}
		}
	})
}

func TestACodeForAnAddressThatWasNeverProvenProvesIt(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.register(rani, mine)
		id := w.owner(rani)
		challenge, err := w.accounts.RequestCode(context.Background(), rani, "id", mine)
		if err != nil {
			w.Fatal(err)
		}
		if signed := w.prove(challenge, rani, mine); signed.Account != id || !signed.New || !w.get(id).EmailProven {
			w.Fatalf("%+v", signed)
		}
	})
}
