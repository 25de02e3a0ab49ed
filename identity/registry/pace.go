package registry

import "time"

// pacer finds how many questions a second the registry takes, and stays under it.
//
// A registry says that it is full by refusing (429, 503), or by letting answers queue
// up. Nobody tells its capacity beforehand, and it changes by the hour. The pace is
// the variable, not how many questions are under way. A limit on the latter that goes by
// delays (failsafe's adaptive limiter) was measured first, in the simulation of the
// backlog: at a registry that counts by the second 92 of 100 calls were over capacity,
// as no answer is quicker than a refusal, and at one that lets wait it used 54 % of the
// capacity.
//
//   - Until a first refusal the pace grows by half each window (start).
//   - A refusal is the top: the pace falls by a tenth at once, climbs back quickly at
//     first and slowly near the top, stays there, and past it ever faster (the cubic
//     curve of TCP's CUBIC, RFC 9438). So most of the time is spent just under the
//     top, a probe beyond it costs a refusal or two, and a capacity that has grown is
//     found within a minute.
//   - If a window is refused or left waiting to more than a few parts in a hundred,
//     the capacity has fallen: what was really answered is the new top.
//   - The pace grows only while it is what holds questions back, and never with
//     silence in the window.
//
// Pure: time comes in, nothing goes out. Not safe for concurrent use.
type pacer struct {
	pace    float64       // questions a second
	before  float64       // the pace of the window before, while starting
	top     float64       // where the registry refused last; 0: not known
	climbed time.Duration // how long the pace has grown since the cut
	fell    bool          // the window that shows how far is not judged yet: refusals are no news
	next    time.Time     // no question before
	window  window
	usual   time.Duration // how long an answer takes when there is no crowd
}

// window is a second or so, and what came of the questions that were sent in it. It is
// judged once they are all back, or late.
type window struct {
	since, until                    time.Time
	sent, answered, refused, silent int
	took                            time.Duration
	arrived                         int // replies meanwhile, whenever they were asked for
}

func newPacer(pace float64) pacer { return pacer{pace: pace, before: pace} }

// due says how long to hold the next question back.
func (p *pacer) due(now time.Time) time.Duration { return max(p.next.Sub(now), 0) }

// send counts a question on its way. Sleeping is never exact, so a little of what was
// overslept may be caught up; what was waited for on a clock that stood still is over.
func (p *pacer) send(now time.Time) {
	if floor := now.Add(-catchUp); p.next.Before(floor) {
		p.next = floor
	}
	if p.next.After(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(float64(time.Second) / p.pace))
	if p.window.until.IsZero() {
		p.open(now)
	}
	if p.window.holds(now) {
		p.window.sent++
	}
}

// open begins a window; one at a small pace is longer, to have enough in it.
func (p *pacer) open(since time.Time) {
	lasts := time.Duration(windowLeast / p.pace * float64(time.Second))
	p.window = window{since: since, until: since.Add(min(max(lasts, windowFor), windowMost))}
}

func (w window) holds(t time.Time) bool { return !t.Before(w.since) && t.Before(w.until) }

// reply is what a question taught about the crowd. Closed list.
type reply int

const (
	replied reply = iota // whatever it said
	refused              // too many at once
	silent               // nothing, or too late
)

// learn counts what became of a question that was sent at begun.
func (p *pacer) learn(r reply, begun, now time.Time) {
	if r == replied && !now.Before(p.window.since) {
		p.window.arrived++
	}
	if r == refused && !p.fell {
		p.fall(now)
		return
	}
	if p.window.holds(begun) {
		p.window.count(r, now.Sub(begun))
	}
	if p.over(now) {
		p.judge(now)
	}
}

func (w *window) count(r reply, took time.Duration) {
	switch r {
	case replied:
		w.answered++
		w.took += took
	case refused:
		w.refused++
	case silent:
		w.silent++
	}
}

// fall answers a first refusal at once. A registry that counts by the second refuses
// the rest of the second, too; how far the capacity really fell shows in the window
// after it.
func (p *pacer) fall(now time.Time) {
	top := p.pace
	if p.top == 0 { // the last pace before was fine
		top = p.before / (1 - cutShare)
	}
	p.set(top)
	p.open(now.Add(windowFor))
	p.fell = true
}

// set begins a climb to a new top.
func (p *pacer) set(top float64) {
	p.top, p.climbed = within(top), 0
	p.pace = within(p.top * (1 - cutShare))
}

func within(pace float64) float64 { return min(max(pace, paceLeast), paceMost) }

// over says that the window can be judged.
func (p *pacer) over(now time.Time) bool {
	w := p.window
	if w.until.IsZero() || now.Before(w.until) {
		return false
	}
	return w.answered+w.refused+w.silent >= w.sent || now.Sub(w.until) >= max(drainLeast, lateFactor*p.usual)
}

func (p *pacer) judge(now time.Time) {
	w, lasted := p.window, p.window.until.Sub(p.window.since)
	p.fell = false
	switch {
	case w.silent > 0: // an outage says nothing about the capacity
	case float64(w.refused) > crowdShare*float64(w.answered+w.refused):
		p.sink(float64(w.answered) / lasted.Seconds())
	case w.refused > 0:
	case float64(w.sent+1) < bound*p.pace*lasted.Seconds(): // nothing was held back: nothing was learnt
	case p.late():
		p.sink(float64(w.arrived) / now.Sub(w.since).Seconds())
	case p.top == 0:
		p.before, p.pace = p.pace, within(p.pace*startFactor)
	default:
		p.climbed += now.Sub(w.since)
		u := p.climbed.Seconds()/climbFor.Seconds() - 1 // -1 at the cut, 0 at the top
		p.pace = within(p.top * (1 + cutShare*u*u*u))
	}
	p.remember(w)
	p.open(now)
}

// sink takes what was really answered for the top. A few questions only halve it: one
// bad answer on a quiet day is not the capacity.
func (p *pacer) sink(real float64) {
	if p.window.sent < windowLeast {
		real = max(real, p.pace/2)
	}
	p.set(real)
}

// late says that answers pile up: they take far longer than usual, and fewer come back
// than are sent. A registry that is merely slower than before keeps step.
func (p *pacer) late() bool {
	w := p.window
	if p.usual == 0 {
		return false
	}
	slow := w.answered == 0 || w.took/time.Duration(w.answered) > lateFactor*p.usual
	return slow && float64(w.answered) < bound*float64(w.sent)
}

// remember keeps the least delay of late, and forgets it gradually.
func (p *pacer) remember(w window) {
	if w.answered == 0 {
		return
	}
	mean := w.took / time.Duration(w.answered)
	if p.usual == 0 || mean < p.usual {
		p.usual = mean
		return
	}
	p.usual += (mean - p.usual) / forget
}

// restart forgets the top: who comes back from an outage may bear less, or more.
func (p *pacer) restart(now time.Time) {
	pace := within(p.pace / restartShare)
	*p = pacer{pace: pace, before: pace, usual: p.usual, next: now}
}
