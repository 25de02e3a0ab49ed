package sqldb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Ids are 63 bits: 41 of milliseconds since idEpoch (69 years), 10 of a node
// number leased at start, 12 of a counter. They are made in Go so that no engine's
// sequence is needed, and they never go backwards although the clock may.
const (
	nodeBits    = 10
	counterBits = 12
	nodes       = 1 << nodeBits
	counterMask = 1<<counterBits - 1

	nodeLease = 2 * time.Minute
	nodeRenew = 30 * time.Second
)

var idEpoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// ids makes ids for one node.
type ids struct {
	mu   sync.Mutex
	node int64
	last int64 // milliseconds and counter of the newest id
}

func newIDs() *ids { return &ids{} }

func (g *ids) next(now time.Time) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	tick := max(now.Sub(idEpoch).Milliseconds(), 0) << counterBits
	if tick <= g.last {
		tick = g.last + 1 // a full counter borrows from the next millisecond
	}
	g.last = tick
	ms, counter := tick>>counterBits, tick&counterMask
	return ms<<(nodeBits+counterBits) | g.node<<counterBits | counter
}

// NewID makes an id outside a transaction.
func (db *DB) NewID() int64 { return db.ids.next(db.now()) }

// IDTime is the time at which an id was made.
func IDTime(id int64) time.Time {
	return idEpoch.Add(time.Duration(id>>(nodeBits+counterBits)) * time.Millisecond)
}

// Node is this process's leased number.
func (db *DB) Node() int64 { return db.ids.node }

// LeaseNode takes a node number that no living process has and keeps it until
// Close. Two processes with one number could make one id twice.
func (db *DB) LeaseNode(ctx context.Context) error {
	owner := fmt.Sprintf("%x", db.now().UnixNano())
	node, err := db.takeNode(ctx, owner)
	if err != nil {
		return err
	}
	db.ids.node = node
	run, stop := context.WithCancel(context.Background())
	db.stop = stop
	db.done.Add(1)
	go func() {
		defer db.done.Done()
		db.keepNode(run, node, owner)
	}()
	return nil
}

func (db *DB) takeNode(ctx context.Context, owner string) (int64, error) {
	for node := int64(0); node < nodes; node++ {
		var got int64
		err := db.Write(ctx, func(tx *Tx) error {
			now := tx.Now()
			return tx.QueryRow(`INSERT INTO node (number, owner, until_ms) VALUES ($1, $2, $3)
				ON CONFLICT (number) DO UPDATE SET owner = excluded.owner, until_ms = excluded.until_ms
				WHERE node.until_ms < $4 RETURNING number`,
				node, owner, Millis(now.Add(nodeLease)), Millis(now)).Scan(&got)
		})
		if err == nil {
			return got, nil
		}
		if !NoRows(err) {
			return 0, fmt.Errorf("lease a node number: %w", err)
		}
	}
	return 0, errors.New("all node numbers are leased")
}

func (db *DB) keepNode(ctx context.Context, node int64, owner string) {
	tick := time.NewTicker(nodeRenew)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = db.setNode(node, owner, db.now().Add(nodeLease)) // the next tick tries again; the lease is four ticks long
		case <-ctx.Done():
			_ = db.setNode(node, owner, db.now()) // given back; if this fails it runs out by itself
			return
		}
	}
}

func (db *DB) setNode(node int64, owner string, until time.Time) error {
	return db.Write(context.Background(), func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE node SET until_ms = $1 WHERE number = $2 AND owner = $3`, Millis(until), node, owner)
		return err
	})
}
