package identity

import (
	"time"

	"gelombang/identity/registry"
	"gelombang/limit"
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

	// defaultAccountsPerNIK is how many accounts may have the registry asked about one
	// NIK: one, a second after a forgotten password, and a slip of somebody whose number
	// is a digit away. More is somebody who tries, and an official looks first.
	defaultAccountsPerNIK = 3
	nikWindow             = 7 * 24 * time.Hour

	// ownerWindow: whoever tries somebody's NIK again and again is to make no nuisance of
	// our messages. The first of a day says all there is to say.
	ownerWindow = 24 * time.Hour

	// claimsMost is how often an account may ask in claimsWindow whose NIK it is: once, and
	// once more with a better photo. A person looks each time.
	claimsMost   = 2
	claimsWindow = 7 * 24 * time.Hour

	// QueueMost bounds the counting of those who wait longer; beyond it the exact
	// number means nothing to anybody.
	QueueMost = 100_000
	// lineFor is how old the count of a line longer than lineShort may be; of one longer
	// than lineLong, which takes a tenth of a second to read, lineLongFor.
	lineFor     = 2 * time.Second
	lineLongFor = 20 * time.Second
	lineShort   = 50
	lineLong    = 5_000

	// paceOver is the time over which the registry's pace is measured: shorter jumps,
	// longer still tells of this morning.
	paceOver = 5 * time.Minute
	// paceFlush is how often a node writes what it counted; paceKept is for how long.
	paceFlush = 5 * time.Second
	paceKept  = 24 * time.Hour

	// findMost bounds the accounts that one NIK leads to.
	findMost = 20
)

var claimsBudget = limit.Budget{Name: "identity.claims", Most: claimsMost, Window: claimsWindow}

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
	Review:    "identity.told.review",
	Declined:  "identity.told.declined",
}

// toldOwner is the text key for the owner of a NIK that somebody else was matched with.
const toldOwner = "identity.told.nik_tried"

// What the two accounts are told when an official gives a NIK to the other one.
const (
	toldMoved = "identity.told.moved"
	toldGiven = "identity.told.given"
	toldKept  = "identity.told.kept" // the one who asked for it in vain
)

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

// How urgent a question is, as the priority of its job; lower goes first. Who is in a
// wave that closes soon goes first, the nearest closing before the others. Among equals
// the order is that in which their questions fell due, so that neither newcomers pass
// those who wait longer, nor those who had no answer hold up everybody else. Whoever has
// waited long without a closing in sight rises too, so that a wave does not shut the
// others out. A question that could not be asked keeps its place.
type urgency int

const (
	urgencyUsual urgency = 0  // the usual priority; also what the release before writes
	urgencyIdle  urgency = -1 // no question under way: on hold, or nobody is asked
)

var closings = []struct {
	within  time.Duration // until the wave closes
	waiting time.Duration // since it was sent; 0: however long
	urgency urgency
}{
	{time.Hour, 0, 20},
	{6 * time.Hour, 0, 24},
	{24 * time.Hour, 24 * time.Hour, 28},
	{72 * time.Hour, 6 * time.Hour, 32},
}

// urgencyOf decides by the closing of the wave that the account is in (zero: none) and
// by how long the question has waited.
func urgencyOf(now, closes, submitted time.Time) urgency {
	for _, c := range closings {
		near := !closes.IsZero() && closes.After(now) && !closes.After(now.Add(c.within))
		if near || c.waiting > 0 && now.Sub(submitted) >= c.waiting {
			return c.urgency
		}
	}
	return urgencyUsual
}

// expected is when the last of a line has its answer, at a pace measured in answers a
// minute; zero when nothing is known.
func expected(now time.Time, ahead, perMinute int) time.Time {
	if perMinute <= 0 {
		return time.Time{}
	}
	return now.Add(time.Duration(ahead/perMinute+1) * time.Minute)
}

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
