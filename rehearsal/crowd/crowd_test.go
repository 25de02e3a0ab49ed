package crowd_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"gelombang/rehearsal/crowd"
)

type person struct {
	crowd.Seat
	number, steps int
}

// gather makes a crowd whose people come every ten milliseconds.
func gather(n int, step crowd.Step[*person, int]) *crowd.Crowd[*person, int] {
	return crowd.New(time.Now, n, func(i int) (*person, time.Duration) {
		return &person{number: i}, time.Duration(i) * 10 * time.Millisecond
	}, step)
}

func TestNobodyWaitsForTheSlowWhileAConnectionIsFree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c *crowd.Crowd[*person, int]
		c = gather(100, func(_ context.Context, _ int, p *person) *crowd.Next {
			if late := c.Clock() - time.Duration(p.number)*10*time.Millisecond; late > time.Millisecond {
				t.Errorf("%d came %v late", p.number, late)
			}
			if p.number == 0 {
				time.Sleep(time.Minute)
			}
			return crowd.Done()
		})
		if err := c.Run(t.Context(), []int{1, 2}); err != nil {
			t.Error(err)
		}
		if took := c.Clock(); took != time.Minute {
			t.Errorf("took %v", took)
		}
	})
}

func TestASleeperIsWokenOnceAndOtherwiseWakesByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c *crowd.Crowd[*person, int]
		var sleeper *person
		wakings := []time.Duration{}
		c = gather(2, func(_ context.Context, _ int, p *person) *crowd.Next {
			switch p.steps++; {
			case p.number == 1: // at 10 ms
				c.Wake(sleeper)
				return crowd.Done()
			case p.steps == 1:
				sleeper = p
				return crowd.Sleep(time.Hour)
			}
			wakings = append(wakings, c.Clock())
			if p.steps == 2 {
				return crowd.Sleep(time.Second)
			}
			return crowd.Done()
		})
		if err := c.Run(t.Context(), []int{1}); err != nil {
			t.Error(err)
		}
		if len(wakings) != 2 || wakings[0] != 10*time.Millisecond || wakings[1] != 1010*time.Millisecond {
			t.Errorf("woke at %v", wakings)
		}
	})
}

func TestWhoIsWokenWhileBusyDoesNotSleepThroughIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c *crowd.Crowd[*person, int]
		c = gather(1, func(_ context.Context, _ int, p *person) *crowd.Next {
			if p.steps++; p.steps == 1 {
				c.Wake(p)
				return crowd.Sleep(time.Hour)
			}
			return crowd.Done()
		})
		if err := c.Run(t.Context(), []int{1}); err != nil || c.Clock() > time.Second {
			t.Errorf("%v after %v", err, c.Clock())
		}
	})
}

func TestEverybodyHasEveryTurnWhateverTheirTimes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		pauses := rapid.SliceOfN(rapid.IntRange(0, 2000), 1, 200).Draw(r, "pauses in microseconds")
		connections := make([]int, rapid.IntRange(1, 8).Draw(r, "connections"))
		var turns atomic.Int64
		c := crowd.New(time.Now, len(pauses), func(i int) (*person, time.Duration) { return &person{number: i}, 0 },
			func(_ context.Context, _ int, p *person) *crowd.Next {
				turns.Add(1)
				if p.steps++; p.steps == 3 {
					return crowd.Done()
				}
				return crowd.Return(time.Duration(pauses[p.number]) * time.Microsecond)
			})
		if err := c.Run(t.Context(), connections); err != nil || turns.Load() != int64(3*len(pauses)) {
			r.Errorf("%d turns of %d people: %v", turns.Load(), len(pauses), err)
		}
	})
}

func TestACrowdEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c := gather(10, func(context.Context, int, *person) *crowd.Next { return crowd.Return(time.Hour) })
		if err := c.Run(ctx, []int{1}); !errors.Is(err, context.DeadlineExceeded) || c.Clock() != time.Second {
			t.Errorf("%v after %v", err, c.Clock())
		}
	})
}

func TestAQuantileIsExactToASixtyFourth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var times crowd.Times
		n := rapid.IntRange(1, 500).Draw(r, "n")
		step := time.Duration(rapid.Int64Range(1, int64(time.Second)).Draw(r, "step"))
		for i := 1; i <= n; i++ {
			times.Add(time.Duration(i) * step)
		}
		for _, q := range []float64{0, 0.5, 0.99, 1} {
			want := time.Duration(min(n, int(q*float64(n))+1)) * step
			got := times.Quantile(q)
			if low, high := want-time.Microsecond, want+want/64+time.Microsecond; got < low || got > high {
				r.Errorf("quantile %v of %d × %v is %v, want %v", q, n, step, got, want)
			}
		}
	})
}
