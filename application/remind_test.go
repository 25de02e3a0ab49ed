package application_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/application"
	"gelombang/draw/drawtest"
	"gelombang/identity"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/wave"
)

// reminders are the reminders that an account was told, with their step.
func reminders(w *drawtest.World, account int64) (keys []string) {
	for _, m := range w.Told() {
		if m.Account == account && strings.Contains(m.Key, ".remind_") {
			step, _ := m.Args["step"].(locale.Key)
			keys = append(keys, strings.TrimSpace(m.Key+" "+string(step)))
		}
	}
	return keys
}

func TestWhoCouldJoinAndHasNotIsRemindedOnceADayBeforeTheClosing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := drawtest.New(t, db, clock, drawtest.Options{Remind: true})
		first := w.Wave(t, "1")
		with := func(account int64, change func(p *drawtest.Person)) {
			p := drawtest.NewPerson(int(account), int(account))
			change(&p)
			w.Set(t, account, p)
		}
		with(1, func(*drawtest.Person) {})
		with(2, func(p *drawtest.Person) { p.Phone, p.Claimed = false, false })
		with(3, func(p *drawtest.Person) { p.Facts = identity.Facts{State: identity.None} })
		with(4, func(p *drawtest.Person) { p.State = identity.Differs })
		with(5, func(p *drawtest.Person) { p.BirthDate = identity.Date{Year: 2012, Month: 1, Day: 1} })
		with(6, func(*drawtest.Person) {})
		with(7, func(*drawtest.Person) {})
		with(8, func(p *drawtest.Person) { p.State = identity.Parked })
		w.Join(t, 6, first.ID, "")
		w.Join(t, 7, first.ID, "")
		if err := w.Apps.Withdraw(t.Context(), 7, first.ID); err != nil {
			t.Fatal(err)
		}
		at := first.Closes.Add(-24 * time.Hour)
		w.At(t, at.Add(-time.Millisecond))
		if told := reminders(w, 1); len(told) != 0 {
			t.Errorf("too early: %v", told)
		}
		w.At(t, at)
		w.At(t, at.Add(time.Hour))
		for account, want := range map[int64][]string{
			1: {application.TellRemindJoin},
			2: {application.TellRemindStep + " application.missing.phone"},
			3: {application.TellRemindStep + " application.missing.identity"},
			4: {application.TellRemindStep + " application.missing.identity"},
			5: nil, // too young: a rule says no
			6: nil, // joined
			7: nil, // withdrew
			8: {application.TellRemindJoin},
		} {
			if got := reminders(w, account); !slices.Equal(got, want) {
				t.Errorf("account %d: %v, want %v", account, got, want)
			}
		}
	})
}

func TestAReminderWaitsForTheMorningAndForNothingThatHasClosed(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		local := clock.Now().In(locale.WIB)
		clock.Set(time.Date(local.Year(), local.Month(), local.Day(), 23, 0, 0, 0, locale.WIB))
		w := drawtest.New(t, db, clock, drawtest.Options{Remind: true})
		w.Set(t, 1, drawtest.NewPerson(1, 1))
		first, second := w.Wave(t, "1"), w.Wave(t, "2") // both close at 23:00
		night := first.Closes.Add(-24 * time.Hour)
		w.At(t, night)
		w.At(t, night.Add(8*time.Hour-time.Millisecond))
		if told := reminders(w, 1); len(told) != 0 {
			t.Errorf("at night: %v", told)
		}
		w.At(t, night.Add(8*time.Hour))
		if told := reminders(w, 1); len(told) != 1 {
			t.Errorf("in the morning: %v", told)
		}
		w.At(t, first.Closes)
		w.At(t, second.Opens)
		if second = w.Wave(t, "2"); second.State != wave.Open {
			t.Fatal(second.State)
		}
		w.At(t, second.Closes.Add(-2*time.Hour+time.Millisecond)) // nothing ran until now
		if told := reminders(w, 1); len(told) != 1 {
			t.Errorf("with less than two hours left: %v", told)
		}
	})
}

func TestEveryReminderFitsInOneSMS(t *testing.T) {
	t.Parallel()
	catalog := drawtest.Catalog(t)
	longest := time.Date(2026, 9, 25, 10, 0, 0, 0, time.UTC)
	for _, lang := range []locale.Lang{locale.ID, locale.EN} {
		for key, steps := range map[string][]string{
			application.TellRemindJoin: {"email"}, application.TellRemindStep: {"email", "phone", "identity", "statements"},
		} {
			for _, step := range steps {
				words := catalog.Text(lang, key+".sms", map[string]any{"wave": "Gelombang 12", "closes": catalog.Format(lang, longest),
					"step": catalog.Text(lang, application.KeyMissing+"."+step, nil)})
				if len(words) > 148 || strings.ContainsFunc(words, func(r rune) bool { return r > 126 }) {
					t.Errorf("%s %s has %d characters: %s", lang, key, len(words), words)
				}
			}
		}
	}
}
