package waitroom

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 8, 3, 5, 0, 0, 0, time.UTC)

func TestTheRateRisesByStepsAndFallsByHalves(t *testing.T) {
	t.Parallel()
	p := DefaultPolicy
	c := crowd{Why: TooMuch, Drawn: true, Rate: 200, At: noon}
	f := facts{now: noon, since: time.Second, sum: tally{late: 1_000_000}}
	for _, step := range []struct {
		load Load
		want float64
	}{
		{Load{}, 205},
		{Load{Commit: p.EngageCommit / 2}, 205}, // neither low nor over
		{Load{Commit: p.EngageCommit}, 205},
		{Load{Commit: p.EngageCommit + 1}, 102.5},
		{Load{Queue: 2 * p.EngageQueue}, 102.5}, // the last halving has not shown yet
		{Load{}, 107.5},
	} {
		f.now, f.load = f.now.Add(time.Second), step.load
		if c = p.rate(c, f); c.Rate != step.want {
			t.Errorf("%+v: %g, not %g", step.load, c.Rate, step.want)
		}
	}
	for f.load = (Load{Queue: time.Minute}); f.now.Before(noon.Add(10 * time.Minute)); f.now = f.now.Add(time.Second) {
		c = p.rate(c, f)
	}
	if c.Rate != p.Least {
		t.Errorf("%g after ten minutes over", c.Rate)
	}
	for f.load = (Load{}); f.now.Before(noon.Add(time.Hour)); f.now = f.now.Add(time.Second) {
		c = p.rate(c, f)
	}
	if c.Rate != p.Most {
		t.Errorf("%g after most of an hour of room", c.Rate)
	}
	c.Rate, c.Front = 200, 1_000_000
	if c = p.rate(c, f); c.Rate != 200 {
		t.Errorf("it rose to %g with nobody waiting", c.Rate)
	}
}

func TestAnOutageIsNotMadeUpForAtOnce(t *testing.T) {
	t.Parallel()
	p := DefaultPolicy
	p.Rise = 0
	c := crowd{Why: TooMuch, Drawn: true, Rate: 200, At: noon}
	c = p.next(c, facts{now: noon.Add(time.Hour), since: time.Hour, sum: tally{late: 1_000_000}})
	if c.Front != 1000 {
		t.Errorf("%g were called after an hour away", c.Front)
	}
}

func TestTheHouseShedsNewcomersFirstAndAnnouncementsNever(t *testing.T) {
	t.Parallel()
	p := DefaultPolicy
	for _, c := range []struct {
		load                   Load
		always, inside, newest bool
	}{
		{Load{}, false, false, false},
		{Load{Commit: 4 * p.EngageCommit}, false, false, false},
		{Load{Commit: 4*p.EngageCommit + 1}, false, false, true},
		{Load{Queue: 12 * p.EngageQueue}, false, false, true},
		{Load{Queue: 12*p.EngageQueue + 1}, false, true, true},
		{Load{Commit: time.Hour, Queue: time.Hour}, false, true, true},
	} {
		for class, want := range map[Class]bool{ClassAlways: c.always, ClassInside: c.inside, ClassNew: c.newest, "": c.inside} {
			wait, shed := p.Shed(class, c.load)
			if shed != want || shed != (wait >= shedLeast) || wait > shedMost || wait%time.Second != 0 {
				t.Errorf("%q under %+v: %s, %t", class, c.load, wait, shed)
			}
		}
	}
}

func TestPollsGrowRarerWithTheCrowd(t *testing.T) {
	t.Parallel()
	for waiting, want := range map[int64]time.Duration{0: 15 * time.Second, 75_000: 15 * time.Second, 200_000: 40 * time.Second, 10_000_000: 2 * time.Minute} {
		if got := pollEvery(waiting); got != want {
			t.Errorf("%d waiting: %s, not %s", waiting, got, want)
		}
	}
}

func TestAPlaceNeverGrowsAndEveryPlaceIsCalledOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := DefaultPolicy
		p.Keep = time.Minute
		early, late := rapid.Int64Range(0, 300).Draw(t, "early"), rapid.Int64Range(0, 300).Draw(t, "late")
		c := crowd{Why: TooMuch, Drawn: true, Early: early, Rate: float64(rapid.IntRange(5, 50).Draw(t, "rate")), At: noon}
		tickets := make([]ticket, 0, early+late)
		for i := range early { // the middle of each place's part of the lot
			tickets = append(tickets, ticket{early: true, value: (2*i + 1) * (1 << (fractionBits - 1)) / early})
		}
		for i := range late {
			tickets = append(tickets, ticket{value: i})
		}
		h, before, calls := history(nil), make([]Place, len(tickets)), 0
		for range 200 {
			f := facts{now: c.At.Add(time.Second), since: time.Second, sum: tally{early: early, late: late}, history: h,
				load: Load{Commit: time.Duration(rapid.IntRange(0, 300).Draw(t, "commit")) * time.Millisecond}}
			c = p.next(c, f)
			if c.Beat%3 == 0 {
				h = h.with(history{{beat: c.Beat, at: c.At, front: int64(c.Front)}}, p.Keep+rememberFor)
			}
			past := h.at(c.At.Add(-p.Keep)).front
			for i, ticket := range tickets {
				place := p.place(c, h, past, ticket)
				calls += follows(t, before[i], place, int64(i))
				before[i] = place
			}
			if calls != int(c.Front) {
				t.Fatalf("%d were called and the front is %g", calls, c.Front)
			}
		}
	})
}

// follows checks what a place became in one beat, and says whether it was called in it.
func follows(t *rapid.T, before, now Place, position int64) (called int) {
	if now.Number != position+1 || before.Number != 0 && before.Ahead < now.Ahead {
		t.Fatalf("position %d: %+v, then %+v", position, before, now)
	}
	switch [2]Standing{before.Standing, now.Standing} {
	case [2]Standing{"", Called}, [2]Standing{Waiting, Called}:
		return 1
	case [2]Standing{"", Waiting}, [2]Standing{Waiting, Waiting}, [2]Standing{Called, Called}, [2]Standing{Called, Missed}, [2]Standing{Missed, Missed}:
		return 0
	}
	t.Fatalf("position %d: %+v, then %+v", position, before, now)
	return 0
}

func TestAFractionFallsInsideTheEarlyPlaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		early := rapid.Int64Range(1, 1<<40).Draw(t, "early")
		value := rapid.Int64Range(0, 1<<fractionBits-1).Draw(t, "fraction")
		at := ticket{early: true, value: value}.position(early)
		if at < 0 || at >= early {
			t.Fatalf("position %d of %d", at, early)
		}
		if next := (ticket{early: true, value: min(value+1, 1<<fractionBits-1)}).position(early); next < at {
			t.Fatalf("a larger fraction got position %d, before %d", next, at)
		}
	})
}

// line runs a line of 80,000 people drawn at noon, of whom a share comes twenty seconds
// after the call, and gives when each position in of was called.
func line(p Policy, comes float64, of ...int64) []time.Duration {
	c := crowd{Why: AnOpening, Drawn: true, Early: 80_000, Rate: p.Start, At: noon}
	var h history
	var fronts []float64
	out := make([]time.Duration, len(of))
	for c.Front < 80_000 && len(fronts) < 3600 {
		f := facts{now: c.At.Add(time.Second), since: time.Second, sum: tally{early: 80_000}, history: h}
		if n := len(fronts) - 20; n >= 0 {
			f.sum.entered = int64(fronts[n] * comes)
		}
		c = p.next(c, f)
		fronts = append(fronts, c.Front)
		if c.At.Sub(h.last().at) >= sampleEvery {
			h = h.with(history{{beat: c.Beat, at: c.At, front: int64(c.Front), entered: f.sum.entered}}, p.Keep+rememberFor)
		}
		for i, position := range of {
			if out[i] == 0 && position < int64(c.Front) {
				out[i] = c.At.Sub(noon)
			}
		}
	}
	return out
}

// The figures stand in docs/algorithms/waiting-room.md.
func TestTheWorkedExampleIsRight(t *testing.T) {
	t.Parallel()
	steady := DefaultPolicy
	steady.Start, steady.Most, steady.Rise = 10_000.0/60, 10_000.0/60, 0
	for _, c := range []struct {
		policy Policy
		comes  float64
		want   [2]time.Duration // position 58,496, and the last one
	}{
		{steady, 1, [2]time.Duration{351 * time.Second, 481 * time.Second}},
		{steady, 0.5, [2]time.Duration{250 * time.Second, 319 * time.Second}},
		{steady, 0.1, [2]time.Duration{126 * time.Second, 146 * time.Second}},
		{DefaultPolicy, 1, [2]time.Duration{118 * time.Second, 143 * time.Second}},
	} {
		if got := [2]time.Duration(line(c.policy, c.comes, 58_496, 79_999)); got != c.want {
			t.Errorf("start %g, share %g: %v, not %v", c.policy.Start, c.comes, got, c.want)
		}
	}
}
