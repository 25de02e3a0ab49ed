package registry

import "time"

const (
	// maxBody bounds an answer: an envelope is under 2 KB.
	maxBody = 64 << 10

	// maxRetryAfter bounds what a Retry-After header can ask for: a broken proxy
	// must not park people for days.
	maxRetryAfter = time.Hour
	// pauseMost bounds the quiet that the header can ask for on behalf of everybody.
	pauseMost = 30 * time.Second

	defaultTimeout       = 10 * time.Second
	defaultConcurrency   = 64
	defaultPace          = 10 // what even a test installation bears; the first seconds go from there
	defaultFailures      = 5
	defaultQuotaRecheck  = 15 * time.Minute
	defaultNameThreshold = 80
	// One question in ten seconds disturbs no registry that is trying to come back, and
	// loses little of one that has.
	defaultOpenFor = 10 * time.Second
	// defaultPatience outlasts the circuit's pause, so that an outage sends next to
	// nobody back to the database.
	defaultPatience = 20 * time.Second
	// probeEvery is how soon somebody looks again while another one probes.
	probeEvery = 100 * time.Millisecond
)

// How the pace is found; see pacer.
const (
	paceLeast = 0.2    // a question each five seconds, so that a recovery is noticed
	paceMost  = 10_000 // far beyond any registry: a bound for the arithmetic

	windowFor   = time.Second // long enough for a registry that counts by the second
	windowMost  = 5 * time.Second
	windowLeast = 8 // replies; fewer say nothing about shares

	startFactor  = 1.5
	restartShare = 4 // after an outage: a quarter of the pace before it
	cutShare     = 0.1
	climbFor     = 10 * time.Second       // from a cut back to the top
	crowdShare   = 0.05                   // refused: more than this is not a probe, the capacity fell
	bound        = 0.9                    // of what the pace allows, or of what was sent
	lateFactor   = 2                      // times the usual delay
	forget       = 5                      // windows until a new usual delay is mostly believed
	drainLeast   = 250 * time.Millisecond // for the last answers of a window
	catchUp      = 20 * time.Millisecond
)

// replyOf says what an answer teaches about the crowd at the registry.
func replyOf(a Answer) reply {
	switch a.Cause {
	case CauseBusy:
		return refused
	case CauseTimeout, CauseUnreachable:
		return silent
	}
	return replied
}

// alive says whether an answer speaks for the registry's health. A verdict does,
// whatever it says, and so does being full or out of quota: the gate has an answer of
// its own to both. Every other way of giving none counts towards opening the circuit.
func alive(a Answer) bool {
	return a.Outcome != NoAnswer || a.Cause == CauseBusy || a.Cause == CauseQuota
}

// wib is where the registry's day, and with it the quota, begins.
var wib = time.FixedZone("WIB", 7*60*60)

// quotaOpens is the next midnight in Jakarta, or earlier after recheck: a quota
// is sometimes raised during the day.
func quotaOpens(now time.Time, recheck time.Duration) time.Time {
	year, month, day := now.In(wib).Date()
	midnight := time.Date(year, month, day+1, 0, 0, 0, 0, wib).UTC()
	if soon := now.Add(recheck); soon.Before(midnight) {
		return soon
	}
	return midnight
}
