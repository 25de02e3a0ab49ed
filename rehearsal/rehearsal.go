// Package rehearsal is a crowd of applicants before the real one: it registers, waits,
// types codes and joins over HTTP as browsers do, and counts what became of everybody.
// The same tool is load test, benchmark and an operator's rehearsal of an opening day.
//
// It speaks only the wire and knows nothing of the server but its pages. Its people
// are synthetic; their mail and phones are the simulated ones. It refuses a target
// that is not this machine unless the host is named twice.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gelombang/rehearsal/people"
)

// Scenario is what is rehearsed.
type Scenario string

// The closed list.
const (
	Surge   Scenario = "surge"   // everybody has the form open and presses
	Opening Scenario = "opening" // a crowd waits for an hour, then the rest comes
	Day     Scenario = "day"     // the published first day, compressed
	Waiting Scenario = "waiting" // more people than the house admits, and some leave
)

// Config says what is rehearsed, and where.
type Config struct {
	Scenario    Scenario
	Target      string // the site, http://127.0.0.1:8080
	Applicants  int
	Rate        float64 // arrivals per second; 0: all at once, as fast as the server takes them
	Connections int
	Seed        uint64 // another one gives other people
	Now         func() time.Time

	Opens time.Time // opening: the hour
	Leave float64   // waiting: the share that goes away while it waits

	Over    time.Duration     // day: how long the 21 hours take here
	Inbox   string            // day: where the simulated mail is read
	Phone   string            // day: where the simulated SMS are read
	Answers map[string]string // day: answers to statements, by name; "no" for those that are not here

	Watch   func(Progress) // told about once a second; may be nil
	Measure func(on bool)  // told when the measured part begins and ends; may be nil
}

// Address is what the n-th person types, the first being 0.
func (c Config) Address(n int) string {
	crowd, fate := people.People{Seed: c.Seed}, people.Joins
	if c.Scenario == Day {
		fate = crowd.Fate(n)
	}
	return crowd.Address(n, fate)
}

// Progress is where a rehearsal stands.
type Progress struct {
	Phase     string
	Done, Of  int64
	PerSecond float64 // of this second
	P99       time.Duration
	Errors    int64
	Retries   int64
	Funnel    []Count // day
}

// Count is how many came to a stage of the funnel.
type Count struct {
	Stage  string `json:"stage"`
	People int64  `json:"people"`
}

// Report is what became of a rehearsal.
type Report struct {
	Applicants   int64
	Acknowledged int64            // registrations that were answered 202 with the page of the code
	Errors       int64            // people who gave up on a fault
	Retries      int64            // exchanges that were repeated: broken connections, 429, 502, 503, 504
	Unexplained  int64            // of those, 429 and 503 that did not say when to come back
	Faults       map[string]int64 // what was met, errors and repeated exchanges alike

	Took       time.Duration // of the part that is measured: from the first press to the last answer
	P50, P99   time.Duration // of registering, from the moment of pressing
	NoopPerSec float64       // GET /healthz over the same connections
	FormsTook  time.Duration // surge: fetching the form, before the clock starts

	WaitedP50, WaitedP99 time.Duration // waiting room: from the first look to the form
	Waited               int64         // how many had to wait
	LeftLine             int64         // how many went away while they waited
	LongestGap           time.Duration // in which nobody came out of the line, after the first did
	Polls                int64         // of the status document
	PollsPerSec          float64       // of the status document, with nothing else going on
	PollsToNoop          float64       // the same, in parts of the no-op beside it

	Funnel []Count          // day
	Losses map[string]int64 // day: why people went no further, in the hammer's words

	acknowledged []atomic.Uint64
	address      func(n int) string
}

// Addresses lists every address whose registration was acknowledged.
func (r *Report) Addresses() iter.Seq[string] {
	return func(yield func(string) bool) {
		for n := range int(r.Applicants) {
			if r.acknowledged[n/64].Load()&(1<<(n%64)) != 0 && !yield(r.address(n)) {
				return
			}
		}
	}
}

// PerSecond is the rate of acknowledged registrations.
func (r *Report) PerSecond() float64 {
	if r.Took <= 0 {
		return 0
	}
	return float64(r.Acknowledged) / r.Took.Seconds()
}

// Admits refuses a target that is not this machine, unless its host is named again:
// a rehearsal pointed at the wrong site is an attack.
func Admits(target, really string) error {
	u, err := url.Parse(target)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("target %q: must be http:// or https:// and a host", target)
	}
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && ip.Unmap().IsLoopback() {
		return nil
	}
	if strings.EqualFold(host, really) {
		return nil
	}
	return fmt.Errorf("%s is not this machine: if you may and want to send it this load, name it a second time: --really %s", host, host)
}

// Check says what is wrong with a config.
func (c Config) check() error {
	var wrong []error
	no := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if c.Applicants < 1 || c.Applicants > applicantsMost {
		no("applicants must be 1 to %d, not %d", applicantsMost, c.Applicants)
	}
	if c.Connections < 1 || c.Connections > connectionsMost {
		no("connections must be 1 to %d, not %d", connectionsMost, c.Connections)
	}
	if c.Rate < 0 || math.IsNaN(c.Rate) || math.IsInf(c.Rate, 0) {
		no("the rate must be a number of people per second, not %v", c.Rate)
	}
	if c.Leave < 0 || c.Leave >= 1 {
		no("the share that leaves must be from 0 to under 1, not %v", c.Leave)
	}
	if c.Scenario == Day && (c.Over <= 0 || c.Inbox == "" || c.Phone == "") {
		no("a day needs a length, and the simulated inbox and phone to read codes from")
	}
	if c.Scenario == Opening && c.Opens.IsZero() {
		no("an opening needs its hour")
	}
	return errors.Join(wrong...)
}

// Run rehearses. With an error there may be a report of what was done until then.
func Run(ctx context.Context, c Config) (*Report, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	t, err := newTour(c)
	if err != nil {
		return nil, err
	}
	defer t.close()
	stop := t.watch(ctx)
	defer stop()
	if err := t.noop(ctx); err != nil {
		return nil, err
	}
	switch c.Scenario {
	case Surge:
		err = t.surge(ctx)
	case Opening, Waiting:
		err = t.line(ctx)
	case Day:
		err = t.day(ctx)
	default:
		err = fmt.Errorf("there is no scenario %q", c.Scenario)
	}
	return t.report(), err
}

// phase is what is going on, for whoever watches.
type phase struct {
	name string
	of   int64
	done atomic.Int64
}

func (t *tour) begin(name string, of int64) *phase {
	p := &phase{name: name, of: of}
	t.phase.Store(p)
	return p
}

// watch tells about the progress every second until stop.
func (t *tour) watch(ctx context.Context) (stop func()) {
	if t.Watch == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		var before *phase
		var had int64
		at := t.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now, p := t.Now(), t.phase.Load()
			if p == nil {
				continue
			}
			if p != before {
				before, had = p, 0
			}
			done := p.done.Load()
			t.Watch(t.progress(p, float64(done-had)/now.Sub(at).Seconds()))
			had, at = done, now
		}
	})
	return func() { cancel(); done.Wait() }
}

func (t *tour) progress(p *phase, perSecond float64) Progress {
	return Progress{Phase: p.name, Done: p.done.Load(), Of: p.of, PerSecond: perSecond, P99: t.presses.Quantile(0.99),
		Errors: t.gaveUp.Load(), Retries: t.retries.Load(), Funnel: t.funnel()}
}
