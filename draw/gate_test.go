package draw

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gelombang/draw/transcript"
	"gelombang/internal/locale"
)

func TestChiSquareAgreesWithTheTables(t *testing.T) {
	t.Parallel()
	tests := []struct {
		x    float64
		df   int
		want float64
	}{
		{3.8415, 1, 0.05}, {10.8276, 1, 0.001}, {5.9915, 2, 0.05}, {18.3070, 10, 0.05}, {4.8652, 10, 0.9},
		{124.3421, 100, 0.05}, {0, 5, 1}, {3, 0, 1}, {1e6, 3, 0},
	}
	for _, tt := range tests {
		if got := chiSquareBeyond(tt.x, tt.df); math.Abs(got-tt.want) > 2e-5 {
			t.Errorf("beyond %g with %d degrees: %g, want %g", tt.x, tt.df, got, tt.want)
		}
	}
}

// drawnSamples are people who joined over six whole days, ranked by chance; bend
// moves a person before they are ranked.
func drawnSamples(seed uint64, n int, bend func(s sample) float64) []sample {
	random := rand.New(rand.NewPCG(seed, 7))
	monday := time.Date(2026, 8, 3, 0, 0, 0, 0, locale.WIB)
	out := make([]sample, n)
	for i := range out {
		s := sample{
			place: random.Float64(), joined: monday.Add(time.Duration(random.IntN(6*24*60)) * time.Minute),
			age: 18 + random.IntN(47), sex: []string{"male", "female"}[random.IntN(2)],
		}
		s.place = bend(s)
		out[i] = s
	}
	slices.SortFunc(out, func(a, b sample) int { return cmp.Compare(a.place, b.place) })
	for i := range out {
		out[i].place = (float64(i) + 0.5) / float64(n)
		out[i].selected = out[i].place < 0.1
	}
	return out
}

func failing(g Gate) (names []TestName) {
	for _, test := range g.Tests {
		if !test.OK {
			names = append(names, test.Name)
		}
	}
	return names
}

func TestTheGateFindsWhatARankMayNotDependOn(t *testing.T) {
	t.Parallel()
	monday := "2026-08-03"
	tests := map[TestName]func(s sample) float64{
		TestDay: func(s sample) float64 {
			if dayOf(s.joined) == monday {
				return s.place * 0.8
			}
			return s.place
		},
		TestHour: func(s sample) float64 { return s.place + (hourOf(s.joined)-12)/100 },
		TestAge:  func(s sample) float64 { return s.place * (1 - float64(s.age/10)/40) },
		TestSex: func(s sample) float64 {
			if s.sex == "male" {
				return s.place * 0.9
			}
			return s.place
		},
	}
	for name, bend := range tests {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			got := failing(judge(0.001, findings{}, drawnSamples(1, 20_000, bend)))
			if len(got) != 1 || got[0] != name {
				t.Errorf("held for %v", got)
			}
		})
	}
}

func TestAFairDrawIsHeldAsOftenAsTheProgrammeSays(t *testing.T) {
	t.Parallel()
	const draws, pMin = 2000, 0.01
	held := map[TestName]int{}
	for seed := range uint64(draws) {
		for _, name := range failing(judge(pMin, findings{}, drawnSamples(seed, 300, func(s sample) float64 { return s.place }))) {
			held[name]++
		}
	}
	for _, name := range []TestName{TestDay, TestHour, TestAge, TestSex} {
		if n := held[name]; n < 5 || n > 40 { // 20 are expected; the seeds are fixed
			t.Errorf("%s held %d of %d fair draws", name, n, draws)
		}
	}
}

func TestOneMissingEntryHoldsTheResult(t *testing.T) {
	t.Parallel()
	fair := drawnSamples(3, 500, func(s sample) float64 { return s.place })
	for name, f := range map[TestName]findings{
		TestMissing: {missing: 1}, TestDuplicate: {duplicates: 1}, TestRecompute: {failed: 1}, TestQuota: {quota: 1},
	} {
		if got := failing(judge(1e-6, f, fair)); len(got) != 1 || got[0] != name {
			t.Errorf("%s: held for %v", name, got)
		}
	}
}

func TestAHandfulOfPeopleIsNoReasonToHold(t *testing.T) {
	t.Parallel()
	for n := range 4 {
		if got := failing(judge(0.05, findings{}, drawnSamples(5, n, func(sample) float64 { return 0.5 }))); len(got) > 0 {
			t.Errorf("%d people: held for %v", n, got)
		}
	}
}

func TestQuotasAreNeitherExceededNorLeftUnfilled(t *testing.T) {
	t.Parallel()
	h := transcript.Header{Strata: []transcript.Stratum{{ID: "a", Quota: 2}}}
	results := func(os ...transcript.Outcome) (out []transcript.Result) {
		for _, o := range os {
			out = append(out, transcript.Result{Stratum: "a", Outcome: o})
		}
		return out
	}
	tests := map[string]struct {
		results []transcript.Result
		want    int
	}{
		"full":                  {results(transcript.Selected, transcript.Selected, transcript.NotSelected), 0},
		"too few applied":       {results(transcript.Selected), 0},
		"a household kept out":  {results(transcript.Selected, transcript.HouseholdFull), 0},
		"one too many":          {results(transcript.Selected, transcript.Selected, transcript.Selected), 1},
		"somebody is left over": {results(transcript.Selected, transcript.NotSelected), 1},
	}
	for name, tt := range tests {
		if got := quotaBreaks(h, tt.results); got != tt.want {
			t.Errorf("%s: %d strata are wrong, want %d", name, got, tt.want)
		}
	}
}
