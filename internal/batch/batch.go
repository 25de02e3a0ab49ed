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

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// Most bounds a batch: past it a statement nears the engines' limit of parameters.
const Most = 256

// waiting bounds the calls that wait for a batch; past it a call is told to come back.
const waiting = 16384

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
}

type item[I, O any] struct {
	in   I
	out  Result[O]
	done chan struct{}
}

// New starts a batcher. key is the claim key by which a batch is sorted: batches
// that lock the same rows in different orders deadlock on PostgreSQL.
func New[I any, K cmp.Ordered, O any](db *sqldb.DB, key func(I) K, run Run[I, O]) *Batcher[I, K, O] {
	b := &Batcher[I, K, O]{db: db, key: key, run: run, queue: make(chan *item[I, O], waiting)}
	workers := 1 // SQLite has one writer
	if db.Engine() == sqldb.Postgres {
		workers = 2 // one commits while the other fills
	}
	for range workers {
		b.done.Add(1)
		go b.work()
	}
	return b
}

// Do hands in one item and waits for its answer. A context that ends while the
// item waits gives the context's error; the item is carried through all the same.
func (b *Batcher[I, K, O]) Do(ctx context.Context, in I) (O, error) {
	it := &item[I, O]{in: in, done: make(chan struct{})}
	var none O
	if err := b.send(it); err != nil {
		return none, err
	}
	select {
	case <-it.done:
		return it.out.Out, it.out.Err
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

func (b *Batcher[I, K, O]) work() {
	defer b.done.Done()
	for first := range b.queue {
		items := b.gather(first)
		b.serve(items)
		for _, it := range items {
			close(it.done)
		}
	}
}

func (b *Batcher[I, K, O]) gather(first *item[I, O]) []*item[I, O] {
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

func (b *Batcher[I, K, O]) serve(items []*item[I, O]) {
	slices.SortStableFunc(items, func(x, y *item[I, O]) int { return cmp.Compare(b.key(x.in), b.key(y.in)) })
	err := b.try(items)
	if err == nil {
		return
	}
	if len(items) == 1 || fault.Is(err, fault.Unavailable) {
		for _, it := range items {
			it.out = Result[O]{Err: err}
		}
		return
	}
	for _, it := range items {
		if err := b.try([]*item[I, O]{it}); err != nil {
			it.out = Result[O]{Err: err}
		}
	}
}

func (b *Batcher[I, K, O]) try(items []*item[I, O]) error {
	ins := make([]I, len(items))
	for i, it := range items {
		ins[i] = it.in
	}
	var outs []Result[O]
	err := b.db.Write(context.Background(), func(tx *sqldb.Tx) (err error) {
		outs, err = b.run(tx, ins)
		return err
	})
	if err != nil {
		return err
	}
	for i, it := range items {
		it.out = outs[i]
	}
	return nil
}
