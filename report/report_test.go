package report_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/report"
)

// crowd writes the rows of people as the nouns would.
type crowd struct {
	t     *testing.T
	db    *sqldb.DB
	clock *sqldbtest.Clock
}

// person is how far somebody has come; the zero person has only registered.
type person struct {
	contact, phone, stated, joined bool
	identity, cause                string
}

const wave = 77

func (c crowd) add(n int, p person) {
	c.t.Helper()
	for range n {
		err := c.db.Write(c.t.Context(), func(tx *sqldb.Tx) error { return write(tx, p) })
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

func write(tx *sqldb.Tx, p person) error {
	now, id := sqldb.Millis(tx.Now()), tx.NewID()
	at := func(yes bool) int64 {
		if yes {
			return now
		}
		return 0
	}
	_, err := tx.Exec(`INSERT INTO account (id, state, lang, consent_version, consent_ms, created_ms, email_proven_ms, phone_proven_ms)
		VALUES ($1, 'active', 'id', '1', $2, $3, $4, $5)`, id, now, now, at(p.contact), at(p.phone))
	if err == nil && p.identity != "" {
		_, err = tx.Exec(`INSERT INTO identity (account, state, cause, submitted_ms) VALUES ($1, $2, $3, $4)`, id, p.identity, p.cause, now)
	}
	if err == nil && p.stated {
		_, err = tx.Exec(`INSERT INTO statements (account, answers, at_ms) VALUES ($1, '{}', $2)`, id, now)
	}
	if err == nil && p.joined {
		_, err = tx.Exec(`INSERT INTO place (id, wave, account, state, reason, stratum, joined_ms, settled_ms, carried_from, token, receipt,
			commitment, household, household_left, kk_version, kk_sum, age, sex)
			VALUES ($1, $2, $3, 'joined', '', 'all', $4, 0, 0, '', $5, '', '', 0, 1, '', 30, 'female')`, tx.NewID(), int64(wave), id, now, []byte("x"))
	}
	return err
}

func (c crowd) message(channel, state, reason string, n int) {
	c.t.Helper()
	err := c.db.Write(c.t.Context(), func(tx *sqldb.Tx) error {
		for range n {
			_, err := tx.Exec(`INSERT INTO message (id, channel, text_key, lang, owner, fill_ref, to_sealed, args_sealed, state, reason, created_ms, state_ms, priority)
				VALUES ($1, $2, 'otp.sign_in', 'id', 0, 0, $3, $4, $5, $6, $7, $8, 10)`,
				tx.NewID(), channel, []byte("x"), []byte("x"), state, reason, sqldb.Millis(tx.Now()), sqldb.Millis(tx.Now()))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

func start(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) (*report.Service, crowd) {
	return report.New(report.Config{DB: db, Now: clock.Now}), crowd{t, db, clock}
}

func TestTheFunnelSaysHowManyGotHowFarAndWhyTheRestDidNot(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s, c := start(t, db, clock)
		c.add(4, person{})
		c.add(3, person{contact: true})
		c.add(5, person{contact: true, identity: "parked"})
		c.add(1, person{contact: true, identity: "differs"})
		c.add(2, person{contact: true, identity: "matched"})
		c.add(1, person{contact: true, identity: "matched", phone: true})
		c.add(2, person{contact: true, identity: "matched", phone: true, stated: true})
		c.add(6, person{contact: true, identity: "matched", phone: true, stated: true, joined: true})
		c.add(1, person{contact: true, identity: "parked", phone: true, stated: true, joined: true}) // joined while waiting
		f, err := s.Funnel(t.Context(), wave)
		if err != nil {
			t.Fatal(err)
		}
		want := []report.FunnelRow{
			{Stage: report.Registered, People: 25},
			{Stage: report.Contact, People: 21, Lost: 4, Top: report.NoCode, TopCount: 4},
			{Stage: report.Identity, People: 12, Lost: 9, Top: report.Waiting, TopCount: 5},
			{Stage: report.Phone, People: 10, Lost: 2, Top: report.NoPhone, TopCount: 2},
			{Stage: report.Statements, People: 9, Lost: 1, Top: report.NoStatements, TopCount: 1},
			{Stage: report.Joined, People: 7, Lost: 2, Top: report.NotPressed, TopCount: 2},
			{Stage: report.Selected, People: 0, Lost: 7, Top: report.NotDrawn, TopCount: 7},
		}
		if !slices.Equal(f.Rows, want) || f.Wave != wave || !f.At.Equal(clock.Now()) {
			t.Errorf("%+v", f)
		}
		other, err := s.Funnel(t.Context(), wave+1)
		if err != nil || other.Rows[5].People != 0 || other.Rows[0].People != 25 {
			t.Errorf("another wave: %+v %v", other, err)
		}
	})
}

func TestSelectedPeopleAreCountedOnceTheRanksAreThere(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s, c := start(t, db, clock)
		c.add(3, person{contact: true, identity: "matched", phone: true, stated: true, joined: true})
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(`INSERT INTO draw (wave, header, root, checkpoint, listed, taking_part, frozen_ms, source, source_json, source_ms,
				ranked, cutoffs, gate, ran_ms, inquiry, inquired_by, inquired_ms, released_ms)
				VALUES ($1, '{}', '', '', 3, 3, 1, 'beacon', '{}', 1, 3, '[]', '{}', 1, '', 0, 0, 0)`, int64(wave))
			for i, outcome := range []string{"selected", "reserve", "not_selected"} {
				if err == nil {
					_, err = tx.Exec(`INSERT INTO draw_result (wave, stratum, rank, commitment, place, outcome) VALUES ($1, 'all', $2, $3, $4, $5)`,
						int64(wave), i+1, outcome, int64(i), outcome)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.Funnel(t.Context(), wave)
		if err != nil || f.Rows[6] != (report.FunnelRow{Stage: report.Selected, People: 1, Lost: 2, Top: report.NotSelected, TopCount: 2}) {
			t.Errorf("%+v %v", f, err)
		}
	})
}

func TestFiguresCountTheLastHourAndDay(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s, c := start(t, db, clock) // 09.00 WIB
		c.add(2, person{})
		clock.Add(25 * time.Hour) // out of the picture
		c.add(3, person{contact: true, identity: "parked", cause: "timeout"})
		sent := clock.Now()
		c.message("email", "failed", "mailbox_full", 9) // more than an hour ago when we look
		clock.Add(2 * time.Hour)
		c.add(1, person{contact: true, identity: "parked"})
		c.message("email", "confirmed", "", 4)
		c.message("sms", "failed", "blocked", 2)
		c.message("sms", "failed", "expired", 5) // no longer wanted: no failure
		clock.Add(30 * time.Second)
		f, err := s.Figures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(f.PerHour) != 24 || f.PerHour[23].N != 1 || f.PerHour[21].N != 3 || f.PerHour[0].N != 0 || !f.PerHour[21].From.Equal(sent) {
			t.Errorf("%+v", f.PerHour)
		}
		if f.LastMinute != 1 {
			t.Errorf("%d in the last minute", f.LastMinute)
		}
		if want := []report.MessageCount{{"email", "confirmed", 4}, {"sms", "failed", 2}}; !slices.Equal(f.Messages, want) {
			t.Errorf("%+v", f.Messages)
		}
		if want := (report.Parked{N: 4, Oldest: sent, Cause: "timeout"}); f.Parked != want {
			t.Errorf("%+v", f.Parked)
		}
	})
}

func TestAFigureIsKeptForSecondsAndOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	s, c := start(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock)
	minute := func(ctx context.Context) int64 {
		t.Helper()
		f, err := s.Figures(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return f.LastMinute
	}
	if n := minute(t.Context()); n != 0 {
		t.Fatal(n)
	}
	c.add(1, person{})
	if n := minute(t.Context()); n != 0 {
		t.Errorf("counted again at once: %d", n)
	}
	clock.Add(5 * time.Second)
	gone, leave := context.WithCancel(t.Context())
	leave()
	if n := minute(gone); n != 0 {
		t.Errorf("%d although counting was impossible", n)
	}
	if n := minute(t.Context()); n != 1 {
		t.Errorf("%d after the pause", n)
	}
}

func TestWithoutAnOlderFigureAnOutageIsSaid(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	s, _ := start(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock)
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := s.Figures(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := s.Funnel(gone, wave); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestVerdictsOfTheLastHourAreCountedAndAnOfficialsAreNot(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		s, c := start(t, db, clock)
		c.events("matched", 2)
		clock.Add(report.VerdictsOver + time.Second)
		c.events("submitted", 5)
		c.events("differs", 1)
		c.events("matched", 3)
		c.events("nik_tried", 4)
		got, err := s.Verdicts(t.Context())
		if want := []report.Verdict{{"matched", 3}, {"differs", 1}}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// events writes what happened to somebody's submission.
func (c crowd) events(kind string, n int) {
	c.t.Helper()
	err := c.db.Write(c.t.Context(), func(tx *sqldb.Tx) error {
		id := tx.NewID()
		_, err := tx.Exec(`INSERT INTO account (id, state, lang, consent_version, consent_ms, created_ms, email_proven_ms, phone_proven_ms)
			VALUES ($1, 'active', 'id', '1', 0, 0, 0, 0)`, id)
		for range n {
			if err == nil {
				_, err = tx.Exec(`INSERT INTO identity_event (id, account, at_ms, kind) VALUES ($1, $2, $3, $4)`, tx.NewID(), id, sqldb.Millis(tx.Now()), kind)
			}
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
}
