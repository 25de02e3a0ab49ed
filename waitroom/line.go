package waitroom

import (
	"math/bits"
	"slices"
	"time"
)

// sample is where the front was after a beat, and how many had entered by then.
type sample struct {
	beat    int64
	at      time.Time
	front   int64
	entered int64
}

// history is the line's memory of the last Keep and a little more, oldest first.
type history []sample

// at is the sample that held at t: before the first one nothing was called.
func (h history) at(t time.Time) sample {
	n, _ := slices.BinarySearchFunc(h, t, func(s sample, t time.Time) int {
		if s.at.After(t) {
			return 1
		}
		return -1
	})
	if n == 0 {
		return sample{}
	}
	return h[n-1]
}

// calledAt is when a position was called, to the grain of a sample and never too
// early; zero when it was called after the last sample.
func (h history) calledAt(position int64) time.Time {
	n, _ := slices.BinarySearchFunc(h, position, func(s sample, position int64) int {
		if s.front > position {
			return 1
		}
		return -1
	})
	if n == len(h) {
		return time.Time{}
	}
	return h[n].at
}

// last is the newest sample.
func (h history) last() sample {
	if len(h) == 0 {
		return sample{}
	}
	return h[len(h)-1]
}

// with is the history with newer samples and without those that mean nothing any more.
func (h history) with(newer history, keep time.Duration) history {
	if len(newer) == 0 {
		return h
	}
	old := newer.last().at.Add(-keep)
	first := 0
	for first < len(h) && h[first].at.Before(old) {
		first++
	}
	return slices.Concat(h[first:], newer)
}

// position is a ticket's place in its crowd, counted from 0. An early ticket carries
// a fraction of 53 random bits and gets that part of the early places; a late one
// comes behind them in the order of arrival.
func (t ticket) position(early int64) int64 {
	if !t.early {
		return early + t.value
	}
	high, low := bits.Mul64(uint64(t.value), uint64(early)) // #nosec G115 -- neither is negative
	return int64(high<<(64-fractionBits) | low>>fractionBits)
}

// fractionBits is how finely early places are drawn: finer than any crowd.
const fractionBits = 53

// place says where a ticket of this crowd stands. past is the front as it was Keep ago.
func (p Policy) place(c crowd, h history, past int64, t ticket) Place {
	out := Place{Standing: Waiting, Since: t.since}
	if t.early {
		out.Lot = float64(t.value) / (1 << fractionBits)
	}
	if !c.Drawn {
		out.Wait = max(0, c.Opens.Add(p.Settle).Sub(c.At))
		return out
	}
	at, front := t.position(c.Early), int64(c.Front)
	out.Number = at + 1
	switch {
	case at < past:
		out.Standing = Missed
	case at < front:
		out.Standing = Called
		called := h.calledAt(at)
		if called.IsZero() {
			called = c.At
		}
		out.Keeps = called.Add(p.Keep)
	default:
		out.Ahead = at - front
		out.Wait = time.Duration(float64(out.Ahead+1) / c.Pace * float64(time.Second)).Round(time.Second)
	}
	return out
}
