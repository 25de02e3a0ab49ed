package rehearsal

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"gelombang/rehearsal/browser"
	"gelombang/rehearsal/crowd"
	"gelombang/rehearsal/people"
)

// The stages of the funnel, as the console names them.
const (
	countRegistered = iota
	countContact
	countIdentity
	countPhone
	countStatements
	countJoined
	stageNames
)

var funnelStages = [stageNames]string{"registered", "contact", "identity", "phone", "statements", "joined"}

// day: everybody of the published first day, with their losses, in less time.
func (t *tour) day(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	mail := &inbox{waiting: map[string]*person{}, deliver: t.deliver, broken: func(err error) { cancel(err) }}
	for _, base := range []string{t.Inbox, t.Phone} {
		stop, err := mail.follow(ctx, base)
		if err != nil {
			return err
		}
		defer stop()
	}
	j := &journey{tour: t, mail: mail, squeeze: float64(t.Over) / float64(DayHours)}
	t.begin("the day", int64(t.Applicants))
	t.crowd = crowd.New(t.Now, t.Applicants, func(i int) (*person, time.Duration) {
		at := arrivalAt((float64(i) + 0.5) / float64(t.Applicants))
		return &person{number: i, began: unset, fate: t.people.Fate(i)}, time.Duration(at * float64(t.Over))
	}, func(ctx context.Context, c *browser.Conn, p *person) *crowd.Next { return j.step(ctx, c, p) })
	err := t.measure(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil && parent.Err() == nil {
		err = cause
	}
	return err
}

// deliver gives a person their code and wakes them.
func (t *tour) deliver(p *person, code string) {
	t.mu.Lock()
	p.mail = code
	t.mu.Unlock()
	t.crowd.Wake(p)
}

// takeMail is the code that came, once.
func (t *tour) takeMail(p *person) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	code := p.mail
	p.mail = ""
	return code
}

// count notes that somebody reached a stage of the funnel.
func (t *tour) count(stage int) { t.stages[stage].Add(1) }

// loses ends the way of somebody who goes no further.
func (t *tour) loses(why people.Fate) *crowd.Next {
	t.mu.Lock()
	t.losses[why]++
	t.mu.Unlock()
	return t.done()
}

func (t *tour) funnel() []Count {
	if t.Scenario != Day {
		return nil
	}
	out := make([]Count, stageNames)
	for i := range out {
		out[i] = Count{funnelStages[i], t.stages[i].Load()}
	}
	return out
}

// journey is the whole way to a receipt.
type journey struct {
	*tour
	mail    *inbox
	squeeze float64 // how much shorter everything is than in a real day

	// What the programme asks is read from the first page that shows it.
	listed, declared sync.Once
	choices          struct{ education, employment string }
	asked            []string // the programme's statements
}

// thinking is a pause over a page.
func (j *journey) thinking() *crowd.Next {
	return crowd.Return(time.Duration(2 * rand.Float64() * j.squeeze * float64(thinks)))
}
