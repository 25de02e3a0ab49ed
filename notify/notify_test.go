package notify_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/locale"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
)

const runMost = 400

// world is a service with the outside in the test's hands.
type world struct {
	t       *testing.T
	db      *sqldb.DB
	clock   *sqldbtest.Clock
	service *notify.Service
	worker  *jobs.Worker
	queue   *jobs.Queue
	keys    *seal.Keys

	mu     sync.Mutex
	answer func(ctx context.Context, o notify.Outgoing) (notify.Sent, error)
	by     func(ctx context.Context, gateway string, o notify.Outgoing) (notify.Sent, error)
	asked  []string // the gateways, in the order in which they were asked
	tries  []notify.Outgoing
	fill   error
	failed []int64

	spend   notify.SpendPolicy
	alarms  []map[string]string
	alarmed error // what raising an alarm comes to
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) { test(t, newWorld(t, db, clock)) })
}

func newWorld(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) *world {
	t.Helper()
	w := &world{t: t, db: db, clock: clock, queue: jobs.NewQueue(db)}
	w.open([]notify.Provider{{Name: "sim", Sender: w}})
	return w
}

// open starts a process with these providers of SMS.
func (w *world) open(providers []notify.Provider) {
	t := w.t
	t.Helper()
	if w.keys == nil {
		keys, err := seal.New(w.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		w.keys = keys
	}
	w.answer = func(context.Context, notify.Outgoing) (notify.Sent, error) {
		return notify.Sent{Provider: "sim", Ref: "their-1", Detail: "sim"}, nil
	}
	w.service = notify.New(notify.Config{
		DB: w.db, Keys: w.keys, Jobs: w.queue, PublicURL: "https://gelombang.example/", BounceDomain: "Mail.Example", Texts: words(t),
		Providers: map[notify.Channel][]notify.Provider{notify.Email: {{Name: "sim", Sender: w}}, notify.SMS: providers},
		Fill: func(sqldb.Querier, int64) (map[string]string, error) {
			return map[string]string{"code": "123456"}, w.fill
		},
		OnFailed: func(tx *sqldb.Tx, ref int64) error {
			tx.AfterCommit(func() { w.failed = append(w.failed, ref) })
			return nil
		},
		Spend: w.spend,
		Alarm: func(tx *sqldb.Tx, _ string, args map[string]string) error {
			tx.AfterCommit(func() { w.alarms = append(w.alarms, args) })
			return w.alarmed
		},
	})
	w.worker = w.newWorker()
}

func (w *world) newWorker() *jobs.Worker {
	worker := jobs.NewWorker(w.queue, jobs.Config{Slots: map[string]int{notify.QueueName: 1}})
	for kind, handle := range w.service.Handlers() {
		worker.Handle(kind, handle)
	}
	return worker
}

// words are this package's real catalog with a few texts beside it.
func words(t *testing.T) func(lang, key string, args map[string]any) string {
	t.Helper()
	catalog, err := locale.Load(nil, notify.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	catalog.Globals(map[string]any{"programme": "Program Uji"})
	return func(lang, key string, args map[string]any) string {
		if strings.HasPrefix(key, "test.") {
			return fmt.Sprintf("%s %s\nkedua\n\nHalo %v. %v", key, lang, args["name"], args["extra"])
		}
		return catalog.Text(locale.Lang(lang), key, args)
	}
}

func (w *world) Send(ctx context.Context, o notify.Outgoing) (notify.Sent, error) {
	w.mu.Lock()
	w.tries = append(w.tries, o)
	w.mu.Unlock()
	return w.answer(ctx, o)
}

func (w *world) refuse(e *notify.SendError) {
	e.Err = errors.New("refused")
	w.answer = func(context.Context, notify.Outgoing) (notify.Sent, error) { return notify.Sent{}, e }
}

func (w *world) queued(m notify.Message) int64 {
	w.t.Helper()
	if m.Channel == "" {
		m.Channel, m.To = notify.SMS, "+6281234567890"
	}
	m.Key, m.Lang = "test.hello", "id"
	var ids []int64
	err := w.db.Write(w.t.Context(), func(tx *sqldb.Tx) (err error) {
		ids, err = w.service.Queue(tx, m)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return ids[0]
}

func (w *world) run() int {
	w.t.Helper()
	n, err := w.worker.RunDue(w.t.Context(), runMost)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) status(id int64) (st notify.Status) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), func(rx *sqldb.Rx) (err error) {
		st, err = w.service.Status(rx, id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return st
}

func (w *world) receipt(r notify.Receipt) {
	w.t.Helper()
	if err := w.service.Receipt(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) states(id int64) string {
	w.t.Helper()
	var states []string
	for _, e := range w.status(id).Events {
		states = append(states, string(e.State))
	}
	return strings.Join(states, " ")
}

func TestAMessageGoesOutOnceAndItsStepsCanBeSeen(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{Owner: 5})
		if st := w.status(id); st.State != notify.Queued || st.To != "0812••••7890" || len(st.Events) != 1 {
			t.Fatalf("%+v", st)
		}
		w.run()
		st := w.status(id)
		if st.State != notify.Accepted || st.Provider != "sim" || st.Attempts != 1 || w.states(id) != "queued sending sent" {
			t.Fatalf("%+v", st)
		}
		w.receipt(notify.Receipt{Provider: "sim", Ref: "their-1", State: notify.Confirmed, At: w.clock.Now()})
		if w.states(id) != "queued sending sent confirmed" || len(w.tries) != 1 {
			t.Errorf("%s after %d tries", w.states(id), len(w.tries))
		}
	})
}

func TestARetryAfterACrashKeepsItsReference(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{Channel: notify.Email, To: "ani@example.com"})
		// The process ends between the provider's acceptance and our writing it down.
		stopped, stop := context.WithCancel(t.Context())
		crash := make(chan struct{})
		w.answer = func(ctx context.Context, _ notify.Outgoing) (notify.Sent, error) {
			stop()
			<-crash
			return notify.Sent{}, ctx.Err()
		}
		ended := make(chan struct{})
		go func() { w.worker.Run(stopped); close(ended) }()
		<-stopped.Done()
		if st := w.status(id); st.State != notify.Sending {
			t.Errorf("while it is being sent: %s", st.State)
		}
		w.clock.Add(2 * jobs.LeaseFor) // the lease runs out; another process takes over
		w.answer = func(context.Context, notify.Outgoing) (notify.Sent, error) { return notify.Sent{Provider: "sim"}, nil }
		if _, err := w.newWorker().RunDue(t.Context(), runMost); err != nil {
			t.Fatal(err)
		}
		close(crash)
		<-ended
		if len(w.tries) != 2 || w.tries[0].Ref != w.tries[1].Ref || w.tries[0].Ref != fmt.Sprintf("%d.gelombang@gelombang.example", id) {
			t.Errorf("tries %+v", w.tries)
		}
		if st := w.status(id); st.State != notify.Accepted {
			t.Errorf("in the end: %s", st.State)
		}
	})
}

func TestACancelledTryIsMadeAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{})
		ctx, cancel := context.WithCancel(t.Context())
		accept := w.answer
		w.answer = func(ctx context.Context, _ notify.Outgoing) (notify.Sent, error) {
			cancel()
			<-ctx.Done()
			return notify.Sent{}, ctx.Err()
		}
		w.worker.Run(ctx)
		if st := w.status(id); st.State != notify.Queued {
			t.Fatalf("after the stop: %s", st.State)
		}
		w.answer = accept
		w.clock.Add(time.Minute)
		w.run()
		if st := w.status(id); st.State != notify.Accepted || st.Attempts != 2 {
			t.Errorf("%+v", st)
		}
	})
}

func TestTroubleIsTriedAgainAndARefusalIsFinal(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{Channel: notify.Email, To: "ani@example.com", Fill: 77})
		w.refuse(&notify.SendError{})
		w.run()
		if st := w.status(id); st.State != notify.Queued || st.Events[len(st.Events)-1].Detail != notify.TryAgain {
			t.Fatalf("after trouble: %+v", st)
		}
		w.refuse(&notify.SendError{Permanent: true, Reason: notify.MailboxFull})
		w.clock.Add(time.Minute)
		w.run()
		if st := w.status(id); st.State != notify.Failed || st.Reason != notify.MailboxFull {
			t.Fatalf("after the refusal: %+v", st)
		}
		if len(w.failed) != 1 || w.failed[0] != 77 {
			t.Errorf("told of %v", w.failed)
		}
		w.receipt(notify.Receipt{MessageID: id, State: notify.Failed, Reason: notify.OperatorFailed})
		w.clock.Add(24 * time.Hour)
		if n := w.run(); n != 0 || len(w.failed) != 1 || w.status(id).Reason != notify.MailboxFull {
			t.Errorf("%d jobs later, told of %v, reason %s", n, w.failed, w.status(id).Reason)
		}
	})
}

func TestAProvidersOwnPaceCostsNoTry(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{})
		accept := w.answer
		w.refuse(&notify.SendError{Unsent: true, After: 10 * time.Second})
		for range 3 * jobs.MaxAttempts {
			w.run()
			w.clock.Add(10 * time.Second)
		}
		w.answer = accept
		w.run()
		if st := w.status(id); st.State != notify.Accepted {
			t.Errorf("%+v", st)
		}
	})
}

func TestWhatIsNoLongerGoodIsNotSent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.fill = fault.New(fault.Internal, "", nil)
		id := w.queued(notify.Message{Fill: 9})
		w.run()
		if st := w.status(id); st.State != notify.Queued {
			t.Fatalf("our own fault made it %s", st.State)
		}
		w.fill = fault.New(fault.NotFound, "", nil)
		w.clock.Add(time.Minute)
		w.run()
		st := w.status(id)
		if st.State != notify.Failed || st.Reason != notify.Expired || len(w.tries) != 0 || len(w.failed) != 1 {
			t.Errorf("%+v, %d tries, told of %v", st, len(w.tries), w.failed)
		}
	})
}

func TestSilenceOfAnOperatorIsSaidAndMendedByALateReceipt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{})
		mail := w.queued(notify.Message{Channel: notify.Email, To: "ani@example.com"})
		w.run()
		w.clock.Add(notify.ReceiptWait - time.Millisecond)
		if n := w.run(); n != 0 {
			t.Fatalf("%d jobs ran early", n)
		}
		w.clock.Add(time.Millisecond)
		w.run()
		if a, b := w.status(id).State, w.status(mail).State; a != notify.Unconfirmed || b != notify.Accepted {
			t.Fatalf("sms %s, mail %s", a, b)
		}
		w.receipt(notify.Receipt{MessageID: id, State: notify.Confirmed})
		if st := w.status(id); st.State != notify.Confirmed {
			t.Errorf("after the receipt: %s", st.State)
		}
	})
}

func TestAReceiptMayComeBeforeTheAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{})
		w.answer = func(context.Context, notify.Outgoing) (notify.Sent, error) {
			w.receipt(notify.Receipt{Provider: "sim", Ref: "their-9", MessageID: id, State: notify.Confirmed})
			return notify.Sent{Provider: "sim", Ref: "their-9"}, nil
		}
		w.run()
		w.clock.Add(notify.ReceiptWait)
		if n := w.run(); n != 0 || w.states(id) != "queued sending confirmed" {
			t.Errorf("%d jobs later: %s", n, w.states(id))
		}
	})
}

func TestAReceiptThatOutranAResetEndsTheTrying(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{})
		w.answer = func(context.Context, notify.Outgoing) (notify.Sent, error) {
			w.receipt(notify.Receipt{Provider: "sim", MessageID: id, State: notify.Confirmed})
			return notify.Sent{}, errors.New("connection reset")
		}
		w.run()
		w.clock.Add(time.Hour)
		w.run()
		if st := w.status(id); st.State != notify.Confirmed || len(w.tries) != 1 {
			t.Errorf("%s after %d tries", st.State, len(w.tries))
		}
	})
}

func TestAReceiptOfNobodysMessageChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{})
		w.receipt(notify.Receipt{Provider: "sim", Ref: "their-1", State: notify.Confirmed})
		w.receipt(notify.Receipt{Provider: "sim", State: notify.Confirmed})
		w.receipt(notify.Receipt{Provider: "sim", MessageID: id + 1, State: notify.Confirmed})
		if st := w.status(id); st.State != notify.Queued {
			t.Errorf("%s", st.State)
		}
		for _, r := range []notify.Receipt{{MessageID: id, State: "read"}, {MessageID: id, State: notify.Failed}, {MessageID: id, State: notify.Sending}} {
			if err := w.service.Receipt(t.Context(), r); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", r, err)
			}
		}
	})
}

func TestAProvidersImpossibleTimeIsNotShown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, at := range []time.Time{{}, w.clock.Now().Add(-24 * time.Hour), w.clock.Now().Add(24 * time.Hour)} {
			id := w.queued(notify.Message{})
			w.receipt(notify.Receipt{MessageID: id, State: notify.Confirmed, At: at})
			events := w.status(id).Events
			if got := events[len(events)-1].At; !got.Equal(w.clock.Now()) {
				t.Errorf("said %v, shown %v", at, got)
			}
		}
	})
}

func TestListsAreNewestFirstAndPicked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.queued(notify.Message{Owner: 5})
		second := w.queued(notify.Message{Owner: 6, Channel: notify.Email, To: "ani@example.com"})
		third := w.queued(notify.Message{Owner: 5})
		w.receipt(notify.Receipt{MessageID: third, State: notify.Confirmed})
		list := func(f notify.Filter) (ids []int64) {
			err := w.db.Read(t.Context(), func(rx *sqldb.Rx) error {
				found, err := w.service.Newest(rx, f)
				for _, st := range found {
					ids = append(ids, st.ID)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return ids
		}
		for _, c := range []struct {
			filter notify.Filter
			want   []int64
		}{
			{notify.Filter{}, []int64{third, second, first}},
			{notify.Filter{Most: 2}, []int64{third, second}},
			{notify.Filter{Before: second}, []int64{first}},
			{notify.Filter{Channel: notify.Email}, []int64{second}},
			{notify.Filter{State: notify.Queued, Channel: notify.SMS}, []int64{first}},
			{notify.Filter{State: notify.Failed}, nil},
		} {
			if got := list(c.filter); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%+v: %v, want %v", c.filter, got, c.want)
			}
		}
		var mine []notify.Status
		err := w.db.Read(t.Context(), func(rx *sqldb.Rx) (err error) {
			mine, err = w.service.OfOwner(rx, 5, 10)
			return err
		})
		if err != nil || len(mine) != 2 || mine[0].ID != third || len(mine[0].Events) != 2 || len(mine[1].Events) != 1 {
			t.Errorf("%+v %v", mine, err)
		}
	})
}

func TestWhatCannotBeSentIsNotQueued(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, m := range []notify.Message{{Channel: "fax", To: "1", Key: "k"}, {Channel: notify.SMS, Key: "k"}, {Channel: notify.SMS, To: "+62"}} {
			err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error { _, err := w.service.Queue(tx, m); return err })
			if err == nil {
				t.Errorf("%+v was queued", m)
			}
		}
		if n := w.run(); n != 0 {
			t.Errorf("%d jobs", n)
		}
	})
}

func TestNothingPersonalIsReadableAtRest(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{Channel: notify.Email, To: "ani@example.com", Args: map[string]string{"name": "Ani Lestari"}})
		var to, args []byte
		err := w.db.Read(t.Context(), func(rx *sqldb.Rx) error {
			return rx.QueryRow(`SELECT to_sealed, args_sealed FROM message WHERE id = $1`, id).Scan(&to, &args)
		})
		if err != nil || strings.Contains(string(to), "ani") || strings.Contains(string(args), "Lestari") {
			t.Errorf("%q %q %v", to, args, err)
		}
		if got := w.status(id).To; got != "a•••@example.com" {
			t.Errorf("shown as %s", got)
		}
	})
}

func TestAnErasedOwnersMessagesAreGoneAndUnsent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		theirs, others := w.queued(notify.Message{Owner: 5}), w.queued(notify.Message{Owner: 6})
		if err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return w.service.Erase(tx, 5) }); err != nil {
			t.Fatal(err)
		}
		w.run()
		if len(w.tries) != 1 || w.status(others).State != notify.Accepted {
			t.Errorf("%d tries", len(w.tries))
		}
		err := w.db.Read(t.Context(), func(rx *sqldb.Rx) error { _, err := w.service.Status(rx, theirs); return err })
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestOnlyOldMessagesArePruned(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		old := w.queued(notify.Message{})
		w.run()
		w.clock.Add(notify.KeepFor)
		fresh := w.queued(notify.Message{})
		prune := func() (gone int64) {
			err := w.db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
				gone, err = w.service.Prune(tx, 10)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return gone
		}
		if n := prune(); n != 0 {
			t.Errorf("%d gone at the last moment", n)
		}
		w.clock.Add(time.Millisecond)
		if n := prune(); n != 1 || w.status(fresh).State != notify.Queued {
			t.Errorf("%d gone", n)
		}
		err := w.db.Read(t.Context(), func(rx *sqldb.Rx) error { _, err := w.service.Status(rx, old); return err })
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestEveryWordOfOursIsInTheCatalog(t *testing.T) {
	t.Parallel()
	catalog, err := locale.Load(nil, notify.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{notify.Event{State: notify.Queued, Detail: notify.TryAgain}.Key()}
	for _, s := range notify.States {
		keys = append(keys, s.Key(), notify.Event{State: s}.Key())
	}
	for _, r := range notify.Reasons {
		keys = append(keys, r.Key())
	}
	for _, c := range notify.Channels {
		keys = append(keys, c.Key())
	}
	for _, kind := range notify.Kinds {
		keys = append(keys, notify.Event{Route: kind}.RouteKey())
	}
	for _, r := range notify.ChangeReasons {
		keys = append(keys, r.Key())
	}
	for _, key := range keys {
		if !catalog.Has(key) {
			t.Errorf("%s is missing", key)
		}
	}
	if notify.NoReason.Key() != "" {
		t.Error("no reason has a text")
	}
}
