package notify

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/locale"
)

func TestANumberIsCountedUnderItsCountryAndOursUnderFourDigitsMore(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"+6281234567890": "628123", "+6281": "6281", "+62": "62", "+6591234567": "65", "+12025550123": "1", "+79161234567": "7",
		"+380441234567": "380", "+6701234567": "670", "+44201234567": "44", "": "", "+": "", "+9": "9",
	} {
		if got := spendPrefix(to); got != want {
			t.Errorf("%q: %q, want %q", to, got, want)
		}
	}
}

func TestAPrefixIsSuspectWhenItsCodesArriveAndNobodyTypesThem(t *testing.T) {
	t.Parallel()
	type all = map[string]spendCounts
	healthy := spendCounts{sent: 500, typed: 400}
	for name, c := range map[string]struct {
		counts all
		want   []string
	}{
		"receipts for half of them":         {all{"628123": {sent: 100, confirmed: 50, typed: 19}}, []string{"628123"}},
		"one code too few":                  {all{"628123": {sent: 99, confirmed: 99}}, nil},
		"just enough typed":                 {all{"628123": {sent: 100, confirmed: 100, typed: 20}}, nil},
		"receipts for less than half":       {all{"628123": {sent: 100, confirmed: 49, typed: 19}}, nil},
		"the operator's others are typed":   {all{"628123": {sent: 100}, "628111": healthy}, []string{"628123"}},
		"another operator's are typed":      {all{"628123": {sent: 100}, "628571": healthy}, nil},
		"nothing of an operator arrives":    {all{"628123": {sent: 100}, "628111": {sent: 500}, "628571": healthy}, nil},
		"the others are too few":            {all{"628123": {sent: 100}, "628111": {sent: 99, typed: 99}}, nil},
		"a country beside ours":             {all{"380": {sent: 100}, "628111": healthy}, []string{"380"}},
		"a country alone, without receipts": {all{"380": {sent: 100}}, nil},
		"two at once":                       {all{"628123": {sent: 100}, "628129": {sent: 300, typed: 2}, "628111": healthy}, []string{"628123", "628129"}},
	} {
		if got := suspects(c.counts); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestNoPrefixIsSuspectWhosePeopleTypeTheirCodes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		counts := map[string]spendCounts{}
		for _, prefix := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"628123", "628129", "628571", "628771", "65", "380", "1"}), 1, 7, rapid.ID).Draw(t, "prefixes") {
			sent := rapid.Int64Range(0, 400).Draw(t, "sent")
			counts[prefix] = spendCounts{sent: sent, confirmed: rapid.Int64Range(0, sent).Draw(t, "confirmed"), typed: rapid.Int64Range(0, sent).Draw(t, "typed")}
		}
		for _, prefix := range suspects(counts) {
			if c := counts[prefix]; c.sent < SpendFewest || 5*c.typed >= c.sent {
				t.Fatalf("%s is suspect: %+v", prefix, c)
			}
		}
	})
}

func TestABudgetHoldsFromItsLastRupiahToTheEndOfItsTime(t *testing.T) {
	t.Parallel()
	policy := SpendPolicy{Hour: 1000, Day: 5000}
	now := time.Date(2026, 8, 3, 16, 59, 59, int(999*time.Millisecond), time.UTC) // the last moment of a day in Jakarta
	midnight := now.Add(time.Millisecond)
	for name, c := range map[string]struct {
		hours []int64
		want  []Held
	}{
		"a rupiah less":   {[]int64{3000, 999}, nil},
		"the hour":        {[]int64{3000, 1000}, []Held{{Rule: RuleHour, Began: now, Until: midnight, Cost: 1000}}},
		"the day":         {[]int64{4001, 999}, []Held{{Rule: RuleDay, Began: now, Until: midnight, Cost: 5000}}},
		"the hour before": {[]int64{1000, 0}, nil},
	} {
		begin, end := spendFacts{now: now, hours: c.hours}.judge(policy)
		if diff := cmp.Diff(c.want, begin); diff != "" || end != nil {
			t.Errorf("%s: %s, ends %v", name, diff, end)
		}
	}
}

func TestARaisedBudgetEndsItsHold(t *testing.T) {
	t.Parallel()
	f := spendFacts{now: time.Date(2026, 8, 3, 2, 30, 0, 0, time.UTC), hours: []int64{1500},
		held: map[holdOf]Held{{RuleHour, ""}: {Rule: RuleHour}, {RulePrefix, "628123"}: {Rule: RulePrefix, Prefix: "628123"}}}
	if begin, end := f.judge(SpendPolicy{Hour: 1500, Day: 9000}); begin != nil || end != nil {
		t.Errorf("with the same budget: %v begin, %v end", begin, end)
	}
	if begin, end := f.judge(SpendPolicy{Hour: 1501, Day: 9000}); begin != nil || !slices.Equal(end, []holdOf{{RuleHour, ""}}) {
		t.Errorf("%v begin, %v end", begin, end)
	}
}

func TestADayIsTheCapitalsWhateverClockIsAsked(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 8, 4, 0, 0, 0, 0, locale.WIB)
	for _, zone := range []*time.Location{time.UTC, locale.WIB, locale.WITA, locale.WIT} {
		for _, c := range []struct {
			at   time.Duration
			from time.Time
		}{{-time.Millisecond, midnight.AddDate(0, 0, -1)}, {0, midnight}, {time.Millisecond, midnight}} {
			from, to := dayOf(midnight.Add(c.at).In(zone))
			if !from.Equal(c.from) || !to.Equal(c.from.AddDate(0, 0, 1)) {
				t.Errorf("%s beside midnight in %s: from %s to %s", c.at, zone, from, to)
			}
		}
	}
}

func TestTheLongestHoldIsToldAndMoneyHoldsAllNumbers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 3, 2, 30, 0, 0, time.UTC)
	prefix := Held{Rule: RulePrefix, Prefix: "628123", Until: now.Add(SpendHold)}
	hour := Held{Rule: RuleHour, Until: now.Add(30 * time.Minute)}
	for name, c := range map[string]struct {
		held []Held
		want *Hold
	}{
		"nothing":      {nil, nil},
		"the prefix":   {[]Held{prefix}, &Hold{RulePrefix, "628123", prefix.Until}},
		"the hour":     {[]Held{hour}, &Hold{RuleHour, "", hour.Until}},
		"both":         {[]Held{prefix, hour}, &Hold{RulePrefix, "", prefix.Until}},
		"another's":    {[]Held{{Rule: RulePrefix, Prefix: "628124", Until: prefix.Until}}, nil},
		"one that was": {[]Held{{Rule: RuleHour, Until: now}}, nil},
	} {
		holds := map[holdOf]Held{}
		for _, h := range c.held {
			holds[h.of()] = h
		}
		if diff := cmp.Diff(c.want, new(Service).hold(now, holds, "628123")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAHeldPrefixIsNotJudgedAgain(t *testing.T) {
	t.Parallel()
	counts := map[string]spendCounts{}
	held := map[holdOf]Held{}
	for n := range 3 {
		counts[fmt.Sprintf("62812%d", n)] = spendCounts{sent: 200, confirmed: 200}
	}
	held[holdOf{RulePrefix, "628120"}] = Held{}
	begin, _ := spendFacts{hours: []int64{0}, short: counts, long: counts, held: held}.judge(SpendPolicy{Hour: 1, Day: 1})
	var prefixes []string
	for _, h := range begin {
		prefixes = append(prefixes, h.Prefix)
	}
	if !slices.Equal(prefixes, []string{"628121", "628122"}) {
		t.Errorf("held: %v", prefixes)
	}
}
