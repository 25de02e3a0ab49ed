package crowd

import "time"

// agenda is a heap of turns, the earliest first.
type agenda[P sitter] []entry[P]

type entry[P sitter] struct {
	at   time.Duration
	who  P
	turn uint32 // void when the person has had another since
}

func (a agenda[P]) first() (time.Duration, bool) {
	if len(a) == 0 {
		return 0, false
	}
	return a[0].at, true
}

// dropVoid takes off the entries that were overtaken by a waking.
func (a *agenda[P]) dropVoid() {
	for len(*a) > 0 && (*a)[0].turn != (*a)[0].who.seat().turn {
		a.pop()
	}
}

func (a *agenda[P]) push(e entry[P]) {
	*a = append(*a, e)
	h := *a
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if h[up].at <= h[i].at {
			return
		}
		h[up], h[i] = h[i], h[up]
		i = up
	}
}

func (a *agenda[P]) pop() P {
	h := *a
	p := h[0].who
	last := len(h) - 1
	h[0], h[last] = h[last], entry[P]{}
	*a = h[:last]
	h = *a
	for i := 0; ; {
		low := 2*i + 1
		if low >= last {
			return p
		}
		if low+1 < last && h[low+1].at < h[low].at {
			low++
		}
		if h[i].at <= h[low].at {
			return p
		}
		h[i], h[low] = h[low], h[i]
		i = low
	}
}
