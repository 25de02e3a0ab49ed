package notify_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
)

// outcomes are what a provider may do to a message.
var outcomes = map[string]error{
	"refused":    &notify.SendError{Unsent: true, Err: errors.New("connection refused")},
	"busy":       &notify.SendError{Unsent: true, After: 3 * time.Second, Err: errors.New("429")},
	"timed out":  &notify.SendError{Err: errors.New("no answer")},
	"reset":      errors.New("reset in the middle of the answer"),
	"wait there": &notify.SendError{After: 2 * time.Second, Err: errors.New("503, perhaps taken")},
	"cannot":     &notify.SendError{Unsent: true, Reason: notify.NoSuchNumber, Err: errors.New("not known here")},
	"taken":      nil,
}

// passage watches what providers are asked for one message.
type passage struct {
	rt      *rapid.T
	clock   *sqldbtest.Clock
	faults  []string
	by      string    // who was asked last
	since   time.Time // the first time in a row
	unsure  bool      // it may have the message
	ref     string
	settled bool
}

func (p *passage) ask(_ context.Context, name string, o notify.Outgoing) (notify.Sent, error) {
	switch {
	case p.settled:
		p.rt.Fatalf("%s is asked for a message that was taken", name)
	case p.ref != "" && p.ref != o.Ref:
		p.rt.Fatalf("references %s and %s", p.ref, o.Ref)
	case p.unsure && name != p.by && p.clock.Now().Sub(p.since) < notify.StickFor:
		p.rt.Fatalf("%s may have it, and %s is asked after %s", p.by, name, p.clock.Now().Sub(p.since))
	}
	p.ref = o.Ref
	if name != p.by || !p.unsure {
		p.by, p.since, p.unsure = name, p.clock.Now(), false
	}
	fault := "taken"
	if len(p.faults) > 0 {
		fault, p.faults = p.faults[0], p.faults[1:]
	}
	err := outcomes[fault]
	var refused *notify.SendError
	p.unsure = p.unsure || err != nil && (!errors.As(err, &refused) || !refused.Unsent)
	p.settled = err == nil
	return notify.Sent{Provider: name, Ref: name + o.Ref}, err
}

// TestNoFaultsMakeUsSendTwiceOrForget lets providers fail in any order.
func TestNoFaultsMakeUsSendTwiceOrForget(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		w := newWorld(t, db, clock)
		rapid.Check(t, func(rt *rapid.T) {
			names := rapid.SampledFrom([]string{"refused", "busy", "timed out", "reset", "wait there", "cannot", "taken"})
			p := &passage{rt: rt, clock: clock, faults: rapid.SliceOfN(names, 0, 8).Draw(rt, "faults")}
			w.two() // providers that nobody has a grudge against
			w.by, w.failed = p.ask, nil
			id := w.queued(notify.Message{Fill: 1})
			start := clock.Now()
			final := false
			for !final {
				w.run()
				switch st := w.status(id); {
				case st.State == notify.Accepted:
					final = true
					if !p.settled || st.Provider != p.by {
						rt.Fatalf("said to be sent by %q, asked last %q, taken %v", st.Provider, p.by, p.settled)
					}
				case st.State == notify.Failed:
					final = true
					if p.settled || p.unsure || st.Reason != notify.NoSuchNumber || len(w.failed) != 1 {
						rt.Fatalf("failed with %s, taken %v, perhaps %v, told of %v", st.Reason, p.settled, p.unsure, w.failed)
					}
				case clock.Now().Sub(start) > 30*time.Minute:
					rt.Fatalf("still %s", st.State)
				}
				clock.Add(time.Duration(rapid.IntRange(100, 5000).Draw(rt, "ms")) * time.Millisecond)
			}
		})
	})
}
