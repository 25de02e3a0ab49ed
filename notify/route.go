package notify

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"
)

// routes are the ways out of this process: who may be asked, and how often.
type routes struct {
	guards  map[Channel][]*guard
	weights atomic.Pointer[map[lane]int] // what was learnt; a lane that is not there keeps its configured weight
}

func newRoutes(providers map[Channel][]Provider) *routes {
	r := &routes{guards: map[Channel][]*guard{}}
	for ch, list := range providers {
		for _, p := range list {
			r.guards[ch] = append(r.guards[ch], newGuard(ch, p, len(list) == 1))
		}
	}
	r.weights.Store(&map[lane]int{})
	return r
}

// of gives a provider by its name; nil when it is configured no more.
func (r *routes) of(ch Channel, name string) *guard {
	for _, g := range r.guards[ch] {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// kind is the kind of route that a provider is, as an event names it.
func (r *routes) kind(ch Channel, provider string) string {
	if g := r.of(ch, provider); g != nil {
		return g.Kind
	}
	return string(ch)
}

func (r *routes) weight(ch Channel, operator string, g *guard) int {
	if w, learnt := (*r.weights.Load())[lane{ch, operator, g.Name}]; learnt {
		return min(w, g.Weight)
	}
	return g.Weight
}

// draw picks one of the providers that may be asked now, but none of those named, and
// one that has its hands full only if all have. When there is none it says when the
// first of them may be asked; zero when there are no others.
func (r *routes) draw(ch Channel, operator string, now time.Time, but ...string) (*guard, time.Time) {
	var open []*guard
	var first time.Time
	for _, g := range r.guards[ch] {
		if slices.Contains(but, g.Name) {
			continue
		}
		at := g.opens(now)
		if at.After(now) {
			if first.IsZero() || at.Before(first) {
				first = at
			}
			continue
		}
		open = append(open, g)
	}
	if len(open) == 0 {
		return nil, first
	}
	if free := slices.DeleteFunc(slices.Clone(open), (*guard).full); len(free) > 0 {
		open = free
	}
	weights := make([]int, len(open))
	for i, g := range open {
		weights[i] = r.weight(ch, operator, g)
	}
	return open[drawn(weights, rand.IntN)], time.Time{}
}

// drawn picks an index with a chance in proportion to its weight.
func drawn(weights []int, random func(n int) int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	left := random(total)
	for i, w := range weights {
		if left < w {
			return i
		}
		left -= w
	}
	return len(weights) - 1
}
