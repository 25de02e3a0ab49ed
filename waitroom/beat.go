package waitroom

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"gelombang/internal/sqldb"
)

// self is what a node remembers from beat to beat.
type self struct {
	counts   *counts
	hotSince time.Time // since when this node is over its target; zero when it isn't
	seen     int64     // the newest beat of the room, and when this node first saw it:
	seenAt   time.Time // by its own clock, so that differing clocks move the front no faster
	history  history
}

// counts are a node's own, of one crowd.
type counts struct {
	episode              int64
	early, late, entered atomic.Int64
}

func (c *counts) tally(episode int64) tally {
	if c.episode != episode {
		return tally{}
	}
	return tally{early: c.early.Load(), late: c.late.Load(), entered: c.entered.Load()}
}

// view is the room as all verbs see it that do not ask the database. It is made at a beat
// and then only read; counts and straight alone move.
type view struct {
	crowd
	counts   *counts
	told     tally // what of counts was in sum
	sum      tally
	history  history
	past     int64        // the front as it was Keep ago
	straight atomic.Int64 // how many may still go straight in before the next beat
	status   []byte
}

// pulse is what one beat brought.
type pulse struct {
	crowd  crowd
	told   tally
	sum    tally
	living int64
	newer  history
}

func (r *Room) run(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	failing := false
	for {
		err := r.Beat(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err != nil) != failing {
			failing = err != nil
			slog.WarnContext(ctx, "waitroom.beat", "failing", failing, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Beat tells the others what this node counted, moves the front unless another node
// just did, and takes over what is so now. When it fails, what was so stays.
func (r *Room) Beat(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, load := r.c.Now(), r.c.Load()
	f := facts{now: now, load: load, hot: r.hot(load, now), openings: r.c.Openings}
	if !r.stirs(f) {
		idle, err := r.idle(ctx, now)
		if idle || err != nil {
			return err
		}
	}
	var got pulse
	err := r.c.DB.Write(ctx, func(tx *sqldb.Tx) (err error) {
		got, err = r.turn(tx, f)
		return err
	})
	if err != nil {
		return fmt.Errorf("beat: %w", err)
	}
	r.publish(got, now)
	return nil
}

// hot says whether this node has been over its target for EngageAfter.
func (r *Room) hot(load Load, now time.Time) bool {
	switch {
	case r.p.pressure(load) <= 1:
		r.self.hotSince = time.Time{}
	case r.self.hotSince.IsZero():
		r.self.hotSince = now
	}
	return !r.self.hotSince.IsZero() && now.Sub(r.self.hotSince) >= r.p.EngageAfter
}

// stirs says whether this beat has something to write.
func (r *Room) stirs(f facts) bool {
	c := r.view.Load().crowd
	why, _ := r.p.engage(c, f)
	return c.Why != None || why != None
}

// idle looks whether another node began a crowd. An idle house writes nothing.
func (r *Room) idle(ctx context.Context, now time.Time) (bool, error) {
	var c crowd
	err := r.c.DB.Read(ctx, func(rx *sqldb.Rx) (err error) {
		c, err = readCrowd(rx)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look at the room: %w", err)
	}
	if c.Why != None {
		return false, nil
	}
	r.publish(pulse{crowd: c}, now)
	return true, nil
}

// turn is a beat's transaction. It may run twice, so it changes nothing of the room's.
func (r *Room) turn(tx *sqldb.Tx, f facts) (pulse, error) {
	c, err := readCrowd(tx)
	if err != nil {
		return pulse{}, err
	}
	got := pulse{crowd: c, told: r.self.counts.tally(c.Episode)}
	if err := saveNode(tx, nodeRow{node: r.node, episode: c.Episode, counted: got.told, load: f.load, seen: c.Beat}); err != nil {
		return pulse{}, err
	}
	nodes, err := readNodes(tx, c.Episode)
	if err != nil {
		return pulse{}, err
	}
	got.sum, got.living, f.load = sumUp(nodes, c.Beat)
	f.sum = got.sum
	if got.newer, err = readHistory(tx, c.Episode, r.known(c.Episode).last().beat); err != nil {
		return pulse{}, err
	}
	f.history = r.remember(c.Episode, got.newer)
	return r.move(tx, got, f)
}

// move moves the front, unless another node does.
func (r *Room) move(tx *sqldb.Tx, got pulse, f facts) (pulse, error) {
	c := got.crowd
	if c.Beat == r.self.seen && !r.self.seenAt.IsZero() {
		f.since = f.now.Sub(r.self.seenAt)
	}
	if why, _ := r.p.engage(c, f); why == None && (c.Why == None || f.since < beatLeast) {
		return got, nil
	}
	next := r.p.next(c, f)
	moved, err := moveCrowd(tx, c.Beat, next)
	if err != nil || !moved {
		return got, err
	}
	got.crowd = next
	if next.Episode != c.Episode {
		got.told, got.sum, got.newer = tally{}, tally{}, nil
		return got, nil
	}
	if !next.Drawn || next.At.Sub(f.history.last().at) < sampleEvery {
		return got, nil
	}
	s := sample{beat: next.Beat, at: next.At, front: int64(next.Front), entered: f.sum.entered}
	got.newer = append(got.newer, s)
	return got, saveSample(tx, next.Episode, s, next.At.Add(-r.rememberFor()))
}

// publish makes what a beat brought visible to all verbs.
func (r *Room) publish(got pulse, now time.Time) {
	c := got.crowd
	if r.self.seen != c.Beat || r.self.seenAt.IsZero() {
		r.self.seen, r.self.seenAt = c.Beat, now
	}
	r.self.history = r.remember(c.Episode, got.newer)
	if r.self.counts == nil || r.self.counts.episode != c.Episode {
		r.self.counts = &counts{episode: c.Episode}
	}
	v := &view{crowd: c, counts: r.self.counts, told: got.told, sum: got.sum, history: r.self.history}
	v.past = v.history.at(c.At.Add(-r.p.Keep)).front
	if c.Drawn && int64(c.Front) >= c.tail(got.sum) {
		v.straight.Store(int64(c.Rate*beatEvery.Seconds()) / max(1, got.living))
	}
	v.status = v.document()
	r.view.Store(v)
}

// known is the history of a crowd as far as this node has it.
func (r *Room) known(episode int64) history {
	if r.self.counts == nil || r.self.counts.episode != episode {
		return nil
	}
	return r.self.history
}

func (r *Room) remember(episode int64, newer history) history {
	return r.known(episode).with(newer, r.rememberFor())
}

func (r *Room) rememberFor() time.Duration { return r.p.Keep + rememberFor }

// sumUp adds the counts of all nodes, those that died too, and finds how many live
// and the worst load of these.
func sumUp(nodes []nodeRow, beat int64) (sum tally, living int64, worst Load) {
	for _, n := range nodes {
		sum.early += n.counted.early
		sum.late += n.counted.late
		sum.entered += n.counted.entered
		if beat-n.seen > goneAfter {
			continue
		}
		living++
		worst.Commit, worst.Queue = max(worst.Commit, n.load.Commit), max(worst.Queue, n.load.Queue)
	}
	return sum, living, worst
}
