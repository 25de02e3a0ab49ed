package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"

	"gelombang/rehearsal/browser"
	"gelombang/rehearsal/crowd"
)

const (
	// earlyShare of all come before the hour; the rest come after it.
	earlyShare = 0.5
	// pollLeast is the pace of polls when the document names none.
	pollLeast = 15 * time.Second
	// compareTurns is how often the no-op and the status document take turns.
	compareTurns = 4
)

// line: people come before an hour, or faster than the house admits, and wait.
func (t *tour) line(ctx context.Context) error {
	t.begin("waiting and registering", int64(t.Applicants))
	hour := max(t.Opens.Sub(t.Now()), 0)
	t.crowd = crowd.New(t.Now, t.Applicants, func(i int) (*person, time.Duration) {
		return &person{number: i, began: unset}, t.lineArrival(i, hour)
	}, func(ctx context.Context, c *browser.Conn, p *person) *crowd.Next { return t.enrol(ctx, c, p, nil) })
	err := t.measure(ctx)
	if err == nil && t.waited.Load() > 0 {
		t.begin("status document", 0)
		err = t.compare(ctx)
	}
	return err
}

// compare measures the status document beside the no-op, in turns, so that whatever
// else the machine does meets both.
func (t *tour) compare(ctx context.Context) error {
	var polls, noops float64
	for range compareTurns {
		for path, sum := range map[string]*float64{statusPath: &polls, noopPath: &noops} {
			rate, err := t.flat(ctx, path, noopFor/compareTurns)
			if err != nil {
				return err
			}
			*sum += rate
		}
	}
	t.pollsPerSec, t.pollsToNoop = polls/compareTurns, polls/noops
	return nil
}

// lineArrival is when the i-th comes: before an hour evenly, after it at the pace of
// the worst minute, or at the rate asked for.
func (t *tour) lineArrival(i int, hour time.Duration) time.Duration {
	pace := t.Rate
	if pace <= 0 {
		pace = WorstMinute / 60.0
	}
	after := func(n int) time.Duration { return time.Duration(float64(n) / pace * float64(time.Second)) }
	if t.Scenario != Opening {
		return after(i)
	}
	early := int(earlyShare * float64(t.Applicants))
	if i < early {
		return time.Duration(float64(hour) * float64(i) / float64(early))
	}
	return hour + after(i-early)
}

const (
	waitingPath = "/waiting"
	statusPath  = "/waiting/status"
)

// toLine sends somebody to the page of the waiting room.
func (t *tour) toLine(p *person, path string) *crowd.Next {
	if p.queued == 0 {
		p.queued = max(t.crowd.Clock(), 1)
		t.waited.Add(1)
	}
	p.stage, p.path = atWait, path
	return crowd.Go()
}

// leaveLine notes how long somebody waited who has the form now.
func (t *tour) leaveLine(p *person) {
	if p.queued == 0 {
		return
	}
	now := t.crowd.Clock()
	t.waits.Add(now - p.queued)
	p.queued = 0
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lastIn > 0 {
		t.longestGap = max(t.longestGap, now-t.lastIn)
	}
	t.lastIn = max(t.lastIn, now)
}

// wait makes a step in the waiting room.
func (t *tour) wait(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	switch p.stage {
	case inLine:
		return t.poll(ctx, c, p)
	case called:
		return t.enter(ctx, c, p)
	}
	a, instead := t.ask(ctx, c, p, get, p.path, nil)
	switch {
	case instead != nil:
		return instead
	case a.Status == 303:
		return t.sent(p, a)
	case a.Status != 200:
		return t.unexpected(get, waitingPath, a)
	}
	p.token = browser.FieldValue(a.Page(), "ticket")
	if !bytes.Contains(a.Page(), []byte("<live-turn")) { // called: the page is the button alone
		p.stage = called
		return crowd.Go()
	}
	if t.leaves(p) {
		t.left.Add(1)
		return t.done()
	}
	p.lot, p.place = placeOn(a.Page())
	p.stage = inLine
	return pollIn(pollLeast)
}

// pollIn spreads polls as the page's own script does.
func pollIn(every time.Duration) *crowd.Next {
	return crowd.Return(time.Duration((0.5 + rand.Float64()) * float64(every)))
}

// sent goes where the waiting room leads: to the form, or back into line.
func (t *tour) sent(p *person, a *browser.Answer) *crowd.Next {
	if bytes.Contains(a.Location, []byte(waitingPath)) {
		p.stage, p.path = atWait, local(a.Location)
		return pollIn(time.Second) // called a moment too early: another node is behind
	}
	p.stage = atDoor
	return crowd.Go()
}

// leaves says whether this person goes away instead of waiting.
func (t *tour) leaves(p *person) bool {
	return t.Scenario == Waiting && rand.New(rand.NewPCG(t.Seed, uint64(p.number))).Float64() < t.Leave
}

// placeOn reads what the page tells its own script: the number of a place, or, while
// the early places are not drawn, the part of them at which this one lies.
func placeOn(page []byte) (lot float64, place int64) {
	lot, _ = strconv.ParseFloat(browser.Attribute(page, "data-lot"), 64) // none: came late
	place, _ = strconv.ParseInt(browser.Attribute(page, "data-number"), 10, 64)
	return lot, place
}

// poll looks at the one document for all who wait.
func (t *tour) poll(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	a, instead := t.ask(ctx, c, p, get, statusPath, nil)
	if instead != nil {
		return instead
	}
	t.polls.Add(1)
	var status struct {
		Engaged bool  `json:"engaged"`
		Drawn   bool  `json:"drawn"`
		Early   int64 `json:"early"`
		Front   int64 `json:"front"`
		AgainS  int   `json:"again_s"`
	}
	if a.Status != 200 || json.Unmarshal(a.Page(), &status) != nil {
		return t.unexpected(get, statusPath, a)
	}
	if p.lot > 0 && status.Drawn {
		p.place = int64(p.lot*float64(status.Early)) + 1
	}
	if status.Engaged && (!status.Drawn || p.place > status.Front) {
		return pollIn(max(time.Duration(status.AgainS)*time.Second, time.Second))
	}
	p.stage = called
	return crowd.Go()
}

// enter presses the button of a place that was called.
func (t *tour) enter(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
	a, instead := t.ask(ctx, c, p, post, waitingPath, browser.Form("ticket", p.token))
	switch {
	case instead != nil:
		return instead
	case a.Status != 303:
		return t.unexpected(post, waitingPath, a)
	}
	return t.sent(p, a)
}
