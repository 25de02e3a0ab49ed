package account_test

import (
	"strings"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

// at sets the clock to an hour of Jakarta, so many days after the first.
func (w *world) at(day, hour, minute int) {
	w.Helper()
	start := sqldbtest.NewClock().Now().In(locale.WIB)
	w.clock.Set(time.Date(start.Year(), start.Month(), start.Day()+day, hour, minute, 0, 0, locale.WIB))
}

func (w *world) schedule() {
	w.Helper()
	w.write(w.accounts.Schedule)
}

// reminders counts what reminded an address.
func (w *world) reminders(a account.Address) (n int) {
	w.Helper()
	w.deliver()
	w.out.mu.Lock()
	defer w.out.mu.Unlock()
	for _, o := range w.out.sent {
		if o.To == a.Value && strings.Contains(o.Subject, "belum dibuktikan") {
			n++
		}
	}
	return n
}

func TestAnAddressThatNobodyProvedIsRemindedOnceByDay(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.at(0, 22, 0)
		w.register(rani, mine)
		proven := w.member(budi, mine)
		w.schedule()
		w.at(1, 21, 59)
		if n := w.reminders(rani); n != 0 {
			w.Fatalf("%d reminders within a day", n)
		}
		w.at(1, 22, 30)
		if n := w.reminders(rani); n != 0 {
			w.Fatalf("%d reminders at night", n)
		}
		w.at(2, 7, 0)
		if n := w.reminders(rani); n != 1 {
			w.Fatalf("%d reminders in the morning", n)
		}
		if m := w.inbox(rani); sixDigits.MatchString(m.Text) || !strings.Contains(m.Text, "https://example.com/register") {
			w.Fatal(m.Text)
		}
		w.at(2, 20, 0)
		w.register(rani, mine) // anew: still one reminder
		w.at(4, 12, 0)
		if n := w.reminders(rani); n != 1 || w.reminders(budi) != 0 || proven == 0 {
			w.Fatalf("%d reminders", n)
		}
	})
}

func TestWhoIsProvenElsewhereOrTooLateIsNotReminded(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.at(0, 9, 0)
		w.register(rani, mine)
		w.register(budi, mine)
		other := w.member(hp, theirs)
		w.changes(other, rani) // the address is another account's now
		w.at(3, 9, 0)          // nothing ran for three days
		w.schedule()
		if n, m := w.reminders(rani), w.reminders(budi); n != 0 || m != 0 {
			w.Fatalf("%d and %d reminders", n, m)
		}
	})
}

func TestMembersAreThoseWithAProvenContact(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.register(rani, mine)
		one, two := w.member(budi, mine), w.member(hp, theirs)
		list := func(after int64, most int) []int64 {
			return read(w, func(q sqldb.Querier) ([]int64, error) { return w.accounts.Members(q, after, most) })
		}
		if got := list(0, 10); len(got) != 2 || got[0] != one || got[1] != two {
			w.Fatalf("%v, want %d and %d", got, one, two)
		}
		if got := list(one, 10); len(got) != 1 || got[0] != two {
			w.Fatalf("%v after %d", got, one)
		}
	})
}
