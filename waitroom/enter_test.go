package waitroom_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/waitroom"
)

func enter(t testing.TB, n node, ticket string) string {
	t.Helper()
	pass, err := n.Enter(t.Context(), ticket)
	if err != nil {
		t.Fatalf("%+v: %v", n.Look(ticket), err)
	}
	return pass
}

func TestACopiedTicketOpensOnePlace(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 10)
		ticket := n.Arrive()
		beat(t, clock, 2, n)
		first := enter(t, n, ticket)
		clock.Add(time.Second)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if pass, err := n.Enter(t.Context(), ticket); err != nil || pass != first {
					t.Errorf("%q, %v; the first pass was %q", pass, err, first)
				}
			})
		}
		all.Wait()
		if rows := count(t, db, `SELECT COUNT(*) FROM admission`); rows != 1 {
			t.Errorf("%d rows", rows)
		}
	})
}

func TestAPassServesSoManyRegistrationsAndNotOneMore(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 10)
		tickets := arrive(n, 2)
		beat(t, clock, 2, n)
		pass, other := enter(t, n, tickets[0]), enter(t, n, tickets[1])
		var served, refused atomic.Int64
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				switch err := n.Use(t.Context(), pass); {
				case err == nil:
					served.Add(1)
				case fault.Is(err, fault.Limited):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
			all.Go(func() { _ = n.Use(t.Context(), other) })
		}
		all.Wait()
		if served.Load() != 20 || refused.Load() != 30 {
			t.Errorf("%d served, %d refused", served.Load(), refused.Load())
		}
		if used := count(t, db, `SELECT SUM(used) FROM admission`); used != 40 {
			t.Errorf("%d uses of two passes", used)
		}
	})
}

func TestAPassEndsAfterAQuarterOfAnHour(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 10)
		ticket := n.Arrive()
		beat(t, clock, 2, n)
		pass, ends := enter(t, n, ticket), clock.Now().Add(15*time.Minute)
		clock.Set(ends.Add(-time.Millisecond))
		if until, ok := n.Admitted(pass); !ok || !until.Equal(ends) {
			t.Errorf("a moment before: %s, %t", until, ok)
		}
		if err := n.Use(t.Context(), pass); err != nil {
			t.Error(err)
		}
		clock.Set(ends)
		if _, ok := n.Admitted(pass); ok {
			t.Error("it admits at its end")
		}
		if err := n.Use(t.Context(), pass); !fault.Is(err, fault.Refused) {
			t.Error(err)
		}
	})
}

func TestAPlaceIsKeptAndThenMissed(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 10)
		ticket := n.Arrive()
		beat(t, clock, 6, n)
		p := n.Look(ticket)
		if p.Standing != waitroom.Called || p.Number != 1 || p.Ahead != 0 || p.Since.IsZero() {
			t.Fatalf("%+v", p)
		}
		if left := p.Keeps.Sub(clock.Now()); left < 14*time.Minute+50*time.Second || left > 15*time.Minute {
			t.Errorf("kept for %s", left)
		}
		n.set(over) // so that the crowd does not end
		clock.Set(p.Keeps.Add(-2 * time.Second))
		beat(t, clock, 1, n)
		if q := n.Look(ticket); q.Standing != waitroom.Called || !q.Keeps.Equal(p.Keeps) {
			t.Fatalf("before its end: %+v, first %+v", q, p)
		}
		beat(t, clock, 2, n)
		if q := n.Look(ticket); q.Standing != waitroom.Missed {
			t.Fatalf("at its end: %+v", q)
		}
		if _, err := n.Enter(t.Context(), ticket); !fault.Is(err, fault.Refused) {
			t.Error(err)
		}
		if q := n.Look(n.Arrive()); q.Standing != waitroom.Waiting || q.Number != 2 {
			t.Errorf("the new place: %+v", q)
		}
	})
}

func TestOnlyACalledTicketEnters(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 10)
		tickets := arrive(n, 100)
		beat(t, clock, 2, n)
		p := n.Look(tickets[99])
		if p.Standing != waitroom.Waiting || p.Ahead != 79 || p.Wait != 8*time.Second {
			t.Errorf("%+v", p)
		}
		if _, err := n.Enter(t.Context(), tickets[99]); !fault.Is(err, fault.Limited) {
			t.Error(err)
		}
		if _, err := n.Enter(t.Context(), "no ticket"); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		enter(t, n, tickets[19])
	})
}

func TestAForgedTicketIsAStrangers(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 10)
		ticket := n.Arrive()
		beat(t, clock, 2, n)
		pass := enter(t, n, ticket)
		if len(ticket) >= 80 {
			t.Errorf("a ticket of %d letters", len(ticket))
		}
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		for i := range ticket {
			c := alphabet[rand.IntN(len(alphabet))]
			if c == ticket[i] {
				continue
			}
			if p := n.Look(ticket[:i] + string(c) + ticket[i+1:]); p != (waitroom.Place{Standing: waitroom.Stranger}) {
				t.Errorf("letter %d altered to %c: %+v", i, c, p)
			}
		}
		for _, s := range []string{"", ticket + "A", ticket[1:], pass, ticket + "\n"} {
			if p := n.Look(s); p.Standing != waitroom.Stranger {
				t.Errorf("%q: %+v", s, p)
			}
		}
		for i := range pass {
			if _, ok := n.Admitted(pass[:i] + "." + pass[i+1:]); ok {
				t.Errorf("a pass altered at %d admits", i)
			}
		}
		if _, ok := n.Admitted(ticket); ok {
			t.Error("a ticket admits")
		}
	})
}

func TestWhenNobodyWaitsAFewGoStraightIn(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 5)
		beat(t, clock, 1, n)
		straight := func() (went int) {
			for range 20 {
				pass, ok, err := n.Straight(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if _, admitted := n.Admitted(pass); ok != admitted {
					t.Fatalf("ok %t, admitted %t", ok, admitted)
				}
				if ok {
					went++
				}
			}
			return went
		}
		if went := straight(); went != 5 {
			t.Errorf("%d went straight in", went)
		}
		beat(t, clock, 1, n)
		n.Arrive()
		if went := straight(); went != 0 {
			t.Errorf("%d went past somebody who waits", went)
		}
		beat(t, clock, 2, n)
		if went := straight(); went != 5 {
			t.Errorf("%d went straight in when nobody waited any more", went)
		}
	})
}

// leavers simulates a line of which only one in so many comes when called, a poll
// later, and gives how many came in each beat until everybody was called.
func leavers(t *testing.T, n node, clock *sqldbtest.Clock, people, oneIn int) (came []int) {
	t.Helper()
	tickets := arrive(n, people)
	comes := map[int][]string{} // by beat
	called := 0
	for n.State().Front < int64(people) {
		if len(came) > people {
			t.Fatalf("the line stands still: %+v", n.State())
		}
		beat(t, clock, 1, n)
		for ; called < int(n.State().Front); called++ {
			if called%oneIn == 0 {
				at := len(came) + 5 + rand.IntN(20)
				comes[at] = append(comes[at], tickets[called])
			}
		}
		now := comes[len(came)]
		came = append(came, len(now))
		var all sync.WaitGroup
		for _, ticket := range now {
			all.Go(func() {
				if _, err := n.Enter(t.Context(), ticket); err != nil {
					t.Errorf("%+v: %v", n.Look(ticket), err)
				}
			})
		}
		all.Wait()
	}
	return came
}

func TestTheLineNeverStallsOnPeopleWhoLeft(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		// Called at the pace of the gate, 2,000 places at 20 a second would take 100 beats.
		n := crowded(t, db, clock, 20)
		if beats := len(leavers(t, n, clock, 2000, 10)); beats > 85 {
			t.Errorf("one in ten came: %d beats", beats)
		}
	})
}

func TestTheGateStaysBusyHoweverManyLeft(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	db := sqldbtest.Open(t, sqldb.SQLite, clock)
	for _, c := range []struct{ people, oneIn, least, most int }{
		{2000, 1, 195, 205},   // everybody: 200 beats, and the front does not rush ahead of them
		{6000, 2, 300, 410},   // 300 beats at best, 600 at the pace of the gate
		{20000, 10, 200, 380}, // 200 at best, 2,000 at the pace of the gate
	} {
		n := crowded(t, db, clock, 10)
		came := leavers(t, n, clock, c.people, c.oneIn)
		if beats := len(came); beats < c.least || beats > c.most {
			t.Errorf("%d, one in %d came: %d beats", c.people, c.oneIn, beats)
		}
		if a := average(came[len(came)-60:]); a < 8 || a > 13 {
			t.Errorf("%d, one in %d came: at last %.1f a second entered, not 10", c.people, c.oneIn, a)
		}
		n.set(calm)
		beat(t, clock, 40, n)
	}
}

func average(of []int) float64 {
	sum := 0
	for _, n := range of {
		sum += n
	}
	return float64(sum) / float64(len(of))
}

func TestASweepKeepsWhatStillDecides(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 10)
		ticket := n.Arrive()
		beat(t, clock, 10, n)
		enter(t, n, ticket)
		sweep := func() (gone int64) {
			err := db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
				gone, err = waitroom.Sweep(tx, 100)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return gone
		}
		if gone := sweep(); gone != 0 {
			t.Errorf("%d rows of the present crowd were removed", gone)
		}
		n.set(calm)
		beat(t, clock, 40, n)
		clock.Add(25 * time.Hour)
		n.set(over)
		beat(t, clock, 3, n)
		sweep()
		if rows := count(t, db, `SELECT (SELECT COUNT(*) FROM admission) + (SELECT COUNT(*) FROM waiting_front)`); rows != 0 {
			t.Errorf("%d rows are left of the crowd before", rows)
		}
	})
}
