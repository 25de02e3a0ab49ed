package account_test

import (
	"testing"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

func populate(w *world, n int64) {
	w.Helper()
	var last int64
	if err := w.accounts.Populate(w.Context(), n, func(done int64) { last = done }); err != nil {
		w.Fatal(err)
	}
	if last != n {
		w.Fatalf("%d accounts of %d were told of", last, n)
	}
}

func TestInventedPeopleAreFoundAndSignInAsOthersDo(t *testing.T) {
	each(t, func(w *world) {
		const n = 2000
		rotated, err := w.keys.Rotate(w.clock.Now()) // claims stand under every key
		if err != nil {
			t.Fatal(err)
		}
		w.open(rotated)
		populate(w, n)
		seen := map[int64]bool{}
		for i := range int64(n) {
			seen[w.owner(account.PopulatedAddress(i))] = true
		}
		if len(seen) != n {
			t.Fatalf("%d accounts have %d addresses", len(seen), n)
		}
		for _, i := range []int64{0, 1234, n - 1} {
			canSignIn(w, account.PopulatedAddress(i))
		}
		_, err = tryRead(w, func(q sqldb.Querier) (int64, error) { return w.accounts.FindByAddress(q, account.PopulatedAddress(n)) })
		want(t, err, fault.NotFound, "account.not_found")
	})
}

// canSignIn expects an address to be that of a proven account.
func canSignIn(w *world, a account.Address) {
	w.Helper()
	id := w.owner(a)
	if got := w.get(id); got.State != account.Active || got.Email != a.Value || !got.EmailProven || got.PhoneProven {
		w.Errorf("%s is %+v", a.Value, got)
	}
	challenge, err := w.accounts.RequestCode(w.Context(), a, "id", mine)
	if err != nil {
		w.Fatal(err)
	}
	if signed := w.prove(challenge, a, mine); signed.Account != id || signed.New {
		w.Errorf("%s signs in to %+v, not %d", a.Value, signed, id)
	}
	if err := w.accounts.SetPassword(w.Context(), id, secret); err != nil {
		w.Errorf("%s sets a password: %v", a.Value, err)
	}
}
