package ktp

import (
	"math"
	"sort"
)

// measure takes what the rules ask for from the card that was found.
func measure(p *picture, card found, s *Scores) {
	s.Overshoot = card.overshoot(p.w, p.h)
	s.CardWidth = card.width()
	const w, h = 1000, 630
	// The header, the number and the fields: all that is print on plain ground.
	text := p.rectified(card.quad, 0.02, 0.03, 0.72, 0.95, w*7/10, h*92/100)
	v := view{text, w * 7 / 10, h * 92 / 100}
	s.Light = v.percentile(0.95)
	s.Sharp = v.sharpness()
	s.Glare = v.wiped()
	s.Colour = p.colour(card.quad, s.Light)
	s.Grid = p.grid(card.quad)
}

// view is a part of the card from straight above, at 1000 samples to the card's width.
type view struct {
	luma []uint8
	w, h int
}

func (v view) percentile(share float64) float64 {
	var counts [256]int
	for _, l := range v.luma {
		counts[l]++
	}
	return float64(quantile(&counts, share))
}

func quantile(counts *[256]int, share float64) int {
	total := 0
	for _, c := range counts {
		total += c
	}
	left := int(share * float64(total))
	for l, c := range counts {
		if left -= c; left < 0 {
			return l
		}
	}
	return 255
}

// sharpness is how much of its contrast an edge of the print climbs in one
// pixel: one over the blur, whatever the font and however much is written. It is
// measured across and down, and the weaker of the two counts, because a moved
// phone blurs one direction only. Half of all squares with print in them are at
// least this sharp.
func (v view) sharpness() float64 {
	contrast := int(v.percentile(0.5) - v.percentile(0.02))
	if contrast < 8 {
		return 0
	}
	var across, down []float64
	for y := 2; y+square+2 <= v.h; y += square {
		for x := 2; x+square+2 <= v.w; x += square {
			if climb := v.climb(x, y); climb.span >= contrast*6/10 && climb.top < wipedOut {
				across = append(across, float64(climb.across)/6/float64(climb.span))
				down = append(down, float64(climb.down)/6/float64(climb.span))
			}
		}
	}
	if len(across) < 20 {
		return 0
	}
	sort.Float64s(across)
	sort.Float64s(down)
	return min(across[len(across)/2], down[len(down)/2])
}

// square is wide enough to hold a stroke and the ground on both sides of it.
const square = 20

// climb is the contrast of a square and its steepest edges. Each is the sum of
// three pixels along the edge, against noise.
type climb struct{ span, top, across, down int }

func (v view) climb(x0, y0 int) (c climb) {
	least := 255
	for y := y0; y < y0+square; y++ {
		a, b, d := v.luma[(y-1)*v.w:], v.luma[y*v.w:], v.luma[(y+1)*v.w:]
		for x := x0; x < x0+square; x++ {
			least, c.top = min(least, int(b[x])), max(c.top, int(b[x]))
			nw, ne, sw, se := int(a[x-1]), int(a[x+1]), int(d[x-1]), int(d[x+1])
			h := ne + int(b[x+1]) + se - nw - int(b[x-1]) - sw
			w := sw + int(d[x]) + se - nw - int(a[x]) - ne
			c.across, c.down = max(c.across, h, -h), max(c.down, w, -w)
		}
	}
	c.span = c.top - least
	return c
}

// wiped is the share of small squares in which nothing is left but the white of
// a lamp, while the ground elsewhere is not white.
func (v view) wiped() float64 {
	if v.percentile(0.2) > 246 {
		return 0 // all of it is overexposed: no lamp can be told from paper
	}
	const side = 14
	all, lost := 0, 0
	for y := 0; y+side <= v.h; y += side {
		for x := 0; x+side <= v.w; x += side {
			all++
			if v.white(x, y, side) {
				lost++
			}
		}
	}
	return float64(lost) / float64(all)
}

func (v view) white(x, y, side int) bool {
	few := 0
	for dy := range side {
		for _, l := range v.luma[(y+dy)*v.w+x:][:side] {
			if l < wipedOut {
				few++
			}
		}
	}
	return few <= side*side/10
}

// colour is what is left of the portrait's colours after taking away all that
// its brightness explains, as a share of the light: next to nothing on grey or
// tinted paper.
func (p *picture) colour(q quad, light float64) float64 {
	m := squareTo(q)
	var blue, red correlation
	const n = 60
	for y := range n {
		for x := range n {
			at := m.at(0.69+0.28*(float64(x)+0.5)/n, 0.21+0.54*(float64(y)+0.5)/n)
			if at.x < 0 || at.y < 0 || at.x >= float64(p.w) || at.y >= float64(p.h) {
				continue
			}
			l := p.lumaAt(at)
			b, r := p.chromaAt(at)
			blue.add(l, b)
			red.add(l, r)
		}
	}
	return math.Sqrt(blue.unexplained()+red.unexplained()) / max(light, 1)
}

// unexplained is the variance of b that no straight line through a explains.
func (c *correlation) unexplained() float64 {
	if c.n < 2 {
		return 0
	}
	r := c.value()
	return (c.bb - c.b*c.b/c.n) / c.n * (1 - r*r)
}
