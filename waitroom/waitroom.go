// Package waitroom lets a crowd in at the pace that the house can bear.
//
// A crowd begins before a scheduled hour, or by itself when the house is over its
// targets; it ends when nobody waits and the house is calm. Who comes gets a signed
// ticket and nothing is stored: a ticket says its own place, and the front, moved
// once a second by one of the nodes, says which places are called. A called ticket
// becomes a pass by one row, so a copied ticket opens one place. All of it, with the
// arithmetic, is in docs/algorithms/waiting-room.md.
//
// A place is waiting, then called, then missed when nobody came in time; a ticket of
// another crowd, or of nobody's, is a stranger's.
//
// It knows no person and no HTTP. It never keeps anything per ticket in memory, never
// asks the database on behalf of somebody who waits, and never lets the order of
// arrival decide more than the order of entering.
package waitroom

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gelombang/internal/batch"
	"gelombang/internal/sqldb"
)

// Load is what the house measures of itself.
type Load struct {
	Commit time.Duration // how long a durable write takes now, smoothed
	Queue  time.Duration // how long the oldest waiting registration has waited
}

// Config makes a Room. MAC is keyed and the same on all nodes.
type Config struct {
	DB       *sqldb.DB
	MAC      func([]byte) []byte
	Now      func() time.Time
	Load     func() Load
	Openings []time.Time // scheduled hours, in any order
	Policy   Policy      // the zero value takes DefaultPolicy
}

// Why a crowd waits.
type Why string

// The reasons; None is a room that isn't engaged.
const (
	None      Why = ""
	AnOpening Why = "opening"
	TooMuch   Why = "load"
)

// State is the room as this node knows it.
type State struct {
	Engaged   bool
	Why       Why
	Began     time.Time // when this crowd began, or the last one when none is there
	Opens     time.Time // the hour of an opening's crowd
	Drawn     bool      // places are known; false while a crowd waits for its hour
	Front     int64     // places called so far
	Early     int64     // places drawn by lot
	Issued    int64     // tickets of this crowd
	PerMinute int64     // places called per minute now, of people who left too
	At        time.Time // when this was so
}

// Standing says what a ticket is worth now.
type Standing string

// The standings.
const (
	Waiting  Standing = "waiting"
	Called   Standing = "called"   // may enter now
	Missed   Standing = "missed"   // was called, and the place was kept in vain
	Stranger Standing = "stranger" // not a ticket of ours, or of another crowd
)

// Place is where a ticket stands.
type Place struct {
	Standing Standing
	Number   int64         // counted from 1; 0 while the early lot is not drawn
	Lot      float64       // below 1: the part of the early places at which this one lies; 0 for who came late
	Ahead    int64         // places to be called before this one
	Wait     time.Duration // an estimate; until the draw while Number is 0
	Keeps    time.Time     // called: until when the place is kept
	Since    time.Time     // when the ticket was made
}

// Room is one node's part of the waiting room. Make it with New, end it with Close.
type Room struct {
	c      Config
	p      Policy
	node   int64
	view   atomic.Pointer[view]
	enters *batch.Batcher[entry, int64, admission]
	uses   *batch.Batcher[int64, int64, bool]
	unuses *batch.Batcher[int64, int64, bool]

	mu   sync.Mutex // one beat at a time; guards what follows
	self self
}

// New refuses a policy that makes no sense. A room knows nothing before its first beat.
func New(c Config) (*Room, error) {
	if c.DB == nil || c.MAC == nil || c.Now == nil || c.Load == nil {
		return nil, errors.New("waitroom: DB, MAC, Now and Load are required")
	}
	if len(c.MAC(nil)) < macBytes {
		return nil, fmt.Errorf("waitroom: a MAC of fewer than %d bytes", macBytes)
	}
	c.Openings = slices.SortedFunc(slices.Values(c.Openings), time.Time.Compare)
	if c.Policy == (Policy{}) {
		c.Policy = DefaultPolicy
	}
	if err := c.Policy.Check(); err != nil {
		return nil, fmt.Errorf("waiting room: %w", err)
	}
	r := &Room{c: c, p: c.Policy, node: c.DB.NewID()}
	r.enters = batch.New(c.DB, func(e entry) int64 { return e.ticket }, r.admit)
	r.uses = batch.New(c.DB, func(ticket int64) int64 { return ticket }, r.count(+1))
	r.unuses = batch.New(c.DB, func(ticket int64) int64 { return ticket }, r.count(-1))
	r.publish(pulse{}, c.Now())
	return r, nil
}

// Catalog holds the words of this package.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// Policy is what holds here.
func (r *Room) Policy() Policy { return r.p }

// Shed says whether a request is sent away now, by the load of this node, and for how
// long.
func (r *Room) Shed(c Class) (wait time.Duration, shed bool) { return r.p.Shed(c, r.c.Load()) }

// Run beats until ctx ends. A beat that fails is logged; the last state keeps serving.
func (r *Room) Run(ctx context.Context) { r.run(ctx) }

// Close ends the batches of Enter, Use and Unuse; calls after it answer Unavailable.
func (r *Room) Close() {
	r.enters.Close()
	r.uses.Close()
	r.unuses.Close()
}
