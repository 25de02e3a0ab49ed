package otp

import (
	"errors"
	"fmt"
	"slices"

	"gelombang/notify"
)

// Class is a class of people, or of addresses, with limits of its own.
type Class struct {
	Name   string
	When   Criteria
	Policy Policy // whole: what the class does not change is the programme's
}

// Criteria say who is of a class; all that are set must hold. Each can be answered from
// what is at hand when a code is asked for, and none tells a stranger anything: the channel
// and the operator can be read from the address itself. Where somebody lives is another
// matter, so a class of provinces is of known browsers alone: its limits would else say
// whether an address belongs to somebody there.
type Criteria struct {
	Channel   notify.Channel // "": any
	Operators []string       // words of notify; none: any
	Browser   Browser        // "": any
	Provinces []string       // codes of the civil registry; none: any
}

// Browser is what is known of the browser that asks.
type Browser string

// The kinds of browser.
const (
	KnownBrowser Browser = "known" // it has signed in to the address's account before
	NewBrowser   Browser = "new"
)

// Browsers is the closed list.
var Browsers = []Browser{KnownBrowser, NewBrowser}

// fits says whether a request is of the class.
func (c Criteria) fits(r Request) bool {
	is := NewBrowser
	if r.Known {
		is = KnownBrowser
	}
	return (c.Channel == "" || c.Channel == r.Channel) &&
		(c.Browser == "" || c.Browser == is) &&
		(len(c.Operators) == 0 || slices.Contains(c.Operators, notify.Operator(r.Channel, r.Destination))) &&
		(len(c.Provinces) == 0 || slices.Contains(c.Provinces, r.Province))
}

// Check says what is wrong with criteria.
func (c Criteria) Check() error {
	var wrong []error
	if c.Channel != "" && !slices.Contains(notify.Channels, c.Channel) {
		wrong = append(wrong, fmt.Errorf("there is no channel %q", c.Channel))
	}
	if c.Browser != "" && !slices.Contains(Browsers, c.Browser) {
		wrong = append(wrong, fmt.Errorf("a browser is one of %v, not %q", Browsers, c.Browser))
	}
	for _, o := range c.Operators {
		if c.Channel == "" || !slices.Contains(notify.Operators(c.Channel), o) {
			wrong = append(wrong, fmt.Errorf("operator %q needs a channel that has it", o))
		}
	}
	if len(c.Provinces) > 0 && c.Browser != KnownBrowser {
		wrong = append(wrong, errors.New("provinces need the browser to be known: limits would else tell strangers where somebody lives"))
	}
	if c.Channel == "" && c.Browser == "" && len(c.Provinces) == 0 {
		wrong = append(wrong, errors.New("criteria of nobody in particular: everybody would be of the class"))
	}
	return errors.Join(wrong...)
}

// classesMost bounds what is looked through for every code.
const classesMost = 20

// checkClasses says what is wrong with the classes, all at once. The digits are the same
// for all: a page says how many before it is known who asks.
func checkClasses(base Policy, classes []Class) error {
	var wrong []error
	if len(classes) > classesMost {
		wrong = append(wrong, fmt.Errorf("there are %d classes of limits, the most is %d", len(classes), classesMost))
	}
	seen := map[string]bool{"": true}
	for _, c := range classes {
		if seen[c.Name] {
			wrong = append(wrong, fmt.Errorf("class %q has no name of its own", c.Name))
		}
		seen[c.Name] = true
		if c.Policy.Digits != base.Digits {
			wrong = append(wrong, fmt.Errorf("class %q: codes have %d digits for everybody", c.Name, base.Digits))
		}
		if err := errors.Join(c.When.Check(), c.Policy.Check()); err != nil {
			wrong = append(wrong, fmt.Errorf("class %q: %w", c.Name, err))
		}
	}
	return errors.Join(wrong...)
}

// classOf is the first class that a request is of, or the programme's own limits.
func (s *Service) classOf(r Request) Class {
	for _, c := range s.classes {
		if c.When.fits(r) {
			return c
		}
	}
	return Class{Policy: s.policy}
}

// policyOf is the policy that a challenge was issued under. A class that is no more has
// the programme's own.
func (s *Service) policyOf(c challenge) Policy {
	for _, class := range s.classes {
		if class.Name == c.class {
			return class.Policy
		}
	}
	return s.policy
}

// differing are the limits of a class that are not everybody's.
func (c Class) differing(base []LimitRow) (out []LimitRow) {
	for _, row := range c.Policy.Limits() {
		if !slices.Contains(base, row) {
			row.Class = c.Name
			out = append(out, row)
		}
	}
	return out
}
