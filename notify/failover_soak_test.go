//go:build soak

package notify_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
)

const (
	codes     = 10_000
	perTenth  = 25 // codes asked for in a tenth of a second: 250 a second
	answersIn = 20 * time.Millisecond
	hangsFor  = 15 * time.Second // what a sender waits for an answer
)

// TestNearlyAllCodesArriveWithinAMinuteAlthoughAProviderDies lets the first of two
// providers die in the middle of ten thousand codes, in real time.
func TestNearlyAllCodesArriveWithinAMinuteAlthoughAProviderDies(t *testing.T) {
	for name, die := range map[string]func(ctx context.Context) error{
		"refuses": func(context.Context) error {
			return &notify.SendError{Unsent: true, Err: errors.New("connection refused")}
		},
		"hangs": func(ctx context.Context) error {
			select {
			case <-ctx.Done():
			case <-time.After(hangsFor):
			}
			return errors.New("no answer")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := sqldbtest.NewClock()
			clock.Set(time.Now())
			w := newWorld(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock)
			f := failover{world: w, die: die, took: map[int64]time.Duration{}}
			f.play()
			soon := 0
			var slowest time.Duration
			for _, took := range f.took {
				if took <= notify.Soon {
					soon++
				}
				slowest = max(slowest, took)
			}
			t.Logf("%d of %d codes arrived within %s, the slowest after %s; the dead provider was asked %d times after its death",
				soon, codes, notify.Soon, slowest.Round(time.Millisecond), f.asked.Load())
			if soon < codes*999/1000 {
				t.Error("too few")
			}
		})
	}
}

// failover is one such afternoon.
type failover struct {
	*world
	die   func(ctx context.Context) error
	dead  atomic.Bool
	asked atomic.Int64

	mu     sync.Mutex
	queued map[int64]time.Time
	took   map[int64]time.Duration
}

type dying struct {
	f    *failover
	name string
}

func (d dying) Send(ctx context.Context, o notify.Outgoing) (notify.Sent, error) {
	if d.name == "a" && d.f.dead.Load() {
		d.f.asked.Add(1)
		return notify.Sent{}, d.f.die(ctx)
	}
	<-time.After(answersIn)
	d.f.mu.Lock()
	defer d.f.mu.Unlock()
	d.f.took[o.ID] = time.Since(d.f.queued[o.ID])
	return notify.Sent{Provider: d.name, Ref: d.name + o.Ref}, nil
}

// play queues the codes at an even pace and waits until the last one arrived.
func (f *failover) play() {
	f.open([]notify.Provider{{Name: "a", Sender: dying{f, "a"}}, {Name: "b", Sender: dying{f, "b"}}})
	worker := jobs.NewWorker(f.queue, jobs.Config{Slots: map[string]int{notify.QueueName: 32}})
	for kind, handle := range f.service.Handlers() {
		worker.Handle(kind, handle)
	}
	ctx, stop := context.WithCancel(f.t.Context())
	var running sync.WaitGroup
	running.Go(func() { worker.Run(ctx) })
	running.Go(func() { f.tick(ctx) })
	f.queued = map[int64]time.Time{}
	pace := time.NewTicker(100 * time.Millisecond)
	for asked := 0; asked < codes; asked += perTenth {
		<-pace.C
		f.ask()
		f.dead.Store(asked >= codes/2)
	}
	for deadline := time.Now().Add(2 * time.Minute); f.arrived() < codes && time.Now().Before(deadline); {
		<-pace.C
	}
	stop()
	running.Wait()
}

// tick lets the world's clock go as time does.
func (f *failover) tick(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		f.clock.Set(<-tick.C)
	}
}

func (f *failover) ask() {
	ms := make([]notify.Message, perTenth)
	for i := range ms {
		ms[i] = notify.Message{Channel: notify.SMS, To: "+6281234567890", Key: "test.hello", Lang: "id", Fill: 1, Priority: jobs.Urgent}
	}
	err := f.db.Write(f.t.Context(), func(tx *sqldb.Tx) error {
		ids, err := f.service.Queue(tx, ms...)
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, id := range ids {
			f.queued[id] = time.Now()
		}
		return err
	})
	if err != nil {
		f.t.Error(err)
	}
}

func (f *failover) arrived() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.took)
}
