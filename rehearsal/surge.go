package rehearsal

import (
	"context"
	"fmt"
	"time"

	"gelombang/rehearsal/browser"
	"gelombang/rehearsal/crowd"
)

// surge: everybody has the form open and presses.
func (t *tour) surge(ctx context.Context) error {
	everybody, err := t.openForms(ctx)
	if err != nil {
		return err
	}
	t.begin("pressing", int64(len(everybody)))
	t.crowd = crowd.New(t.Now, len(everybody), func(i int) (*person, time.Duration) {
		p := everybody[i]
		at := t.arrival(i)
		if t.Rate > 0 {
			// By the schedule, not by when a connection was free: a server that is slow
			// for a second is slow for everybody who pressed in it.
			p.began = at
		}
		return p, at
	}, func(ctx context.Context, c *browser.Conn, p *person) *crowd.Next { return t.enrol(ctx, c, p, nil) })
	return t.measure(ctx)
}

// measure lets the crowd act, and takes the time.
func (t *tour) measure(ctx context.Context) error {
	if t.Measure != nil {
		t.Measure(true)
		defer t.Measure(false)
	}
	err := t.crowd.Run(ctx, t.conns)
	t.took = t.crowd.Clock()
	return err
}

// arrival is when the i-th comes at the rate asked for.
func (t *tour) arrival(i int) time.Duration {
	if t.Rate <= 0 {
		return 0
	}
	return time.Duration(float64(i) / t.Rate * float64(time.Second))
}

// openForms has everybody fetch the form, before the clock starts.
func (t *tour) openForms(ctx context.Context) ([]*person, error) {
	everybody := make([]*person, t.Applicants)
	for i := range everybody {
		everybody[i] = &person{number: i, began: unset}
	}
	t.begin("opening forms", int64(len(everybody)))
	ready := 0
	t.crowd = crowd.New(t.Now, len(everybody), func(i int) (*person, time.Duration) { return everybody[i], 0 },
		func(ctx context.Context, c *browser.Conn, p *person) *crowd.Next {
			if p.stage == atForm {
				return t.done()
			}
			return t.enrol(ctx, c, p, nil)
		})
	err := t.crowd.Run(ctx, t.conns)
	t.formsTook = t.crowd.Clock()
	for _, p := range everybody {
		if p.stage == atForm {
			everybody[ready] = p
			ready++
		}
	}
	if err == nil && ready == 0 {
		err = fmt.Errorf("nobody got the form: %v", t.faults)
	}
	return everybody[:ready], err
}
