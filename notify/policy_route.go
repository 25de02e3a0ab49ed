package notify

import (
	"time"
)

const (
	// WeightUsual is the weight of a provider that names none, WeightMost the largest.
	WeightUsual = 100
	WeightMost  = 1000

	// Soon is what "arrived soon" means: somebody is looking at the page that asks for
	// the code, and after a minute most people ask again or leave.
	Soon = time.Minute

	// StickFor is how long a message that a provider may have stays with it, and
	// stickTries how many tries at it that are at least: the first and one after a
	// crash or a reset. A code must still arrive within a minute when the first
	// provider only hangs; a gateway that restarts is back by then.
	StickFor   = 20 * time.Second
	stickTries = 2

	// restMost bounds how long a provider's own wish ("try again after …") keeps
	// everybody's messages from it.
	restMost = time.Minute
	// busyFor is when a message comes back that found no provider with room, or only
	// such as are being probed.
	busyFor = time.Second

	// A provider is left alone for openFor when most of its last calls failed: one number
	// that always fails must not stop everybody's. Calls are counted and not time, as
	// what a busy minute brought before would hide that nothing goes any more. Then
	// closeCalls must succeed one after the other.
	openFailures = 12
	openCalls    = 20
	openFor      = 10 * time.Second
	closeCalls   = 2

	// How many messages are handed to one provider at once. It falls when the provider
	// answers more slowly the more it has, and never under paceLeast: four at a time are
	// nothing to a gateway. paceUsual is what a worker has slots for twice over. One of
	// several has paceShared at the most: if it hangs, a quarter of the slots is left
	// for the others, which is more than they need.
	paceLeast  = 4
	paceShared = 24
	paceUsual  = 64
	paceMost   = 256
	// paceWait is how long a message waits for its turn at a provider before it takes
	// another one.
	paceWait = time.Second

	// weighEvery is how often weights are looked at, and flushEvery how often counts are
	// written: a kill loses so much of statistics.
	weighEvery = time.Minute
	flushEvery = 5 * time.Second
	// countsFor is the memory of the weights at the most: the last quarter of an hour, as
	// operators' troubles last minutes and not days.
	countsFor = 15 * time.Minute
	// settled is when the codes of a minute have had their time: the minute itself, the
	// minute within which they should arrive, and the writing of what was counted.
	settled = time.Minute + Soon + 2*flushEvery
	// fewest codes make a verdict. Of thirty that a good provider brings nine of ten of,
	// fewer than 63 of 100 arrive less than once in ten thousand times.
	fewest = 30
	// plenty of codes make it as sure as it gets; older ones only tell how it was before.
	plenty = 2 * fewest
	// slowBelow: a provider that brings less than this part of what the best one brings
	// to the same operator is slow. Of a best one that brings all, it is the rule of
	// those who learnt it before us: 30 of 100 late. It is a part of the best one's, as
	// what everybody loses (phones that are off, people who left) is nobody's fault.
	slowBelow = 0.7
	// weightLeast is the part of its configured weight that a provider always keeps: one
	// code in twenty goes on measuring it. weightBack is the part that it wins back at a
	// time, so that it is as before after some five times as many fresh codes.
	weightLeast = 0.05
	weightBack  = 0.2

	// KeepCounts is how long counts and changes of weights are kept: the history that
	// the status page shows, three times over.
	KeepCounts = 90 * 24 * time.Hour
	// ChangesMost bounds one list of changes of weights.
	ChangesMost = 200
)

// usual is the part of the codes that arrive soon on a day without trouble, at the
// least. When even the best provider brings less, the trouble is the operator's, or
// everybody's, and to change weights would only follow noise. Few mailboxes confirm
// anything, and mails wait to be looked at: there it is the part that is typed soon.
func (c Channel) usual() float64 {
	if c.awaitsReceipt() {
		return slowBelow
	}
	return 0.3
}

// hold is what becomes of a message that its provider may have.
type hold int

const (
	again  hold = iota // it goes to the same provider once more
	wait               // its provider is paused: the answer may still come
	moveOn             // it may go to another one
)

// held decides about a message which its provider may have since a time, after so
// many tries there.
func held(since time.Duration, tries int, paused bool) hold {
	switch {
	case paused && since < StickFor:
		return wait
	case paused, tries >= stickTries && since >= StickFor:
		return moveOn
	}
	return again
}

// ChangeReason says why a weight changed.
type ChangeReason string

// The closed list of reasons.
const (
	Unchanged  ChangeReason = ""
	Slow       ChangeReason = "slow"       // it brought less than the others
	Recovered  ChangeReason = "recovered"  // it brings as much as the others again
	Configured ChangeReason = "configured" // its setting changed, and what was learnt lies outside of it
)

// ChangeReasons is the closed list.
var ChangeReasons = []ChangeReason{Slow, Recovered, Configured}

// measure is what is known of one provider towards one operator.
type measure struct {
	configured int
	weight     int
	asked      int64 // codes that it was asked to bring
	arrived    int64 // of these, those that are known to have arrived soon
}

// asked is how many codes a provider was asked to bring: those it took, or those it
// did not take beside those that arrived, when that is more.
func (c Counts) asked() int64 { return max(c.Sent, c.ArrivedSoon+c.Failed) }

func (m measure) known() bool    { return m.asked >= fewest }
func (m measure) share() float64 { return float64(m.arrived) / float64(m.asked) }

// verdict is a weight and why it is another one than before.
type verdict struct {
	weight int
	reason ChangeReason
}

// weigh judges the providers of one operator against the best of them.
func weigh(ch Channel, all []measure) []verdict {
	best, compared := 0.0, 0
	for _, m := range all {
		if m.known() {
			best = max(best, m.share())
			compared++
		}
	}
	if best < ch.usual() {
		compared = 0
	}
	out := make([]verdict, len(all))
	for i, m := range all {
		out[i] = m.judge(best, compared)
	}
	return out
}

// judge compares with the best. Too little is known when nothing was compared.
func (m measure) judge(best float64, compared int) verdict {
	least := part(m.configured, weightLeast)
	switch {
	case m.weight > m.configured, m.weight < least:
		return verdict{min(max(m.weight, least), m.configured), Configured}
	case compared == 0 || !m.known():
	case m.share() < slowBelow*best:
		if less := max(least, int(float64(m.weight)*m.share()/best)); less < m.weight {
			return verdict{less, Slow}
		}
	case m.weight < m.configured:
		return verdict{min(m.configured, m.weight+part(m.configured, weightBack)), Recovered}
	}
	return verdict{m.weight, Unchanged}
}

// part is a part of a weight, which is never nothing.
func part(weight int, of float64) int { return max(1, int(float64(weight)*of)) }

// blames says whether a failure tells something about the provider. What is wrong with
// the address itself would fail by any.
func (r Reason) blames() bool {
	switch r {
	case OperatorFailed, OperatorUnreachable, Rejected:
		return true
	}
	return false
}

// counted is what a report adds to the counts of its message's minute. The time is
// ours, of when the report came: a provider's clock could flatter it.
func counted(r row, e Event, now time.Time) Counts {
	switch e.State {
	case Confirmed:
		c := Counts{Confirmed: 1}
		if now.Sub(r.created) <= Soon {
			c.ConfirmedSoon = 1
			if !r.typedSoon() {
				c.ArrivedSoon = 1
			}
		}
		return c
	case Unconfirmed:
		return Counts{Silent: 1}
	case Failed:
		if e.Reason.blames() {
			return Counts{Failed: 1}
		}
	}
	return Counts{}
}

// countedTyped is what the typing of a message's code adds.
func countedTyped(r row, now time.Time) Counts {
	c := Counts{Typed: 1}
	if now.Sub(r.created) > Soon {
		return c
	}
	c.TypedSoon = 1
	if r.state != Confirmed || r.since.Sub(r.created) > Soon {
		c.ArrivedSoon = 1
	}
	return c
}

func (r row) typedSoon() bool { return !r.typed.IsZero() && r.typed.Sub(r.created) <= Soon }
