package waitroom_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/waitroom"
)

func enterForm(t *testing.T, n node, token string) string {
	t.Helper()
	pass, err := n.EnterForm(t.Context(), token)
	if _, admitted := n.Admitted(pass); err != nil || !admitted {
		t.Fatalf("%q, %v", pass, err)
	}
	return pass
}

func TestAFormOpensOnePlaceInACrowdAndIsNotOneOfTheCalled(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 10)
		other := open(t, db, clock, waitroom.DefaultPolicy)
		beat(t, clock, 1, n, other)
		first := enterForm(t, n, "a form")
		clock.Add(time.Second)
		var all sync.WaitGroup
		for _, at := range []node{n, other, n, other} {
			all.Go(func() {
				if pass, err := at.EnterForm(t.Context(), "a form"); err != nil || pass != first {
					t.Errorf("%q, %v; the first pass was %q", pass, err, first)
				}
			})
		}
		all.Wait()
		if enterForm(t, n, "another form") == first {
			t.Error("two forms opened one place")
		}
		beat(t, clock, 1, n)
		if rows, entered := count(t, db, `SELECT COUNT(*) FROM admission`), count(t, db, `SELECT SUM(entered) FROM waiting_node`); rows != 2 || entered != 0 {
			t.Errorf("%d rows, %d of the called", rows, entered)
		}
		clock.Add(15 * time.Minute)
		if _, err := n.EnterForm(t.Context(), "a form"); !fault.Is(err, fault.Refused) {
			t.Errorf("after its quarter of an hour: %v", err)
		}
		n.set(calm)
		beat(t, clock, 40, n)
		n.set(over)
		beat(t, clock, 3, n)
		if enterForm(t, n, "a form") == first {
			t.Error("the pass of an earlier crowd came again")
		}
	})
}

func TestAUseThatIsGivenBackServesAgain(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 10)
		pass, other := enterForm(t, n, "a form"), enterForm(t, n, "another form")
		var served atomic.Int64
		together := func(times int, do func()) {
			var all sync.WaitGroup
			for range times {
				all.Go(do)
			}
			all.Wait()
		}
		use := func() {
			if n.Use(t.Context(), pass) == nil {
				served.Add(1)
			}
		}
		unuse := func() {
			for _, p := range []string{pass, other} {
				if err := n.Unuse(t.Context(), p); err != nil {
					t.Error(err)
				}
			}
		}
		together(30, use)
		together(7, unuse)
		if used := count(t, db, `SELECT SUM(used) FROM admission`); used != 13 {
			t.Errorf("%d of 20 uses are left after 7 were given back, and none of a pass without one", used)
		}
		together(30, use)
		if served.Load() != 27 {
			t.Errorf("%d uses, of which 7 were given back", served.Load())
		}
		together(30, unuse)
		if used := count(t, db, `SELECT SUM(used) FROM admission`); used != 0 {
			t.Errorf("%d uses after all were given back", used)
		}
		if err := n.Unuse(t.Context(), "no pass"); !fault.Is(err, fault.Refused) {
			t.Error(err)
		}
	})
}

func TestAPassIsKnownByTheTicketThatBecameIt(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		n := crowded(t, db, clock, 10)
		tickets := arrive(n, 2)
		beat(t, clock, 2, n)
		pass := enter(t, n, tickets[0])
		for ticket, want := range map[string]bool{tickets[0]: true, tickets[1]: false, "": false, pass: false} {
			if n.Opened(ticket, pass) != want {
				t.Errorf("%q opened %q: %t", ticket, pass, !want)
			}
		}
		if n.Opened(tickets[0], "") || n.Opened("", "") {
			t.Error("no pass was opened by a ticket")
		}
	})
}
