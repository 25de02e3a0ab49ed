package notify

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAMessageStaysWithAProviderThatMayHaveIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		since  time.Duration
		tries  int
		paused bool
		want   hold
	}{
		{0, 1, false, again},
		{time.Hour, 1, false, again}, // a crash: nobody asked the provider since
		{StickFor - 1, 5, false, again},
		{StickFor, 2, false, moveOn},
		{0, 1, true, wait},
		{StickFor - 1, 2, true, wait},
		{StickFor, 1, true, moveOn},
	} {
		if got := held(c.since, c.tries, c.paused); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestAProviderIsDrawnInProportionToItsWeight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(1, 50), 1, 6).Draw(t, "weights")
		total := 0
		for _, w := range weights {
			total += w
		}
		times := make([]int, len(weights))
		for r := range total {
			times[drawn(weights, func(n int) int {
				if n != total {
					t.Fatalf("one of %d, want %d", n, total)
				}
				return r
			})]++
		}
		for i, w := range weights {
			if times[i] != w {
				t.Fatalf("%v: drawn %v", weights, times)
			}
		}
	})
}

func TestASlowProviderLosesAndWinsBackSlowly(t *testing.T) {
	t.Parallel()
	good := measure{configured: 100, weight: 100, asked: 1000, arrived: 980}
	for name, c := range map[string]struct {
		m    measure
		ch   Channel
		want verdict
	}{
		"brings nothing":               {measure{100, 100, 500, 0}, SMS, verdict{5, Slow}},
		"brings half":                  {measure{100, 100, 500, 245}, SMS, verdict{50, Slow}},
		"brings nothing at the floor":  {measure{100, 5, 500, 0}, SMS, verdict{5, Unchanged}},
		"brings a little less":         {measure{100, 100, 500, 400}, SMS, verdict{100, Unchanged}},
		"too few codes":                {measure{100, 100, fewest - 1, 0}, SMS, verdict{100, Unchanged}},
		"just enough codes":            {measure{100, 100, fewest, 0}, SMS, verdict{5, Slow}},
		"as good as before":            {measure{100, 100, 500, 490}, SMS, verdict{100, Unchanged}},
		"good again":                   {measure{100, 5, 500, 490}, SMS, verdict{25, Recovered}},
		"nearly back":                  {measure{100, 95, 500, 490}, SMS, verdict{100, Recovered}},
		"its setting was lowered":      {measure{40, 100, 0, 0}, SMS, verdict{40, Configured}},
		"its setting was raised":       {measure{1000, 5, 0, 0}, SMS, verdict{50, Configured}},
		"small weights keep something": {measure{1, 1, 500, 0}, SMS, verdict{1, Unchanged}},
	} {
		if got := weigh(c.ch, []measure{good, c.m}); got[1] != c.want || got[0] != (verdict{100, Unchanged}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestWhenAllAreSlowNothingIsChanged(t *testing.T) {
	t.Parallel()
	outage := []measure{{100, 100, 500, 300}, {100, 100, 500, 20}}
	for i, v := range weigh(SMS, outage) {
		if v != (verdict{100, Unchanged}) {
			t.Errorf("provider %d: %+v", i, v)
		}
	}
	// Of mails a part is always looked at later: there the same figures are a usual day
	// of the one and a bad one of the other.
	if got := weigh(Email, outage); got[0].reason != Unchanged || got[1] != (verdict{6, Slow}) {
		t.Errorf("%+v", got)
	}
}

func TestWeightsStayWithinTheirBoundsAndTheBestNeverLoses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ch := rapid.SampledFrom(Channels).Draw(t, "channel")
		all := rapid.SliceOfN(rapid.Custom(drawMeasure), 1, 5).Draw(t, "providers")
		best := 0.0
		for _, m := range all {
			if m.known() {
				best = max(best, m.share())
			}
		}
		for i, v := range weigh(ch, all) {
			m := all[i]
			if v.weight < part(m.configured, weightLeast) || v.weight > m.configured {
				t.Fatalf("%+v: %+v is out of bounds", m, v)
			}
			if (v.weight != m.weight) != (v.reason != Unchanged) {
				t.Fatalf("%+v: %+v changes without a reason, or has one without a change", m, v)
			}
			if v.reason == Slow && (v.weight > m.weight || m.share() >= best || !m.known() || best < ch.usual()) {
				t.Fatalf("%+v: %+v though the best brings %g", m, v, best)
			}
			if !m.known() && v.reason != Unchanged {
				t.Fatalf("%+v: %+v on too little evidence", m, v)
			}
		}
	})
}

func drawMeasure(t *rapid.T) measure {
	m := measure{configured: rapid.IntRange(1, WeightMost).Draw(t, "configured")}
	m.weight = rapid.IntRange(part(m.configured, weightLeast), m.configured).Draw(t, "weight")
	m.asked = rapid.Int64Range(0, 5000).Draw(t, "asked")
	m.arrived = rapid.Int64Range(0, m.asked).Draw(t, "arrived")
	return m
}

func TestAProviderThatIsGoodAgainIsAsBeforeAfterAFewTurns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := measure{configured: rapid.IntRange(1, WeightMost).Draw(t, "configured"), asked: 100, arrived: 95}
		m.weight = part(m.configured, weightLeast)
		turns := 0
		for ; m.weight < m.configured; turns++ {
			if turns > 10 {
				t.Fatalf("still %d of %d", m.weight, m.configured)
			}
			m.weight = weigh(SMS, []measure{m})[0].weight
		}
		if m.configured >= 100 && turns < 4 {
			t.Fatalf("back after %d turns", turns)
		}
	})
}

// afternoon plays minutes of codes by two equal providers, of which a brings the given
// part, and gives the weight of a after each turn.
func afternoon(minutes, perMinute int, brings func(minute int) float64) (weightOfA []int) {
	s := &Service{routes: newRoutes(map[Channel][]Provider{SMS: {{Name: "a"}, {Name: "b"}}})}
	start := time.Date(2026, 8, 3, 2, 0, 0, 0, time.UTC)
	learnt := map[lane]weight{}
	var rows []tallied // the newest first
	now := 100
	for m := range minutes {
		at := start.Add(time.Duration(m) * time.Minute)
		for name, codes := range map[string]int{"a": perMinute * now / (now + 100), "b": perMinute * 100 / (now + 100)} {
			part := 0.95
			if name == "a" {
				part *= brings(m)
			}
			rows = slices.Insert(rows, 0, tallied{minuteOf(lane{SMS, Telkomsel, name}, at),
				Counts{Sent: int64(codes), ArrivedSoon: int64(float64(codes) * part)}})
		}
		turn := at.Add(time.Minute)
		seen := slices.DeleteFunc(slices.Clone(rows), func(r tallied) bool {
			return r.at > turn.Add(-settled).UnixMilli() || r.at < turn.Add(-countsFor).UnixMilli()
		})
		for _, c := range s.judge(SMS, Telkomsel, learnt, seen) {
			learnt[lane{SMS, Telkomsel, c.Provider}] = weight{c.Becomes, turn}
			if c.Provider == "a" {
				now = c.Becomes
			}
		}
		weightOfA = append(weightOfA, now)
	}
	return weightOfA
}

func TestWeightsTurnWithinFourMinutesOfASilentDeathAndComeBack(t *testing.T) {
	t.Parallel()
	const dies, lives = 20, 40
	for _, c := range []struct{ perMinute, back int }{{12_000, 20}, {1200, 20}, {240, 60}} {
		got := afternoon(lives+c.back, c.perMinute, func(minute int) float64 {
			if minute >= dies && minute < lives {
				return 0
			}
			return 1
		})
		for m, w := range got {
			switch {
			case m < dies && w != 100:
				t.Errorf("%d a minute: %d before it died, in minute %d", c.perMinute, w, m)
			case m >= dies+4 && m < lives && w > 5:
				t.Errorf("%d a minute: %d in minute %d after its death", c.perMinute, w, m-dies)
			}
		}
		if last := got[len(got)-1]; last != 100 {
			t.Errorf("%d a minute: %d, %d minutes after it was good again: %v", c.perMinute, last, c.back, got[lives:])
		}
	}
}

func TestAnOutageOfTheOperatorMovesNoWeight(t *testing.T) {
	t.Parallel()
	s := &Service{routes: newRoutes(map[Channel][]Provider{SMS: {{Name: "a"}, {Name: "b"}}})}
	var rows []tallied
	for _, name := range []string{"a", "b"} {
		rows = append(rows, tallied{minute{lane{SMS, Telkomsel, name}, 0}, Counts{Sent: 600, ArrivedSoon: 7}})
	}
	if got := s.judge(SMS, Telkomsel, nil, rows); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
