package account_test

import (
	"fmt"
	"testing"
	"time"
)

func TestASharedBrowserGivesNobodyTheAccountOfTheLastVisitor(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		// At a village office: somebody signed in and typed the next person's address.
		before := w.member(budi, mine)
		w.adds(before, rani)
		challenge := w.register(rani, mine)
		signed := w.prove(challenge, rani, mine)
		if signed.Account == before || !signed.New {
			t.Fatalf("the next person was signed in to account %d, which is the last one's", signed.Account)
		}
		if w.get(before).Email != budi.Value || w.owner(rani) != signed.Account {
			t.Errorf("the address went to account %d", w.owner(rani))
		}
	})
}

func TestStrangersCannotLockAnOwnerWithoutAPasswordOut(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		owner := w.member(rani, mine)
		w.clock.Add(24 * time.Hour)
		for i := range 3 {
			stranger := fmt.Sprint("stranger ", i)
			challenge, err := w.accounts.RequestCode(t.Context(), rani, "id", stranger)
			if err != nil {
				t.Fatal(err)
			}
			for range 5 {
				_, _ = w.accounts.Prove(t.Context(), challenge, "000000", stranger)
			}
		}
		if _, err := w.accounts.RequestCode(t.Context(), rani, "id", theirs); err == nil {
			t.Fatal("the strangers' budget is not used up")
		}
		challenge, err := w.accounts.RequestCode(t.Context(), rani, "id", mine)
		if err != nil {
			t.Fatal(err)
		}
		if signed := w.prove(challenge, rani, mine); signed.Account != owner {
			t.Errorf("%+v", signed)
		}
	})
}
