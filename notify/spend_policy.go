package notify

import (
	"slices"
	"strings"
	"time"

	"gelombang/internal/locale"
	"gelombang/limit"
)

// Whoever earns by an SMS makes systems send them: bots ask for codes to numbers that
// nobody reads. These rules find such numbers by what is missing, the typing, and bound
// what the rest may cost. What they hold back is only what strangers ask for.
const (
	// RulePrefix holds numbers that begin alike when their codes arrive and nobody types them.
	RulePrefix = "spend.prefix"
	// RuleHour and RuleDay hold all numbers when the money of the running hour or day is spent.
	RuleHour = "spend.hour"
	RuleDay  = "spend.day"
)

// SpendRules is the closed list.
var SpendRules = []string{RulePrefix, RuleHour, RuleDay}

const (
	// SpendFewest codes make a verdict about a prefix, and SpendTyped is the part of them
	// that must have been typed. Nine of ten people type theirs and most ask once, so on a
	// poor day half of the codes are typed; of a hundred such codes fewer than twenty are
	// once in a thousand million times, and even of such as four in ten people type once
	// in a hundred thousand times.
	SpendFewest = 100
	SpendTyped  = 0.2
	// SpendHold is how long a prefix is held: long enough that pumping it does not pay, as
	// what gets through before the next verdict is what a few minutes bring; short enough
	// that a wrong verdict is over on the same morning.
	SpendHold = time.Hour

	// spendSlot is the grain of the counts. Whole slots make an hour, and a day of the capital.
	spendSlot = 10 * time.Minute
	// spendSettled is how long after its slot a code is judged: whoever types one has it
	// before them by then.
	spendSettled = 5 * time.Minute
	// A prefix is judged over an hour, and over a day, so that pumping slowly does not help.
	spendShort = time.Hour
	spendLong  = 24 * time.Hour
	// judgeEvery bounds what is spent beyond a budget: what one minute brings. Prefixes are
	// looked at when another slot is settled.
	judgeEvery = time.Minute
	// keepSpend is past the longest look back.
	keepSpend = 2 * 24 * time.Hour
	// ownDigits are the digits of a prefix after our own country's code: ten of these
	// prefixes share one operator's, and each has millions of numbers.
	ownDigits = 4

	// hoursTold and prefixesTold bound what the console shows.
	hoursTold    = 24
	prefixesTold = 12

	// HourUsual and DayUsual are the budgets when none are set, in rupiah. On the busiest
	// day on record 1.4 million people registered in 21 hours; if each of them had proven a
	// number by a code of 350 rupiah, that had cost 500 million. A fifth of it in one hour
	// is five times the mean.
	HourUsual = 100_000_000
	DayUsual  = 500_000_000
)

// SpendPolicy is what codes by SMS may cost, and what the rules about it do.
type SpendPolicy struct {
	Hour, Day int64                 // rupiah in one hour of the clock, and in one day of the capital; 0 takes the usual
	Modes     map[string]limit.Mode // of SpendRules; a rule that is not named is enforced
	Book      *limit.Book           // nil writes nothing down
}

func (p SpendPolicy) withUsual() SpendPolicy {
	if p.Hour <= 0 {
		p.Hour = HourUsual
	}
	if p.Day <= 0 {
		p.Day = DayUsual
	}
	return p
}

func (p SpendPolicy) rule(name string) limit.Rule { return limit.Rule{Name: name, Mode: p.Modes[name]} }

// SpendLimit is one of the numbers as it is published.
type SpendLimit struct {
	Name   string // of SpendRules
	Key    string // catalog key of what is limited
	Most   int64  // rupiah; of a prefix: codes
	Window time.Duration
}

// Limits are the numbers of this policy.
func (p SpendPolicy) Limits() []SpendLimit {
	p = p.withUsual()
	return []SpendLimit{
		{RulePrefix, "limit.spend.prefix", SpendFewest, spendShort},
		{RuleHour, "limit.spend.hour", p.Hour, time.Hour},
		{RuleDay, "limit.spend.day", p.Day, 24 * time.Hour},
	}
}

// SpendLimits are the numbers in force.
func (s *Service) SpendLimits() []SpendLimit { return s.spend.policy.Limits() }

// shortCodes and middleCodes are the countries' codes of one and two digits (ITU-T
// E.164); all others have three.
const (
	shortCodes  = "1 7"
	middleCodes = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
)

var countryCodes = strings.Fields(shortCodes + " " + middleCodes)

// ownCode is the country whose numbers are told apart further.
const ownCode = "62"

// spendPrefix is what a normalised number is counted under.
func spendPrefix(to string) string {
	digits := strings.TrimPrefix(to, "+")
	size := min(3, len(digits))
	for n := 1; n < size; n++ {
		if slices.Contains(countryCodes, digits[:n]) {
			size = n
		}
	}
	if digits[:size] == ownCode {
		size = min(len(digits), size+ownDigits)
	}
	return digits[:size]
}

// spendCounts is what became of some codes by SMS.
type spendCounts struct{ sent, confirmed, typed, cost int64 }

func (c spendCounts) plus(d spendCounts) spendCounts {
	return spendCounts{c.sent + d.sent, c.confirmed + d.confirmed, c.typed + d.typed, c.cost + d.cost}
}

func (c spendCounts) minus(d spendCounts) spendCounts {
	return spendCounts{c.sent - d.sent, c.confirmed - d.confirmed, c.typed - d.typed, c.cost - d.cost}
}

func (c spendCounts) plenty() bool { return c.sent >= SpendFewest }

// used says that people type their codes.
func (c spendCounts) used() bool { return float64(c.typed) >= SpendTyped*float64(c.sent) }

// suspects are the prefixes whose codes arrive and are not typed. When codes may not
// arrive at all, that nobody types them says nothing: then a receipt for half of them must
// tell that they do, or the operator's other numbers must type theirs.
func suspects(all map[string]spendCounts) (out []string) {
	var everybody spendCounts
	of := map[string]spendCounts{}
	for prefix, c := range all {
		operator := Operator(SMS, "+"+prefix)
		of[operator], everybody = of[operator].plus(c), everybody.plus(c)
	}
	of[OtherOperator] = everybody // countries have no operator in common
	for prefix, c := range all {
		others := of[Operator(SMS, "+"+prefix)].minus(c)
		arrives := 2*c.confirmed >= c.sent || others.plenty() && others.used()
		if c.plenty() && !c.used() && arrives {
			out = append(out, prefix)
		}
	}
	slices.Sort(out)
	return out
}

// settledBefore is where the slots begin that had no time yet.
func settledBefore(now time.Time) time.Time { return now.Add(-spendSettled).Truncate(spendSlot) }

// hourOf and dayOf are the running hour and the running day of the capital.
func hourOf(now time.Time) (from, to time.Time) {
	from = now.Truncate(time.Hour)
	return from, from.Add(time.Hour)
}

func dayOf(now time.Time) (from, to time.Time) {
	y, m, d := now.In(locale.WIB).Date()
	from = time.Date(y, m, d, 0, 0, 0, 0, locale.WIB).UTC()
	return from, from.Add(24 * time.Hour) // the capital's clock is never put forward
}

// spendFacts is what one look sees.
type spendFacts struct {
	now         time.Time
	hours       []int64                // rupiah of the hours of the day, the running one last
	short, long map[string]spendCounts // by prefix, what is settled and came after its last hold; nil when it was judged
	held        map[holdOf]Held        // at this moment
}

func (f spendFacts) hour() int64 { return f.hours[len(f.hours)-1] }

func (f spendFacts) day() (sum int64) {
	for _, hour := range f.hours {
		sum += hour
	}
	return sum
}

// judge gives the holds that begin, and those that end before their time because a budget
// was raised since.
func (f spendFacts) judge(p SpendPolicy) (begin []Held, end []holdOf) {
	_, hourEnds := hourOf(f.now)
	_, dayEnds := dayOf(f.now)
	for _, budget := range []struct {
		rule        string
		spent, most int64
		until       time.Time
	}{{RuleHour, f.hour(), p.Hour, hourEnds}, {RuleDay, f.day(), p.Day, dayEnds}} {
		_, held := f.held[holdOf{budget.rule, ""}]
		switch over := budget.spent >= budget.most; {
		case over && !held:
			begin = append(begin, Held{Rule: budget.rule, Began: f.now, Until: budget.until, Cost: budget.spent})
		case held && !over:
			end = append(end, holdOf{budget.rule, ""})
		}
	}
	return append(begin, f.pumped()...), end
}

func (f spendFacts) pumped() (begin []Held) {
	seen := map[string]bool{}
	for _, counts := range []map[string]spendCounts{f.short, f.long} {
		for _, prefix := range suspects(counts) {
			if _, held := f.held[holdOf{RulePrefix, prefix}]; held || seen[prefix] {
				continue
			}
			seen[prefix] = true
			c := counts[prefix]
			begin = append(begin, Held{Rule: RulePrefix, Prefix: prefix, Began: f.now, Until: f.now.Add(SpendHold), Sent: c.sent, Typed: c.typed, Cost: c.cost})
		}
	}
	return begin
}
