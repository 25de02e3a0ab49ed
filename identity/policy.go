package identity

import (
	"time"

	"gelombang/identity/registry"
)

const (
	// defaultCorrections leaves room for a slip in each of several fields, and makes
	// trying out another person's data hopeless.
	defaultCorrections = 5
	// correctionWindow begins with the first correction.
	correctionWindow = 24 * time.Hour

	// The first pause outlasts a hiccup; the longest one finds a registry that came
	// back before anybody wonders.
	defaultRetryFirst = 5 * time.Second
	defaultRetryMost  = 5 * time.Minute

	// QueueMost bounds the counting of those who wait longer; beyond it the exact
	// number means nothing to anybody.
	QueueMost = 10_000
	// lineFor is how old the count of a line longer than lineShort may be.
	lineFor   = 2 * time.Second
	lineShort = 50

	// findMost bounds the accounts that one NIK leads to.
	findMost = 20
)

// verdicts is what each outcome makes of a submission. What is not here is no
// verdict: the submission stays parked.
var verdicts = map[registry.Outcome]State{
	registry.Matched:   Matched,
	registry.Differs:   Differs,
	registry.Deceased:  Deceased,
	registry.Duplicate: Duplicate,
	registry.Inactive:  Inactive,
	registry.NotFound:  NotFound,
}

// tellings are the text keys by which a verdict is told.
var tellings = map[State]string{
	Matched:   "identity.told.matched",
	Differs:   "identity.told.differs",
	Deceased:  "identity.told.person_state",
	Duplicate: "identity.told.person_state",
	Inactive:  "identity.told.person_state",
	NotFound:  "identity.told.not_found",
	InUse:     "identity.told.in_use",
}

// toldOwner is the text key for the owner of a NIK that somebody else was matched with.
const toldOwner = "identity.told.nik_tried"

// verdictOf reads a state and the differing fields out of an answer; false when
// nothing was learnt about the person.
func verdictOf(a registry.Answer) (State, []registry.Field, bool) {
	st, ok := verdicts[a.Outcome]
	if st != Differs {
		return st, nil, ok
	}
	// "Something differs" without a field would leave the person with nothing to mend.
	return st, a.Fields, len(a.Fields) > 0
}

// causeOf is why there was no verdict. A reply that is no verdict and names no
// cause is one that nobody can read.
func causeOf(a registry.Answer) registry.Cause {
	if a.Outcome == registry.NoAnswer && a.Cause != "" {
		return a.Cause
	}
	return registry.CauseGarbage
}

// backOff says how the pause between two questions grows.
type backOff struct{ first, most time.Duration }

// next says when to ask again after unanswered questions in a row: never before
// the registry's own hint, and spread by luck (0 to 1) over a further quarter, so
// that those who failed together don't return together.
func (b backOff) next(now time.Time, unanswered int, hint time.Time, luck float64) time.Time {
	pause := b.first
	for i := 1; i < unanswered && pause < b.most; i++ {
		pause *= 2
	}
	pause = min(pause, b.most)
	at := now.Add(pause)
	if hint.After(at) {
		at = hint
	}
	return at.Add(time.Duration(luck * float64(pause) / 4))
}

// reception is what a submission meets.
type reception string

const (
	receiveFirst      reception = "first"      // nothing was sent before
	receiveReplay     reception = "replay"     // the same form again: the same success, nothing done
	receiveCorrection reception = "correction" // another form, or the same after a "no": counted
	receiveNever      reception = "never"      // matched is final
)

// receive decides by the state and by whether the form says the same as the last.
// Changing what is still parked counts too: each change costs the registry a question.
func receive(st State, same bool) reception {
	switch {
	case st == None:
		return receiveFirst
	case same && (st == Parked || st == Matched):
		return receiveReplay
	case st == Matched:
		return receiveNever
	}
	return receiveCorrection
}
