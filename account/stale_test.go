package account_test

import (
	"context"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/otp"
)

// A thief who changed the address asks for a code there, keeps it, and types it once the
// owner has taken the change back.
func TestACodeFromBeforeAChangeWasTakenBackOpensNothing(t *testing.T) {
	t.Parallel()
	asks := map[otp.Purpose]func(w *world) (int64, error){
		otp.SignIn: func(w *world) (int64, error) { return w.accounts.RequestCode(context.Background(), budi, "id", theirs) },
		otp.Reset: func(w *world) (int64, error) {
			return w.accounts.RequestReset(context.Background(), budi, "id", theirs)
		},
		otp.ProveEmail: func(w *world) (int64, error) {
			view, err := w.accounts.Register(context.Background(), account.Registration{Address: budi, Lang: "id", Browser: theirs, ConsentVersion: "1"})
			return view.Challenge, err
		},
	}
	for purpose, ask := range asks {
		t.Run(string(purpose), func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				id := w.member(rani, mine)
				w.clock.Add(time.Hour)
				w.changes(id, budi)
				w.clock.Add(time.Hour)
				w.deliver()
				challenge, err := ask(w)
				if err != nil {
					w.Fatal(err)
				}
				kept := w.code(budi)
				if _, err := w.undoes(rani); err != nil {
					w.Fatal(err)
				}
				signed, err := w.accounts.Prove(context.Background(), challenge, kept, theirs)
				if signed.Account == id {
					w.Errorf("the kept code opened the account: %+v, %v", signed, err)
				}
				if a := w.get(id); a.Email != rani.Value {
					w.Errorf("the account's address is %s again", a.Email)
				}
			})
		})
	}
}

// A thief who is signed in asks for a code at an address of his own, and keeps it.
func TestACodeForANewAddressEndsWithTheSessionThatAskedForIt(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		w.clock.Add(time.Hour)
		w.changes(id, budi)
		w.clock.Add(time.Hour)
		w.deliver()
		challenge := w.adds(id, hp)
		kept := w.code(hp)
		if _, err := w.undoes(rani); err != nil {
			w.Fatal(err)
		}
		if signed, err := w.accounts.Prove(context.Background(), challenge, kept, theirs); signed.Account == id || err == nil {
			w.Errorf("the kept code opened the account: %+v, %v", signed, err)
		}
		if _, err := w.codes.Resend(context.Background(), challenge, theirs); err == nil {
			w.Error("the code was sent again")
		}
	})
}

// The former address had asked for a code just before it was let go.
func TestACodeOfAnAddressThatWasFreedOpensNothing(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		w.clock.Add(time.Hour)
		w.changes(id, budi)
		w.clock.Set(w.changing(id)[0].Due.Add(-time.Minute))
		w.deliver()
		challenge, err := w.accounts.RequestCode(context.Background(), rani, "id", theirs)
		if err != nil {
			w.Fatal(err)
		}
		kept := w.code(rani)
		w.clock.Add(time.Minute)
		w.deliver()
		if signed, err := w.accounts.Prove(context.Background(), challenge, kept, theirs); signed.Account == id || err == nil {
			w.Errorf("the kept code opened the account: %+v, %v", signed, err)
		}
		if a := w.get(id); a.Email != budi.Value {
			w.Errorf("the account's address is %s again", a.Email)
		}
	})
}
