package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/adaptivelimiter"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// guard stands before one provider, for all messages of this process: it keeps their
// number to what the provider bears and leaves it alone while it is down.
type guard struct {
	Provider
	pace    adaptivelimiter.AdaptiveLimiter[Sent]
	breaker circuitbreaker.CircuitBreaker[Sent]
	calls   failsafe.Executor[Sent]

	mu   sync.Mutex
	rest time.Time // the provider asked to be left alone until then
}

func newGuard(ch Channel, p Provider, alone bool) *guard {
	p.Kind = cmp.Or(p.Kind, string(ch))
	p.Weight = min(max(cmp.Or(p.Weight, WeightUsual), 1), WeightMost)
	g := &guard{Provider: p}
	usual, most := uint(paceShared), uint(paceShared)
	if alone {
		usual, most = paceUsual, paceMost
	}
	g.pace = adaptivelimiter.NewBuilder[Sent]().
		WithLimits(paceLeast, most, usual).
		// A quiet hour says nothing about what a provider bears in a busy one.
		WithMaxLimitFunc(func(int) float64 { return float64(most) }).
		Build()
	g.breaker = circuitbreaker.NewBuilder[Sent]().
		HandleIf(func(_ Sent, err error) bool { return troubled(err) }).
		WithFailureThresholdRatio(openFailures, openCalls).
		WithDelay(openFor).
		WithSuccessThreshold(closeCalls).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			slog.Warn("notify.breaker", "provider", p.Name, "was", e.OldState.String(), "is", e.NewState.String())
		}).
		Build()
	g.calls = failsafe.With[Sent](g.breaker)
	return g
}

// troubled says that an error shows the provider in trouble. A word about one message
// is an answer, and a wish to be left alone is kept by the guard itself. After an outcome
// in doubt the wait is for the message, not for the provider.
func troubled(err error) bool {
	var refused *SendError
	if errors.As(err, &refused) && (refused.Permanent || refused.rests() || refused.Reason != NoReason) {
		return false
	}
	return err != nil && !errors.Is(err, context.Canceled)
}

// rests says that the provider asked to be left alone for a while.
func (e *SendError) rests() bool { return e.Unsent && !e.Permanent && e.After > 0 }

// errUnasked marks what the provider never heard of.
var errUnasked = errors.New("not asked")

// send hands over one message. What the guard itself turns away is unsent.
func (g *guard) send(ctx context.Context, o Outgoing, now func() time.Time) (Sent, error) {
	ctx, cancel := context.WithTimeout(ctx, SendLimit)
	defer cancel()
	permit, err := g.pace.AcquirePermitWithMaxWait(ctx, paceWait)
	if err != nil {
		return Sent{}, g.unasked(busyFor, err)
	}
	taken := false
	defer func() {
		if taken {
			permit.Record()
		} else {
			permit.Drop() // how quickly a provider fails says nothing about what it bears
		}
	}()
	sent, err := g.calls.WithContext(ctx).Get(func() (Sent, error) { return g.Sender.Send(ctx, o) })
	taken = err == nil
	if errors.Is(err, circuitbreaker.ErrOpen) {
		return Sent{}, g.unasked(max(g.breaker.RemainingDelay(), busyFor), err)
	}
	var refused *SendError
	if errors.As(err, &refused) && refused.rests() {
		g.restUntil(now().Add(min(refused.After, restMost)))
	}
	return sent, err
}

func (g *guard) unasked(after time.Duration, err error) error {
	return &SendError{Unsent: true, After: after, Err: fmt.Errorf("provider %s: %w: %w", g.Name, errUnasked, err)}
}

func (g *guard) restUntil(t time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.After(g.rest) {
		g.rest = t
	}
}

// opens is when the provider may be asked: now, or later while it is paused.
func (g *guard) opens(now time.Time) time.Time {
	g.mu.Lock()
	at := g.rest
	g.mu.Unlock()
	if at.Before(now) {
		at = now
	}
	switch g.breaker.State() {
	case circuitbreaker.OpenState:
		return later(at, now.Add(g.breaker.RemainingDelay()))
	case circuitbreaker.HalfOpenState:
		if g.pace.Inflight() >= closeCalls { // it is being probed
			return later(at, now.Add(busyFor))
		}
	}
	return at
}

// full says that the provider has as many messages in hand as it bears.
func (g *guard) full() bool { return !g.pace.CanAcquirePermit() }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
