package otp

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"gelombang/limit"
)

// RisePolicy says when the wrong codes of the whole programme are more than usual. Shares
// are compared, not numbers: on an opening day everything rises, slips of the finger too,
// and a guesser's codes are nearly all wrong.
type RisePolicy struct {
	Window time.Duration // what is looked at
	Usual  time.Duration // what it is compared with: the time before that
	Least  int64         // wrong codes within Window; with fewer nothing is a rise
	Times  int64         // so many times the usual share of wrong codes
	Hold   time.Duration // how long it holds after it was last seen
	Mode   limit.Mode
}

// DefaultRise holds when the programme says nothing. Two hundred wrong codes are a
// guesser's chance of 1 in 5,000 to have hit any account at all, and more than the
// slips of a quiet night. Ten minutes are a code's usual life, a day has the night and
// the evening in it. The hold outlives a guesser's pause.
var DefaultRise = RisePolicy{Window: 10 * time.Minute, Usual: 24 * time.Hour, Least: 200, Times: 3, Hold: 30 * time.Minute}

const (
	// usualAssumed is the share of wrong codes, in a hundred, while too few were typed to
	// know: people mistype about one in ten.
	usualAssumed = 10
	// usualLeast and usualMost bound what is taken for usual. Without the lower one a
	// handful of slips would be a rise after a spotless day; without the upper one a
	// guesser who goes on for a day would become what is usual.
	usualLeast, usualMost = 5, 20
	// flushEvery, judgeEvery and rereadEvery bound how late a rise is noticed: some 70
	// seconds, in which all that happens is what happens without this rule.
	flushEvery  = 5 * time.Second
	judgeEvery  = time.Minute
	rereadEvery = 5 * time.Second
)

// orDefault fills in what is not set.
func (p RisePolicy) orDefault() RisePolicy {
	d := DefaultRise
	return RisePolicy{Window: cmp.Or(p.Window, d.Window), Usual: cmp.Or(p.Usual, d.Usual), Least: cmp.Or(p.Least, d.Least),
		Times: cmp.Or(p.Times, d.Times), Hold: cmp.Or(p.Hold, d.Hold), Mode: p.Mode}
}

// Check says what is wrong with a policy.
func (p RisePolicy) Check() error {
	var wrong []error
	if p.Window < time.Minute || p.Usual < 2*p.Window || p.Usual > 7*day {
		wrong = append(wrong, fmt.Errorf("a rise of wrong codes within %s cannot be told from what is usual in %s", p.Window, p.Usual))
	}
	if p.Least < 1 || p.Times < 2 || p.Times*usualMost > 100 {
		wrong = append(wrong, fmt.Errorf("a rise of wrong codes is 1 or more and 2 to %d times the usual share, not %d and %d times", 100/usualMost, p.Least, p.Times))
	}
	if p.Hold < p.Window || p.Hold > day {
		wrong = append(wrong, fmt.Errorf("a rise of wrong codes holds between its window and a day, not %s", p.Hold))
	}
	return errors.Join(wrong...)
}

// guesses are codes that were typed.
type guesses struct{ correct, wrong int64 }

func (g guesses) all() int64 { return g.correct + g.wrong }

func (g guesses) plus(o guesses) guesses { return guesses{g.correct + o.correct, g.wrong + o.wrong} }

// usualShare is how many of a hundred codes are usually wrong.
func (p RisePolicy) usualShare(before guesses) int64 {
	if before.all() < p.Least {
		return usualAssumed
	}
	return min(max(100*before.wrong/before.all(), usualLeast), usualMost)
}

// rises says whether the codes of the window are wrong more often than usual.
func (p RisePolicy) rises(now, before guesses) bool {
	return now.wrong >= p.Least && 100*now.wrong >= p.Times*p.usualShare(before)*now.all()
}

// next is the verdict that follows one: a rise that is seen begins or goes on, one that
// is not ends by its time.
func (p RisePolicy) next(r Rise, seen, before guesses, now time.Time) Rise {
	if !p.rises(seen, before) {
		return r
	}
	if !now.Before(r.Until) {
		r.Since = now
	}
	r.Until, r.Wrong, r.Guesses, r.Usual = now.Add(p.Hold), seen.wrong, seen.all(), p.usualShare(before)
	return r
}

// row is the rise as it is published among the limits.
func (p RisePolicy) row() LimitRow {
	return LimitRow{Name: RuleRise, Key: "otp.limit.rise", Most: int(p.Least), Window: p.Window}
}

// Guard is the published policy of a rise.
func (s *Service) Guard() RisePolicy { return s.rise }
