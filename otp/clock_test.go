package otp_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/migrations"
	"gelombang/otp"
)

// A limitCase fills one limit at an address, and says when it opens and how to try again.
type limitCase struct {
	name  string
	fills func(w *world, to string) (opens time.Time, again func() error)
}

// toward is what a new browser asks for an address.
func toward(to string, browser int) otp.Request {
	r := asking(fmt.Sprintf("browser %d of %s", browser, to))
	r.Destination = to
	return r
}

func (w *world) asks(to string, browser int) error {
	w.Helper()
	if refused := w.issue(toward(to, browser))[0].Refused; refused != nil {
		return refused
	}
	return nil
}

// wrongly types a wrong code so many times.
func (w *world) wrongly(id int64, times int) {
	w.Helper()
	for range times {
		if err := w.check(id, another(w.codeOf(id))); err == nil {
			w.Fatal("a wrong code was right")
		}
	}
}

var limitCases = []limitCase{
	{"sends of an hour", func(w *world, to string) (time.Time, func() error) {
		opens := w.clock.Now().Add(time.Hour)
		for i := range otp.DefaultPolicy.SendsPerDestinationHour {
			w.must(w.asks(to, i))
			w.clock.Add(7 * time.Minute)
		}
		return opens, func() error { return w.asks(to, 99) }
	}},
	{"sends of a day", func(w *world, to string) (time.Time, func() error) {
		opens := w.clock.Now().Add(24 * time.Hour)
		for i := range otp.DefaultPolicy.SendsPerDestinationDay {
			w.must(w.asks(to, i))
			w.clock.Add(31 * time.Minute)
		}
		w.clock.Add(time.Hour) // the hour has room again
		return opens, func() error { return w.asks(to, 99) }
	}},
	{"the wait between two sendings", func(w *world, to string) (time.Time, func() error) {
		id := w.challenge(toward(to, 1))
		return w.clock.Now().Add(otp.DefaultPolicy.ResendAfter), func() error {
			_, err := w.codes.Resend(w.Context(), id, "")
			return err
		}
	}},
	{"guesses at a code", func(w *world, to string) (time.Time, func() error) {
		id := w.challenge(toward(to, 1))
		opens := w.clock.Now().Add(otp.DefaultPolicy.Life)
		w.clock.Add(time.Minute)
		w.wrongly(id, otp.DefaultPolicy.GuessesPerChallenge)
		return opens, func() error { return w.asks(to, 1) }
	}},
	{"guesses of a day", func(w *world, to string) (time.Time, func() error) {
		opens := w.clock.Now().Add(24 * time.Hour)
		for i := range 2 {
			w.wrongly(w.challenge(toward(to, i)), otp.DefaultPolicy.GuessesPerChallenge)
		}
		return opens, func() error {
			id := w.issue(toward(to, int(w.clock.Now().UnixMilli())))[0].Challenge
			return w.check(id, w.codeOf(id))
		}
	}},
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// The beginnings are Jakarta's: in the morning, just before and at midnight, and so that a
// limit spans the turn of the year.
var beginnings = []time.Time{
	time.Date(2026, 8, 3, 2, 0, 0, 0, time.UTC), time.Date(2026, 8, 3, 16, 59, 59, 999e6, time.UTC),
	time.Date(2026, 8, 4, 17, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 16, 30, 0, 0, time.UTC),
}

func TestEveryLimitOpensAtTheMomentThatItSaid(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for at, begin := range beginnings {
			w.clock.Set(begin)
			for n, c := range limitCases {
				w.clock.Set(begin.Add(time.Duration(n) * 3 * 24 * time.Hour))
				for try, after := range []time.Duration{0, time.Millisecond} {
					to := fmt.Sprintf("%d-%d-%d@example.com", at, n, try)
					opens, again := c.fills(w, to)
					w.clock.Set(opens.Add(-time.Millisecond))
					f, ok := fault.As(again())
					if !ok || f.Kind != fault.Limited || !f.Until.Equal(opens) {
						w.Fatalf("%s, begun at %s: a millisecond before %s: %+v", c.name, begin, opens, f)
					}
					w.clock.Set(opens.Add(after))
					if err := again(); err != nil {
						w.Fatalf("%s, begun at %s: %s after it opened: %v", c.name, begin, after, err)
					}
				}
			}
		}
	})
}

func TestTheZoneOfTheClockChangesNoLimit(t *testing.T) {
	t.Parallel()
	for _, e := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			clock := sqldbtest.NewClock()
			clock.Set(time.Date(2026, 8, 3, 16, 59, 30, 0, time.UTC)) // 23.59.30 in Jakarta, 01.59.30 of the next day in Jayapura
			jayapura := time.FixedZone("WIT", 9*60*60)
			db, err := sqldb.Open(context.Background(), sqldb.Config{DSN: sqldbtest.DSN(t, e), PoolSize: 4,
				Now: func() time.Time { return clock.Now().In(jayapura) }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if err := db.Migrate(t.Context(), migrations.Files); err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, db, clock, otp.DefaultPolicy)
			for n, c := range limitCases {
				to := fmt.Sprintf("%d@example.com", n)
				opens, again := c.fills(w, to)
				w.clock.Set(opens.Add(-time.Millisecond))
				if f, ok := fault.As(again()); !ok || !f.Until.Equal(opens) {
					t.Errorf("%s: %+v, want until %s", c.name, f, opens)
				}
				w.clock.Set(opens)
				if err := again(); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
			}
		})
	}
}

func TestASendingThatFailsWithinItsWindowIsGivenBackToIt(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		begun := w.clock.Now()
		id := w.challenge(asking(mine))
		w.clock.Set(begun.Add(time.Hour - time.Millisecond)) // the window's last moment
		w.failed(id)
		for i := range otp.DefaultPolicy.SendsPerDestinationHour {
			if refused := w.issue(asking(fmt.Sprint("browser ", i)))[0].Refused; refused != nil {
				w.Fatalf("sending %d: %v", i, refused)
			}
		}
		f := want(w.T, w.issue(asking(theirs))[0].Refused, fault.Limited, "otp.sends_used_hour")
		if !f.Until.Equal(begun.Add(time.Hour)) {
			w.Errorf("until %s", f.Until)
		}
	})
}

func TestASendingThatFailsAfterItsWindowIsGivenBackToTheDayAlone(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		begun := w.clock.Now()
		id := w.challenge(asking(mine))
		w.clock.Set(begun.Add(time.Hour))
		for i := range otp.DefaultPolicy.SendsPerDestinationHour { // the next hour, full
			w.must(w.asks(mail, i))
		}
		w.failed(id)
		want(w.T, w.issue(asking(theirs))[0].Refused, fault.Limited, "otp.sends_used_hour")
		w.clock.Set(begun.Add(2 * time.Hour))
		for i := range otp.DefaultPolicy.SendsPerDestinationDay - otp.DefaultPolicy.SendsPerDestinationHour {
			if refused := w.issue(asking(fmt.Sprint("later ", i)))[0].Refused; refused != nil {
				w.Fatalf("sending %d of the third hour: %v", i, refused)
			}
		}
		f := want(w.T, w.asksLater(begun), fault.Limited, "otp.sends_used_day")
		if !f.Until.Equal(begun.Add(24 * time.Hour)) {
			w.Errorf("until %s", f.Until)
		}
	})
}

// asksLater asks when the third hour has room again.
func (w *world) asksLater(begun time.Time) error {
	w.Helper()
	w.clock.Set(begun.Add(3 * time.Hour))
	return w.asks(mail, 999)
}

func TestASendingOfYesterdayIsNotGivenBackToToday(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		begun := w.clock.Now()
		id := w.challenge(asking(mine))
		w.clock.Set(begun.Add(24 * time.Hour))
		w.must(w.asks(mail, 1))
		w.failed(id)
		if v := w.issue(toward(mail, 2))[0].View; v.SendsLeft != otp.DefaultPolicy.SendsPerDestinationHour-2 {
			w.Errorf("%d sendings left", v.SendsLeft)
		}
	})
}

func TestSoManyFailedSendingsADayAreGivenBackAndOneMoreIsWhenTheDayIsOver(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		first := w.clock.Now()
		for i := range otp.DefaultPolicy.SendsPerDestinationDay { // each is given back, so the day stays empty
			w.failed(w.challenge(toward(mail, i)))
		}
		left := func() int { return w.issue(toward(mail, int(w.clock.Now().UnixMilli())))[0].View.SendsLeft }
		w.clock.Set(first.Add(24*time.Hour - time.Millisecond))
		id := w.challenge(toward(mail, 100))
		w.failed(id)
		if n := left(); n != otp.DefaultPolicy.SendsPerDestinationHour-2 {
			w.Errorf("a millisecond before: %d left", n)
		}
		w.clock.Set(first.Add(48 * time.Hour))
		w.failed(w.challenge(toward(mail, 101)))
		if n := left(); n != otp.DefaultPolicy.SendsPerDestinationHour-1 {
			w.Errorf("another day: %d left", n)
		}
	})
}

// failed is the news that the provider failed the last sending of a challenge.
func (w *world) failed(id int64) {
	w.Helper()
	if err := w.db.Write(w.Context(), func(tx *sqldb.Tx) error { return w.codes.OnFailed(tx, id) }); err != nil {
		w.Fatal(err)
	}
}
