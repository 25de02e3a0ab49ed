package rehearsal

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"gelombang/rehearsal/browser"
	"gelombang/rehearsal/crowd"
	"gelombang/rehearsal/people"
)

// tour is one rehearsal under way: the connections, and what is counted.
type tour struct {
	Config
	people people.People
	site   *browser.Site
	conns  []*browser.Conn
	crowd  *crowd.Crowd[*person, *browser.Conn]
	phase  atomic.Pointer[phase]

	presses, waits crowd.Times
	acknowledged   []atomic.Uint64 // a bit per person
	registered     atomic.Int64
	gaveUp         atomic.Int64
	retries        atomic.Int64
	unexplained    atomic.Int64
	waited, left   atomic.Int64
	polls          atomic.Int64
	took           time.Duration
	formsTook      time.Duration
	noopPerSec     float64
	pollsPerSec    float64
	pollsToNoop    float64
	stages         [stageNames]atomic.Int64

	mu     sync.Mutex // guards what follows
	faults map[string]int64
	losses map[people.Fate]int64

	lastIn, longestGap time.Duration // when somebody last came out of the line, and the longest that nobody did
}

// faultsMost bounds the kinds of faults that are told apart.
const faultsMost = 20

func newTour(c Config) (*tour, error) {
	site, err := browser.NewSite(c.Target, c.Now)
	if err != nil {
		return nil, err
	}
	t := &tour{Config: c, people: people.People{Seed: c.Seed}, site: site, acknowledged: make([]atomic.Uint64, (c.Applicants+63)/64),
		faults: map[string]int64{}, losses: map[people.Fate]int64{}}
	for range c.Connections {
		t.conns = append(t.conns, site.Conn())
	}
	return t, nil
}

func (t *tour) close() {
	for _, c := range t.conns {
		c.Close()
	}
}

// ask makes one exchange. When it is worth trying again it says what the person does
// instead: come back, when the server said so, or give up in the end. Any other answer
// is the caller's to judge: a fault of the server must be seen, not tried until it hides.
func (t *tour) ask(ctx context.Context, c *browser.Conn, p *person, method, path string, form []byte) (*browser.Answer, *crowd.Next) {
	var a *browser.Answer
	var err error
	switch method {
	case get:
		a, err = c.Get(ctx, path, &p.jar)
	case news:
		a, err = c.GetPart(ctx, path, string(form), &p.jar)
	default:
		a, err = c.Post(ctx, path, &p.jar, form)
	}
	if ctx.Err() != nil {
		return nil, crowd.Done()
	}
	what := ""
	switch {
	case err != nil:
		what = "broken connection"
	case again(a.Status):
		what = fmt.Sprintf("%s %s answered %d", method, route(path), a.Status)
	default:
		p.tries = 0
		return a, nil
	}
	if p.tries++; p.tries > triesMost {
		return nil, t.giveUp(what)
	}
	t.retries.Add(1)
	t.note(what)
	if err == nil && asksToComeBack(a.Status) {
		return nil, t.told(a)
	}
	return nil, crowd.Return(backOff(p.tries, rand.Float64()))
}

const (
	get  = "GET"
	post = "POST"
	news = "GET part of" // form is the name of the live part
)

// told is when somebody comes back whom the server asked to.
func (t *tour) told(a *browser.Answer) *crowd.Next {
	if a.RetryAfter == 0 {
		t.unexplained.Add(1)
	}
	return crowd.Return(comeBack(a.RetryAfter, rand.Float64()))
}

// route is a path without what names one person.
func route(path string) string {
	for i := 1; i < len(path); i++ {
		if path[i] == '/' || path[i] == '?' {
			return path[:i]
		}
	}
	return path
}

// giveUp ends a person's way by a fault that is not theirs.
func (t *tour) giveUp(why string) *crowd.Next {
	t.note("gave up: " + why)
	t.gaveUp.Add(1)
	t.did()
	return crowd.Done()
}

func (t *tour) note(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.faults[what]; known || len(t.faults) < faultsMost {
		t.faults[what]++
	}
}

// unexpected gives up on an answer that no page of ours gives.
func (t *tour) unexpected(method, path string, a *browser.Answer) *crowd.Next {
	return t.giveUp(fmt.Sprintf("%s %s answered %d", method, route(path), a.Status))
}

// did counts somebody as done in the phase that is going on.
func (t *tour) did() {
	if p := t.phase.Load(); p != nil {
		p.done.Add(1)
	}
}

func (t *tour) done() *crowd.Next {
	t.did()
	return crowd.Done()
}

// acknowledge notes that a registration was answered with success.
func (t *tour) acknowledge(n int) {
	t.acknowledged[n/64].Or(1 << (n % 64))
	t.registered.Add(1)
}

const (
	noopPath = "/healthz"
	// noopFor is how long the no-op and the status document are measured.
	noopFor = 3 * time.Second
)

// noop measures the same client and connections against a page that does nothing: the
// most that anything can reach here.
func (t *tour) noop(ctx context.Context) (err error) {
	t.begin("no-op", 0)
	t.noopPerSec, err = t.flat(ctx, noopPath, noopFor)
	return err
}

// flat asks for one path for a while, over all connections, and gives the rate.
func (t *tour) flat(ctx context.Context, path string, during time.Duration) (perSecond float64, err error) {
	began := t.Now()
	end := began.Add(during)
	var count atomic.Int64
	var once sync.Once
	var all sync.WaitGroup
	for _, c := range t.conns {
		all.Go(func() {
			for t.Now().Before(end) && ctx.Err() == nil {
				a, got := c.Get(ctx, path, nil)
				if got == nil && a.Status != 200 {
					got = fmt.Errorf("answered %d", a.Status)
				}
				if got != nil {
					once.Do(func() { err = fmt.Errorf("GET %s: %w", path, got) })
					return
				}
				count.Add(1)
				t.did()
			}
		})
	}
	all.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return float64(count.Load()) / t.Now().Sub(began).Seconds(), err
}

// local is a redirect's path on this site.
func local(location []byte) string {
	if at := bytes.Index(location, []byte("://")); at >= 0 {
		location = location[at+3:]
		location = location[max(bytes.IndexByte(location, '/'), 0):]
	}
	return string(location)
}

func (t *tour) report() *Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &Report{Applicants: int64(t.Applicants), Acknowledged: t.registered.Load(), Errors: t.gaveUp.Load(), Retries: t.retries.Load(),
		Unexplained: t.unexplained.Load(), Faults: t.faults, Took: t.took, P50: t.presses.Quantile(0.5), P99: t.presses.Quantile(0.99),
		NoopPerSec: t.noopPerSec, FormsTook: t.formsTook,
		WaitedP50: t.waits.Quantile(0.5), WaitedP99: t.waits.Quantile(0.99), Waited: t.waited.Load(), LeftLine: t.left.Load(),
		LongestGap: t.longestGap, Polls: t.polls.Load(), PollsPerSec: t.pollsPerSec, PollsToNoop: t.pollsToNoop, Funnel: t.funnel(), acknowledged: t.acknowledged, address: t.Address}
	if t.Scenario == Day {
		r.Losses = map[string]int64{}
		for why, n := range t.losses {
			r.Losses[string(why)] = n
		}
	}
	return r
}
