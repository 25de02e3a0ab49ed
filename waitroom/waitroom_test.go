package waitroom_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/migrations"
	"gelombang/waitroom"
)

// node is a room with a load that tests set.
type node struct {
	*waitroom.Room
	load *atomic.Pointer[waitroom.Load]
}

var (
	calm = waitroom.Load{Commit: 10 * time.Millisecond}
	busy = waitroom.Load{Commit: 150 * time.Millisecond} // neither low nor over
	over = waitroom.Load{Commit: 10 * time.Millisecond, Queue: 1500 * time.Millisecond}
)

func mac(b []byte) []byte {
	h := hmac.New(sha256.New, []byte("a key of the tests"))
	h.Write(b)
	return h.Sum(nil)
}

func open(t testing.TB, db *sqldb.DB, clock *sqldbtest.Clock, policy waitroom.Policy, openings ...time.Time) node {
	t.Helper()
	n := node{load: &atomic.Pointer[waitroom.Load]{}}
	n.set(calm)
	r, err := waitroom.New(waitroom.Config{DB: db, MAC: mac, Now: clock.Now, Load: func() waitroom.Load { return *n.load.Load() },
		Policy: policy, Openings: openings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	n.Room = r
	return n
}

func (n node) set(l waitroom.Load) { n.load.Store(&l) }

// beat lets a second pass and every node beat, n times.
func beat(t testing.TB, clock *sqldbtest.Clock, n int, nodes ...node) {
	t.Helper()
	for range n {
		clock.Add(time.Second)
		for _, r := range nodes {
			if err := r.Beat(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// crowded gives a node on which a crowd of load has just begun, at a steady rate a second.
func crowded(t testing.TB, db *sqldb.DB, clock *sqldbtest.Clock, rate float64) node {
	t.Helper()
	policy := waitroom.DefaultPolicy
	policy.Start, policy.Most, policy.Rise = rate, rate, 0
	n := open(t, db, clock, policy)
	n.set(over)
	beat(t, clock, 3, n)
	n.set(busy)
	if s := n.State(); !s.Engaged || s.Why != waitroom.TooMuch || s.Front != 0 {
		t.Fatalf("%+v", s)
	}
	return n
}

func arrive(n node, people int) []string {
	tickets := make([]string, people)
	for i := range tickets {
		tickets[i] = n.Arrive()
	}
	return tickets
}

func each(t *testing.T, test func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock)) {
	t.Parallel()
	sqldbtest.Each(t, test)
}

func TestPeopleBeforeTheHourDrawAPlaceAndLaterOnesFollowInOrder(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		hour := clock.Now().Add(30 * time.Minute)
		n := open(t, db, clock, waitroom.DefaultPolicy, hour)
		beat(t, clock, 1, n)
		const crowd = 10_000
		early := arrive(n, crowd)
		if p := n.Look(early[0]); p.Standing != waitroom.Waiting || p.Number != 0 || p.Wait < 29*time.Minute {
			t.Fatalf("before the hour: %+v", p)
		}
		beat(t, clock, 1, n)
		if s := n.State(); s.Why != waitroom.AnOpening || !s.Opens.Equal(hour) || s.Drawn || s.Issued != crowd {
			t.Fatalf("before the hour: %+v", s)
		}
		clock.Set(hour)
		beat(t, clock, 1, n)
		late := arrive(n, 100)
		if p := n.Look(late[0]); p.Number != 0 || p.Standing != waitroom.Waiting {
			t.Fatalf("before the draw: %+v", p)
		}
		beat(t, clock, 3, n)
		checkLot(t, n, early)
		for i, ticket := range late {
			if p := n.Look(ticket); p.Number != int64(crowd+i+1) {
				t.Fatalf("late %d has number %d", i, p.Number)
			}
		}
		if s := n.State(); s.Early != crowd || s.Front == 0 || s.Issued != crowd+100 {
			t.Errorf("after the draw: %+v", s)
		}
	})
}

// checkLot looks whether places are spread evenly, over all and over those who came first.
func checkLot(t *testing.T, n node, early []string) {
	t.Helper()
	const bins = 20
	var filled [bins]float64
	var sum float64
	for i, ticket := range early {
		p := n.Look(ticket)
		if p.Number < 1 || p.Number > int64(len(early)) {
			t.Fatalf("number %d of %d", p.Number, len(early))
		}
		filled[int(p.Number-1)*bins/len(early)]++
		if i < len(early)/10 {
			sum += float64(p.Number)
		}
	}
	want, chi := float64(len(early))/bins, 0.0
	for _, got := range filled {
		chi += (got - want) * (got - want) / want
	}
	if chi > 60 { // 19 degrees of freedom: once in 300,000 runs
		t.Errorf("places are not even: chi-square %.0f, %v", chi, filled)
	}
	mean := sum / float64(len(early)/10)
	if middle := float64(len(early)) / 2; mean < 0.9*middle || mean > 1.1*middle { // five standard deviations
		t.Errorf("those who came first have places around %.0f of %d", mean, len(early))
	}
}

func TestAnHourTakesOverFromACrowdOfLoadAndIsNotBrokenOff(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		first := clock.Now().Add(31 * time.Minute)
		n := open(t, db, clock, waitroom.DefaultPolicy, first.Add(5*time.Minute), first)
		n.set(over)
		beat(t, clock, 3, n)
		before := n.Arrive()
		if s := n.State(); s.Why != waitroom.TooMuch {
			t.Fatalf("%+v", s)
		}
		clock.Set(first.Add(-30 * time.Minute))
		beat(t, clock, 1, n)
		if s := n.State(); s.Why != waitroom.AnOpening || !s.Opens.Equal(first) {
			t.Fatalf("%+v", s)
		}
		if p := n.Look(before); p.Standing != waitroom.Stranger {
			t.Errorf("a ticket of the crowd before: %+v", p)
		}
		n.Arrive()
		clock.Set(first)
		beat(t, clock, 4, n)
		if s := n.State(); !s.Opens.Equal(first) || !s.Drawn || s.Early != 1 {
			t.Errorf("the next hour broke the first one's crowd off: %+v", s)
		}
	})
}

func TestTheRoomEngagesByLoadAndCalmsDown(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := open(t, db, clock, waitroom.DefaultPolicy)
		n.set(over)
		beat(t, clock, 2, n)
		n.set(calm)
		beat(t, clock, 1, n)
		n.set(over)
		beat(t, clock, 2, n)
		if n.State().Engaged {
			t.Fatal("a peak that passed engaged the room")
		}
		beat(t, clock, 1, n)
		if !n.State().Engaged {
			t.Fatal("two seconds over did not engage the room")
		}
		ticket := n.Arrive()
		beat(t, clock, 40, n)
		if !n.State().Engaged {
			t.Fatal("the room ended while the house was over")
		}
		n.set(calm)
		beat(t, clock, 30, n)
		if !n.State().Engaged {
			t.Fatal("the room ended at once")
		}
		beat(t, clock, 1, n)
		if n.State().Engaged || n.Look(ticket).Standing != waitroom.Stranger {
			t.Fatalf("half a minute of calm did not end the room: %+v", n.State())
		}
	})
}

func TestARoomIsNotEndedWhileSomebodyWaits(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 5)
		arrive(n, 200)
		n.set(calm)
		beat(t, clock, 35, n)
		if s := n.State(); !s.Engaged || s.Front != 175 {
			t.Fatalf("%+v", s)
		}
		beat(t, clock, 36, n)
		if s := n.State(); s.Engaged || s.Front != 200 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestAnIdleHouseWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := open(t, db, clock, waitroom.DefaultPolicy)
		beat(t, clock, 5, n)
		if rows := count(t, db, `SELECT COUNT(*) FROM waiting_node`); rows != 0 {
			t.Errorf("%d rows", rows)
		}
		if beats := count(t, db, `SELECT beat FROM waiting_room`); beats != 0 {
			t.Errorf("%d beats", beats)
		}
	})
}

func count(t testing.TB, db *sqldb.DB, query string) (n int64) {
	t.Helper()
	err := db.Read(t.Context(), func(rx *sqldb.Rx) error { return rx.QueryRow(query).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTwoNodesMoveOneFrontAndKnowEachOthersTickets(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		a := crowded(t, db, clock, 10)
		policy := waitroom.DefaultPolicy
		policy.Start, policy.Most, policy.Rise = 10, 10, 0
		ours := arrive(a, 200)
		beat(t, clock, 1, a)
		b := open(t, db, clock, policy) // joins late
		b.set(busy)
		beat(t, clock, 1, b)
		if s := b.State(); !s.Engaged || s.Issued != 200 || s.Front != a.State().Front {
			t.Fatalf("the newcomer sees %+v, the other %+v", s, a.State())
		}
		theirs := b.Arrive()
		beat(t, clock, 1, a, b)
		if pa, pb := a.Look(theirs), b.Look(theirs); pa != pb || pa.Number != 201 {
			t.Errorf("a ticket of one is %+v there and %+v here", pb, pa)
		}
		for range 5 {
			before := b.State().Front
			beat(t, clock, 1, a, b)
			beat(t, clock, 0, a)
			if moved := b.State().Front - before; moved != 10 {
				t.Errorf("the front moved by %d in a second", moved)
			}
		}
		if pa, pb := a.Look(ours[150]), b.Look(ours[150]); pa.Number != pb.Number || pb.Number != 151 {
			t.Errorf("%+v, %+v", pa, pb)
		}
	})
}

func TestTheFrontGoesOnWhenANodeDies(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		a := crowded(t, db, clock, 10)
		b := open(t, db, clock, waitroom.DefaultPolicy)
		arrive(a, 100)
		beat(t, clock, 3, a, b) // a moves it, and dies
		before := b.State()
		beat(t, clock, 5, b)
		if s := b.State(); s.Front < before.Front+40 || s.Issued != 100 {
			t.Errorf("before %+v, after %+v", before, s)
		}
		if p := b.Look(b.Arrive()); p.Number != 101 {
			t.Errorf("the dead node's tickets were forgotten: %+v", p)
		}
	})
}

func TestANodeWithAFastClockMovesTheFrontNoFaster(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		a := crowded(t, db, clock, 10)
		ahead := sqldbtest.NewClock()
		ahead.Set(clock.Now().Add(10 * time.Minute))
		policy := waitroom.DefaultPolicy
		policy.Start, policy.Most, policy.Rise = 10, 10, 0
		b := open(t, db, ahead, policy)
		b.set(busy)
		arrive(a, 1000)
		beat(t, clock, 1, a)
		before := a.State().Front
		for range 10 {
			beat(t, clock, 1, a)
			beat(t, ahead, 1, b)
		}
		if moved := a.State().Front - before; moved < 90 || moved > 110 {
			t.Errorf("the front moved by %d in ten seconds", moved)
		}
	})
}

func TestEverybodyIsAnsweredWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	for _, e := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			clock := sqldbtest.NewClock()
			db, err := sqldb.Open(t.Context(), sqldb.Config{DSN: sqldbtest.DSN(t, e), Now: clock.Now})
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Migrate(t.Context(), migrations.Files); err != nil {
				t.Fatal(err)
			}
			n := crowded(t, db, clock, 10)
			tickets := arrive(n, 100)
			beat(t, clock, 3, n)
			before, status, pass := n.State(), string(n.Status()), enter(t, n, tickets[0])
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			clock.Add(10 * time.Second)
			if err := n.Beat(t.Context()); !fault.Is(err, fault.Unavailable) {
				t.Errorf("beat: %v", err)
			}
			if s := n.State(); s != before || string(n.Status()) != status {
				t.Errorf("the state moved without the database: %+v, %+v", before, s)
			}
			if p := n.Look(tickets[1]); p.Standing != waitroom.Called {
				t.Errorf("look: %+v", p)
			}
			if p := n.Look(n.Arrive()); p.Number != 101 {
				t.Errorf("arrive: %+v", p)
			}
			if _, ok := n.Admitted(pass); !ok {
				t.Error("a pass was not read")
			}
			if _, err := n.Enter(t.Context(), tickets[1]); !fault.Is(err, fault.Unavailable) {
				t.Errorf("enter: %v", err)
			}
			if err := n.Use(t.Context(), pass); !fault.Is(err, fault.Unavailable) {
				t.Errorf("use: %v", err)
			}
		})
	}
}

func TestTheStatusIsSmallAndSaysWhatAPlaceNeeds(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	n := crowded(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock, 10)
	arrive(n, 100)
	beat(t, clock, 3, n)
	var doc map[string]any
	if err := json.Unmarshal(n.Status(), &doc); err != nil || len(n.Status()) > 250 {
		t.Fatalf("%d bytes: %s, %v", len(n.Status()), n.Status(), err)
	}
	s := n.State()
	for key, want := range map[string]any{"engaged": true, "front": float64(s.Front), "early": 0.0, "past": 0.0, "drawn": true,
		"per_minute": float64(s.PerMinute), "issued": 100.0, "at_ms": float64(s.At.UnixMilli()), "again_s": 15.0, "opens_ms": 0.0} {
		if doc[key] != want {
			t.Errorf("%s is %v, not %v", key, doc[key], want)
		}
	}
}

func TestAMillionWhoWaitCostNoMemory(t *testing.T) {
	clock := sqldbtest.NewClock()
	n := crowded(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock, 10)
	n.Look(n.Arrive())
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := inUse()
	for range 1_000_000 {
		n.Arrive()
	}
	beat(t, clock, 1, n)
	if after := inUse(); after > before+1<<20 {
		t.Errorf("%d bytes before, %d after", before, after)
	}
	if s := n.State(); s.Issued != 1_000_001 {
		t.Errorf("%+v", s)
	}
}

func TestAPolicyThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.SQLite, sqldbtest.NewClock())
	policy := waitroom.DefaultPolicy
	policy.Least, policy.Keep, policy.UsesMost = 500, 0, -1
	_, err := waitroom.New(waitroom.Config{DB: db, MAC: mac, Now: time.Now, Load: func() waitroom.Load { return calm }, Policy: policy})
	for _, word := range []string{"least", "keeping a place", "a pass is for"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q is not in %v", word, err)
		}
	}
	if err := waitroom.DefaultPolicy.Check(); err != nil {
		t.Error(err)
	}
}

func TestARunningRoomBeatsUntilItIsToldToEnd(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	n := open(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock, waitroom.DefaultPolicy, clock.Now().Add(time.Minute))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.Run(ctx)
	}()
	look, tooLong := time.NewTicker(5*time.Millisecond), time.After(20*time.Second)
	defer look.Stop()
	for !n.State().Engaged {
		select {
		case <-look.C:
		case <-tooLong:
			t.Fatal("no beat")
		}
	}
	stop()
	<-ended
}

func TestEveryWordOfOursIsInBothLanguages(t *testing.T) {
	t.Parallel()
	if _, err := locale.Load(nil, waitroom.Catalog); err != nil {
		t.Error(err)
	}
}
