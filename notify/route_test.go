package notify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/notify"
)

// gateway is one provider in the test's hands. Which of several is asked first is a
// matter of chance, so tests speak of the first and the other one.
type gateway struct {
	w    *world
	name string
}

func (g gateway) Send(ctx context.Context, o notify.Outgoing) (notify.Sent, error) {
	g.w.mu.Lock()
	g.w.tries = append(g.w.tries, o)
	g.w.asked = append(g.w.asked, g.name)
	g.w.mu.Unlock()
	return g.w.by(ctx, g.name, o)
}

// two opens a process with two gateways of SMS, a and b, that take everything.
func (w *world) two() {
	w.by = func(_ context.Context, name string, o notify.Outgoing) (notify.Sent, error) {
		return notify.Sent{Provider: name, Ref: name + o.Ref, Detail: name}, nil
	}
	w.open([]notify.Provider{
		{Name: "a", Sender: gateway{w, "a"}, Price: 300},
		{Name: "b", Sender: gateway{w, "b"}, Price: 300, Kind: "whatsapp"},
	})
}

// firstFails lets the gateway that is asked first fail so, as often as it is asked.
func (w *world) firstFails(err error) {
	accept := w.by
	var once sync.Once
	first := ""
	w.by = func(ctx context.Context, name string, o notify.Outgoing) (notify.Sent, error) {
		once.Do(func() { first = name })
		if name == first {
			return notify.Sent{}, err
		}
		return accept(ctx, name, o)
	}
}

func (w *world) routes() []notify.Route {
	w.t.Helper()
	var out []notify.Route
	err := w.db.Read(w.t.Context(), func(rx *sqldb.Rx) (err error) {
		out, err = w.service.Routes(rx)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// route is a gateway's way to Telkomsel.
func (w *world) route(name string) notify.Route {
	w.t.Helper()
	for _, r := range w.routes() {
		if r.Channel == notify.SMS && r.Operator == notify.Telkomsel && r.Provider == name {
			return r
		}
	}
	w.t.Fatalf("no route by %s", name)
	return notify.Route{}
}

func (w *world) flush() {
	w.t.Helper()
	if err := w.service.Flush(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) typed(id int64) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), func(tx *sqldb.Tx) error { return w.service.Typed(tx, id) }); err != nil {
		w.t.Fatal(err)
	}
}

// sameReference says that every try so far went under one reference.
func (w *world) sameReference() {
	w.t.Helper()
	for _, o := range w.tries {
		if o.Ref != w.tries[0].Ref {
			w.t.Errorf("references %s and %s", w.tries[0].Ref, o.Ref)
		}
	}
}

func TestWhatAProviderDidNotTakeGoesToTheNextAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		w.firstFails(&notify.SendError{Unsent: true, Err: errors.New("refused")})
		id := w.queued(notify.Message{Fill: 1})
		w.run()
		st := w.status(id)
		if len(w.asked) != 2 || w.asked[0] == w.asked[1] || st.State != notify.Accepted || st.Provider != w.asked[1] || st.Attempts != 1 {
			t.Fatalf("asked %v, %+v", w.asked, st)
		}
		w.sameReference()
		if w.states(id) != "queued sending queued sending sent" || st.Events[2].Detail != notify.TryAgain {
			t.Errorf("%+v", st.Events)
		}
		w.flush()
		if first, other := w.route(w.asked[0]).Hour, w.route(w.asked[1]).Hour; first != (notify.Counts{Failed: 1}) || other != (notify.Counts{Sent: 1, Cost: 300}) {
			t.Errorf("counted %+v and %+v", first, other)
		}
	})
}

func TestAMessageThatOneProviderCannotHaveGoesToAnotherAndFailsWhenNoneCan(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		cannot := &notify.SendError{Unsent: true, Reason: notify.NoSuchNumber, Err: errors.New("not known here")}
		w.firstFails(cannot)
		id := w.queued(notify.Message{Fill: 1})
		w.run()
		if st := w.status(id); st.State != notify.Accepted || len(w.asked) != 2 {
			t.Fatalf("asked %v, %+v", w.asked, st)
		}
		w.flush()
		if got := w.route(w.asked[0]).Hour; got != (notify.Counts{}) {
			t.Errorf("held against it: %+v", got)
		}
		w.by = func(context.Context, string, notify.Outgoing) (notify.Sent, error) { return notify.Sent{}, cannot }
		id = w.queued(notify.Message{Fill: 2})
		w.run()
		if st := w.status(id); st.State != notify.Failed || st.Reason != notify.NoSuchNumber || len(w.failed) != 1 {
			t.Errorf("%+v, told of %v", st, w.failed)
		}
	})
}

func TestNobodyIsAskedTwiceInOneTry(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		accept := w.by
		w.by = func(context.Context, string, notify.Outgoing) (notify.Sent, error) {
			return notify.Sent{}, &notify.SendError{Unsent: true, Err: errors.New("refused")}
		}
		id := w.queued(notify.Message{})
		w.run()
		if st := w.status(id); len(w.asked) != 2 || st.State != notify.Queued || st.Provider != "" {
			t.Fatalf("asked %v, %+v", w.asked, st)
		}
		w.by = accept
		w.clock.Add(time.Minute)
		w.run()
		if st := w.status(id); st.State != notify.Accepted || len(w.asked) != 3 {
			t.Errorf("asked %v, %+v", w.asked, st)
		}
	})
}

func TestAnUnknownOutcomeStaysWithItsProviderForAWhile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		w.firstFails(errors.New("reset before the answer"))
		id := w.queued(notify.Message{})
		start := w.clock.Now()
		for w.status(id).State != notify.Accepted {
			if w.clock.Now().Sub(start) > time.Minute {
				t.Fatalf("not sent within a minute: asked %v", w.asked)
			}
			w.run()
			w.clock.Add(time.Second)
		}
		last := len(w.asked) - 1
		if last < 2 || slices.Contains(w.asked[:last], w.asked[last]) {
			t.Errorf("asked %v", w.asked)
		}
		if took := w.clock.Now().Sub(start); took <= notify.StickFor {
			t.Errorf("moved on after %s", took)
		}
		w.sameReference()
	})
}

func TestARefusalAfterAnUnknownOutcomeFreesNothingAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		accept := w.by
		w.firstFails(errors.New("timeout"))
		id := w.queued(notify.Message{})
		start := w.clock.Now()
		w.run()
		first := w.asked[0]
		w.by = func(ctx context.Context, name string, o notify.Outgoing) (notify.Sent, error) {
			if name == first {
				return notify.Sent{}, &notify.SendError{Unsent: true, Err: errors.New("connection refused")}
			}
			return accept(ctx, name, o)
		}
		for w.status(id).State != notify.Accepted && w.clock.Now().Sub(start) < time.Minute {
			if w.clock.Now().Sub(start) < notify.StickFor && slices.ContainsFunc(w.asked, func(name string) bool { return name != first }) {
				t.Fatalf("asked %v after %s", w.asked, w.clock.Now().Sub(start))
			}
			w.clock.Add(time.Second)
			w.run()
		}
		if st := w.status(id); st.State != notify.Accepted || st.Provider == first || w.clock.Now().Sub(start) < notify.StickFor {
			t.Errorf("%+v, asked %v", st, w.asked)
		}
	})
}

func TestTheChoiceIsWrittenBeforeAnythingIsSentAndOutlivesACrash(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		id := w.queued(notify.Message{})
		stopped, stop := context.WithCancel(t.Context())
		crash := make(chan struct{})
		w.by = func(ctx context.Context, name string, _ notify.Outgoing) (notify.Sent, error) {
			if st := w.status(id); st.State != notify.Sending || st.Provider != name {
				t.Errorf("while %s is asked: %+v", name, st)
			}
			stop()
			<-crash
			return notify.Sent{}, ctx.Err()
		}
		ended := make(chan struct{})
		go func() { w.worker.Run(stopped); close(ended) }()
		<-stopped.Done()
		w.clock.Add(2 * jobs.LeaseFor)
		w.two() // another process, which has drawn nothing yet
		if _, err := w.worker.RunDue(t.Context(), runMost); err != nil {
			t.Fatal(err)
		}
		close(crash)
		<-ended
		if len(w.asked) != 2 || w.asked[0] != w.asked[1] || w.status(id).State != notify.Accepted {
			t.Errorf("asked %v, %s", w.asked, w.status(id).State)
		}
		w.sameReference()
	})
}

func TestAProviderThatAsksForAPauseIsLeftAloneByAll(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		w.firstFails(&notify.SendError{Unsent: true, After: 30 * time.Second, Err: errors.New("429")})
		for range 10 {
			w.queued(notify.Message{})
		}
		w.run()
		first := w.asked[0]
		if slices.Contains(w.asked[1:], first) || len(w.asked) != 11 {
			t.Errorf("asked %v", w.asked)
		}
		if at := w.route(first).Paused; !at.Equal(w.clock.Now().Add(30 * time.Second)) {
			t.Errorf("paused until %v", at)
		}
		w.clock.Add(30 * time.Second)
		if at := w.route(first).Paused; !at.IsZero() {
			t.Errorf("still paused until %v", at)
		}
	})
}

func TestWhenAllArePausedAMessageWaitsForTheFirstToOpen(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		accept := w.by
		w.by = func(_ context.Context, name string, _ notify.Outgoing) (notify.Sent, error) {
			after := 10 * time.Second
			if name == "b" {
				after = 40 * time.Second
			}
			return notify.Sent{}, &notify.SendError{Unsent: true, After: after, Err: errors.New("429")}
		}
		id := w.queued(notify.Message{})
		late := w.queued(notify.Message{})
		w.run()
		w.by = accept
		w.clock.Add(10*time.Second - time.Millisecond)
		if n := w.run(); n != 0 || len(w.asked) != 2 {
			t.Fatalf("%d jobs early, asked %v", n, w.asked)
		}
		if w.states(late) != "queued" {
			t.Errorf("what only waits was touched: %s", w.states(late))
		}
		w.clock.Add(time.Millisecond)
		w.run()
		for _, id := range []int64{id, late} {
			if st := w.status(id); st.State != notify.Accepted || st.Provider != "a" {
				t.Errorf("%+v", st)
			}
		}
	})
}

func TestADeadProviderIsAskedNoMoreAndNothingIsLost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		w.firstFails(&notify.SendError{Unsent: true, Err: errors.New("connection refused")})
		const messages = 100
		ids := make([]int64, messages)
		for i := range ids {
			ids[i] = w.queued(notify.Message{})
		}
		for w.run() > 0 {
		}
		for _, id := range ids {
			if st := w.status(id); st.State != notify.Accepted {
				t.Fatalf("%+v", st)
			}
		}
		dead := 0
		for _, name := range w.asked {
			if name == w.asked[0] {
				dead++
			}
		}
		if dead > messages/3 {
			t.Errorf("the dead provider was asked %d times", dead)
		}
		if w.route(w.asked[0]).Paused.IsZero() {
			t.Error("its breaker is closed")
		}
	})
}

func TestAnEventTellsTheKindOfRouteThatWasTaken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		for range 20 {
			id := w.queued(notify.Message{})
			w.run()
			w.receipt(notify.Receipt{MessageID: id, State: notify.Confirmed})
			st := w.status(id)
			want := map[string]string{"a": "sms", "b": "whatsapp"}[st.Provider]
			for _, e := range st.Events[1:] {
				if e.Route != want {
					t.Errorf("by %s: %+v", st.Provider, e)
				}
			}
		}
	})
}

func TestAFailureOfTheProviderBeforeIsNotTheMessages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		w.firstFails(&notify.SendError{Unsent: true, Err: errors.New("refused")})
		id := w.queued(notify.Message{Fill: 4})
		w.run()
		before, now := w.asked[0], w.asked[1]
		w.receipt(notify.Receipt{Provider: before, MessageID: id, State: notify.Failed, Reason: notify.OperatorFailed})
		if st := w.status(id); st.State != notify.Accepted || len(w.failed) != 0 {
			t.Fatalf("%+v", st)
		}
		w.receipt(notify.Receipt{Provider: now, MessageID: id, State: notify.Failed, Reason: notify.OperatorFailed})
		if st := w.status(id); st.State != notify.Failed || len(w.failed) != 1 {
			t.Fatalf("%+v", st)
		}
		w.receipt(notify.Receipt{Provider: before, MessageID: id, State: notify.Confirmed})
		if st := w.status(id); st.State != notify.Confirmed {
			t.Errorf("%+v", st)
		}
	})
}

func TestAJobOfTheReleaseBeforeIsDone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		id := w.queued(notify.Message{})
		err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return w.queue.Enqueue(tx, jobs.New{Kind: notify.KindSend, Queue: notify.QueueName, Priority: jobs.Urgent, Args: map[string]int64{"message": id}})
		})
		if err != nil {
			t.Fatal(err)
		}
		w.run()
		if st := w.status(id); st.State != notify.Accepted || len(w.asked) != 1 || st.Provider != w.asked[0] {
			t.Errorf("%+v, asked %v", st, w.asked)
		}
	})
}

func TestACodeIsCountedOnceHoweverItsArrivalIsKnown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.open([]notify.Provider{{Name: "sim", Sender: w, Price: 350}})
		confirmed := func(id int64) { w.receipt(notify.Receipt{MessageID: id, State: notify.Confirmed}) }
		for _, c := range []struct {
			name string
			do   func(id int64)
			want notify.Counts
		}{
			{"confirmed, then typed", func(id int64) { confirmed(id); w.typed(id) }, notify.Counts{Confirmed: 1, ConfirmedSoon: 1, Typed: 1, TypedSoon: 1, ArrivedSoon: 1}},
			{"typed, then confirmed, both twice", func(id int64) { w.typed(id); confirmed(id); w.typed(id); confirmed(id) },
				notify.Counts{Confirmed: 1, ConfirmedSoon: 1, Typed: 1, TypedSoon: 1, ArrivedSoon: 1}},
			{"typed at the last moment", func(id int64) { w.clock.Add(notify.Soon); w.typed(id) }, notify.Counts{Typed: 1, TypedSoon: 1, ArrivedSoon: 1}},
			{"typed too late", func(id int64) { w.clock.Add(notify.Soon + time.Millisecond); w.typed(id) }, notify.Counts{Typed: 1}},
			{"typed soon, confirmed late", func(id int64) { w.typed(id); w.clock.Add(30 * time.Minute); confirmed(id) },
				notify.Counts{Confirmed: 1, Typed: 1, TypedSoon: 1, ArrivedSoon: 1}},
			{"confirmed late, typed later", func(id int64) { w.clock.Add(2 * time.Minute); confirmed(id); w.typed(id) }, notify.Counts{Confirmed: 1, Typed: 1}},
			{"silent", func(int64) { w.clock.Add(notify.ReceiptWait); w.run() }, notify.Counts{Silent: 1}},
			{"failed at the operator", func(id int64) {
				w.receipt(notify.Receipt{MessageID: id, State: notify.Failed, Reason: notify.OperatorFailed})
			}, notify.Counts{Failed: 1}},
			{"no such number", func(id int64) {
				w.receipt(notify.Receipt{MessageID: id, State: notify.Failed, Reason: notify.NoSuchNumber})
			}, notify.Counts{}},
		} {
			w.clock.Add(2 * time.Hour) // the hour before is forgotten
			id, other := w.queued(notify.Message{Fill: 1}), w.queued(notify.Message{})
			w.run()
			c.do(id)
			confirmed(other)
			w.flush()
			w.flush()
			c.want.Sent, c.want.Cost = 1, 350
			if got := w.hour(); got != c.want {
				t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
			}
		}
	})
}

// hour adds up what is kept of the last two hours, which Routes shows one of.
func (w *world) hour() (sum notify.Counts) {
	for _, r := range w.routes() {
		if r.Provider == "sim" && r.Channel == notify.SMS && r.Hour != (notify.Counts{}) {
			sum = r.Hour
		}
	}
	return sum
}

func TestWhatIsUndoneIsNotCountedAndWhatCouldNotBeWrittenIsKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.queued(notify.Message{Fill: 1})
		w.run()
		undo := errors.New("undo")
		err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			if err := w.service.Typed(tx, id); err != nil {
				return err
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.service.Flush(gone); err == nil {
			t.Fatal("written in no time")
		}
		w.flush()
		if got := w.route("sim").Hour; got != (notify.Counts{Sent: 1}) {
			t.Errorf("%+v", got)
		}
	})
}

func TestWeightsTurnToWhatArrivesAndSayWhy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		w.send(120, "b")
		other := &world{t: t, db: w.db, clock: w.clock, queue: w.queue, keys: w.keys} // a second node
		other.two()
		w.clock.Add(4 * time.Minute)
		var turns sync.WaitGroup
		for _, s := range []*notify.Service{w.service, other.service} {
			turns.Go(func() {
				if err := s.Weigh(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		turns.Wait()
		if got := fmt.Sprint(w.changes()); got != "[a telkomsel 100 5 slow]" {
			t.Errorf("changes %s", got)
		}
		if a, b := w.route("a").Weight, w.route("b").Weight; a != 5 || b != 100 {
			t.Errorf("weights %d and %d", a, b)
		}
		// The same evidence is not held against it a second time.
		w.clock.Add(time.Minute)
		if err := w.service.Weigh(t.Context()); err != nil || len(w.changes()) != 1 {
			t.Errorf("%v %v", w.changes(), err)
		}
		w.asked = nil
		w.send(100, "b")
		byA := 0
		for _, name := range w.asked {
			if name == "a" {
				byA++
			}
		}
		if byA > 25 {
			t.Errorf("%d of 100 went by a", byA)
		}
	})
}

func TestWhenNobodyBringsAnythingNothingIsChanged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.two()
		w.send(120, "nobody")
		w.clock.Add(4 * time.Minute)
		if err := w.service.Weigh(t.Context()); err != nil || len(w.changes()) != 0 {
			t.Errorf("%v %v", w.changes(), err)
		}
	})
}

// send sends codes and lets those arrive that a gateway brings.
func (w *world) send(n int, brings string) {
	w.t.Helper()
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = w.queued(notify.Message{Fill: 1})
	}
	for w.run() > 0 {
	}
	for _, id := range ids {
		if w.status(id).Provider == brings {
			w.receipt(notify.Receipt{MessageID: id, Provider: brings, State: notify.Confirmed})
		}
	}
	w.flush()
}

func (w *world) changes() (out []string) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), func(rx *sqldb.Rx) error {
		list, err := w.service.Changes(rx, 10)
		for _, c := range list {
			out = append(out, fmt.Sprintf("%s %s %d %d %s", c.Provider, c.Operator, c.Was, c.Becomes, c.Reason))
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestOldCountsArePruned(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.queued(notify.Message{Channel: notify.Email, To: "ani@example.com", Fill: 1})
		w.run()
		w.flush()
		w.clock.Add(notify.KeepCounts)
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
		w.clock.Add(time.Minute)
		if n := prune(); n != 1 {
			t.Errorf("%d gone", n)
		}
	})
}
