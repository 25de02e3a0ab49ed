// Package batch turns concurrent calls into one multi-row statement. While one
// batch is being committed the next gathers, so a lone call waits for nobody and a
// crowd shares round trips (PostgreSQL) and fsyncs (SQLite).
//
// It answers per item: when a batch fails as a whole, each item is run again alone,
// so one bad item never takes others with it.
package batch

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// Most bounds a batch: past it a statement nears the engines' limit of parameters.
const Most = 256

// workers is how many batches are under way: one is being written while the next one
// waits for the database, be that SQLite's one writer.
const workers = 2

// waiting bounds the calls that wait for a batch; past it a call is told to come back.
const waiting = 16384

// Patience is how long a caller waits for an answer, and a batch for the database.
// Past it people are better told to come back than left before a blank page.
const Patience = 5 * time.Second

// ClosedKey and FullKey are catalog keys of a batcher that takes nothing more.
const (
	ClosedKey = "page.unavailable.stopping"
	FullKey   = "page.unavailable.busy"
)

// Result is one item's answer.
type Result[O any] struct {
	Out O
	Err error
}

// Run does the work of a batch in one transaction and answers per item, in the
// order of items. A returned error fails the whole batch. It may run twice.
type Run[I, O any] func(tx *sqldb.Tx, items []I) ([]Result[O], error)

// Batcher gathers calls of one kind. Make it with New, end it with Close.
type Batcher[I any, K cmp.Ordered, O any] struct {
	db    *sqldb.DB
	key   func(I) K
	run   Run[I, O]
	queue chan *item[I, O]
	mu    sync.RWMutex // guards closing queue against sends
	shut  bool
	done  sync.WaitGroup
	pace  []pace // one per worker
}

// pace is what one worker measures of itself, for whoever decides how many to let in.
type pace struct {
	oldest atomic.Int64 // when the first call of the batch under way was handed in (UnixNano); 0: idle
	batch  atomic.Int64 // how long a batch takes, smoothed (nanoseconds)
	ended  atomic.Int64 // when the last batch ended (UnixNano)
}

// smooth is the weight of the newest batch: a dozen batches tell, a single slow one does not.
const smooth = 0.15

func (p *pace) took(d time.Duration, now time.Time) {
	was := p.at(now)
	p.batch.Store(int64(was) + int64(smooth*float64(d-was)))
	p.ended.Store(now.UnixNano())
}

// forgetBy is in what time half of a measure is forgotten. Whoever lets nobody in because
// batches were slow would otherwise never hear that they are quick again.
const forgetBy = time.Second

// at is how long a batch takes as far as that is still known.
func (p *pace) at(now time.Time) time.Duration {
	idle := now.Sub(time.Unix(0, p.ended.Load()))
	return time.Duration(p.batch.Load()) >> min(62, max(0, idle/forgetBy))
}

type item[I, O any] struct {
	in   I
	out  Result[O]
	at   time.Time
	done chan struct{}
}

// New starts a batcher. key is the claim key by which a batch is sorted: batches
// that lock the same rows in different orders deadlock on PostgreSQL.
func New[I any, K cmp.Ordered, O any](db *sqldb.DB, key func(I) K, run Run[I, O]) *Batcher[I, K, O] {
	b := &Batcher[I, K, O]{db: db, key: key, run: run, queue: make(chan *item[I, O], waiting)}
	b.pace = make([]pace, workers)
	for i := range b.pace {
		b.done.Add(1)
		go b.work(&b.pace[i])
	}
	return b
}

// Do hands in one item and waits for its answer, for Patience at most. A caller that
// stops waiting hears Unavailable or its context's error; the item is carried through
// all the same, so whoever may come again hands in what can be recognised.
func (b *Batcher[I, K, O]) Do(ctx context.Context, in I) (O, error) {
	it := &item[I, O]{in: in, at: b.db.Now(), done: make(chan struct{})}
	var none O
	if err := b.send(it); err != nil {
		return none, err
	}
	late := time.NewTimer(Patience)
	defer late.Stop()
	select {
	case <-it.done:
		return it.out.Out, it.out.Err
	case <-late.C:
		return none, fault.New(fault.Unavailable, FullKey, nil)
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

func (b *Batcher[I, K, O]) send(it *item[I, O]) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.shut {
		return fault.New(fault.Unavailable, ClosedKey, nil)
	}
	select {
	case b.queue <- it:
		return nil
	default:
		return fault.New(fault.Unavailable, FullKey, nil)
	}
}

// Close takes nothing more, finishes what waits and returns.
func (b *Batcher[I, K, O]) Close() {
	b.mu.Lock()
	if !b.shut {
		b.shut = true
		close(b.queue)
	}
	b.mu.Unlock()
	b.done.Wait()
}

// Waiting is the number of calls that wait: a measure of overload.
func (b *Batcher[I, K, O]) Waiting() int { return len(b.queue) }

// Load says how long a batch takes now, and for how long the oldest call of those
// under way has been waiting: those that are still queued came after it.
func (b *Batcher[I, K, O]) Load() (batch, oldest time.Duration) {
	now := b.db.Now()
	for i := range b.pace {
		batch = max(batch, b.pace[i].at(now))
		if at := b.pace[i].oldest.Load(); at != 0 {
			oldest = max(oldest, now.Sub(time.Unix(0, at)))
		}
	}
	return batch, oldest
}

func (b *Batcher[I, K, O]) work(p *pace) {
	defer b.done.Done()
	for first := range b.queue {
		p.oldest.Store(first.at.UnixNano())
		began := b.db.Now()
		items := b.serve(first)
		p.took(b.db.Now().Sub(began), b.db.Now())
		p.oldest.Store(0)
		for _, it := range items {
			close(it.done)
		}
	}
}

// serve answers first and all that gather behind it before its transaction begins: the
// longer the database is busy with the batch before, the more share the next one.
func (b *Batcher[I, K, O]) serve(first *item[I, O]) (items []*item[I, O]) {
	err := b.try(func() []*item[I, O] {
		if items == nil {
			items = b.gather(first)
		}
		return items
	})
	if items == nil { // it did not begin; whoever waits behind would hear the same, later
		items = b.gather(first)
	}
	switch {
	case err == nil:
	case len(items) == 1 || fault.Is(err, fault.Unavailable):
		for _, it := range items {
			it.out = Result[O]{Err: err}
		}
	default:
		b.oneByOne(items)
	}
	return items
}

func (b *Batcher[I, K, O]) oneByOne(items []*item[I, O]) {
	for _, it := range items {
		if err := b.try(func() []*item[I, O] { return []*item[I, O]{it} }); err != nil {
			it.out = Result[O]{Err: err}
		}
	}
}

// gather takes what waits behind first, sorted by the claim key.
func (b *Batcher[I, K, O]) gather(first *item[I, O]) []*item[I, O] {
	items := b.take(first)
	slices.SortStableFunc(items, func(x, y *item[I, O]) int { return cmp.Compare(b.key(x.in), b.key(y.in)) })
	return items
}

func (b *Batcher[I, K, O]) take(first *item[I, O]) []*item[I, O] {
	items := []*item[I, O]{first}
	for len(items) < Most {
		select {
		case it, ok := <-b.queue:
			if !ok {
				return items
			}
			items = append(items, it)
		default:
			return items
		}
	}
	return items
}

// try runs a batch in one transaction; which items, it asks when that has begun.
func (b *Batcher[I, K, O]) try(which func() []*item[I, O]) error {
	var outs []Result[O]
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	err := b.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		items := which()
		ins := make([]I, len(items))
		for i, it := range items {
			ins[i] = it.in
		}
		outs, err = b.run(tx, ins)
		return err
	})
	if err != nil {
		return err
	}
	for i, it := range which() {
		it.out = outs[i]
	}
	return nil
}
