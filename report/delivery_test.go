package report_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/identity"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/report"
)

// counted writes what one node counted of one minute.
func counted(t *testing.T, db *sqldb.DB, minute time.Time, channel, operator, provider string, s report.Share) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(`INSERT INTO delivery_count (channel, operator, provider, minute_ms, sent, confirmed, confirmed_soon, typed,
			typed_soon, arrived_soon, failed, silent, cost) VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, $6, $7, 0, 0)
			ON CONFLICT (channel, operator, provider, minute_ms) DO UPDATE SET sent = delivery_count.sent + EXCLUDED.sent,
			arrived_soon = delivery_count.arrived_soon + EXCLUDED.arrived_soon`,
			channel, operator, provider, minute.Truncate(time.Minute).UnixMilli(), s.Sent, s.Soon, s.Failed)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// told counts anew and gives one line.
func told(t *testing.T, s *report.Service, channel, operator string) report.Delivery {
	t.Helper()
	if err := s.CountDeliveries(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := s.Deliveries()
	at := slices.IndexFunc(d.Lines, func(l report.Delivery) bool { return l.Channel == channel && l.Operator == operator })
	if at < 0 {
		t.Fatalf("no line of %s %s: %+v", channel, operator, d.Lines)
	}
	return d.Lines[at]
}

func sum(shares []report.Share) (all report.Share) {
	for _, s := range shares {
		all.Sent, all.Soon, all.Failed = all.Sent+s.Sent, all.Soon+s.Soon, all.Failed+s.Failed
	}
	return all
}

func TestDeliveriesTellNowTodayTheDayAndTheMonth(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		clock.Set(time.Date(2026, 8, 3, 2, 5, 30, 0, time.UTC)) // 09.05.30 WIB
		s := report.New(report.Config{DB: db, Now: clock.Now})
		now := clock.Now()
		counted(t, db, now.Add(-5*time.Minute), "sms", "telkomsel", "a", report.Share{Sent: 10, Soon: 9})
		counted(t, db, now.Add(-5*time.Minute), "sms", "telkomsel", "b", report.Share{Sent: 4, Soon: 1, Failed: 2})
		counted(t, db, now.Add(-30*time.Second), "sms", "telkomsel", "a", report.Share{Sent: 50}) // their minute is not over
		counted(t, db, now.Add(-3*time.Hour), "sms", "xl", "a", report.Share{Sent: 7, Soon: 7})
		counted(t, db, now.Add(-20*time.Hour), "sms", "telkomsel", "a", report.Share{Sent: 100, Soon: 80})       // yesterday, in the last 24 hours
		counted(t, db, now.Add(-20*24*time.Hour), "sms", "telkomsel", "a", report.Share{Sent: 1000, Soon: 900})  // in the month
		counted(t, db, now.Add(-31*24*time.Hour), "sms", "telkomsel", "a", report.Share{Sent: 5000, Soon: 5000}) // before it
		counted(t, db, now.Add(-time.Hour), "email", "other", "smtp", report.Share{Sent: 3, Soon: 1})

		line := told(t, s, "sms", "telkomsel")
		if line.Now != (report.Share{Sent: 14, Soon: 10, Failed: 2}) || line.Today != line.Now {
			t.Errorf("now %+v, today %+v", line.Now, line.Today)
		}
		if line.Before != (report.Share{Sent: 1100, Soon: 980}) || sum(line.Quarters) != (report.Share{Sent: 114, Soon: 90, Failed: 2}) {
			t.Errorf("before %+v, the last day %+v", line.Before, sum(line.Quarters))
		}
		if len(line.Quarters) != 96 || len(line.Days) != 30 || line.Quarters[95] != line.Now {
			t.Errorf("%d quarters, the last %+v; %d days, %+v", len(line.Quarters), line.Quarters[95], len(line.Days), line.Days)
		}
		if line.Days[29] != line.Today || line.Days[28].Sent != 100 || line.Days[9].Sent != 1000 {
			t.Errorf("the days are %+v", line.Days)
		}
		all := told(t, s, "sms", "")
		if all.Now.Sent != 14 || all.Today.Sent != 21 || all.Before.Sent != 1100 {
			t.Errorf("all of SMS: %+v %+v %+v", all.Now, all.Today, all.Before)
		}
		var order []string
		for _, l := range s.Deliveries().Lines {
			order = append(order, l.Channel+" "+l.Operator)
		}
		if want := []string{"email ", "email other", "sms ", "sms telkomsel", "sms xl"}; !slices.Equal(order, want) {
			t.Errorf("in the order %q", order)
		}
	})
}

func TestAQuarterOfAnHourIsTheOneInWhichCodesWereQueued(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	db := sqldbtest.Open(t, sqldb.SQLite, clock)
	s := report.New(report.Config{DB: db, Now: clock.Now})
	clock.Set(time.Date(2026, 8, 3, 2, 16, 30, 0, time.UTC))
	counted(t, db, time.Date(2026, 8, 3, 2, 14, 0, 0, time.UTC), "sms", "xl", "a", report.Share{Sent: 1})
	counted(t, db, time.Date(2026, 8, 3, 1, 59, 0, 0, time.UTC), "sms", "xl", "a", report.Share{Sent: 2})
	counted(t, db, time.Date(2026, 8, 2, 2, 30, 0, 0, time.UTC), "sms", "xl", "a", report.Share{Sent: 4})
	if l := told(t, s, "sms", "xl"); l.Quarters[95].Sent != 1 || l.Quarters[94].Sent != 2 || l.Quarters[1].Sent != 4 {
		t.Errorf("%+v", l.Quarters)
	}
	clock.Add(time.Minute)
	if l := told(t, s, "sms", "xl"); l.Quarters[94].Sent != 1 || l.Quarters[0].Sent != 4 {
		t.Errorf("a quarter of an hour has begun: %+v", l.Quarters)
	}
}

func TestAMidnightOfTheCapitalBeginsANewDay(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	db := sqldbtest.Open(t, sqldb.SQLite, clock)
	s := report.New(report.Config{DB: db, Now: clock.Now})
	midnight := time.Date(2026, 8, 3, 17, 0, 0, 0, time.UTC)
	counted(t, db, midnight.Add(-time.Minute), "sms", "xl", "a", report.Share{Sent: 1, Soon: 1})
	counted(t, db, midnight, "sms", "xl", "a", report.Share{Sent: 2, Soon: 2})
	clock.Set(midnight.Add(90 * time.Second))
	if l := told(t, s, "sms", "xl"); l.Today.Sent != 0 || l.Before.Sent != 1 {
		// Until is midnight itself: it is the new day, of which no minute is over.
		t.Errorf("at midnight %+v, %+v", l.Today, l.Before)
	}
	clock.Add(time.Minute)
	if l := told(t, s, "sms", "xl"); l.Today.Sent != 2 || l.Before.Sent != 1 {
		t.Errorf("a minute later %+v, %+v", l.Today, l.Before)
	}
}

func TestCountingOnEndsInWhatCountingAfreshGives(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	db := sqldbtest.Open(t, sqldb.SQLite, clock)
	kept := report.New(report.Config{DB: db, Now: clock.Now})
	rapid.Check(t, func(r *rapid.T) {
		for range rapid.IntRange(1, 5).Draw(r, "turns") {
			clock.Add(time.Duration(rapid.IntRange(1, 4000).Draw(r, "minutes")) * time.Minute)
			for range rapid.IntRange(0, 4).Draw(r, "rows") {
				late := time.Duration(rapid.IntRange(0, 119).Draw(r, "late")) * time.Minute // what a node still adds
				counted(t, db, clock.Now().Add(-late), "sms", rapid.SampledFrom([]string{"xl", "tri"}).Draw(r, "operator"), "a",
					report.Share{Sent: rapid.Int64Range(0, 50).Draw(r, "sent")})
			}
			if err := kept.CountDeliveries(t.Context()); err != nil {
				r.Fatal(err)
			}
		}
		fresh := report.New(report.Config{DB: db, Now: clock.Now})
		if err := fresh.CountDeliveries(t.Context()); err != nil {
			r.Fatal(err)
		}
		if got, want := fmt.Sprint(kept.Deliveries().Lines), fmt.Sprint(fresh.Deliveries().Lines); got != want {
			r.Fatalf("kept\n%s\nfresh\n%s", got, want)
		}
	})
}

func TestDeliveriesOutliveTheDatabase(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	db := sqldbtest.Open(t, sqldb.SQLite, clock)
	s := report.New(report.Config{DB: db, Now: clock.Now})
	if s.Deliveries() != nil {
		t.Error("told before anything was counted")
	}
	counted(t, db, clock.Now().Add(-10*time.Minute), "sms", "xl", "a", report.Share{Sent: 3, Soon: 2})
	at := clock.Now()
	told(t, s, "sms", "xl")
	gone, leave := context.WithCancel(t.Context())
	leave()
	clock.Add(time.Hour)
	if err := s.CountDeliveries(gone); err == nil {
		t.Error("counted without a database")
	}
	if d := s.Deliveries(); !d.At.Equal(at) || d.Lines[1].Now.Sent != 3 {
		t.Errorf("%+v", d)
	}
}

func TestTheWatchCountsByItselfAndEnds(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	s := report.New(report.Config{DB: sqldbtest.Open(t, sqldb.SQLite, clock), Now: clock.Now})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		s.WatchDeliveries(ctx)
		close(ended)
	}()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for s.Deliveries() == nil {
		<-again.C
	}
	stop()
	<-ended
}

func TestALineIsMeasuredByWhatIsUsualForIt(t *testing.T) {
	t.Parallel()
	mail := report.Share{Sent: 1000, Soon: 400}
	for name, c := range map[string]struct {
		before, now report.Share
		want        report.Standing
	}{
		"too few":                        {mail, report.Share{Sent: 19}, report.Few},
		"nobody asks at night":           {mail, report.Share{}, report.Few},
		"no provider takes any":          {mail, report.Share{Failed: 20}, report.Poor},
		"mail as always":                 {mail, report.Share{Sent: 100, Soon: 40}, report.Usual},
		"mail a little slower":           {mail, report.Share{Sent: 100, Soon: 33}, report.Usual},
		"mail slower":                    {mail, report.Share{Sent: 100, Soon: 31}, report.Slower},
		"mail just over half":            {mail, report.Share{Sent: 100, Soon: 21}, report.Slower},
		"mail not half":                  {mail, report.Share{Sent: 100, Soon: 19}, report.Poor},
		"the same would be poor for SMS": {report.Share{Sent: 1000, Soon: 950}, report.Share{Sent: 100, Soon: 40}, report.Poor},
		"a new line, well":               {report.Share{Sent: 499}, report.Share{Sent: 100, Soon: 49}, report.Usual},
		"a new line, badly":              {report.Share{}, report.Share{Sent: 100, Soon: 29}, report.Poor},
	} {
		if got := (report.Delivery{Before: c.before, Now: c.now}).Standing(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestTheStatusTakesAlongHowIdentitiesAreChecked(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	db := sqldbtest.Open(t, sqldb.SQLite, clock)
	var fails error
	s := report.New(report.Config{DB: db, Now: clock.Now, Checks: func(sqldb.Querier) (identity.Health, error) {
		return identity.Health{Setting: identity.Setting{Mode: identity.Park}, Parked: 3}, fails
	}})
	if err := s.CountDeliveries(t.Context()); err != nil || s.Deliveries().Checks.Mode != identity.Park || s.Deliveries().Checks.Parked != 3 {
		t.Fatalf("%+v, %v", s.Deliveries(), err)
	}
	before := s.Deliveries()
	fails = context.DeadlineExceeded
	if err := s.CountDeliveries(t.Context()); err == nil || s.Deliveries() != before {
		t.Errorf("a count that failed replaced the one before: %v", err)
	}
}
