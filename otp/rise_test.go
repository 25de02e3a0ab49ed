package otp_test

import (
	"fmt"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/limit"
	"gelombang/otp"
)

// rise is a rule that a test can reach: twenty wrong codes within ten minutes.
var rise = otp.RisePolicy{Least: 20}

func eachRise(t *testing.T, test func(w *world)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		test(newWorldOf(t, db, clock, otp.Config{Rise: rise, Book: &limit.Book{}}))
	})
}

// types types codes, each at an address of its own, as many people would.
func (w *world) types(right, wrong int) {
	w.Helper()
	for i := range right + wrong {
		r := asking(mine)
		r.Destination = fmt.Sprintf("someone-%d-%d@example.com", i, w.clock.Now().UnixMilli())
		id := w.challenge(r)
		code := w.codeOf(id)
		if i >= right {
			code = another(code)
		}
		if err := w.check(id, code); (err == nil) != (i < right) {
			w.Fatal(err)
		}
	}
}

// judged lets the minute pass in which nobody looks again, and looks.
func (w *world) judged() otp.Rise {
	w.Helper()
	w.clock.Add(time.Minute)
	if err := w.codes.Judge(w.Context()); err != nil {
		w.Fatal(err)
	}
	return w.rising()
}

func (w *world) rising() (r otp.Rise) {
	w.Helper()
	err := w.db.Read(w.Context(), func(rx *sqldb.Rx) (err error) {
		r, err = w.codes.Rising(rx)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func TestWrongCodesRiseFromTheLeastNumberOnAndNotBefore(t *testing.T) {
	t.Parallel()
	eachRise(t, func(w *world) {
		w.types(0, 19)
		if r := w.judged(); r.On {
			w.Fatalf("19 wrong codes: %+v", r)
		}
		w.types(0, 1)
		r := w.judged()
		if !r.On || r.Wrong != 20 || r.Guesses != 20 || !r.Since.Equal(w.clock.Now()) || !r.Until.Equal(w.clock.Now().Add(30*time.Minute)) {
			w.Fatalf("20 wrong codes: %+v", r)
		}
	})
}

func TestOnAnOpeningDaySlipsOfTheFingerAreNoRise(t *testing.T) {
	t.Parallel()
	eachRise(t, func(w *world) {
		w.types(47, 20) // 29.9 of a hundred: under three times ten, which is assumed while little is known
		if r := w.judged(); r.On {
			w.Fatalf("%+v", r)
		}
		w.types(0, 1)
		if r := w.judged(); !r.On || r.Usual != 10 {
			w.Fatalf("21 of 68: %+v", r)
		}
	})
}

func TestARiseIsHeldAgainstWhatIsUsual(t *testing.T) {
	t.Parallel()
	eachRise(t, func(w *world) {
		w.types(39, 1) // half a day ago hardly anybody mistyped
		w.clock.Add(12 * time.Hour)
		w.types(113, 20) // 15.04 of a hundred are three times the five that are assumed at least
		if r := w.judged(); !r.On || r.Usual != 5 {
			w.Fatalf("%+v", r)
		}
	})
}

func TestAGuesserWhoGoesOnForADayDoesNotBecomeUsual(t *testing.T) {
	t.Parallel()
	eachRise(t, func(w *world) {
		for range 3 {
			w.types(0, 20)
			w.judged()
			w.clock.Add(6 * time.Hour)
		}
		w.types(0, 20)
		if r := w.judged(); !r.On || r.Usual != 20 {
			w.Fatalf("%+v", r)
		}
	})
}

func TestARiseEndsAtItsLastMomentUnlessItIsSeenAgain(t *testing.T) {
	t.Parallel()
	eachRise(t, func(w *world) {
		w.types(0, 20)
		began := w.judged()
		w.clock.Add(9 * time.Minute) // the wrong ones are in the window still: a minute counts from its beginning
		again := w.judged()
		if !again.Until.Equal(began.Until) {
			w.Fatalf("seen after its window: %+v", again)
		}
		w.types(0, 20)
		again = w.judged()
		if !again.Since.Equal(began.Since) || !again.Until.Equal(w.clock.Now().Add(30*time.Minute)) {
			w.Fatalf("%+v after %+v", again, began)
		}
		for _, at := range []struct {
			after time.Duration
			on    bool
		}{{-time.Millisecond, true}, {0, false}, {time.Millisecond, false}} {
			w.clock.Set(again.Until.Add(at.after))
			if r := w.rising(); r.On != at.on {
				w.Errorf("%s from its end: %+v", at.after, r)
			}
		}
	})
}

func TestARiseIsFoundByOneProcessAndKnownToAll(t *testing.T) {
	t.Parallel()
	eachRise(t, func(w *world) {
		other, err := otp.New(w.config)
		if err != nil {
			w.Fatal(err)
		}
		w.types(0, 20) // counted by this process alone
		if err := w.codes.Flush(w.Context()); err != nil {
			w.Fatal(err)
		}
		w.clock.Add(time.Minute)
		if err := other.Judge(w.Context()); err != nil {
			w.Fatal(err)
		}
		if r := other.Risen(); !r.On {
			w.Fatalf("the one that looked: %+v", r)
		}
		until := other.Risen().Until
		w.clock.Add(30 * time.Second) // too soon for another look
		if err := w.codes.Judge(w.Context()); err != nil {
			w.Fatal(err)
		}
		if r := w.codes.Risen(); !r.On || !r.Until.Equal(until) {
			w.Fatalf("the other one: %+v", r)
		}
	})
}

func TestARuleThatOnlyRecordsAsksNobody(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		recorded := rise
		recorded.Mode = limit.Record
		book := &limit.Book{}
		w := newWorldOf(t, db, clock, otp.Config{Rise: recorded, Book: book})
		w.types(0, 20)
		r := w.judged()
		if !r.On || w.codes.Risen().On {
			t.Fatalf("%+v, told as %+v", r, w.codes.Risen())
		}
		if w.codes.AskSecond(r, true) || w.codes.AskSecond(r, false) {
			t.Fatal("a browser was asked for a second proof")
		}
		want := []limit.Count{{Rule: otp.RuleRise, Mode: limit.Record, N: 1}, {Rule: otp.RuleRise, Mode: limit.Record, Refused: true, N: 1}}
		if got := book.Counts(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Fatalf("%+v", got)
		}
	})
}
