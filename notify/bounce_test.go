package notify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/notify"
)

// mailed queues a mail with a code, sends it and gives the address on its envelope.
func (w *world) mailed() (id int64, envelope string) {
	w.t.Helper()
	id = w.queued(notify.Message{Channel: notify.Email, To: "ani@example.id", Fill: 7})
	w.run()
	return id, w.tries[len(w.tries)-1].ReturnPath
}

func (w *world) returned(envelope string) notify.Returned {
	w.t.Helper()
	of, ours := w.service.ReturnedTo(envelope)
	if !ours {
		w.t.Fatalf("%q is not ours", envelope)
	}
	return of
}

func (w *world) bounce(b notify.Bounce) {
	w.t.Helper()
	if err := w.service.Bounced(w.t.Context(), b); err != nil {
		w.t.Fatal(err)
	}
}

func TestAMailsEnvelopeNamesItAndOnlyWeCanWriteOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id, envelope := w.mailed()
		if of := w.returned(strings.ToUpper(envelope)); of.Message != id || of.Try != 1 {
			t.Errorf("%+v", of)
		}
		local, _, _ := strings.Cut(envelope, "@")
		if len(local) > 64 {
			t.Errorf("%s has %d characters before the @; 64 are allowed", local, len(local))
		}
		next, _ := w.mailed()
		for _, forged := range []string{
			"", "@", "bounce+@mail.example", "ani@mail.example", local + "@elsewhere.example", local[:len(local)-1] + "@mail.example",
			strings.Replace(envelope, ".1-", ".2-", 1), "bounce+" + local + "@mail.example", strings.Replace(local, "-", "", 1) + "@mail.example",
		} {
			if of, ours := w.service.ReturnedTo(forged); ours {
				t.Errorf("%q is taken for %d (next is %d)", forged, of.Message, next)
			}
		}
		w.queued(notify.Message{})
		w.run()
		if sms := w.tries[len(w.tries)-1]; sms.ReturnPath != "" {
			t.Errorf("an SMS comes back to %q", sms.ReturnPath)
		}
	})
}

func TestAMailThatCameBackHasFailedAndIsToldOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id, envelope := w.mailed()
		w.clock.Add(2 * time.Hour)
		b := notify.Bounce{Returned: w.returned(envelope), Failed: true, Reason: notify.MailboxFull}
		w.bounce(b)
		b.Reason = notify.NoSuchMailbox
		w.bounce(b)
		st := w.status(id)
		last := st.Events[len(st.Events)-1]
		if st.State != notify.Failed || st.Reason != notify.MailboxFull || len(w.failed) != 1 || w.failed[0] != 7 {
			t.Errorf("%s %s, told of %v", st.State, st.Reason, w.failed)
		}
		if last.State != notify.Failed || last.Reason != notify.MailboxFull || !last.At.Equal(w.clock.Now()) {
			t.Errorf("%+v", last)
		}
	})
}

func TestAReportBeforeOurOwnRowIsWrittenCounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{Channel: notify.Email, To: "ani@example.id", Fill: 7})
		take := w.answer
		w.answer = func(ctx context.Context, o notify.Outgoing) (notify.Sent, error) {
			w.bounce(notify.Bounce{Returned: w.returned(o.ReturnPath), Failed: true, Reason: notify.NoSuchMailbox})
			return take(ctx, o)
		}
		w.run()
		if st := w.status(id); st.State != notify.Failed || st.Reason != notify.NoSuchMailbox || len(w.failed) != 1 {
			t.Errorf("%s %s", st.State, st.Reason)
		}
	})
}

func TestACodeThatWasTypedIsNotTakenBackByAReport(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id, envelope := w.mailed()
		w.typed(id)
		w.bounce(notify.Bounce{Returned: w.returned(envelope), Failed: true, Reason: notify.NoSuchMailbox})
		if st := w.status(id); st.State != notify.Accepted || len(w.failed) != 0 {
			t.Errorf("%s after its code was typed", st.State)
		}
		confirmed, envelope := w.mailed()
		w.receipt(notify.Receipt{Provider: "sim", MessageID: confirmed, State: notify.Confirmed})
		w.bounce(notify.Bounce{Returned: w.returned(envelope), Failed: true, Reason: notify.NoSuchMailbox})
		if st := w.status(confirmed); st.State != notify.Confirmed || len(w.failed) != 0 {
			t.Errorf("%s after it was confirmed", st.State)
		}
	})
}

func TestADelayIsNotedOnceAndEndsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id, envelope := w.mailed()
		for range 3 {
			w.bounce(notify.Bounce{Returned: w.returned(envelope)})
		}
		st := w.status(id)
		noted := 0
		for _, e := range st.Events {
			if e.Detail == notify.Delayed {
				noted++
				if e.Key() != "notify.event.delayed" {
					t.Errorf("%+v reads %s", e, e.Key())
				}
			}
		}
		if st.State != notify.Accepted || noted != 1 || len(w.failed) != 0 {
			t.Errorf("%s, %d notes", st.State, noted)
		}
		typed, envelope := w.mailed()
		w.typed(typed)
		w.bounce(notify.Bounce{Returned: w.returned(envelope)})
		if st := w.status(typed); st.Events[len(st.Events)-1].Detail == notify.Delayed {
			t.Error("a mail whose code was typed is delayed")
		}
	})
}

func TestOnlyWhatIsTrueOfTheAddressCountsOnceAMailWentByAnotherProvider(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for reason, want := range map[notify.Reason]notify.State{notify.Rejected: notify.Accepted, notify.NoSuchMailbox: notify.Failed} {
			id, envelope := w.mailed()
			before := w.returned(envelope)
			before.Try-- // of a provider that it left
			w.bounce(notify.Bounce{Returned: before, Failed: true, Reason: reason})
			if st := w.status(id); st.State != want {
				t.Errorf("%s: %s, want %s", reason, st.State, want)
			}
		}
	})
}

func TestWhenAMessageArrivedIsKnownByTheFirstProof(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		arrived := func(id int64) (at time.Time) {
			t.Helper()
			err := w.db.Read(t.Context(), func(rx *sqldb.Rx) (err error) {
				at, err = w.service.Arrived(rx, id)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		id, _ := w.mailed()
		if at := arrived(id); !at.IsZero() || !arrived(id+1).IsZero() {
			t.Errorf("arrived at %v, before anybody said so", at)
		}
		w.clock.Add(time.Minute)
		first := w.clock.Now()
		w.typed(id)
		w.clock.Add(time.Minute)
		w.receipt(notify.Receipt{Provider: "sim", MessageID: id, State: notify.Confirmed})
		if at := arrived(id); !at.Equal(first) {
			t.Errorf("arrived at %v, typed at %v", at, first)
		}
	})
}

func TestTheReasonOfAReturnedMailIsRead(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]notify.Reason{
		"5.1.1": notify.NoSuchMailbox, "5.1.0": notify.NoSuchMailbox, "5.1.3": notify.NoSuchMailbox, "5.1.6": notify.NoSuchMailbox, "5.2.1": notify.NoSuchMailbox,
		"5.1.2": notify.NoSuchDomain, "5.1.10": notify.NoSuchDomain, "5.4.4": notify.NoSuchDomain,
		"5.2.2": notify.MailboxFull, "4.2.2": notify.MailboxFull,
		"4.4.1": notify.ServerUnreachable, "4.4.7": notify.ServerUnreachable, "4.1.1": notify.ServerUnreachable,
		"5.7.1": notify.Rejected, "5.1.7": notify.Rejected, "5.1.8": notify.Rejected, "5.0.0": notify.Rejected, "": notify.Rejected, "5": notify.Rejected,
	} {
		if got := notify.MailReason(status); got != want {
			t.Errorf("%q: %s, want %s", status, got, want)
		}
	}
}
