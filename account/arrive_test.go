package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/internal/locale"
	"gelombang/notify"
)

const (
	latestStart = 12 * time.Hour
	lookEvery   = 10 * time.Minute
)

// watching is each with a service that asks whether its warnings arrived.
func watching(t *testing.T, test func(w *world)) {
	t.Helper()
	each(t, func(w *world) {
		w.watches = true
		w.open(w.keys)
		test(w)
	})
}

// confirms is the receipt for the last message to an address.
func (w *world) confirms(a account.Address) {
	w.Helper()
	id := w.inbox(a).ID
	if err := w.messages.Receipt(context.Background(), notify.Receipt{Provider: "test", MessageID: id, State: notify.Confirmed, At: w.clock.Now()}); err != nil {
		w.Fatal(err)
	}
}

// later lets time pass with the jobs running all the while.
func (w *world) later(d time.Duration) {
	w.Helper()
	for end := w.clock.Now().Add(d); w.clock.Now().Before(end); {
		w.clock.Add(min(lookEvery, end.Sub(w.clock.Now())))
		w.deliver()
	}
}

// the only handover of an account, as it stands now.
func (w *world) the(id int64) account.Handover {
	w.Helper()
	open := w.changing(id)
	if len(open) != 1 {
		w.Fatalf("%+v", open)
	}
	return open[0]
}

func TestARecoverysWaitBeginsWhenItsWarningHasArrived(t *testing.T) {
	t.Parallel()
	watching(t, func(w *world) {
		id := w.wary()
		h := w.waiting()
		if !h.Due.Equal(h.Began.Add(wait)) || !h.Latest.Equal(h.Due.Add(latestStart)) {
			w.Fatalf("due %s, at the latest %s", h.Due.Sub(h.Began), h.Latest.Sub(h.Began))
		}
		told := locale.Day(locale.ID, h.Due) + ", " + locale.Clock(locale.ID, h.Due)
		if text := w.inbox(hp).Text; !strings.Contains(text, told) {
			w.Fatalf("the owner is told %q, and not the earliest: %s", text, told)
		}
		w.later(3 * time.Hour)
		w.confirms(hp)
		arrived := w.clock.Now()
		w.later(lookEvery)
		if h = w.the(id); !h.Due.Equal(arrived.Add(wait)) || !h.Latest.Equal(h.Due) {
			w.Fatalf("due %s after the warning arrived", h.Due.Sub(arrived))
		}
		w.clock.Set(h.Due.Add(-time.Millisecond))
		if early := w.proves(rani, theirs); early.Account != 0 {
			w.Fatal("it was completed a millisecond early")
		}
		w.clock.Set(h.Due)
		if signed := w.proves(rani, theirs); signed.Account != id {
			w.Fatalf("%+v", signed)
		}
	})
}

func TestAWarningThatNeverArrivesOrFailsDelaysForANightAlone(t *testing.T) {
	t.Parallel()
	for name, fate := range map[string]func(w *world){
		"no word": func(*world) {},
		"failed": func(w *world) {
			r := notify.Receipt{Provider: "test", MessageID: w.inbox(hp).ID, State: notify.Failed, Reason: notify.NoSuchNumber, At: w.clock.Now()}
			if err := w.messages.Receipt(context.Background(), r); err != nil {
				w.Fatal(err)
			}
		},
		"too late": func(w *world) {
			w.later(latestStart)
			w.confirms(hp)
		},
		"by the other address": func(w *world) { w.confirms(rani) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			watching(t, func(w *world) {
				id := w.wary()
				h := w.waiting()
				w.deliver()
				fate(w)
				w.clock.Set(h.Began.Add(latestStart))
				w.deliver()
				end := h.Began.Add(latestStart + wait)
				if now := w.the(id); !now.Due.Equal(end) || !now.Latest.Equal(end) {
					w.Fatalf("due after %s", now.Due.Sub(h.Began))
				}
				w.clock.Set(end.Add(-time.Millisecond))
				if early := w.proves(rani, theirs); early.Account != 0 {
					w.Fatal("it was completed a millisecond early")
				}
				w.clock.Set(end)
				if signed := w.proves(rani, theirs); signed.Account != id {
					w.Fatalf("%+v", signed)
				}
			})
		})
	}
}

func TestAReplacedAddressHasItsWholeTimeFromWhenItWasWarned(t *testing.T) {
	t.Parallel()
	watching(t, func(w *world) {
		id := w.wary()
		next := account.Address{Channel: hp.Channel, Value: "+6281298765432"}
		w.changes(id, next)
		began := w.clock.Now()
		w.later(5 * time.Hour)
		w.confirms(hp)
		arrived := w.clock.Now()
		w.later(lookEvery)
		h := w.the(id)
		if h.Kind != account.ContactChange || !h.Due.Equal(arrived.Add(wait)) {
			w.Fatalf("%s can be taken back for %s", h.Kind, h.Due.Sub(began))
		}
		w.clock.Set(h.Due.Add(-time.Millisecond))
		w.deliver()
		if w.owner(hp) != id {
			w.Fatal("the former address was freed a millisecond early")
		}
		if _, err := w.undoes(hp); err != nil {
			w.Fatalf("a millisecond before it is due: %v", err)
		}
	})
}

func TestARecoveryIsRemindedOfAndLapsesByTheTimeThatRan(t *testing.T) {
	t.Parallel()
	watching(t, func(w *world) {
		id := w.wary()
		w.waiting()
		w.confirms(hp)
		w.later(lookEvery)
		h := w.the(id)
		before := w.out.count()
		w.clock.Set(h.Began.Add(h.Due.Sub(h.Began) / 2))
		w.deliver()
		if sent := w.out.count() - before; sent != 2 {
			w.Fatalf("%d messages at half", sent)
		}
		w.clock.Set(h.Until)
		w.deliver()
		if open := w.changing(id); len(open) != 0 {
			w.Fatalf("%+v", open)
		}
	})
}
