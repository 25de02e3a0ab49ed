package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gelombang/identity"
	"gelombang/limit"
	"gelombang/notify"
	"gelombang/otp"
)

const (
	maxClasses = 20
	// lifeLeast outlives an operator's slow minute.
	lifeLeast = 5 * time.Minute
)

// guards are the rules that look at everybody together.
var guards = []string{otp.RuleRise, identity.RuleAccounts, "spend.prefix", "spend.hour", "spend.day"}

// mode is what the verdict of a guard's rule does.
func (l Limits) mode(rule string) limit.Mode { return limit.Mode(l.Guards[rule]) }

// spend is what SMS may cost, and what the guards of it do.
func (l Limits) spend(book *limit.Book) notify.SpendPolicy {
	modes := map[string]limit.Mode{}
	for _, rule := range notify.SpendRules {
		modes[rule] = l.mode(rule)
	}
	return notify.SpendPolicy{Hour: int64(l.Spend.Hour), Day: int64(l.Spend.Day), Modes: modes, Book: book}
}

// policy is what bounds codes.
func (c CodeLimits) policy() otp.Policy {
	return otp.Policy{Digits: c.Digits, Life: c.Life, ResendAfter: c.ResendAfter,
		GuessesPerChallenge: c.GuessesPerChallenge, GuessesPerDestinationDay: c.GuessesPerDestinationDay,
		SendsPerDestinationHour: c.SendsPerDestinationHour, SendsPerDestinationDay: c.SendsPerDestinationDay}
}

// over fills in what a class does not say.
func (c CodeLimits) over(base CodeLimits) CodeLimits {
	return CodeLimits{Digits: base.Digits, Life: cmp.Or(c.Life, base.Life), ResendAfter: cmp.Or(c.ResendAfter, base.ResendAfter),
		GuessesPerChallenge:      cmp.Or(c.GuessesPerChallenge, base.GuessesPerChallenge),
		GuessesPerDestinationDay: cmp.Or(c.GuessesPerDestinationDay, base.GuessesPerDestinationDay),
		SendsPerDestinationHour:  cmp.Or(c.SendsPerDestinationHour, base.SendsPerDestinationHour),
		SendsPerDestinationDay:   cmp.Or(c.SendsPerDestinationDay, base.SendsPerDestinationDay)}
}

// classes are the classes as codes know them.
func (l Limits) classes() (out []otp.Class) {
	for _, c := range l.Classes {
		out = append(out, otp.Class{Name: c.Name, Policy: c.Code.over(l.Code).policy(), When: otp.Criteria{
			Channel: notify.Channel(c.When.Channel), Operators: c.When.Operators, Browser: otp.Browser(c.When.Browser), Provinces: c.When.Provinces}})
	}
	return out
}

func checkLimits(d *document, l Limits) {
	for _, field := range codeFields {
		d.present("limits.code." + field)
	}
	checkCodeLimits(d, "limits.code", l.Code)
	checkClasses(d, l)
	checkGuards(d, l.Guards)
	written(d, "limits.spend.hour", l.Spend.Hour, 1, 1_000_000_000_000)
	written(d, "limits.spend.day", l.Spend.Day, max(l.Spend.Hour, 1), 1_000_000_000_000)
	within(d, "limits.sign_in.password_tries", l.SignIn.PasswordTries, 3, 50)
	within(d, "limits.sign_in.window", l.SignIn.Window, time.Minute, day)
	within(d, "limits.identity.corrections_per_day", l.Identity.CorrectionsPerDay, 1, 20)
	within(d, "limits.join.changes_per_day", l.Join.ChangesPerDay, 2, 100)
}

var codeFields = []string{"digits", "life", "guesses_per_challenge", "guesses_per_destination_day",
	"sends_per_destination_hour", "sends_per_destination_day", "resend_after"}

// checkCodeLimits checks what is written: everybody's limits are whole, those of a class
// need not be.
func checkCodeLimits(d *document, at string, c CodeLimits) {
	written(d, at+".digits", c.Digits, 4, 8)
	written(d, at+".life", c.Life, lifeLeast, time.Hour)
	written(d, at+".guesses_per_challenge", c.GuessesPerChallenge, 1, 10)
	written(d, at+".guesses_per_destination_day", c.GuessesPerDestinationDay, max(c.GuessesPerChallenge, 1), 100)
	written(d, at+".sends_per_destination_hour", c.SendsPerDestinationHour, 1, 20)
	written(d, at+".sends_per_destination_day", c.SendsPerDestinationDay, max(c.SendsPerDestinationHour, 1), 50)
	written(d, at+".resend_after", c.ResendAfter, 30*time.Second, 10*time.Minute)
	if odds := blindOdds(c.Digits, c.GuessesPerDestinationDay); d.has(at+".guesses_per_destination_day") && odds > 0 && odds < worstOdds {
		d.add(at+".guesses_per_destination_day",
			"lets a blind guesser hit 1 in %d per address and day; at most 1 in %d is allowed", odds, worstOdds)
	}
	if d.has(at+".resend_after") && c.Life >= lifeLeast && c.ResendAfter >= c.Life {
		d.add(at+".resend_after", "must be less than life")
	}
}

// written is within for a number that may be absent.
func written[T cmp.Ordered](d *document, at string, v, least, most T) {
	if d.has(at) {
		within(d, at, v, least, most)
	}
}

// blindOdds says that guessing hits 1 in so many, per address and day; 0 when
// there is no guess or no code. Guesses are counted over all challenges of an
// address, so that asking for new codes does not buy more of them.
func blindOdds(digits, guessesPerDay int) int {
	if guessesPerDay <= 0 || digits <= 0 || digits > 18 {
		return 0
	}
	codes := 1
	for range digits {
		codes *= 10
	}
	return max(codes/guessesPerDay, 1)
}

// checkClasses holds each class against the bounds that hold for everybody, what it does
// not say filled in.
func checkClasses(d *document, l Limits) {
	d.count("limits.classes", len(l.Classes), 0, maxClasses)
	seen := map[string]bool{}
	for i, c := range l.Classes {
		at := fmt.Sprintf("limits.classes[%d]", i)
		d.name(at+".name", c.Name, nameForm, seen)
		d.text(at+".title", c.Title)
		checkCriteria(d, at+".when", c.When)
		switch {
		case !d.present(at + ".code"):
		case d.has(at + ".code.digits"):
			d.add(at+".code.digits", "is the same for everybody: a page says how many before it is known who asks")
		default:
			checkCodeLimits(d, at+".code", c.Code.over(l.Code))
		}
	}
}

// checkCriteria takes closed words only, and none that would tell a stranger anything.
func checkCriteria(d *document, at string, c ClassCriteria) {
	if !d.present(at) {
		return
	}
	if c.Channel == "" && c.Browser == "" && len(c.Provinces) == 0 {
		d.add(at, "must say a channel, a browser or provinces; else it is everybody")
	}
	channel := notify.Channel(c.Channel)
	if d.has(at+".channel") && !slices.Contains(notify.Channels, channel) {
		d.add(at+".channel", "must be one of %v", notify.Channels)
	}
	if d.has(at+".browser") && !slices.Contains(otp.Browsers, otp.Browser(c.Browser)) {
		d.add(at+".browser", "must be one of %v", otp.Browsers)
	}
	for i, operator := range c.Operators {
		if !slices.Contains(notify.Operators(channel), operator) {
			d.add(fmt.Sprintf("%s.operators[%d]", at, i), "%q is not an operator of the channel, which are %v", operator, notify.Operators(channel))
		}
	}
	for i, code := range c.Provinces {
		if !slices.Contains(provinces, code) {
			d.add(fmt.Sprintf("%s.provinces[%d]", at, i), "%q is not a province code", code)
		}
	}
	if len(c.Provinces) > 0 && otp.Browser(c.Browser) != otp.KnownBrowser {
		d.add(at+".provinces", "needs browser: known; limits would else tell strangers where somebody lives")
	}
}

// checkGuards takes the rules that there are, each with a mode.
func checkGuards(d *document, modes map[string]string) {
	for rule, mode := range modes {
		at := "limits.guards." + rule
		switch {
		case !slices.Contains(guards, rule):
			d.add(at, "is not a rule, which are %v", guards)
		case mode != string(limit.Enforce) && mode != string(limit.Record):
			d.add(at, "must be %s or %s", limit.Enforce, limit.Record)
		}
	}
}
