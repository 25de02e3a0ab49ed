// Package crowd lets many people act over few connections, each at their own time. It
// knows nothing of what they do.
package crowd

import (
	"context"
	"sync"
	"time"
)

// Seat is a person's place in the crowd's agenda; embed it.
type Seat struct {
	turn   uint32 // entries of the agenda from before are void
	asleep bool   // nothing to do before the time that the agenda holds, unless woken
	woken  bool   // woken while still busy
}

func (s *Seat) seat() *Seat { return s }

type sitter interface {
	comparable
	seat() *Seat
}

// Next says what a person does after a step.
type Next struct {
	what  what
	after time.Duration // from now
}

type what int

const (
	goesOn what = iota
	returns
	sleeps
	isDone
)

// Go is the next step at once, on the same connection.
func Go() *Next { return &Next{what: goesOn} }

// Return is the next step after a while.
func Return(after time.Duration) *Next { return &Next{returns, after} }

// Sleep is the next step when woken, or after a while.
func Sleep(most time.Duration) *Next { return &Next{sleeps, most} }

// Done is the end of somebody's way.
func Done() *Next { return &Next{what: isDone} }

// Crowd is people P who act over connections C. Arrivals come by their own clock and
// never wait for anybody: a slow answer delays whoever asked, not those who come after.
type Crowd[P sitter, C any] struct {
	now     func() time.Time
	start   time.Time
	step    Step[P, C]
	arrive  Arrive[P]
	arrives int // how many come

	mu     sync.Mutex
	agenda agenda[P]
	came   int
	left   int // still to be done with
	coming P   // the next to arrive, when there is one
	at     time.Duration
	bell   chan struct{} // something earlier was put on the agenda
}

// Step makes one step of somebody's way.
type Step[P, C any] func(ctx context.Context, c C, p P) *Next

// Arrive gives the i-th to come, and when. It is asked in order.
type Arrive[P any] func(i int) (P, time.Duration)

// New gathers a crowd of n; its clock begins with Run.
func New[P sitter, C any](now func() time.Time, n int, arrive Arrive[P], step Step[P, C]) *Crowd[P, C] {
	return &Crowd[P, C]{now: now, step: step, arrive: arrive, arrives: n, left: n, bell: make(chan struct{}, 1)}
}

// Clock is the time since the crowd began to act.
func (c *Crowd[P, C]) Clock() time.Duration { return c.now().Sub(c.start) }

// Run lets everybody act until all are done, or ctx ends.
func (c *Crowd[P, C]) Run(ctx context.Context, conns []C) error {
	c.start = c.now()
	turns := make(chan P, len(conns))
	var workers sync.WaitGroup
	for _, conn := range conns {
		workers.Go(func() {
			for p := range turns {
				c.settle(p, c.act(ctx, conn, p))
			}
		})
	}
	err := c.dispatch(ctx, turns)
	close(turns)
	workers.Wait()
	return err
}

// act goes on for as long as there is something to do at once.
func (c *Crowd[P, C]) act(ctx context.Context, conn C, p P) *Next {
	for {
		n := c.step(ctx, conn, p)
		if n.what != goesOn || ctx.Err() != nil {
			return n
		}
	}
}

func (c *Crowd[P, C]) dispatch(ctx context.Context, turns chan<- P) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var none P
	for {
		p, wait, over := c.take()
		if over {
			return nil
		}
		if p != none {
			select {
			case turns <- p:
			case <-ctx.Done():
				return ctx.Err()
			}
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-c.bell:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take gives whoever's turn it is, or how long nobody's will be.
func (c *Crowd[P, C]) take() (p P, wait time.Duration, over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var none P
	if c.left == 0 {
		return none, 0, true
	}
	now := c.Clock()
	c.agenda.dropVoid()
	due, some := c.agenda.first()
	if c.coming == none && c.came < c.arrives {
		c.coming, c.at = c.arrive(c.came)
		c.came++
	}
	if c.coming != none && (!some || c.at <= due) {
		if c.at > now {
			return none, c.at - now, false
		}
		p, c.coming = c.coming, none
		return p, 0, false
	}
	if !some {
		return none, time.Hour, false // all are busy
	}
	if due > now {
		return none, due - now, false
	}
	p = c.agenda.pop()
	p.seat().turn++
	p.seat().asleep = false
	return p, 0, false
}

// settle notes what a person does next.
func (c *Crowd[P, C]) settle(p P, n *Next) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.seat().turn++
	switch {
	case n.what == isDone:
		c.left--
		c.ring()
		return
	case n.what == sleeps && p.seat().woken:
		n.after = 0
	}
	p.seat().asleep, p.seat().woken = n.what == sleeps, false
	c.put(p, c.Clock()+n.after)
}

// Wake gives a sleeper something to do. Whoever is busy finds it afterwards.
func (c *Crowd[P, C]) Wake(p P) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.seat().woken = true
	if p.seat().asleep {
		p.seat().turn++
		p.seat().asleep, p.seat().woken = false, false
		c.put(p, c.Clock())
	}
}

func (c *Crowd[P, C]) put(p P, at time.Duration) {
	if first, some := c.agenda.first(); !some || at < first {
		c.ring()
	}
	c.agenda.push(entry[P]{at, p, p.seat().turn})
}

func (c *Crowd[P, C]) ring() {
	select {
	case c.bell <- struct{}{}:
	default:
	}
}
