package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gelombang/eligibility"
)

const (
	maxTextRunes  = 500
	maxConditions = 10
	maxStatements = 30
	maxChoices    = 50
	maxSMSSender  = 11 // GSM 03.38: an alphanumeric sender has at most eleven characters
)

var (
	nameForm   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	waveForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,19}$`)
	keyForm    = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)
	senderForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 .-]*$`)
)

// checkProgramme checks the whole file. It never stops early: an operator mends a file once.
func checkProgramme(d *document, p *Programme) {
	checkWords(d, p)
	checkSenders(d, p.Senders)
	checkStatements(d, p.Statements)
	checkChoices(d, "choices.education", p.Choices.Education)
	checkChoices(d, "choices.employment", p.Choices.Employment)
	checkEligibility(d, p)
	checkDraw(d, p.Draw)
	checkWaves(d, p)
	checkLimits(d, p.Limits)
	checkAccounts(d, &p.Accounts)
	checkPhotos(d, p.Photos)
	checkWording(d, p)
	p.location = checkZone(d, p.TimeZone)
}

func checkWords(d *document, p *Programme) {
	d.text("name", p.Name)
	d.text("organiser", p.Organiser)
	d.text("tagline", p.Tagline)
	d.text("help.hours", p.Help.Hours)
	d.count("conditions", len(p.Conditions), 1, maxConditions)
	for i, c := range p.Conditions {
		d.text(fmt.Sprintf("conditions[%d]", i), c)
	}
	if d.has("help.mail") && !isMailAddress(p.Help.Mail) {
		d.add("help.mail", "is not an e-mail address")
	}
}

func isMailAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

func checkSenders(d *document, s Senders) {
	if d.present("senders.mail_from") {
		if a, err := mail.ParseAddress(s.MailFrom); err != nil || a.Name == "" {
			d.add("senders.mail_from", "must be like Name <address@example.org>")
		}
	}
	if d.present("senders.sms") && (len(s.SMS) > maxSMSSender || !senderForm.MatchString(s.SMS)) {
		d.add("senders.sms", "must be at most %d letters and digits", maxSMSSender)
	}
}

func checkZone(d *document, name string) *time.Location {
	if !d.present("time_zone") {
		return nil
	}
	location, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		d.add("time_zone", "%q is not a time zone like Asia/Jakarta", name)
	}
	return location
}

func checkStatements(d *document, statements []Statement) {
	d.count("statements", len(statements), 0, maxStatements)
	seen := map[string]bool{}
	for i, s := range statements {
		at := fmt.Sprintf("statements[%d]", i)
		d.name(at+".name", s.Name, nameForm, seen)
		d.text(at+".text", s.Text)
		d.present(at + ".expect")
	}
}

func checkChoices(d *document, at string, choices []Choice) {
	d.count(at, len(choices), 1, maxChoices)
	seen := map[string]bool{}
	for i, c := range choices {
		d.name(fmt.Sprintf("%s[%d].name", at, i), c.Name, nameForm, seen)
		d.text(fmt.Sprintf("%s[%d].text", at, i), c.Text)
	}
}

// checkWording accepts replacements only: what has a place of its own in the
// file is written there, or two texts would fight for one key.
func checkWording(d *document, p *Programme) {
	inline := p.Texts()["id"]
	for _, lang := range slices.Sorted(maps.Keys(p.Wording)) {
		if lang != "id" && lang != "en" {
			d.add(child("wording", lang), "language must be id or en")
			continue
		}
		other := map[string]string{"id": "en", "en": "id"}[lang]
		for key, text := range p.Wording[lang] {
			at := "wording." + lang + "." + key
			_, own := inline[key]
			_, both := p.Wording[other][key]
			switch {
			case !keyForm.MatchString(key):
				d.add(at, "is not a catalog key")
			case own:
				d.add(at, "is written in its own part of this file")
			case text == "":
				d.add(at, "must not be empty")
			case !both:
				d.add(at, "is missing in %s", other)
			}
		}
	}
}

func checkEligibility(d *document, p *Programme) {
	before := len(d.problems)
	d.count("eligibility", len(p.Eligibility), 1, eligibility.MaxRules)
	facts := distinct(p.Facts())
	seen := map[string]bool{}
	rules := make([]eligibility.Rule, len(p.Eligibility))
	for i, r := range p.Eligibility {
		at := fmt.Sprintf("eligibility[%d]", i)
		d.name(at+".name", r.Name, nameForm, seen)
		d.text(at+".reason", r.Reason)
		if d.present(at+".step") && !slices.Contains(eligibility.Steps, eligibility.Step(r.Step)) {
			d.add(at+".step", "must be one of %v", eligibility.Steps)
		}
		if d.present(at + ".when") {
			checkExpr(d, at+".when", facts, r.When)
		}
		rules[i] = eligibility.Rule{Name: r.Name, Expr: r.When, Reason: r.key(), Step: eligibility.Step(r.Step)}
	}
	if len(d.problems) > before {
		return
	}
	compiled, err := eligibility.Compile(facts, rules)
	if err != nil {
		d.add("eligibility", "%v", err)
		return
	}
	p.rules = compiled
	checkExpectations(d, p)
}

// checkExpr compiles one rule alone, so that a fault elsewhere does not hide this one's.
func checkExpr(d *document, at string, facts []eligibility.Fact, expr string) {
	alone := eligibility.Rule{Name: "rule", Expr: expr, Reason: "rule", Step: eligibility.StepNone}
	_, err := eligibility.Compile(facts, []eligibility.Rule{alone})
	var problems eligibility.Problems
	if !errors.As(err, &problems) {
		return
	}
	for _, q := range problems {
		switch {
		case q.Line > 1:
			d.add(at, "line %d, column %d of the rule: %s", q.Line, q.Column, q.Message)
		case q.Line == 1:
			d.add(at, "column %d of the rule: %s", q.Column, q.Message)
		default:
			d.add(at, "%s", q.Message)
		}
	}
}

// distinct drops facts of statements whose names are reported already.
func distinct(facts []eligibility.Fact) (kept []eligibility.Fact) {
	seen := map[string]bool{}
	for _, f := range facts {
		if !seen[f.Name] && nameForm.MatchString(strings.TrimPrefix(f.Name, "statement_")) {
			kept = append(kept, f)
		}
		seen[f.Name] = true
	}
	return kept
}

// checkExpectations holds statements and rules together: the expected answer
// passes every rule, and the other one is refused by some rule. Otherwise a
// statement would be asked for nothing, or be refused whatever is answered.
func checkExpectations(d *document, p *Programme) {
	for i, s := range p.Statements {
		at := fmt.Sprintf("statements[%d].expect", i)
		for _, answer := range []bool{s.Expect, !s.Expect} {
			verdict, err := p.rules.Evaluate(context.Background(), map[string]any{s.fact(): answer})
			switch {
			case err != nil:
				d.add(at, "cannot be tried on the rules: %v", err)
			case answer == s.Expect && len(verdict.Refused) > 0:
				d.add(at, "rule %q refuses the answer %v that is expected", verdict.Refused[0].Rule, answer)
			case answer != s.Expect && len(verdict.Refused) == 0:
				d.add(at, "no rule refuses the answer %v", answer)
			}
		}
	}
}

func (d *document) text(at string, t Text) {
	for _, one := range []struct{ lang, text string }{{"id", t.ID}, {"en", t.EN}} {
		field := at + "." + one.lang
		switch {
		case !d.present(field):
		case strings.TrimSpace(one.text) == "":
			d.add(field, "must not be empty")
		case utf8.RuneCountInString(one.text) > maxTextRunes:
			d.add(field, "must have at most %d characters", maxTextRunes)
		}
	}
}

func (d *document) name(at, name string, form *regexp.Regexp, seen map[string]bool) {
	switch {
	case !d.present(at):
	case !form.MatchString(name):
		d.add(at, "must be lower-case letters, digits and _, has %q", name)
	case seen[name]:
		d.add(at, "%q is used twice", name)
	}
	seen[name] = true
}

// present complains when a field is not written.
func (d *document) present(at string) bool {
	if !d.has(at) {
		d.add(at, "is missing")
		return false
	}
	return true
}

func (d *document) count(at string, n, least, most int) {
	switch {
	case n < least && !d.present(at):
	case n < least:
		d.add(at, "must have at least %d", least)
	case n > most:
		d.add(at, "must have at most %d", most)
	}
}

// within checks a number or duration that must be written.
func within[T cmp.Ordered](d *document, at string, v, least, most T) {
	switch {
	case !d.present(at):
	case v < least:
		d.add(at, "must be at least %s", plain(least))
	case v > most:
		d.add(at, "must be at most %s", plain(most))
	}
}

func plain(v any) string {
	if span, ok := v.(time.Duration); ok {
		return spanText(span)
	}
	return fmt.Sprint(v)
}
