// Package notifytest holds what every sender of notify must keep, for the real
// adapters against servers of the outside world.
package notifytest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"gelombang/notify"
)

// Provider is a sender and the world behind it.
type Provider struct {
	Sender notify.Sender
	// Reachable is an address that takes messages.
	Reachable string
	// Refused are addresses that never will, with what the person is told.
	Refused map[string]notify.Reason
	// Troubled are addresses that fail for now.
	Troubled []string
	// Refs lists the references under which messages reached an address.
	Refs func(t *testing.T, to string) []string
}

// Conform holds a provider's sender against notify's rules.
func Conform(t *testing.T, start func(t *testing.T) Provider) {
	t.Run("an accepted message arrives under its reference", func(t *testing.T) { t.Parallel(); accepted(t, start(t)) })
	t.Run("a refusal for good names its reason", func(t *testing.T) { t.Parallel(); refused(t, start(t)) })
	t.Run("trouble on the way is never final", func(t *testing.T) { t.Parallel(); troubled(t, start(t)) })
	t.Run("one reference twice is one message", func(t *testing.T) { t.Parallel(); twice(t, start(t)) })
	t.Run("a cancelled send is never final", func(t *testing.T) { t.Parallel(); cancelled(t, start(t)) })
	t.Run("trouble does not stay for the next message", func(t *testing.T) { t.Parallel(); recovered(t, start(t)) })
}

func outgoing(to, ref string) notify.Outgoing {
	return notify.Outgoing{ID: 7, To: to, Subject: "Kode masuk – Ani", Text: "Kode 123456", HTML: "<p>Kode <b>123456</b></p>", Ref: ref}
}

func send(t *testing.T, p Provider, to, ref string) (notify.Sent, error) {
	t.Helper()
	return p.Sender.Send(t.Context(), outgoing(to, ref))
}

func accepted(t *testing.T, p Provider) {
	sent, err := send(t, p, p.Reachable, "7.a")
	if err != nil {
		t.Fatal(err)
	}
	if sent.Provider == "" || sent.Ref == "" {
		t.Errorf("sent %+v", sent)
	}
	if refs := p.Refs(t, p.Reachable); !slices.Equal(refs, []string{"7.a"}) {
		t.Errorf("arrived under %v", refs)
	}
}

func refused(t *testing.T, p Provider) {
	for to, reason := range p.Refused {
		_, err := send(t, p, to, "7.b")
		var e *notify.SendError
		if !errors.As(err, &e) || !e.Permanent || e.Reason != reason {
			t.Errorf("%s: %v %+v", to, err, e)
		}
		if refs := p.Refs(t, to); len(refs) != 0 {
			t.Errorf("%s: arrived under %v", to, refs)
		}
	}
}

func troubled(t *testing.T, p Provider) {
	for _, to := range p.Troubled {
		if _, err := send(t, p, to, "7.c"); !temporary(err) {
			t.Errorf("%s: %v", to, err)
		}
	}
}

func twice(t *testing.T, p Provider) {
	for range 2 {
		if _, err := send(t, p, p.Reachable, "7.d"); err != nil {
			t.Fatal(err)
		}
	}
	refs := p.Refs(t, p.Reachable)
	if refs = slices.Compact(refs); !slices.Equal(refs, []string{"7.d"}) {
		t.Errorf("arrived under %v", refs)
	}
}

func cancelled(t *testing.T, p Provider) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Sender.Send(ctx, outgoing(p.Reachable, "7.e")); !temporary(err) {
		t.Errorf("%v", err)
	}
}

func recovered(t *testing.T, p Provider) {
	for _, to := range p.Troubled {
		_, _ = send(t, p, to, "7.f")
		if _, err := send(t, p, p.Reachable, "7.g"); err != nil {
			t.Errorf("after %s: %v", to, err)
		}
	}
}

func temporary(err error) bool {
	var e *notify.SendError
	return err != nil && (!errors.As(err, &e) || !e.Permanent)
}
