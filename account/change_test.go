package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
)

const coolingOff = 72 * time.Hour

var siti = account.Address{Channel: notify.Email, Value: "siti@example.com"}

// changes replaces an address of a member by a proven one.
func (w *world) changes(id int64, to account.Address) {
	w.Helper()
	w.prove(w.adds(id, to), to, mine)
}

func (w *world) changing(id int64) []account.Handover {
	w.Helper()
	return read(w, func(q sqldb.Querier) ([]account.Handover, error) { return w.accounts.Open(q, id) })
}

// undoes asks for a code at an address and types it.
func (w *world) undoes(a account.Address) (account.Signed, error) {
	w.Helper()
	w.deliver()
	challenge, err := w.accounts.RequestUndo(context.Background(), a, "id", theirs)
	if err != nil {
		w.Fatal(err)
	}
	return w.accounts.Prove(context.Background(), challenge, w.code(a), theirs)
}

func TestAReplacedAddressIsToldAndStillSignsInUntilItsTimeIsOver(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		w.changes(id, hp)
		w.changes(id, budi)
		for _, told := range []account.Address{rani, hp} {
			if text := w.inbox(told).Text; !strings.Contains(text, "iganti") {
				w.Fatalf("%s was told: %s", told.Value, text)
			}
		}
		if a := w.get(id); a.Email != budi.Value {
			w.Fatalf("%+v", a)
		}
		w.clock.Set(w.changing(id)[0].Due.Add(-time.Second))
		w.deliver()
		challenge, err := w.accounts.RequestCode(context.Background(), rani, "id", theirs)
		if err != nil {
			w.Fatal(err)
		}
		if signed := w.prove(challenge, rani, theirs); signed.Account != id {
			w.Fatalf("%+v", signed)
		}
		w.clock.Add(time.Second)
		w.deliver()
		if open := w.changing(id); len(open) != 0 {
			w.Fatalf("%+v", open)
		}
		if other := w.member(rani, theirs); other == id {
			w.Fatal("the former address was not freed")
		}
	})
}

func TestTheFormerAddressTakesItselfBackAndDisarmsWhoChangedIt(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		w.clock.Add(time.Hour)
		w.changes(id, budi)
		if err := w.accounts.SetPassword(context.Background(), id, secret); err != nil {
			w.Fatal(err)
		}
		w.clock.Add(coolingOff / 2)
		ended := len(w.ended)
		signed, err := w.undoes(rani)
		if err != nil || signed.Account != id || signed.Purpose != otp.Undo {
			w.Fatalf("%+v %v", signed, err)
		}
		a := w.get(id)
		if a.Email != rani.Value || !a.EmailProven || a.HasPassword || len(w.ended) != ended+1 {
			w.Fatalf("%+v, sessions ended %v", a, w.ended)
		}
		if text := w.inbox(budi).Text; !strings.Contains(text, "dibatalkan") {
			w.Fatal(text)
		}
		w.clock.Add(coolingOff)
		w.deliver()
		if w.get(id).Email != rani.Value || w.owner(rani) != id {
			w.Fatal("the job of the change took the address away")
		}
		if other := w.member(budi, theirs); other == id {
			w.Fatal("the dropped address is still the account's")
		}
	})
}

func TestAPasswordFromBeforeTheChangeStaysWhenItIsTakenBack(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.withPassword(rani)
		w.clock.Add(time.Hour)
		w.changes(id, budi)
		if err := w.accounts.Undo(context.Background(), id, w.changing(id)[0].ID); err != nil {
			w.Fatal(err)
		}
		if got, err := w.signIn(rani.Value, secret, mine); err != nil || got != id {
			w.Fatalf("%d %v", got, err)
		}
	})
}

func TestAnAddressIsNotChangedAgainWhileTheChangeCanBeTakenBack(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		late := w.adds(id, siti)
		code := w.code(siti)
		w.changes(id, budi)
		until := w.changing(id)[0].Due
		_, err := w.accounts.AddContact(context.Background(), id, account.Address{Channel: notify.Email, Value: "x@example.com"}, "id", mine)
		if f := want(w, err, fault.Limited, "account.change.cooling"); !f.Until.Equal(until) {
			w.Fatalf("until %s, want %s", f.Until, until)
		}
		_, err = w.accounts.Prove(context.Background(), late, code, mine)
		want(w, err, fault.Limited, "account.change.cooling")
		if _, err := tryRead(w, func(q sqldb.Querier) (int64, error) { return w.accounts.FindByAddress(q, siti) }); !fault.Is(err, fault.NotFound) {
			w.Fatalf("the refused address is claimed: %v", err)
		}
		w.clock.Set(until)
		w.deliver()
		w.changes(id, siti)
		if a := w.get(id); a.Email != siti.Value {
			w.Fatalf("%+v", a)
		}
	})
}

func TestALinkNamesTheChangeAndOnlyTheFormerAddressGetsTheCode(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		w.changes(id, budi)
		_, link, found := strings.Cut(w.inbox(rani).Text, "https://example.com/undo/")
		if !found {
			w.Fatal(w.inbox(rani).Text)
		}
		link = strings.Fields(link)[0]
		named := read(w, func(q sqldb.Querier) (account.Handover, error) { return w.accounts.Warned(q, link) })
		if named.Account != id || named.Stage != account.Waiting || strings.Contains(named.From+named.To, "rani@") {
			w.Fatalf("%+v", named)
		}
		_, err := tryRead(w, func(q sqldb.Querier) (account.Handover, error) { return w.accounts.Warned(q, link[:len(link)-1]) })
		want(w, err, fault.NotFound, "account.undo.no_link")
		challenge, err := w.accounts.RequestUndoByLink(context.Background(), link, "id", theirs)
		if err != nil {
			w.Fatal(err)
		}
		if signed := w.prove(challenge, rani, theirs); signed.Account != id || w.get(id).Email != rani.Value {
			w.Fatalf("%+v", signed)
		}
		_, err = w.accounts.RequestUndoByLink(context.Background(), link, "id", theirs)
		want(w, err, fault.Refused, "account.undo.nothing")
	})
}

func TestErasingAnAccountFreesTheAddressThatIsCoolingOff(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id := w.member(rani, mine)
		w.changes(id, budi)
		w.write(func(tx *sqldb.Tx) error { return w.accounts.Erase(tx, id) })
		w.clock.Add(coolingOff)
		w.deliver()
		if other := w.member(rani, mine); other == id {
			w.Fatal("the address was not freed")
		}
	})
}
