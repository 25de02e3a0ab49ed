package draw

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"gelombang/draw/transcript"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/wave"
)

// TestName is one question of the release gate.
type TestName string

// The questions. The first four want a count of 0, the others a chance of at least PMin.
const (
	TestMissing   TestName = "missing"    // receipts and list differ
	TestDuplicate TestName = "duplicates" // accounts that take part twice
	TestRecompute TestName = "recompute"  // checks that fail when the published file is verified
	TestQuota     TestName = "quota"      // strata with too many, or too few, selected
	TestDay       TestName = "day"        // does the rank depend on the day of joining?
	TestHour      TestName = "hour"       // on the hour of the day?
	TestAge       TestName = "age"
	TestSex       TestName = "sex"
)

// Test is the answer to one question.
type Test struct {
	Name   TestName `json:"name"`
	Counts bool     `json:"counts"` // Found decides; else P
	Found  int      `json:"found"`
	P      float64  `json:"p"`
	OK     bool     `json:"ok"`
}

// Day is the share selected of those who joined on one day in Jakarta. A fair
// draw makes a level line.
type Day struct {
	Day      string `json:"day"` // 2026-08-03
	Joined   int    `json:"joined"`
	Selected int    `json:"selected"`
}

// Gate is what stands between a result and its release. A test that fails holds
// the result for an inquiry; it never leads to another draw.
type Gate struct {
	PMin  float64 `json:"p_min"`
	Tests []Test  `json:"tests"`
	Days  []Day   `json:"days"`
}

// Passed says that no test failed.
func (g Gate) Passed() bool {
	return len(g.Tests) > 0 && !slices.ContainsFunc(g.Tests, func(t Test) bool { return !t.OK })
}

// sample is one participant as the tests see them. place is the rank within the
// stratum, scaled to 0…1, so that strata with different odds can be mixed: it is
// uniform whoever joined when, and the household cap does not bend it.
type sample struct {
	place    float64
	selected bool
	joined   time.Time
	age      int
	sex      string
}

// findings are the counts that must be 0.
type findings struct{ missing, duplicates, failed, quota int }

// judge answers all questions.
func judge(pMin float64, f findings, samples []sample) Gate {
	count := func(name TestName, found int) Test {
		return Test{Name: name, Counts: true, Found: found, OK: found == 0}
	}
	chance := func(name TestName, p float64) Test { return Test{Name: name, P: p, OK: p >= pMin} }
	return Gate{PMin: pMin, Days: days(samples), Tests: []Test{
		count(TestMissing, f.missing), count(TestDuplicate, f.duplicates),
		count(TestRecompute, f.failed), count(TestQuota, f.quota),
		chance(TestDay, groupsLevel(samples, func(s sample) string { return dayOf(s.joined) })),
		chance(TestHour, noSlope(samples, func(s sample) float64 { return hourOf(s.joined) })),
		chance(TestAge, groupsLevel(samples, func(s sample) string { return strconv.Itoa(s.age / 10) })),
		chance(TestSex, groupsLevel(samples, func(s sample) string { return s.sex })),
	}}
}

// groupsLevel is the chance of mean ranks that differ so much between groups in
// a fair draw (Kruskal and Wallis: 12 Σ n (mean - ½)² is a chi-square).
func groupsLevel(samples []sample, group func(sample) string) float64 {
	sum, n := map[string]float64{}, map[string]float64{}
	for _, s := range samples {
		g := group(s)
		sum[g] += s.place - 0.5
		n[g]++
	}
	var x float64
	for _, g := range slices.Sorted(maps.Keys(n)) {
		x += 12 * sum[g] * sum[g] / n[g]
	}
	return chiSquareBeyond(x, len(n)-1)
}

// noSlope is the chance of a correlation so far from none in a fair draw.
func noSlope(samples []sample, value func(sample) float64) float64 {
	var n, x, y, xx, yy, xy float64
	for _, s := range samples {
		v, p := value(s), s.place
		n++
		x, y, xx, yy, xy = x+v, y+p, xx+v*v, yy+p*p, xy+v*p
	}
	spread := (n*xx - x*x) * (n*yy - y*y)
	if n < 3 || spread <= 0 {
		return 1
	}
	return normalBeyond((n*xy - x*y) / math.Sqrt(spread) * math.Sqrt(n-1))
}

func dayOf(t time.Time) string { return t.In(locale.WIB).Format(time.DateOnly) }

func hourOf(t time.Time) float64 {
	t = t.In(locale.WIB)
	return float64(t.Hour()) + float64(t.Minute())/60
}

func days(samples []sample) []Day {
	byDay := map[string]Day{}
	for _, s := range samples {
		d := byDay[dayOf(s.joined)]
		d.Day = dayOf(s.joined)
		d.Joined++
		if s.selected {
			d.Selected++
		}
		byDay[d.Day] = d
	}
	out := slices.Collect(maps.Values(byDay))
	slices.SortFunc(out, func(a, b Day) int { return cmp.Compare(a.Day, b.Day) })
	return out
}

// quotaBreaks counts the strata that have more selected than places, or fewer
// although somebody was left whom no household cap kept out.
func quotaBreaks(h transcript.Header, results []transcript.Result) (breaks int) {
	selected, left := map[string]int{}, map[string]int{}
	for _, r := range results {
		switch r.Outcome {
		case transcript.Selected:
			selected[r.Stratum]++
		case transcript.Reserve, transcript.NotSelected:
			left[r.Stratum]++
		case transcript.HouseholdFull:
		}
	}
	for _, s := range h.Strata {
		if selected[s.ID] > s.Quota || selected[s.ID] < s.Quota && left[s.ID] > 0 {
			breaks++
		}
	}
	return breaks
}

func stateArgs(w wave.Wave) fault.Args {
	return fault.Args{"state": locale.Key("wave.state." + string(w.State))}
}
