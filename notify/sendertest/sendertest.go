// Package sendertest holds what every sender of notify must keep, for the real adapters
// against servers of the outside world. What a sender says of a message that did not go
// through decides whether another provider is asked: saying "not taken" of one that was
// sends it twice, saying "in doubt" of one that was not lets a person wait.
package sendertest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/notify"
)

// World is a sender and what is behind it.
type World struct {
	Sender    notify.Sender
	Provider  string
	Reachable string                   // an address that takes messages
	Refused   map[string]notify.Reason // addresses that never will, with what the person is told
	Elsewhere []string                 // addresses that only another provider may reach
	Troubled  []string                 // addresses that fail for now
	// Trouble brings about each fault that this kind of provider can have, for every
	// address; Heal ends it.
	Trouble map[Fault]func(t *testing.T)
	Heal    func(t *testing.T)
	// Refs lists the references under which messages reached an address, one for each
	// time that the person saw one.
	Refs func(t *testing.T, to string) []string
	// Secrets are our credentials there.
	Secrets []string
	// Forgetful providers take one reference twice as two messages. A sender of such a
	// one leaves an outcome in doubt the time in which a receipt settles it.
	Forgetful bool
}

// Fault is a way in which a provider fails.
type Fault string

// The closed list of faults.
const (
	Hangs      Fault = "no answer in time"
	Broken     Fault = "an error of theirs"
	Busy       Fault = "too many messages"
	WrongKey   Fault = "wrong credentials"
	Reset      Fault = "the connection is reset instead of an answer"
	HalfAnswer Fault = "the connection breaks in the middle of the answer"
	Garbage    Fault = "an answer that is none"
	Huge       Fault = "an answer without an end"
	Gone       Fault = "nobody listens"
)

// BusyFor is how long a busy provider asks to be left alone, if it can say so.
const BusyFor = 7 * time.Second

// unsent says after which faults the message is known not to have been taken.
var unsent = map[Fault]bool{Broken: true, Busy: true, WrongKey: true, Gone: true}

// What is sent everywhere, and what of it must stand in no error.
const (
	text = "Kode 987654"
	code = "987654"
)

// Conform holds a provider's sender against notify's rules. Every part starts a world of
// its own.
func Conform(t *testing.T, start func(t *testing.T) World) {
	t.Run("an accepted message arrives under its reference", func(t *testing.T) { t.Parallel(); accepted(t, start(t)) })
	t.Run("a refusal for good names its reason", func(t *testing.T) { t.Parallel(); refused(t, start(t)) })
	t.Run("an address for another provider is no failure", func(t *testing.T) { t.Parallel(); elsewhere(t, start(t)) })
	t.Run("trouble on the way is never final", func(t *testing.T) { t.Parallel(); troubled(t, start(t)) })
	t.Run("one reference twice is one message", func(t *testing.T) { t.Parallel(); twice(t, start(t)) })
	t.Run("a cancelled send is never final", func(t *testing.T) { t.Parallel(); cancelled(t, start(t)) })
	for fault := range start(t).Trouble {
		t.Run(string(fault), func(t *testing.T) { t.Parallel(); faulty(t, start(t), fault) })
	}
}

func (w World) send(ctx context.Context, to, ref string) (notify.Sent, error) {
	return w.Sender.Send(ctx, notify.Outgoing{ID: 7, To: to, Subject: "Kode masuk – Ani", Text: text, HTML: "<p>Kode <b>" + code + "</b></p>",
		Ref: ref, Code: code, Lang: "id"})
}

// arrived says that the person saw exactly these.
func (w World) arrived(t *testing.T, to string, want ...string) {
	t.Helper()
	if refs := w.Refs(t, to); !slices.Equal(refs, want) {
		t.Errorf("%s: arrived under %v, want %v", to, refs, want)
	}
}

// failure is the error of a send that must not have succeeded, and must keep silent about
// what it was about.
func (w World) failure(t *testing.T, to, ref string) *notify.SendError {
	t.Helper()
	sent, err := w.send(t.Context(), to, ref)
	var e *notify.SendError
	if !errors.As(err, &e) || sent != (notify.Sent{}) {
		t.Fatalf("%s: sent %+v, error %v", to, sent, err)
	}
	local, _, _ := strings.Cut(strings.TrimPrefix(to, "+"), "@")
	for _, private := range append([]string{local, code, "Ani"}, w.Secrets...) {
		if strings.Contains(err.Error(), private) {
			t.Errorf("the error shows %q: %v", private, err)
		}
	}
	if e.Permanent && (e.Reason == notify.NoReason || e.Unsent || e.After != 0) || e.Reason != notify.NoReason && !e.Permanent && !e.Unsent {
		t.Errorf("%s: at odds with itself: %+v", to, e)
	}
	return e
}

func accepted(t *testing.T, w World) {
	sent, err := w.send(t.Context(), w.Reachable, "7.a")
	if err != nil {
		t.Fatal(err)
	}
	if sent.Provider != w.Provider || sent.Ref == "" {
		t.Errorf("sent %+v", sent)
	}
	w.arrived(t, w.Reachable, "7.a")
}

func refused(t *testing.T, w World) {
	for to, reason := range w.Refused {
		if e := w.failure(t, to, "7.b"); !e.Permanent || e.Reason != reason {
			t.Errorf("%s: %+v", to, e)
		}
		w.arrived(t, to)
	}
}

func elsewhere(t *testing.T, w World) {
	for _, to := range w.Elsewhere {
		if e := w.failure(t, to, "7.c"); e.Permanent || !e.Unsent || e.After != 0 || e.Reason == notify.NoReason {
			t.Errorf("%s: %+v", to, e) // a reason keeps it from passing for trouble of the provider
		}
		w.arrived(t, to)
	}
}

// troubled also sees to it that one address's trouble does not stay for the next.
func troubled(t *testing.T, w World) {
	for i, to := range w.Troubled {
		if e := w.failure(t, to, "7.d"); e.Permanent {
			t.Errorf("%s: %+v", to, e)
		}
		if _, err := w.send(t.Context(), w.Reachable, "7.e"+string(rune('a'+i))); err != nil {
			t.Errorf("after %s: %v", to, err)
		}
	}
}

func twice(t *testing.T, w World) {
	if w.Forgetful { // then faulty says what keeps it from happening
		return
	}
	for range 2 {
		if _, err := w.send(t.Context(), w.Reachable, "7.f"); err != nil {
			t.Fatal(err)
		}
	}
	w.arrived(t, w.Reachable, "7.f")
}

func cancelled(t *testing.T, w World) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.send(ctx, w.Reachable, "7.g")
	var e *notify.SendError
	if err == nil || errors.As(err, &e) && e.Permanent {
		t.Errorf("%v", err)
	}
	w.arrived(t, w.Reachable)
}

// faulty goes through one fault and out of it again: the same reference is sent once more,
// as a job does, and the person has one message.
func faulty(t *testing.T, w World, fault Fault) {
	w.Trouble[fault](t)
	e := w.failure(t, w.Reachable, "7.h")
	if e.Permanent || e.Unsent != unsent[fault] {
		t.Errorf("%+v, want unsent %t", e, unsent[fault])
	}
	if fault == Busy && e.After != BusyFor {
		t.Errorf("asked again after %v, want %v", e.After, BusyFor)
	}
	if fault == Gone {
		return
	}
	w.Heal(t)
	if e.Unsent {
		w.arrived(t, w.Reachable)
	} else if w.Forgetful {
		if e.After == 0 {
			t.Error("an outcome in doubt waits for no receipt")
		}
		return
	}
	if _, err := w.send(t.Context(), w.Reachable, "7.h"); err != nil {
		t.Fatalf("after it healed: %v", err)
	}
	w.arrived(t, w.Reachable, "7.h")
}
