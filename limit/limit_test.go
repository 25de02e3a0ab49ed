package limit_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/limit"
)

var hourly = limit.Budget{Name: "send.hour", Most: 3, Window: time.Hour}

func write(t testing.TB, db *sqldb.DB, fn func(tx *sqldb.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func take(t testing.TB, db *sqldb.DB, uses ...limit.Use) (out []limit.Verdict) {
	t.Helper()
	write(t, db, func(tx *sqldb.Tx) (err error) {
		out, err = limit.TakeMany(tx, uses)
		return err
	})
	return out
}

func look(t testing.TB, db *sqldb.DB, u limit.Use) (out limit.Verdict) {
	t.Helper()
	err := db.Read(t.Context(), func(rx *sqldb.Rx) (err error) {
		out, err = limit.Look(rx, u)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func allowed(verdicts []limit.Verdict) (n int) {
	for _, v := range verdicts {
		if v.Allowed {
			n++
		}
	}
	return n
}

func TestParallelUsesNeverExceedTheBudget(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		budget := limit.Budget{Name: "guess", Most: 7, Window: time.Hour}
		var passed atomic.Int32
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
					v, err := limit.Take(tx, limit.Use{Budget: budget, Key: "k"})
					if err == nil && v.Allowed {
						tx.AfterCommit(func() { passed.Add(1) })
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := passed.Load(); n != 7 {
			t.Errorf("%d of 7 were allowed", n)
		}
	})
}

func TestABatchCountsAKeyAsOftenAsItIsNamed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		a, b := limit.Use{Budget: hourly, Key: "a"}, limit.Use{Budget: hourly, Key: "b"}
		take(t, db, a)
		opens := clock.Now().Add(time.Hour)
		want := []limit.Verdict{
			{Allowed: true, Used: 2, Most: 3, Left: 1},
			{Allowed: true, Used: 1, Most: 3, Left: 2},
			{Allowed: true, Used: 3, Most: 3},
			{Used: 3, Most: 3, Opens: opens},
		}
		if diff := cmp.Diff(want, take(t, db, a, b, a, a)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]limit.Verdict{{Used: 3, Most: 3, Opens: opens}}, take(t, db, a)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAWindowOpensAtItsLastMomentAndNotBefore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		u := limit.Use{Budget: hourly, Key: "a"}
		began := clock.Now()
		take(t, db, u)
		clock.Add(59 * time.Minute)
		take(t, db, u, u)
		clock.Set(began.Add(time.Hour - time.Millisecond))
		refused := take(t, db, u)[0]
		if refused.Allowed || !refused.Opens.Equal(began.Add(time.Hour)) || look(t, db, u) != refused {
			t.Fatalf("a moment before: %+v, look %+v", refused, look(t, db, u))
		}
		clock.Set(refused.Opens)
		if v := look(t, db, u); !v.Allowed || v.Used != 0 {
			t.Errorf("look at the moment: %+v", v)
		}
		if v := take(t, db, u)[0]; !v.Allowed || v.Used != 1 {
			t.Errorf("take at the moment: %+v", v)
		}
	})
}

func TestARefundOpensAPlaceAndNeverGoesBelowZero(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		u := limit.Use{Budget: hourly, Key: "a"}
		refund := func() { write(t, db, func(tx *sqldb.Tx) error { return limit.Refund(tx, u) }) }
		refund()
		take(t, db, u, u, u)
		refund()
		if v := take(t, db, u, u); !v[0].Allowed || v[1].Allowed {
			t.Errorf("after one refund: %+v", v)
		}
		for range 5 {
			refund()
		}
		if n := allowed(take(t, db, u, u, u, u)); n != 3 {
			t.Errorf("%d allowed after more refunds than uses", n)
		}
	})
}

func TestAUseOfAnEarlierWindowIsNotGivenBackToThePresentOne(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		u := limit.Use{Budget: hourly, Key: "a", Taken: clock.Now()}
		take(t, db, u)
		clock.Add(time.Hour)
		take(t, db, u, u, u)
		write(t, db, func(tx *sqldb.Tx) error { return limit.Refund(tx, u) })
		if v := look(t, db, u); v.Allowed {
			t.Errorf("after the refund: %+v", v)
		}
		u.Taken = clock.Now()
		write(t, db, func(tx *sqldb.Tx) error { return limit.Refund(tx, u) })
		if v := look(t, db, u); !v.Allowed || v.Used != 2 {
			t.Errorf("after a refund of this window: %+v", v)
		}
	})
}

func TestABudgetOfNothingAllowsNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		u := limit.Use{Budget: limit.Budget{Name: "none", Window: time.Hour}, Key: "a"}
		if v := take(t, db, u, u); allowed(v) != 0 {
			t.Errorf("%+v", v)
		}
	})
}

func TestSweepingTakesOnlyWhatHasEnded(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		old, fresh := limit.Use{Budget: hourly, Key: "old"}, limit.Use{Budget: hourly, Key: "fresh"}
		take(t, db, old)
		clock.Add(time.Hour)
		take(t, db, fresh)
		var gone int64
		write(t, db, func(tx *sqldb.Tx) (err error) {
			gone, err = limit.Sweep(tx, 100)
			return err
		})
		if gone != 1 || look(t, db, fresh).Used != 1 {
			t.Errorf("%d gone, fresh %+v", gone, look(t, db, fresh))
		}
	})
}

func TestAUseIsTakenFromBothWindowsOrFromNeither(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		both := hourly
		both.Long = limit.Tier{Most: 5, Window: 24 * time.Hour}
		u := limit.Use{Budget: both, Key: "a", Taken: clock.Now()}
		began := clock.Now()
		first := take(t, db, u, u, u, u)
		if allowed(first) != 3 || first[3].Long || !first[3].Opens.Equal(began.Add(time.Hour)) || first[0].Left != 2 || first[2].Left != 0 {
			t.Fatalf("the first hour: %+v", first)
		}
		clock.Add(time.Hour)
		second := take(t, db, u, u, u)
		want := limit.Verdict{Used: 5, Most: 5, Long: true, Opens: began.Add(24 * time.Hour)}
		if allowed(second) != 2 || second[1].Left != 0 || second[2] != want || look(t, db, u) != want {
			t.Fatalf("the day is full: %+v, look %+v", second, look(t, db, u))
		}
		write(t, db, func(tx *sqldb.Tx) error { return limit.Refund(tx, u) }) // of the first hour: the day's alone
		if v := look(t, db, u); !v.Allowed || v.Used != 2 || v.Left != 1 {
			t.Errorf("after a refund: %+v", v)
		}
		clock.Set(began.Add(24 * time.Hour))
		if v := take(t, db, u); !v[0].Allowed || v[0].Left != 2 {
			t.Errorf("the next day: %+v", v)
		}
	})
}

// model is the budget as one would explain it: uses of a window that began with
// the first of them.
type model struct {
	ends time.Time
	used int
}

func (m *model) roll(now time.Time) {
	if !now.Before(m.ends) {
		*m = model{ends: now.Add(hourly.Window)}
	}
}

func TestAnyHistoryOfUsesMatchesTheModel(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			keys := []string{"a", "b"}
			models := map[string]*model{"a": {}, "b": {}}
			use := func(key string) limit.Use {
				return limit.Use{Budget: hourly, Key: key + time.Duration(round).String()}
			}
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				clock.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 20, 60}).Draw(rt, "minutes")) * time.Minute)
				wanted := rapid.SliceOfN(rapid.SampledFrom(keys), 1, 5).Draw(rt, "uses")
				var uses []limit.Use
				var want []bool
				for _, key := range wanted {
					m := models[key]
					m.roll(clock.Now())
					want = append(want, m.used < hourly.Most)
					m.used = min(m.used+1, hourly.Most)
					uses = append(uses, use(key))
				}
				var got []bool
				for _, v := range take(t, db, uses...) {
					got = append(got, v.Allowed)
				}
				if !slices.Equal(got, want) {
					rt.Fatalf("%v: got %v, want %v", wanted, got, want)
				}
			}
		})
	})
}
