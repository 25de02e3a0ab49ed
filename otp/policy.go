package otp

import (
	"errors"
	"fmt"
	"math"
	"time"

	"gelombang/limit"
)

// Policy is every number of one-time codes.
type Policy struct {
	Digits                   int
	Life                     time.Duration
	ResendAfter              time.Duration // the least time between two sendings of one challenge
	GuessesPerChallenge      int
	GuessesPerDestinationDay int
	SendsPerDestinationHour  int
	SendsPerDestinationDay   int
}

// DefaultPolicy holds when the programme says nothing. A quarter of an hour
// outlives most greylisting; ten guesses a day among a million codes are the
// odds that Check allows at most.
var DefaultPolicy = Policy{
	Digits:                   6,
	Life:                     15 * time.Minute,
	ResendAfter:              time.Minute,
	GuessesPerChallenge:      5,
	GuessesPerDestinationDay: 10,
	SendsPerDestinationHour:  3,
	SendsPerDestinationDay:   6,
}

const (
	// oddsMost is the chance per address and day that blind guessing may have.
	oddsMost = 1.0 / 10_000
	// digitsMost keeps a code typeable; 19 digits would also pass 64 bits.
	digitsMost = 10
	// keepFor is how long a challenge is kept after its end, for questions about deliveries.
	keepFor = 30 * 24 * time.Hour
	day     = 24 * time.Hour
)

// Check says what is wrong with a policy, all at once.
func (p Policy) Check() error {
	var wrong []error
	if p.Digits < 4 || p.Digits > digitsMost {
		wrong = append(wrong, fmt.Errorf("a code has 4 to %d digits, not %d", digitsMost, p.Digits))
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"guesses per challenge", p.GuessesPerChallenge}, {"guesses per destination and day", p.GuessesPerDestinationDay},
		{"sends per destination and hour", p.SendsPerDestinationHour}, {"sends per destination and day", p.SendsPerDestinationDay},
	} {
		if n.value < 1 {
			wrong = append(wrong, fmt.Errorf("%s must be 1 or more, not %d", n.name, n.value))
		}
	}
	if p.Life < time.Minute || p.Life > day {
		wrong = append(wrong, fmt.Errorf("a code lives between a minute and a day, not %s", p.Life))
	}
	if p.ResendAfter < 0 || p.ResendAfter >= p.Life {
		wrong = append(wrong, fmt.Errorf("resending after %s must be possible within the code's life of %s", p.ResendAfter, p.Life))
	}
	if odds := float64(p.GuessesPerDestinationDay) / math.Pow10(p.Digits); odds > oddsMost {
		wrong = append(wrong, fmt.Errorf("%d guesses a day among %d digits let a blind guesser in with odds of %g a day; at most %g is allowed",
			p.GuessesPerDestinationDay, p.Digits, odds, oddsMost))
	}
	return errors.Join(wrong...)
}

// LimitRow is one limit as it is published.
type LimitRow struct {
	Name   string
	Key    string // catalog key of what is limited
	Class  string // whose it is; "": everybody's
	Most   int
	Window time.Duration
}

// Limits are the limits in force, in the order in which a person meets them.
func (p Policy) Limits() []LimitRow {
	return []LimitRow{
		{Name: "otp.send.hour", Key: "otp.limit.send_hour", Most: p.SendsPerDestinationHour, Window: time.Hour},
		{Name: "otp.send.day", Key: "otp.limit.send_day", Most: p.SendsPerDestinationDay, Window: day},
		{Name: "otp.resend", Key: "otp.limit.resend", Most: 1, Window: p.ResendAfter},
		{Name: "otp.guess.challenge", Key: "otp.limit.guess_challenge", Most: p.GuessesPerChallenge, Window: p.Life},
		{Name: "otp.guess.day", Key: "otp.limit.guess_day", Most: p.GuessesPerDestinationDay, Window: day},
		{Name: "otp.send.back", Key: "otp.limit.send_back", Most: p.SendsPerDestinationDay, Window: day},
		{Name: "otp.held", Key: "otp.limit.held", Most: heldMost, Window: time.Hour},
	}
}

// use is a use of a budget by a challenge. The key is the destination's blind index:
// whether an account knows the address changes nothing. A browser that signed in
// before is counted by itself, so that strangers cannot lock an owner out.
func (c challenge) use(name string, most int, window time.Duration) limit.Use {
	key := c.dest.Sum
	if c.known {
		name, key = name+".known", key+":"+c.browser
	}
	return limit.Use{Budget: limit.Budget{Name: name, Most: most, Window: window}, Key: key}
}

// sending is one sending, which an hour and a day have room for.
func (p Policy) sending(c challenge) limit.Use {
	u := c.use("otp.send", p.SendsPerDestinationHour, time.Hour)
	u.Budget.Long = limit.Tier{Most: p.SendsPerDestinationDay, Window: day}
	return u
}

// giveBackDay bounds the sendings that are given back because they failed.
func (p Policy) giveBackDay(c challenge) limit.Use {
	return c.use("otp.send.back", p.SendsPerDestinationDay, day)
}

func (p Policy) guessDay(c challenge) limit.Use {
	return c.use("otp.guess.day", p.GuessesPerDestinationDay, day)
}

// sameCode says that a resend repeats the code: half of its life is left, so that
// a message that comes late still opens the door. Past it a repeated code could
// run out on its way.
func (c challenge) sameCode(now time.Time) bool {
	return now.Sub(c.created) <= c.expires.Sub(c.created)/2
}

// stateAt is the state as a person is told it. A code ends at its last millisecond.
func (c challenge) stateAt(now time.Time) State {
	if (c.state == Open || c.state == Exhausted) && !now.Before(c.expires) {
		return Expired
	}
	return c.state
}

// resendAt is when the next sending is allowed. A sending that failed needs no wait.
func (c challenge) resendAt(p Policy) time.Time {
	if c.lastSent.IsZero() {
		return time.Time{}
	}
	return c.lastSent.Add(p.ResendAfter)
}
