package jobs

import (
	"math/bits"
	"math/rand/v2"
	"time"
)

const (
	// LeaseFor is how long a claim holds without renewal: long enough for a paused
	// process to come back, short enough that a crash is mended within a minute or two.
	LeaseFor = 60 * time.Second
	// renewEvery leaves two missed renewals before a lease runs out.
	renewEvery = 20 * time.Second
	// pollEvery finds the jobs of other nodes and those whose time has come.
	pollEvery = 500 * time.Millisecond
	// rescueEvery looks for leases that ran out.
	rescueEvery = 5 * time.Second
	// rescueMost bounds one rescue.
	rescueMost = 500
	// claimMost bounds one claim.
	claimMost = 256
	// aheadMost bounds what one queue claims beyond its slots: at 20,000 jobs a second
	// it lasts for two round trips.
	aheadMost = 512
	// yieldEvery and yieldMost are what goes on while people wait at the door: at
	// every second poll a few jobs of each queue.
	yieldEvery = 2
	yieldMost  = 8
	// yieldPolls is for how long: ten seconds, in which the worst minute on record is
	// written down. A code lives for a quarter of an hour.
	yieldPolls = int(10 * time.Second / pollEvery)
	// writeAgain and writeTries bound how often an outcome is written while the
	// database cannot serve: at least until its lease has run out.
	writeAgain = time.Second
	writeTries = int(LeaseFor / writeAgain)
	// endWithin is how long a worker that was told to stop lets a job under way go on.
	endWithin = 10 * time.Second
	// MaxAttempts is the number of tries before a job is dead: with the pauses below, about five hours.
	MaxAttempts = 20
	// MaxSkew is the difference from the database's clock past which a node stops claiming.
	MaxSkew = 2 * time.Second

	pauseFirst = 2 * time.Second
	pauseMost  = 20 * time.Minute
	// errorMost bounds what a row keeps of an error, in bytes.
	errorMost = 500
)

// pause is the wait before the next try: doubling, capped, with up to a quarter
// of jitter so that jobs that failed together don't return together.
func pause(attempts int) time.Duration {
	d := pauseMost
	if shift := attempts - 1; shift < 12 {
		d = min(pauseFirst<<max(shift, 0), pauseMost)
	}
	return d + rand.N(d/4)
}

// powerOfTwo is the largest one that is at most n, or 0.
func powerOfTwo(n int) int {
	if n <= 0 {
		return 0
	}
	return 1 << (bits.Len(uint(n)) - 1) // #nosec G115 -- n is positive
}
