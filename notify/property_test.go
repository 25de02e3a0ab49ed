package notify_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
)

// TestAnyOrderOfReportsEndsInTheStrongest mixes reports, twice and in any order,
// with the service's own steps.
func TestAnyOrderOfReportsEndsInTheStrongest(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := newWorld(t, db, clock)
		reports := []notify.Receipt{
			{State: notify.Accepted}, {State: notify.Unconfirmed}, {State: notify.Confirmed},
			{State: notify.Failed, Reason: notify.OperatorFailed}, {State: notify.Failed, Reason: notify.Blocked},
		}
		rapid.Check(t, func(rt *rapid.T) {
			w.failed = nil
			id := w.queued(notify.Message{Fill: 3})
			order := rapid.SliceOfN(rapid.IntRange(-1, len(reports)-1), 0, 7).Draw(rt, "reports, -1 for our own try")
			strongest := notify.Queued
			failures := 0
			for _, i := range order {
				said := notify.Accepted
				if i < 0 {
					w.run()
				} else {
					r := reports[i]
					r.MessageID, said = id, r.State
					w.receipt(r)
				}
				if slices.Index(notify.States, said) > slices.Index(notify.States, strongest) {
					strongest = said
					if said == notify.Failed {
						failures++
					}
				}
				if got := w.status(id).State; got != strongest {
					rt.Fatalf("after %v: %s, want %s", order, got, strongest)
				}
			}
			if len(w.failed) != failures {
				rt.Fatalf("%v: told of %d failures, want %d", order, len(w.failed), failures)
			}
			w.run()
		})
	})
}
