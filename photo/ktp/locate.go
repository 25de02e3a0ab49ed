package ktp

import "math"

// found is where the card lies in the photo.
type found struct {
	quad
	likeness float64
}

// doubtful is a place that resembles a KTP, but not enough by its looks alone.
func (f found) doubtful(rules Policy) bool {
	return f.likeness > 0 && f.likeness >= rules.Doubtful && f.likeness < rules.Likeness
}

// locate finds the card: straight edges are put together to places where a card
// may lie, the places are compared with the layout in both ways of holding, and
// the best are moved until they fit no better.
func locate(p *picture, enough float64) found {
	t := newThumb(p)
	if t == nil {
		return found{}
	}
	lines := t.houghLines(everything)
	card := t.bestOf(t.guesses(lines), p.mirrored)
	if card.likeness < enough {
		card = better(card, t.bestOf(t.cornerGuesses(lines), p.mirrored))
	}
	if card.likeness < enough {
		card = better(card, t.bestOf(t.smallGuesses(), p.mirrored))
	}
	if card.likeness == 0 {
		return card
	}
	card.quad = p.settle(card.scaled(float64(t.k)))
	return card
}

func better(a, b found) found {
	if b.likeness > a.likeness {
		return b
	}
	return a
}

// smallGuesses looks at parts of the picture one by one: the lines of a small
// card get lost among those of the table that it lies on.
func (t *thumb) smallGuesses() []guess {
	var out []guess
	const parts = 5 // each a third of the picture, half over the next
	w, h := float64(t.w)/3, float64(t.h)/3
	for y := range parts {
		for x := range parts {
			x0, y0 := float64(x)*w/2-float64(t.w)/2, float64(y)*h/2-float64(t.h)/2
			lines := t.houghLines(part{x0, y0, x0 + w, y0 + h})
			out = append(out, t.guesses(lines[:min(len(lines), 20)])...)
		}
	}
	return best(out, 160)
}

// beyondChance is a likeness that no place has that is not the card's.
const beyondChance = 0.68

// bestOf compares guesses with the layout, first roughly, then the best of them finely.
func (t *thumb) bestOf(guesses []guess, mirrored bool) found {
	var rough []guess
	for _, g := range guesses {
		for turn := 0; turn < 4; turn += 2 {
			q := g.turned(turn)
			if mirrored {
				q = q.mirrored()
			}
			rough = append(rough, guess{q, coarse().likeness(t, q) + 0.2*g.score})
		}
	}
	var out found
	for _, g := range best(rough, 3) {
		if q, l := t.climb(g.quad); l > out.likeness {
			out = found{q, l}
		}
		if out.likeness > beyondChance {
			break
		}
	}
	return out
}

// climb moves one corner at a time as long as the likeness and the support of
// the sides grow.
func (t *thumb) climb(q quad) (quad, float64) {
	worth := func(q quad) float64 {
		var sides float64
		for i := range q {
			found, in := t.support(q[i], q[(i+1)&3])
			sides += found * in
		}
		return fine().likeness(t, q) + 0.08*sides
	}
	now := worth(q)
	for _, share := range []float64{0.03, 0.015, 0.006} {
		step := max(0.5, share*q.width())
		for range 3 {
			before := now
			for i := range 8 {
				for _, d := range []float64{-step, step} {
					moved := q
					if i%2 == 0 {
						moved[i/2].x += d
					} else {
						moved[i/2].y += d
					}
					if v := worth(moved); v > now && moved.convex() {
						q, now = moved, v
					}
				}
			}
			if now-before < 1e-3 {
				break
			}
		}
	}
	return q, fine().likeness(t, q)
}

// cornerGuesses supposes cards of several sizes at each corner that two lines
// make, for cards of which two sides lie outside the picture.
func (t *thumb) cornerGuesses(lines []line) []guess {
	lines = lines[:min(len(lines), 14)]
	longest := float64(max(t.w, t.h))
	var out []guess
	for i, a := range lines {
		for _, b := range lines[i+1:] {
			c, ok := a.meet(b)
			if !ok || math.Abs(a.nx*b.nx+a.ny*b.ny) > 0.42 || c.x < 0 || c.y < 0 || c.x > float64(t.w) || c.y > float64(t.h) {
				continue
			}
			for _, size := range []float64{0.4, 0.46, 0.53, 0.6, 0.68, 0.77, 0.87, 0.98} {
				out = t.around(out, a, b, size*longest)
			}
		}
	}
	return best(out, 400)
}

// around supposes cards in the four quarters that two lines make, with the long
// side along either.
func (t *thumb) around(out []guess, a, b line, w float64) []guess {
	for _, along := range [2][2]float64{{w / cardShape, w}, {w, w / cardShape}} {
		for quarter := range 4 {
			da, db := along[0], along[1]
			if quarter&1 != 0 {
				da = -da
			}
			if quarter&2 != 0 {
				db = -db
			}
			q, ok := corners(a, b, line{a.nx, a.ny, a.rho + da}, line{b.nx, b.ny, b.rho + db})
			if !ok {
				continue
			}
			if g, ok := t.weigh(q); ok {
				out = append(out, g)
			}
		}
	}
	return out
}

// settle lays each side on the card's own edge in the full picture, where one is
// found close by along most of it.
func (p *picture) settle(q quad) quad {
	var sides [4]line
	for i := range q {
		sides[i] = p.settleSide(q[i], q[(i+1)&3], q.width())
	}
	settled := q
	for i := range q {
		c, ok := sides[(i+3)&3].meet(sides[i])
		if !ok || c.to(q[i]) > 0.05*q.width() {
			return q
		}
		settled[i] = c
	}
	return settled
}

func (p *picture) settleSide(a, b point, width float64) line {
	length := a.to(b)
	nx, ny := -(b.y-a.y)/length, (b.x-a.x)/length
	straight := line{nx, ny, nx*a.x + ny*a.y}
	step := max(1, width/500)
	var on []point
	const samples, reach = 40, 9
	seen := 0
	for i := range samples {
		f := 0.04 + 0.92*float64(i)/(samples-1)
		at := point{a.x + (b.x-a.x)*f, a.y + (b.y-a.y)*f}
		if at.x < 2 || at.y < 2 || at.x > float64(p.w-2) || at.y > float64(p.h-2) {
			continue
		}
		seen++
		if off, ok := p.steepestAcross(at, nx, ny, step, reach); ok {
			on = append(on, point{at.x + nx*off, at.y + ny*off})
		}
	}
	if seen < 12 || len(on) < seen/2 {
		return straight
	}
	l := fit(on)
	for _, limit := range []float64{4, 2, 1.5} {
		var kept []point
		for _, c := range on {
			if math.Abs(l.distance(c)) < limit*step {
				kept = append(kept, c)
			}
		}
		if len(kept) < seen/3 {
			return straight
		}
		l = fit(kept)
	}
	return l
}

// steepestAcross looks along the normal for where the brightness changes most.
func (p *picture) steepestAcross(at point, nx, ny, step float64, reach int) (float64, bool) {
	var profile [32]float64
	n := 2*reach + 3
	for i := range n {
		d := float64(i-reach-1) * step
		profile[i] = p.lumaAt(point{at.x + nx*d, at.y + ny*d})
	}
	best, off := 5.0, 0.0
	for i := 1; i < n-1; i++ {
		if s := math.Abs(profile[i+1] - profile[i-1]); s > best {
			best, off = s, float64(i-reach-1)*step
		}
	}
	return off, best > 5
}
