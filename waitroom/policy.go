package waitroom

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Policy is every number of the waiting room.
type Policy struct {
	Before       time.Duration // a crowd for an hour begins so long before it
	Settle       time.Duration // after the hour, until every node has told its count
	EngageCommit time.Duration // targets of Load: past either the house is over
	EngageQueue  time.Duration
	EngageAfter  time.Duration // over for so long engages
	CalmFor      time.Duration // nobody waiting and not over for so long ends
	Keep         time.Duration // a called place is kept so long
	Stay         time.Duration // a pass admits so long
	UsesMost     int           // registrations per pass

	Start, Least, Most float64       // admissions per second
	Rise               float64       // added to them each second while the house has room
	CutEvery           time.Duration // least time between two halvings

	ShareLeast float64       // of the called, the least share that is believed to come
	ShareOver  time.Duration // over so long the share is measured
}

// DefaultPolicy holds when the programme says nothing.
var DefaultPolicy = Policy{
	Before:       30 * time.Minute,       // most of a crowd comes in the last half hour, and it still fits a coffee
	Settle:       3 * time.Second,        // two beats, and one for a slow clock
	EngageCommit: 250 * time.Millisecond, // ten times a commit at full load; people begin to notice
	EngageQueue:  time.Second,            // the longest that a registration may wait unseen
	EngageAfter:  2 * time.Second,        // a checkpoint of the database's log passes within one
	CalmFor:      30 * time.Second,       // one round of polls: whoever lost the line has come back by then
	Keep:         15 * time.Minute,       // a call, a bus, a child: people come back within it
	Stay:         15 * time.Minute,       // a form at leisure, or a family's one after the other
	UsesMost:     20,                     // a village helper's table; a reseller's script is not worth it

	Start:    200,   // 12,000 a minute: a tenth of what two cores register, the rest is for those inside
	Least:    5,     // a line that stands still looks broken
	Most:     2_000, // 120,000 a minute: above the worst minute on record
	Rise:     5,     // from Start to Most in six minutes, slower than the load answers
	CutEvery: 10 * time.Second,

	ShareLeast: 0.05,            // the front goes at most twenty times as fast as the gate
	ShareOver:  2 * time.Minute, // a few rounds of polls
}

const (
	// beatEvery is the pace of Run; beatLeast of it must have passed since another
	// node's beat was seen before the front is moved again.
	beatEvery = time.Second
	beatLeast = 900 * time.Millisecond
	// beatMost bounds what one beat makes up for: after an outage nobody is let in at once
	// for all the seconds in which nobody was.
	beatMost = 5 * time.Second
	// goneAfter is how many beats a node may be behind and still be counted as living.
	goneAfter = 5
	// sampleEvery is the grain of the line's memory, and so of when a place lapses.
	sampleEvery = 5 * time.Second
	// rememberFor is kept beyond Keep: the share looks further back than the oldest poll.
	rememberFor = 5 * time.Minute
	// prior is how many of the called are believed to have come before any is counted.
	prior = 20
	// answering is how long people take to see that they are called and to press the button.
	answering = 30 * time.Second
	// Polls: as often as people look anyway, rarer when more than pollsMost a second would come.
	pollLeast = 15 * time.Second
	pollMost  = 120 * time.Second
	pollsMost = 5_000
	// hoursMost bounds the durations of a policy: tickets and rows are kept with them in mind.
	hoursMost = 6 * time.Hour
)

// Check says what is wrong with a policy, all at once.
func (p Policy) Check() error {
	var wrong []error
	no := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	for _, d := range []struct {
		name  string
		value time.Duration
		least time.Duration
	}{
		{"before an hour", p.Before, 0}, {"settling", p.Settle, beatEvery}, {"the commit target", p.EngageCommit, time.Millisecond},
		{"the queue target", p.EngageQueue, time.Millisecond}, {"engaging", p.EngageAfter, 0}, {"calming", p.CalmFor, beatEvery},
		{"keeping a place", p.Keep, 2 * sampleEvery}, {"a pass", p.Stay, time.Minute}, {"the share's window", p.ShareOver, sampleEvery},
		{"halving", p.CutEvery, beatEvery},
	} {
		no(d.value < d.least || d.value > hoursMost, "%s takes between %s and %s, not %s", d.name, d.least, hoursMost, d.value)
	}
	no(p.Stay < p.Keep, "a pass of %s ends before its place, which is kept %s: whoever came at once could not come again", p.Stay, p.Keep)
	no(p.UsesMost < 1, "a pass is for 1 registration or more, not %d", p.UsesMost)
	no(!(0 < p.Least && p.Least <= p.Start && p.Start <= p.Most), "admissions a second: 0 < least %g <= start %g <= most %g must hold", p.Least, p.Start, p.Most)
	no(!(p.Rise >= 0), "the rise of admissions must not be %g", p.Rise)
	no(!(p.ShareLeast > 0 && p.ShareLeast <= 1), "the least share lies above 0 and at most at 1, not at %g", p.ShareLeast)
	return errors.Join(wrong...)
}

// crowd is the room's row: what all nodes agree on.
type crowd struct {
	Beat    int64
	Episode int64 // when the crowd began, in milliseconds: its id
	Why     Why   // None: the crowd has ended
	Opens   time.Time
	Drawn   bool // the early places are known
	Early   int64
	Front   float64   // places called
	Rate    float64   // admissions per second
	Pace    float64   // places called per second
	Cut     time.Time // when the rate was last halved
	Quiet   time.Time // since when nobody waits and the house is calm
	At      time.Time
}

// tally is what was counted of one crowd.
type tally struct{ early, late, entered int64 }

// facts are what a beat decides on.
type facts struct {
	now      time.Time
	since    time.Duration // since the front was last moved
	load     Load          // the worst of the living nodes
	hot      bool          // this node has been over for EngageAfter
	openings []time.Time
	sum      tally // of all nodes
	history  history
}

// next is the room after one beat.
func (p Policy) next(c crowd, f facts) crowd {
	if f.now.Before(c.At) {
		f.now = c.At // another node's clock is ahead; the line's memory has one direction
	}
	c.Beat, c.At = c.Beat+1, f.now
	if why, opens := p.engage(c, f); why != None {
		return p.begin(c, why, opens)
	}
	switch {
	case c.Why == None:
		return c
	case !c.Drawn:
		return p.draw(c, f)
	}
	c = p.rate(c, f)
	c.Pace = c.Rate / p.share(c, f)
	c.Front = max(c.Front, min(c.Front+thousandths(c.Pace*min(f.since, beatMost).Seconds()), float64(c.tail(f.sum))))
	return p.calm(c, f)
}

// engage says whether a crowd begins now. An hour takes over from a crowd of load,
// whose people draw a place like everybody else who came before the hour; an hour's
// own crowd is never broken off.
func (p Policy) engage(c crowd, f facts) (Why, time.Time) {
	if c.Why == AnOpening {
		return None, time.Time{}
	}
	for _, o := range f.openings {
		if f.now.Before(o) && !f.now.Before(o.Add(-p.Before)) {
			return AnOpening, o
		}
	}
	if c.Why == None && f.hot {
		return TooMuch, time.Time{}
	}
	return None, time.Time{}
}

func (p Policy) begin(c crowd, why Why, opens time.Time) crowd {
	return crowd{Beat: c.Beat, At: c.At, Episode: max(c.At.UnixMilli(), c.Episode+1), Why: why, Opens: opens,
		Drawn: why == TooMuch, Rate: p.Start, Pace: p.Start}
}

// draw fixes how many places there are for those who came before the hour.
func (p Policy) draw(c crowd, f facts) crowd {
	if !f.now.Before(c.Opens.Add(p.Settle)) {
		c.Drawn, c.Early = true, f.sum.early
	}
	return c
}

// tail is the number of places there are.
func (c crowd) tail(sum tally) int64 { return c.Early + sum.late }

// rate lets more in while the house has room and somebody waits, and half as many
// when it is over. It rises by steps and falls by halves, so it finds the pace that
// the house bears and gives way at once when that shrinks.
func (p Policy) rate(c crowd, f facts) crowd {
	switch pressure := p.pressure(f.load); {
	case pressure > 1 && f.now.Sub(c.Cut) >= p.CutEvery:
		c.Rate, c.Cut = max(p.Least, c.Rate/2), f.now
	case pressure < 0.5 && int64(c.Front) < c.tail(f.sum):
		c.Rate = min(p.Most, c.Rate+p.Rise*min(f.since, beatMost).Seconds())
	}
	c.Rate = thousandths(c.Rate)
	return c
}

// pressure is the load in parts of its target; past 1 the house is over.
func (p Policy) pressure(l Load) float64 {
	return max(float64(l.Commit)/float64(p.EngageCommit), float64(l.Queue)/float64(p.EngageQueue))
}

// share says how many of the called come. Those who came of late are compared with
// those who were called a poll and an answer earlier: compared with the newly called,
// everybody would seem to have left.
func (p Policy) share(c crowd, f facts) float64 {
	late := pollEvery(c.tail(f.sum)-int64(c.Front)) + answering
	came := f.sum.entered - f.history.at(f.now.Add(-p.ShareOver)).entered
	called := f.history.at(f.now.Add(-late)).front - f.history.at(f.now.Add(-late-p.ShareOver)).front
	return min(1, max(p.ShareLeast, float64(came+prior)/float64(called+prior)))
}

// calm ends a crowd of which nobody is left.
func (p Policy) calm(c crowd, f facts) crowd {
	switch {
	case int64(c.Front) < c.tail(f.sum) || p.pressure(f.load) > 1:
		c.Quiet = time.Time{}
	case c.Quiet.IsZero():
		c.Quiet = f.now
	case f.now.Sub(c.Quiet) >= p.CalmFor:
		c.Why = None
	}
	return c
}

// pollEvery spreads the polls of all who wait.
func pollEvery(waiting int64) time.Duration {
	return min(pollMost, max(pollLeast, time.Duration(waiting/pollsMost)*time.Second))
}

// thousandths is x as the row keeps it.
func thousandths(x float64) float64 { return math.Floor(x*1000+1e-6) / 1000 }

// Class is who asks for a page.
type Class string

// The classes, from those who are always served to those who are sent away first.
const (
	ClassAlways Class = "always" // announcements, status, static pages
	ClassInside Class = "inside" // has a session, an open code, a form begun
	ClassNew    Class = "new"
)

const (
	// A newcomer is sent away when the house is four times over (a commit takes a second):
	// by then the line has halved its pace twice and it did not help. Somebody inside is
	// not before it is twelve times over (three seconds), when a request would end in a
	// time-out anyway.
	shedNew    = 4
	shedInside = 12
	// How long to stay away: longer the fuller, and never so long that people give up.
	shedLeast = 5 * time.Second
	shedMost  = time.Minute
)

// Shed says whether a request is sent away now, and when to come back.
func (p Policy) Shed(c Class, l Load) (wait time.Duration, shed bool) {
	pressure, bears := p.pressure(l), math.Inf(1)
	switch c {
	case ClassAlways:
	case ClassNew:
		bears = shedNew
	default:
		bears = shedInside
	}
	if pressure <= bears {
		return 0, false
	}
	over := time.Duration(math.Ceil(pressure/bears)) * shedLeast
	return min(over, shedMost), true
}
