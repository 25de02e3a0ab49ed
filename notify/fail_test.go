package notify_test

import (
	"testing"

	"gelombang/internal/sqldb"
	"gelombang/notify"
)

func (w *world) fails(id int64, reason notify.Reason) error {
	w.t.Helper()
	return w.db.Write(w.t.Context(), func(tx *sqldb.Tx) error { return w.service.Fail(tx, id, reason) })
}

func TestAMessageToNobodyEndsWhereverItIs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		mail := notify.Message{Channel: notify.Email, To: "rani@gone.example", Fill: 7}
		for name, sent := range map[string]bool{"before it was sent": false, "after it was sent": true} {
			id := w.queued(mail)
			if sent {
				w.run()
			}
			tried := len(w.tries)
			for range 2 {
				if err := w.fails(id, notify.NoSuchDomain); err != nil {
					t.Fatal(err)
				}
			}
			w.run()
			if st := w.status(id); st.State != notify.Failed || st.Reason != notify.NoSuchDomain || len(w.tries) != tried {
				t.Errorf("%s: %s %q, %d tries more", name, st.State, st.Reason, len(w.tries)-tried)
			}
		}
		if len(w.failed) != 2 {
			t.Errorf("told %d times of two failures", len(w.failed))
		}
	})
}

func TestAMessageThatArrivedDoesNotFailByItsAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{Channel: notify.Email, To: "rani@example.com", Fill: 7})
		w.run()
		w.receipt(notify.Receipt{MessageID: id, State: notify.Confirmed, At: w.clock.Now()})
		if err := w.fails(id, notify.NoSuchDomain); err != nil {
			t.Fatal(err)
		}
		if st := w.status(id); st.State != notify.Confirmed {
			t.Errorf("%s", st.State)
		}
		if w.fails(id, notify.OperatorFailed) == nil {
			t.Error("a provider's reason passes as the address's")
		}
		if err := w.fails(id+1, notify.NoSuchDomain); err != nil {
			t.Errorf("a message that is gone: %v", err)
		}
	})
}

func TestOnlyAMessageThatIsThereHasARecipient(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{Channel: notify.Email, To: "rani@example.com"})
		err := w.db.Read(t.Context(), func(rx *sqldb.Rx) error {
			to, err := w.service.To(rx, id)
			if err != nil || to != "rani@example.com" {
				t.Errorf("%q %v", to, err)
			}
			if _, err := w.service.To(rx, id+1); !sqldb.NoRows(err) {
				t.Errorf("of nothing: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
