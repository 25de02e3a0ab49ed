package ktp

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

const (
	angles   = 360 // one degree each, by the direction in which it grows brighter
	rhoStep  = 2.0
	maxPeaks = 150
	maxLines = 30 // pairs of pairs grow with the fourth power
)

// part is a rectangle of the thumb, from the middle of the picture.
type part struct{ x0, y0, x1, y1 float64 }

var everything = part{-thumbSide, -thumbSide, thumbSide, thumbSide}

// houghLines are the straight edges of a part of the picture, longest first:
// each edge pixel votes for the lines that pass through it at right angles to
// its own direction, give or take two degrees.
func (t *thumb) houghLines(in part) []line {
	rhos := 2*int(math.Hypot(float64(t.w), float64(t.h))/2/rhoStep) + 3
	votes := make([]uint16, angles*rhos)
	var cosines, sines [angles]float64
	for a := range angles {
		sines[a], cosines[a] = math.Sincos(float64(a) * math.Pi / 180)
	}
	for _, e := range t.edges {
		if e.x < in.x0 || e.y < in.y0 || e.x > in.x1 || e.y > in.y1 {
			continue
		}
		middle := int(math.Round(e.angle*180/math.Pi)) + angles
		for d := -2; d <= 2; d++ {
			a := (middle + d) % angles
			rho := int(math.Round((e.x*cosines[a]+e.y*sines[a])/rhoStep)) + rhos/2
			votes[a*rhos+rho] += uint16(3 - max(d, -d))
		}
	}
	byDegree := t.edgesByDegree()
	type ranked struct {
		line
		run float64
	}
	var all []ranked
	for _, p := range peaks(votes, rhos) {
		a, rho := p/rhos, float64(p%rhos-rhos/2)*rhoStep
		l, run := t.refine(&byDegree, line{cosines[a], sines[a], rho}, a)
		all = append(all, ranked{l, run})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].run > all[j].run })
	var out []line
	for _, l := range all[:min(len(all), maxLines)] {
		out = append(out, l.line)
	}
	return out
}

func (t *thumb) edgesByDegree() (by [angles][]edge) {
	for _, e := range t.edges {
		a := (int(math.Round(e.angle*180/math.Pi)) + angles) % angles
		by[a] = append(by[a], e)
	}
	return by
}

// peaks are the cells with more votes than all around them.
func peaks(votes []uint16, rhos int) []int {
	least := uint16(24) // some ten pixels in a row
	var found []int
	for i, v := range votes {
		if v >= least && highest(votes, rhos, i) {
			found = append(found, i)
		}
	}
	sort.Slice(found, func(i, j int) bool {
		if votes[found[i]] != votes[found[j]] {
			return votes[found[i]] > votes[found[j]]
		}
		return found[i] < found[j]
	})
	return found[:min(len(found), maxPeaks)]
}

func highest(votes []uint16, rhos, i int) bool {
	a, r := i/rhos, i%rhos
	for da := -3; da <= 3; da++ {
		row := (a + da + angles) % angles * rhos
		for dr := max(0, r-2); dr <= min(rhos-1, r+2); dr++ {
			j := row + dr
			if votes[j] > votes[i] || votes[j] == votes[i] && j < i {
				return false
			}
		}
	}
	return true
}

// refine moves a line from the middle of its cell to its own edge pixels, and
// its origin from the middle of the picture to the corner. The run is how far
// the line goes on without a gap: a card's side does, while what a chequered
// cloth adds up to is many short pieces.
func (t *thumb) refine(by *[angles][]edge, l line, degrees int) (line, float64) {
	const spread, beside, gap = 13, 2.5, 6
	var on []onLine
	for d := -spread; d <= spread; d++ {
		for _, e := range by[(degrees+d+angles)%angles] {
			if math.Abs(l.nx*e.x+l.ny*e.y-l.rho) < beside {
				on = append(on, onLine{l.nx*e.y - l.ny*e.x, point{e.x, e.y}})
			}
		}
	}
	slices.SortFunc(on, func(a, b onLine) int { return cmp.Compare(a.along, b.along) })
	from, to := 0, 0
	for i, start := 1, 0; i <= len(on); i++ {
		if i == len(on) || on[i].along-on[i-1].along > gap {
			if on[i-1].along-on[start].along > span(on, from, to) {
				from, to = start, i
			}
			start = i
		}
	}
	run := span(on, from, to)
	if to-from >= 8 {
		var points []point
		for _, o := range on[from:to] {
			points = append(points, o.point)
		}
		if f := fit(points); math.Abs(f.nx*l.nx+f.ny*l.ny) > 0.99 {
			l = f
		}
	}
	l.rho += l.nx*float64(t.w)/2 + l.ny*float64(t.h)/2
	return l, run
}

// onLine is an edge pixel by how far along the line it lies.
type onLine struct {
	along float64
	point
}

func span(on []onLine, from, to int) float64 {
	if to <= from {
		return 0
	}
	return on[to-1].along - on[from].along
}
