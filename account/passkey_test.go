package account_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

const second = time.Second

func (w *world) passkeys(id int64) []account.Passkey {
	w.Helper()
	return read(w, func(q sqldb.Querier) ([]account.Passkey, error) { return w.accounts.Passkeys(q, id) })
}

func (w *world) said(id int64) (keys []string) {
	w.Helper()
	for _, h := range read(w, func(q sqldb.Querier) ([]account.Happening, error) { return w.accounts.History(q, id, most) }) {
		keys = append(keys, h.Key)
	}
	return keys
}

func TestAPasskeySignsInWithoutAnAddress(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		d := newDevice(w)
		d.flags |= eligible
		w.addsPasskey(id, d, "ponsel saya")
		if keys := w.passkeys(id); len(keys) != 1 || keys[0].Name != "ponsel saya" || keys[0].Synced || !keys[0].Used.IsZero() {
			w.Fatalf("%+v", keys)
		}
		d.flags |= backedUp
		for range 3 { // a synced passkey counts nothing: its counter stays at 0
			if got, err := w.answers(theirs, d.signs(w.asksToSign("", theirs))); err != nil || got != id {
				w.Fatalf("%d %v", got, err)
			}
		}
		if key := w.passkeys(id)[0]; !key.Synced || !key.Used.Equal(w.clock.Now()) {
			w.Fatalf("%+v", key)
		}
		knows := read(w, func(q sqldb.Querier) (bool, error) { return w.accounts.KnowsBrowser(q, id, theirs) })
		if said := w.said(id); !knows || said[0] != "account.history.signed_in_passkey" || !slices.Contains(said, "account.history.passkey_added") {
			w.Fatalf("known: %v, history: %v", knows, said)
		}
	})
}

func TestAPasskeyIsAskedForInAWayThatNeedsNoAddressAndAVerifiedOwner(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		d := newDevice(w)
		w.addsPasskey(id, d, "satu")
		made := readAsked(w, read(w, func(q sqldb.Querier) ([]byte, error) { return w.accounts.BeginPasskey(q, id, mine) })).PublicKey
		if made.Selection.ResidentKey != "required" || made.Selection.UserVerification != "required" || made.User.Name != rani.Value ||
			len(made.Exclude) != 1 || made.Exclude[0].ID != d.name() {
			w.Fatalf("%+v", made)
		}
		signing := readAsked(w, w.asksToSign("", theirs)).PublicKey
		if signing.Verify != "required" || signing.RPID != siteID || len(signing.Allow) != 0 {
			w.Fatalf("%+v", signing)
		}
	})
}

func TestStrangersLearnNothingFromAnAddressAndItsOwnBrowserIsHelped(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		d := newDevice(w)
		w.addsPasskey(id, d, "satu")
		w.member(budi, "browser of budi")
		shape := func(typed string) string {
			a := readAsked(w, w.asksToSign(typed, theirs)).PublicKey
			return fmt.Sprint(len(a.Challenge), a.RPID, a.Allow, a.Verify)
		}
		for _, typed := range []string{budi.Value, "tanpa@example.com", "bukan alamat", ""} {
			if got, want := shape(typed), shape(rani.Value); got != want {
				w.Errorf("%q: %s, not %s", typed, got, want)
			}
		}
		options := w.asksToSign(rani.Value, mine)
		allowed := readAsked(w, options).PublicKey.Allow
		if len(allowed) != 1 || allowed[0].ID != d.name() || !slices.Equal(allowed[0].Transports, []string{"internal", "hybrid"}) {
			w.Fatalf("%+v", allowed)
		}
		d.owner = "" // an authenticator that was told which key need not say whose it is
		if got, err := w.answers(mine, d.signs(options)); err != nil || got != id {
			w.Fatalf("%d %v", got, err)
		}
	})
}

func TestAnAnswerIsGoodOnceInTheBrowserThatAskedAndForTenMinutes(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		d := newDevice(w)
		w.addsPasskey(id, d, "satu")
		answer := d.signs(w.asksToSign("", mine))
		_, err := w.answers(theirs, answer)
		want(w, err, fault.Invalid, "account.passkey.stale")
		if got, err := w.answers(mine, answer); err != nil || got != id {
			w.Fatalf("%d %v", got, err)
		}
		_, err = w.answers(mine, answer)
		want(w, err, fault.Invalid, "account.passkey.stale")

		late := d.signs(w.asksToSign("", mine))
		w.clock.Add(10*time.Minute + time.Millisecond)
		_, err = w.answers(mine, late)
		want(w, err, fault.Invalid, "account.passkey.stale")
		intime := d.signs(w.asksToSign("", mine))
		w.clock.Add(10 * time.Minute)
		if _, err = w.answers(mine, intime); err != nil {
			w.Fatal(err)
		}
	})
}

func TestACopiedPasskeyIsRefusedForGoodAndItsOwnerIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		d := newDevice(w)
		d.count = 1
		key := w.addsPasskey(id, d, "satu")
		copied := *d
		for range 2 {
			if _, err := w.answers(mine, d.signs(w.asksToSign("", mine))); err != nil {
				w.Fatal(err)
			}
		}
		_, err := w.answers(theirs, copied.signs(w.asksToSign("", theirs)))
		want(w, err, fault.Refused, "account.passkey.refused")
		_, err = w.answers(mine, d.signs(w.asksToSign("", mine)))
		want(w, err, fault.Refused, "account.passkey.refused")
		if !w.passkeys(id)[0].Refused || strings.Count(fmt.Sprint(w.said(id)), "account.history.passkey_refused") != 1 {
			w.Fatalf("%+v %v", w.passkeys(id), w.said(id))
		}
		if told := w.inbox(rani); !strings.Contains(told.Subject, "kami tolak") || !strings.Contains(told.Text, "https://example.com/passkeys") {
			w.Fatalf("%s\n%s", told.Subject, told.Text)
		}
		if err := w.accounts.RemovePasskey(context.Background(), id, key); err != nil {
			w.Fatal(err)
		}
		_, err = w.answers(mine, d.signs(w.asksToSign("", mine)))
		want(w, err, fault.Refused, "account.passkey.unknown")
	})
}

func TestAnAnswerFromAnOlderTabIsNotTakenForACopy(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		d := newDevice(w)
		d.count = 1
		w.addsPasskey(id, d, "satu")
		older := d.signs(w.asksToSign("", mine))
		if _, err := w.answers(mine, d.signs(w.asksToSign("", mine))); err != nil {
			w.Fatal(err)
		}
		_, err := w.answers(mine, older)
		want(w, err, fault.Invalid, "account.passkey.stale")
		if w.passkeys(id)[0].Refused {
			w.Fatal("the owner's own tab ended the passkey")
		}
	})
}

func TestWhatWasNotSignedForThisSiteByItsOwnerIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id, other := w.member(rani, mine), w.member(budi, theirs)
		d := newDevice(w)
		w.addsPasskey(id, d, "satu")
		forged := func(change func(*device)) *device {
			c := *d
			change(&c)
			return &c
		}
		for name, c := range map[string]*device{
			"another site":         forged(func(c *device) { c.origin = "https://example.org" }),
			"nobody verified":      forged(func(c *device) { c.flags = present }),
			"another key":          forged(func(c *device) { c.key = newDevice(w).key }),
			"another's handle":     forged(func(c *device) { c.owner = encode([]byte{0, 0, 0, 0, 0, 0, 0, byte(other)}) }),
			"eligible all at once": forged(func(c *device) { c.flags |= eligible | backedUp }),
		} {
			_, err := w.answers(mine, c.signs(w.asksToSign("", mine)))
			if f, _ := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Key != "account.passkey.failed" {
				w.Errorf("%s: %v", name, err)
			}
		}
		for _, answer := range []string{"", "{}", "[]", "null", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`, strings.Repeat("a", 8000)} {
			_, err := w.answers(mine, []byte(answer))
			want(w, err, fault.Invalid, "account.passkey.failed")
			_, err = w.accounts.AddPasskey(context.Background(), id, mine, "", []byte(answer))
			want(w, err, fault.Invalid, "account.passkey.failed")
		}
		if keys := w.passkeys(id); len(keys) != 1 || !keys[0].Used.IsZero() {
			w.Fatalf("%+v", keys)
		}
	})
}

func TestAPasskeyIsMadeByWhoAskedForItAndOnlyOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id, other := w.member(rani, mine), w.member(budi, theirs)
		d := newDevice(w)
		options := read(w, func(q sqldb.Querier) ([]byte, error) { return w.accounts.BeginPasskey(q, id, mine) })
		answer := d.makes(options)
		add := func(account int64, browser string) (int64, error) {
			return w.accounts.AddPasskey(context.Background(), account, browser, "satu", answer)
		}
		_, err := add(other, mine)
		want(w, err, fault.Invalid, "account.passkey.stale")
		_, err = add(id, theirs)
		want(w, err, fault.Invalid, "account.passkey.stale")
		key, err := add(id, mine)
		if err != nil {
			w.Fatal(err)
		}
		if again, err := add(id, mine); err != nil || again != key || len(w.passkeys(id)) != 1 {
			w.Fatalf("sent twice: %d %v, %d keys", again, err, len(w.passkeys(id)))
		}
		w.clock.Add(second)
		theirOptions := read(w, func(q sqldb.Querier) ([]byte, error) { return w.accounts.BeginPasskey(q, other, theirs) })
		_, err = w.accounts.AddPasskey(context.Background(), other, theirs, "", d.makes(theirOptions))
		want(w, err, fault.Invalid, "account.passkey.failed")
	})
}

func TestAnAccountHasAsManyPasskeysAsItMayAndAnUnprovenOneNone(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		begin := func(id int64) error {
			_, err := tryRead(w, func(q sqldb.Querier) ([]byte, error) { return w.accounts.BeginPasskey(q, id, mine) })
			return err
		}
		for range 10 {
			w.addsPasskey(id, newDevice(w), "satu lagi")
		}
		want(w, begin(id), fault.Refused, "account.passkey.many")
		w.register(budi, theirs)
		want(w, begin(w.owner(budi)), fault.Forbidden, "account.password.unproven")
	})
}

func TestPasskeysAreRenamedAndRemovedByTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id, other := w.member(rani, mine), w.member(budi, theirs)
		key := w.addsPasskey(id, newDevice(w), "")
		ctx := context.Background()
		want(w, w.accounts.RenamePasskey(ctx, other, key, "milik saya"), fault.NotFound, "account.passkey.gone")
		want(w, w.accounts.RemovePasskey(ctx, other, key), fault.NotFound, "account.passkey.gone")
		want(w, w.accounts.RenamePasskey(ctx, id, key, ""), fault.Invalid, "account.passkey.name")
		want(w, w.accounts.RenamePasskey(ctx, id, key, strings.Repeat("ü", 41)), fault.Invalid, "account.passkey.name")
		if err := w.accounts.RenamePasskey(ctx, id, key, "laptop kantor"); err != nil {
			w.Fatal(err)
		}
		out := read(w, func(q sqldb.Querier) (account.Exported, error) { return w.accounts.Export(q, id) })
		if len(out.Passkeys) != 1 || out.Passkeys[0].Name != "laptop kantor" {
			w.Fatalf("%+v", out.Passkeys)
		}
		if err := w.accounts.RemovePasskey(ctx, id, key); err != nil || len(w.passkeys(id)) != 0 {
			w.Fatal(err)
		}
		want(w, w.accounts.RemovePasskey(ctx, id, key), fault.NotFound, "account.passkey.gone")
	})
}

func TestAPasskeyIsForgottenWithItsAccount(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		d := newDevice(w)
		w.addsPasskey(id, d, "satu")
		w.write(func(tx *sqldb.Tx) error { return w.accounts.Erase(tx, id) })
		_, err := w.answers(mine, d.signs(w.asksToSign("", mine)))
		want(w, err, fault.Refused, "account.passkey.unknown")
	})
}

func TestWhoeverUsesUpTheTriesOfAnAddressLeavesItsPasskeyAlone(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.withPassword(rani)
		d := newDevice(w)
		w.addsPasskey(id, d, "satu")
		for range tries + 1 {
			_, _ = w.signIn(rani.Value, "not this one", theirs)
			_, err := w.answers(theirs, []byte(`{}`))
			want(w, err, fault.Invalid, "account.passkey.failed")
		}
		_, err := w.signIn(rani.Value, secret, "a new browser")
		want(w, err, fault.Limited, "account.sign_in.limited")
		if got, err := w.answers("a new browser", d.signs(w.asksToSign("", "a new browser"))); err != nil || got != id {
			w.Fatalf("%d %v", got, err)
		}
	})
}
