package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
)

func (w *world) vouched(mark string) []notify.Vouched {
	w.t.Helper()
	found, err := w.service.Vouch(w.t.Context(), mark)
	if err != nil {
		w.t.Fatalf("%q: %v", mark, err)
	}
	return found
}

func TestAMarkSaysWhenHowAndToWhom(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		at := w.clock.Now()
		sms := w.queued(notify.Message{})
		mail := w.queued(notify.Message{Channel: notify.Email, To: "ani.lestari@example.com"})
		w.clock.Add(100 * 24 * time.Hour)
		if got := w.vouched(w.service.Mark(sms)); len(got) != 1 || got[0] != (notify.Vouched{Channel: notify.SMS, At: at, To: "••••90"}) {
			t.Errorf("%+v", got)
		}
		if got := w.vouched(w.service.Mark(mail)); len(got) != 1 || got[0] != (notify.Vouched{Channel: notify.Email, At: at, To: "an••••"}) {
			t.Errorf("%+v", got)
		}
	})
}

func TestEveryMessageOfABatchHasItsOwnMark(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		marks := map[string]bool{}
		for range 300 {
			mark := w.service.Mark(w.queued(notify.Message{}))
			if got := w.vouched(mark); len(got) != 1 || marks[mark] {
				t.Fatalf("%s: %+v, before: %v", mark, got, marks[mark])
			}
			marks[mark] = true
		}
	})
}

func TestAMarkIsReadAsPeopleTypeIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mark := w.service.Mark(w.queued(notify.Message{}))
		for _, typed := range []string{mark, "#" + mark, strings.ToLower(mark), " " + mark[:5] + " " + mark[5:] + "\n", mark[:4] + "-" + mark[4:] + "."} {
			if len(w.vouched(typed)) != 1 {
				t.Errorf("%q is not found", typed)
			}
		}
		for typed, key := range map[string]string{"": "empty", " # ": "empty", mark[1:]: "length", mark + "A": "length",
			"0" + mark[1:]: "letter", "é" + mark[1:]: "letter", "\x00" + mark: "letter"} {
			_, err := w.service.Vouch(t.Context(), typed)
			if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Fields[0].Key != "notify.mark."+key {
				t.Errorf("%q: %v, want %s", typed, err, key)
			}
		}
	})
}

func TestASlipOfTheFingerIsNotAnotherMessage(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	w := newWorld(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock)
	rapid.Check(t, func(t *rapid.T) {
		mark := w.service.Mark(rapid.Int64Range(0, 1<<62).Draw(t, "id"))
		at := rapid.IntRange(0, len(mark)-1).Draw(t, "at")
		slipped := []byte(mark)
		if other := (at + 1) % len(mark); rapid.Bool().Draw(t, "swapped") && at < other {
			slipped[at], slipped[other] = slipped[other], slipped[at]
		} else {
			slipped[at] = rapid.SampledFrom([]byte("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")).Draw(t, "typed")
		}
		_, err := w.service.Vouch(w.t.Context(), string(slipped))
		if f, ok := fault.As(err); string(slipped) != mark && (!ok || f.Fields[0].Key != "notify.mark.slip") {
			t.Fatalf("%s typed as %s: %v", mark, slipped, err)
		}
	})
}

func TestMarksOfNeighboursHaveNothingInCommon(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	w := newWorld(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock)
	first := w.db.NewID()
	same := 0
	for next := range int64(200) {
		for at, c := range []byte(w.service.Mark(first + next + 1)) {
			if w.service.Mark(first + next)[at] == c {
				same++
			}
		}
	}
	if same > 120 { // of 2,000 characters one in 32 by chance: 62
		t.Errorf("%d characters of 2,000 are those of the neighbour", same)
	}
}

func TestWrongMarksAreCountedAndRightOnesAreNot(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		budget := notify.Budgets()[0]
		right := w.service.Mark(w.queued(notify.Message{}))
		wrong := w.service.Mark(w.db.NewID())
		if got := w.vouched(wrong); len(got) != 0 {
			t.Errorf("never sent, yet %+v", got)
		}
		left := w.clock.Now().Add(budget.Window)
		err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(`UPDATE limit_use SET used = $1 WHERE name = $2`, budget.Most-1, budget.Name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if len(w.vouched(right)) != 1 {
				t.Fatal("a right mark is not found")
			}
		}
		w.vouched(wrong)
		for _, mark := range []string{right, wrong} {
			_, err := w.service.Vouch(t.Context(), mark)
			if f, ok := fault.As(err); !ok || f.Kind != fault.Limited || !f.Until.Equal(left) {
				t.Errorf("past the budget: %v", err)
			}
		}
		w.clock.Set(left)
		if len(w.vouched(right)) != 1 {
			t.Error("the budget does not open")
		}
	})
}

func TestMailAndSMSCarryTheMark(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sms := w.queued(notify.Message{})
		mail := w.queued(notify.Message{Channel: notify.Email, To: "ani@example.com"})
		w.run()
		for _, o := range w.tries {
			mark := w.service.Mark(o.ID)
			switch {
			case o.ID == sms && !strings.HasSuffix(o.Text, " #"+mark):
				t.Errorf("the SMS ends in %q", o.Text)
			case o.ID == mail && (strings.Count(o.Text, mark) != 1 || strings.Count(o.HTML, mark) != 1 || !strings.Contains(o.Text, "gelombang.example/message")):
				t.Errorf("the mail says\n%s", o.Text)
			}
		}
		if len(w.tries) != 2 {
			t.Errorf("%d tries", len(w.tries))
		}
	})
}

func TestWhoSeesAGlimpseLearnsTwoCharacters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for to, want := range map[string]string{"ab@example.com": "a••••", "a@example.com": "••••", "éàü@example.com": "éà••••"} {
			id := w.queued(notify.Message{Channel: notify.Email, To: to})
			if got := w.vouched(w.service.Mark(id)); fmt.Sprint(got[0].To) != want {
				t.Errorf("%s: %s, want %s", to, got[0].To, want)
			}
		}
	})
}
