package ktp

import (
	"math"
	"sort"
)

const cardShape = 85.6 / 54 // ISO/IEC 7810 ID-1

// guess is a place where a card may lie, with how well the picture's edges support it.
type guess struct {
	quad
	score float64
}

// pair of nearly parallel lines, a card's opposite sides.
type pair struct {
	a, b   line
	apart  float64
	turn   float64 // direction of the lines' normal, 0 to π
	la, lb int     // which lines
}

// Guesses of less support than this are not compared with the layout. With only
// three lines to go by, the picture must speak for them more clearly.
const (
	leastOfFour  = 0.35
	leastOfThree = 0.45
)

// guesses puts four lines together, or three and the shape of a card, and keeps
// those that the picture supports best.
func (t *thumb) guesses(lines []line) []guess {
	pairs := t.pairsOf(lines)
	var out []guess
	for i, p := range pairs {
		for _, q := range pairs[i+1:] {
			if upright(p.turn, q.turn) {
				out = t.suppose(out, leastOfFour, p.a, q.a, p.b, q.b)
			}
		}
		for k, l := range lines {
			if k == p.la || k == p.lb || !upright(p.turn, normalTurn(l)) {
				continue
			}
			for _, apart := range []float64{p.apart * cardShape, p.apart / cardShape} {
				out = t.suppose(out, leastOfThree, p.a, l, p.b, line{l.nx, l.ny, l.rho + apart})
				out = t.suppose(out, leastOfThree, p.a, l, p.b, line{l.nx, l.ny, l.rho - apart})
			}
		}
	}
	return best(out, 80)
}

// suppose adds the place that four lines enclose, if the picture supports it.
func (t *thumb) suppose(out []guess, least float64, a, b, c, d line) []guess {
	q, ok := corners(a, b, c, d)
	if !ok {
		return out
	}
	if g, ok := t.weigh(q); ok && g.score >= least {
		return append(out, g)
	}
	return out
}

func (t *thumb) pairsOf(lines []line) []pair {
	var out []pair
	for i, a := range lines {
		for j := i + 1; j < len(lines); j++ {
			b := lines[j]
			dot := a.nx*b.nx + a.ny*b.ny
			if math.Abs(dot) < 0.93 {
				continue
			}
			if dot < 0 {
				b = line{-b.nx, -b.ny, -b.rho}
			}
			// Measured in the middle of the picture: tilted sides diverge.
			middle := point{float64(t.w) / 2, float64(t.h) / 2}
			apart := math.Abs(a.distance(middle) - b.distance(middle))
			if apart < 22 {
				continue
			}
			out = append(out, pair{a: a, b: b, apart: apart, turn: normalTurn(a), la: i, lb: j})
		}
	}
	return out
}

func normalTurn(l line) float64 { return math.Mod(math.Atan2(l.ny, l.nx)+2*math.Pi, math.Pi) }

// upright says whether two directions are at right angles, give or take 25°.
func upright(a, b float64) bool {
	d := math.Abs(a - b)
	return math.Abs(d-math.Pi/2) < 0.44
}

// corners of four lines in order around.
func corners(a, b, c, d line) (quad, bool) {
	var q quad
	for i, pair := range [4][2]line{{a, b}, {b, c}, {c, d}, {d, a}} {
		p, ok := pair[0].meet(pair[1])
		if !ok {
			return q, false
		}
		q[i] = p
	}
	return q, q.convex()
}

// weigh orders the corners clockwise with a long side first, and drops what no
// photograph of a card can look like.
func (t *thumb) weigh(q quad) (guess, bool) {
	if (q[1].x-q[0].x)*(q[2].y-q[1].y)-(q[1].y-q[0].y)*(q[2].x-q[1].x) < 0 {
		q = quad{q[0], q[3], q[2], q[1]}
	}
	w, h := q.width(), q.height()
	if w < h {
		q, w, h = q.turned(1), h, w
	}
	shape := w / h
	longest := float64(max(t.w, t.h))
	if shape < cardShape*0.74 || shape > cardShape*1.35 || w < 30 || w > 1.6*longest {
		return guess{}, false
	}
	if skew(q[0].to(q[1]), q[3].to(q[2])) || skew(q[0].to(q[3]), q[1].to(q[2])) {
		return guess{}, false
	}
	var sum float64
	for i := range q {
		found, in := t.support(q[i], q[(i+1)&3])
		sum += found*in + 0.45*(1-in) // a side outside speaks neither for nor against
	}
	// Among guesses of equal support the one of the right shape and the larger one come first.
	score := sum/4 - 0.25*math.Abs(math.Log(shape/cardShape)) + 0.08*min(1, w/longest)
	return guess{q, score}, true
}

// skew says whether opposite sides differ more than a tilted card's do.
func skew(a, b float64) bool { return a > 1.45*b || b > 1.45*a }

// best keeps the n best guesses that differ from each other.
func best(all []guess, n int) []guess {
	sort.Slice(all, func(i, j int) bool { return all[i].score > all[j].score })
	var out []guess
	for _, g := range all {
		if len(out) == n {
			break
		}
		if !near(out, g) {
			out = append(out, g)
		}
	}
	return out
}

func near(list []guess, g guess) bool {
	limit := 0.03 * g.width()
	limit *= limit
	for _, o := range list {
		if apart(o.quad, g.quad, 0) < limit || apart(o.quad, g.quad, 2) < limit {
			return true
		}
	}
	return false
}

// apart is the square of the distance by which the furthest two corners differ.
func apart(a, b quad, turn int) float64 {
	most := 0.0
	for i := range b {
		dx, dy := a[(i+turn)&3].x-b[i].x, a[(i+turn)&3].y-b[i].y
		most = max(most, dx*dx+dy*dy)
	}
	return most
}
