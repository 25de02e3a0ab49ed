package rehearsal

import (
	"math"
	"time"

	"gelombang/rehearsal/people"
)

// The bounds of a rehearsal: the programme's whole first wave was 5,965,048 people,
// and a connection costs this process a file.
const (
	applicantsMost  = 10_000_000
	connectionsMost = 10_000
)

// The first day of the programme's first wave, as its founding documents state it; its
// funnel stands with the people.
const (
	DayHours = 21 * time.Hour
	// WorstMinute is the largest number of registrants in one minute on record.
	WorstMinute = 80_000
)

const (
	// triesMost is how often somebody repeats what led nowhere before giving up: with
	// backOff some two minutes of broken connections, and as many announced waits.
	triesMost = 60
	// thinks is how long a person looks at a page, on average, in a real day.
	thinks = 20 * time.Second
	// codeWithin is how long somebody waits for a code: as long as codes live.
	codeWithin = 15 * time.Minute
	// answerWithin is how long somebody asks for the registry's answer.
	answerWithin = 10 * time.Minute
)

// again says which answers are worth another try: the server's own that ask to come
// back, and those that a balancer gives while the server behind it is away. A 500 is
// neither.
func again(status int) bool { return asksToComeBack(status) || status == 502 || status == 504 }

// asksToComeBack says which answers must name a time.
func asksToComeBack(status int) bool { return status == 429 || status == 503 }

// backOff is how long somebody waits after the n-th broken exchange in a row; luck is
// from 0 to 1.
func backOff(n int, luck float64) time.Duration {
	most := min(50*time.Millisecond<<min(n, 6), 2*time.Second)
	return time.Duration((0.5 + luck) * float64(most))
}

// comeBack is when somebody returns who was told to: never earlier, and spread over
// half as much again, so that they do not all return at once.
func comeBack(after time.Duration, luck float64) time.Duration {
	after = max(after, 500*time.Millisecond)
	return after + time.Duration(luck*0.5*float64(after))
}

// hourShares are the weights of the 21 hours after the worst minute: a rush, an
// evening, a night, a morning. The real curve was not published.
var hourShares = [21]float64{13, 10, 8, 7, 6.5, 6, 5.5, 5, 5, 5.5, 6, 5, 3, 1.5, 1, 0.7, 0.6, 0.8, 1.7, 3.5, 4.7}

// arrivalAt is when, as a share of the day, the given share of all people has come.
// It begins with the worst minute.
func arrivalAt(share float64) float64 {
	const minute = 1.0 / (21 * 60)
	rush := WorstMinute / float64(people.Registered)
	if share < rush {
		return share / rush * minute
	}
	var all float64
	for _, h := range hourShares {
		all += h
	}
	rest := (share - rush) / (1 - rush) * all
	for hour, h := range hourShares {
		if rest <= h {
			return minute + (1-minute)*(float64(hour)+rest/h)/float64(len(hourShares))
		}
		rest -= h
	}
	return math.Nextafter(1, 0)
}
