package notify_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/notify"
)

const price = 350

// priced opens a process with one gateway of a price, under a policy.
func (w *world) priced(p notify.SpendPolicy) {
	w.spend = p
	w.open([]notify.Provider{{Name: "sim", Sender: w, Price: price}})
}

// codes sends so many codes to numbers that begin alike, and confirms them.
func (w *world) codes(n int, prefix string) (ids []int64) {
	w.t.Helper()
	var ms []notify.Message
	for i := range n {
		ms = append(ms, notify.Message{Channel: notify.SMS, To: fmt.Sprintf("%s%05d", prefix, i), Key: "test.hello", Lang: "id", Fill: int64(i + 1)})
	}
	w.write(func(tx *sqldb.Tx) (err error) {
		ids, err = w.service.Queue(tx, ms...)
		return err
	})
	w.run()
	for _, id := range ids {
		w.receipt(notify.Receipt{MessageID: id, State: notify.Confirmed})
	}
	return ids
}

func (w *world) write(do func(tx *sqldb.Tx) error) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), do); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) judge() {
	w.t.Helper()
	if err := w.service.JudgeSpending(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// held asks for one number.
func (w *world) held(to string) (h *notify.Hold) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), func(rx *sqldb.Rx) error {
		h = w.service.Holds(rx, []string{to})[0]
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

func (w *world) spending() (out notify.Spending) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), func(rx *sqldb.Rx) (err error) {
		out, err = w.service.Spending(rx)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

const (
	alike  = "+628123400001"
	others = "+628129900001"
)

func TestCodesThatNobodyTypesHoldTheirPrefixForAWhile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.priced(notify.SpendPolicy{})
		ids := w.codes(notify.SpendFewest, "+628123")
		for _, id := range ids[:19] {
			w.typed(id)
		}
		w.clock.Add(15*time.Minute - time.Millisecond)
		w.judge()
		if h := w.held(alike); h != nil {
			t.Fatalf("held before the codes had their time: %+v", h)
		}
		w.clock.Add(time.Minute)
		w.judge()
		until := w.clock.Now().Add(notify.SpendHold)
		if diff := cmp.Diff(&notify.Hold{Rule: notify.RulePrefix, Prefix: "628123", Until: until}, w.held(alike)); diff != "" {
			t.Fatal(diff)
		}
		if h := w.held(others); h != nil {
			t.Errorf("numbers that begin otherwise are held: %+v", h)
		}
		want := map[string]string{"rule": notify.RulePrefix, "mode": "enforce", "prefix": "628123", "until": until.Format(time.RFC3339), "sent": "100", "typed": "19", "cost": "35000"}
		if diff := cmp.Diff([]map[string]string{want}, w.alarms); diff != "" {
			t.Errorf("alarms: %s", diff)
		}
		w.clock.Set(until.Add(-time.Millisecond))
		w.judge()
		if w.held(alike) == nil {
			t.Error("let go a moment before the end")
		}
		w.clock.Set(until)
		if h := w.held(alike); h != nil {
			t.Errorf("held at the end: %+v", h)
		}
		w.clock.Add(time.Minute)
		w.judge() // what was judged once is over
		if h := w.held(alike); h != nil || len(w.alarms) != 1 {
			t.Errorf("held again for the same codes: %+v, %d alarms", h, len(w.alarms))
		}
	})
}

func TestAPrefixWhosePeopleTypeTheirCodesIsNotHeld(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.priced(notify.SpendPolicy{})
		for _, id := range w.codes(notify.SpendFewest, "+628123")[:20] {
			w.typed(id)
		}
		w.clock.Add(15 * time.Minute)
		w.judge()
		if h := w.held(alike); h != nil || w.alarms != nil {
			t.Errorf("%+v, alarms %v", h, w.alarms)
		}
		want := []notify.Prefix{{Prefix: "628123", Operator: notify.Telkomsel, Sent: 100, Typed: 20}}
		if diff := cmp.Diff(want, w.spending().Prefixes); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPumpingSlowlyIsSeenOverTheDay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.priced(notify.SpendPolicy{})
		for range 5 {
			w.codes(notify.SpendFewest/5, "+628123")
			w.clock.Add(2 * time.Hour)
			w.judge()
		}
		if h := w.held(alike); h == nil {
			t.Error("a hundred codes of a day, none of them typed, are not seen")
		}
	})
}

func TestTheMoneyOfTheHourAndTheDayEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.priced(notify.SpendPolicy{Hour: 10 * price, Day: 15 * price})
		w.clock.Set(time.Date(2026, 8, 3, 22, 10, 0, 0, locale.WIB))
		w.codes(9, "+628123")
		w.judge()
		if h := w.held(others); h != nil {
			t.Fatalf("held before the budget was spent: %+v", h)
		}
		w.codes(1, "+628123")
		w.clock.Add(time.Minute)
		w.judge()
		eleven, midnight := time.Date(2026, 8, 3, 23, 0, 0, 0, locale.WIB), time.Date(2026, 8, 4, 0, 0, 0, 0, locale.WIB)
		if h := w.held(others); h == nil || h.Rule != notify.RuleHour || !h.Until.Equal(eleven) {
			t.Fatalf("the hour's: %+v", h)
		}
		w.clock.Set(eleven.Add(-time.Millisecond))
		if w.held(others) == nil {
			t.Error("let go a moment before the hour's end")
		}
		w.clock.Set(eleven)
		if h := w.held(others); h != nil {
			t.Errorf("held in the next hour: %+v", h)
		}
		w.codes(5, "+628123")
		w.clock.Add(time.Minute)
		w.judge()
		if h := w.held(others); h == nil || h.Rule != notify.RuleDay || !h.Until.Equal(midnight) {
			t.Fatalf("the day's: %+v", h)
		}
		s := w.spending()
		if s.Hour != 5*price || s.Day != 15*price || s.Hours[len(s.Hours)-2] != 10*price || !s.HourEnds.Equal(midnight) || !s.DayEnds.Equal(midnight) {
			t.Errorf("%+v", s)
		}
		w.clock.Set(midnight)
		w.judge()
		if h := w.held(others); h != nil || w.spending().Day != 0 {
			t.Errorf("the next day: %+v", h)
		}
	})
}

func TestARuleThatOnlyRecordsHoldsNothingAndIsWrittenDown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		book := &limit.Book{}
		w.priced(notify.SpendPolicy{Hour: price, Modes: map[string]limit.Mode{notify.RuleHour: limit.Record}, Book: book})
		w.codes(1, "+628123")
		w.judge()
		if h := w.held(others); h != nil {
			t.Errorf("%+v", h)
		}
		if diff := cmp.Diff([]limit.Count{{Rule: notify.RuleHour, Mode: limit.Record, Refused: true, N: 1}}, book.Counts()); diff != "" {
			t.Error(diff)
		}
		if held := w.spending().Held; len(held) != 1 || !held[0].Recorded || len(w.alarms) != 1 {
			t.Errorf("%+v, alarms %v", held, w.alarms)
		}
	})
}

func TestWhatOneProcessFindsAllOfThemHold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.priced(notify.SpendPolicy{Hour: price})
		first := w.service
		w.priced(notify.SpendPolicy{Hour: price})
		w.codes(1, "+628123")
		w.judge()
		if err := first.JudgeSpending(t.Context()); err != nil { // it is not its turn
			t.Fatal(err)
		}
		w.service = first
		if h := w.held(others); h == nil || len(w.alarms) != 1 {
			t.Errorf("%+v, %d alarms", h, len(w.alarms))
		}
	})
}

func TestAnAlarmThatFailsLeavesNoHoldBehind(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.priced(notify.SpendPolicy{Hour: price})
		w.codes(1, "+628123")
		w.alarmed = errors.New("no room for it")
		if err := w.service.JudgeSpending(t.Context()); err == nil {
			t.Error("the failure is not told")
		}
		if held := w.spending().Held; held != nil {
			t.Errorf("%+v", held)
		}
		w.alarmed = nil
		w.clock.Add(time.Minute)
		w.judge()
		if w.held(others) == nil || len(w.alarms) != 1 {
			t.Errorf("not held a minute later; alarms %v", w.alarms)
		}
	})
}

func TestOnlyCodesBySMSCount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.priced(notify.SpendPolicy{})
		w.queued(notify.Message{}) // no code
		w.queued(notify.Message{Channel: notify.Email, To: "ani@example.com", Fill: 1})
		w.run()
		w.flush()
		if s := w.spending(); s.Hour != 0 || s.Prefixes != nil {
			t.Errorf("%+v", s)
		}
	})
}

func TestOldSpendingIsPruned(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.priced(notify.SpendPolicy{Hour: price})
		w.codes(1, "+628123")
		w.judge()
		w.clock.Add(2 * 24 * time.Hour)
		for _, c := range []struct {
			later time.Duration
			gone  int64
		}{{0, 0}, {time.Millisecond, 1}, {time.Hour - time.Millisecond, 0}, {time.Millisecond, 1}} { // the count, and an hour later the hold
			w.clock.Add(c.later)
			w.write(func(tx *sqldb.Tx) error {
				n, err := w.service.Prune(tx, 100)
				if n != c.gone {
					t.Errorf("%s: %d rows, want %d", w.clock.Now(), n, c.gone)
				}
				return err
			})
		}
	})
}
