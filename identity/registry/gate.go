package registry

import (
	"context"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// gate is what every question passes before it leaves: one after the other through the
// turnstile, at the pace that the registry bears, and not at all while it is known that
// no answer can come. Who must wait longer than its patience goes back unasked, and
// keeps its place.
type gate struct {
	config    Config
	breaker   circuitbreaker.CircuitBreaker[Answer]
	turnstile chan struct{}
	seats     chan struct{} // one per question under way
	open      context.Context
	shut      context.CancelFunc

	mu      sync.Mutex
	pacer   pacer
	quota   time.Time // no question before: the day's are used up
	pause   time.Time // no question before: the registry asked for quiet
	waiting int
}

func newGate(c Config) *gate {
	open, shut := context.WithCancel(context.Background())
	g := &gate{config: c, open: open, shut: shut, turnstile: make(chan struct{}, 1), seats: make(chan struct{}, c.Concurrency), pacer: newPacer(c.Pace)}
	g.breaker = circuitbreaker.NewBuilder[Answer]().
		WithFailureThreshold(c.Failures).
		WithSuccessThreshold(1). // one question probes a half-open circuit
		WithDelay(c.OpenFor).
		OnClose(func(circuitbreaker.StateChangedEvent) { g.restart() }).
		Build()
	return g
}

func (g *gate) restart() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pacer.restart(g.config.Now())
}

// enter waits for a question's turn; a cause says that it may not be asked. Whoever
// entered must leave.
func (g *gate) enter(ctx context.Context) (begun time.Time, no Cause) {
	g.count(1)
	defer g.count(-1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(g.open, cancel)()
	late := time.NewTimer(g.config.Patience)
	defer late.Stop()
	select {
	case g.turnstile <- struct{}{}:
		defer func() { <-g.turnstile }()
	case <-ctx.Done():
		return time.Time{}, CauseBusy
	case <-late.C:
		return time.Time{}, g.why()
	}
	select {
	case g.seats <- struct{}{}:
	case <-ctx.Done():
		return time.Time{}, CauseBusy
	case <-late.C:
		return time.Time{}, CauseBusy
	}
	if no := g.await(ctx, late.C); no != "" {
		<-g.seats
		return time.Time{}, no
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	begun = g.config.Now()
	g.pacer.send(begun)
	return begun, ""
}

// await holds the first in line until the registry may be asked.
func (g *gate) await(ctx context.Context, late <-chan time.Time) Cause {
	g.mu.Lock()
	hold := g.pacer.due(g.config.Now())
	g.mu.Unlock()
	why := CauseBusy
	for hold > 0 || !g.permits(&hold, &why) {
		select {
		case <-time.After(hold):
			hold = 0
		case <-ctx.Done():
			return why
		case <-late:
			return why
		}
	}
	return ""
}

// permits takes the circuit's permit, or says how long to wait and why.
func (g *gate) permits(hold *time.Duration, why *Cause) bool {
	if *hold, *why = g.closed(); *why != "" {
		return false
	}
	if g.breaker.TryAcquirePermit() {
		return true
	}
	// Half open, with a probe under way, nothing is known of the delay: look again soon.
	*hold, *why = max(g.breaker.RemainingDelay(), probeEvery), CauseCircuitOpen
	return false
}

// closed says how long nobody is asked, and why.
func (g *gate) closed() (time.Duration, Cause) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.config.Now()
	switch {
	case g.quota.After(now):
		return g.quota.Sub(now), CauseQuota
	case g.pause.After(now):
		return g.pause.Sub(now), CauseBusy
	}
	return 0, ""
}

// why is the cause for those who never reached the front of the line.
func (g *gate) why() Cause {
	if _, why := g.closed(); why != "" {
		return why
	}
	if !g.breaker.IsClosed() {
		return CauseCircuitOpen
	}
	return CauseBusy
}

// leave takes note of what became of a question.
func (g *gate) leave(begun time.Time, a Answer) {
	<-g.seats
	now := g.config.Now()
	g.mu.Lock()
	switch a.Cause {
	case CauseQuota:
		g.quota = a.RetryAfter
	case CauseBusy:
		if a.RetryAfter.After(now) {
			g.pause = a.RetryAfter
			if most := now.Add(pauseMost); g.pause.After(most) {
				g.pause = most
			}
		}
	}
	g.pacer.learn(replyOf(a), begun, now)
	g.mu.Unlock()
	if alive(a) {
		g.breaker.RecordSuccess()
		return
	}
	g.breaker.RecordFailure()
}

func (g *gate) count(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting += n
}

// Close sends back whoever waits for their turn, now and from now on, unasked and each
// to their place. Questions under way go on.
func (c *Client) Close() { c.gate.shut() }

// State is how the registry is being asked, for those who run the programme.
type State struct {
	PerSecond  float64 // the pace
	Top        float64 // where the registry last refused; 0: not known
	UnderWay   int
	Waiting    int
	Open       bool      // the circuit: nobody is asked
	QuotaUntil time.Time // zero, or past: there is quota
}

// State tells how the registry is being asked by this process.
func (c *Client) State() State {
	g := c.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	return State{PerSecond: g.pacer.pace, Top: g.pacer.top, UnderWay: len(g.seats), Waiting: g.waiting,
		Open: !g.breaker.IsClosed(), QuotaUntil: g.quota}
}
