package ktp

import (
	"math"
	"sync"
)

// The layout of a KTP, as anyone can see it: where there is print, how dark an
// area is on the whole and how busy. It is written from the look of the card,
// not computed from pictures; rows of text are one area, because their exact
// places differ between printings.
type area struct {
	u0, v0, u1, v1 float64
	dark, busy     float64
}

var layout = []area{
	{0.24, 0.03, 0.76, 0.085, 0.22, 1},   // PROVINSI …
	{0.27, 0.09, 0.73, 0.145, 0.22, 1},   // KABUPATEN … or KOTA …
	{0.03, 0.17, 0.10, 0.225, 0.25, 1},   // the word NIK
	{0.20, 0.17, 0.71, 0.225, 0.18, 1},   // the number
	{0.03, 0.26, 0.22, 0.93, 0.14, 0.75}, // names of the fields
	{0.24, 0.26, 0.45, 0.93, 0.14, 0.75}, // what stands in them
	{0.45, 0.26, 0.60, 0.93, 0.06, 0.35},
	{0.733, 0.243, 0.961, 0.705, 0.42, 0.15}, // portrait
	{0.79, 0.30, 0.905, 0.60, 0.08, 0.25},    // the head in it
	{0.76, 0.715, 0.935, 0.80, 0.14, 0.75},   // place and date
	{0.78, 0.82, 0.92, 0.92, 0.05, 0.35},     // signature
}

// pattern is the layout on a grid, to compare with.
type pattern struct {
	w, h       int
	dark, busy []float32
	side       float64 // of the square that one cell averages, in card widths
}

func newPattern(w, h int) *pattern {
	p := &pattern{w: w, h: h, dark: make([]float32, w*h), busy: make([]float32, w*h), side: 1 / float64(w)}
	const fine = 8
	for y := range h * fine {
		for x := range w * fine {
			u, v := (float64(x)+0.5)/float64(w*fine), (float64(y)+0.5)/float64(h*fine)
			for _, a := range layout {
				if u >= a.u0 && u < a.u1 && v >= a.v0 && v < a.v1 {
					p.dark[y/fine*w+x/fine] -= float32(a.dark / fine / fine)
					p.busy[y/fine*w+x/fine] += float32(a.busy / fine / fine)
				}
			}
		}
	}
	return p
}

var (
	coarse = sync.OnceValue(func() *pattern { return newPattern(24, 15) })
	fine   = sync.OnceValue(func() *pattern { return newPattern(48, 30) })
)

// wipedOut is the luma above which nothing can be seen any more.
const wipedOut = 248

// correlation of two series, gathered one pair at a time.
type correlation struct{ n, a, b, aa, bb, ab float64 }

func (c *correlation) add(a, b float64) {
	c.n++
	c.a, c.b = c.a+a, c.b+b
	c.aa, c.bb, c.ab = c.aa+a*a, c.bb+b*b, c.ab+a*b
}

func (c *correlation) value() float64 {
	va, vb := c.aa-c.a*c.a/c.n, c.bb-c.b*c.b/c.n
	if c.n == 0 || va < 1e-9 || vb < 1e-9 {
		return 0
	}
	return (c.ab - c.a*c.b/c.n) / math.Sqrt(va*vb)
}

// likeness is how well a place in the picture resembles the layout. Less than
// two fifths of a card are no likeness at all.
func (p *pattern) likeness(t *thumb, q quad) float64 {
	m := squareTo(q)
	half := max(0.5, q.width()*p.side/2)
	var lumas, slopes [48 * 30]float64
	var counts [256]int
	inside := 0
	for i := range p.dark {
		at := m.at((float64(i%p.w)+0.5)/float64(p.w), (float64(i/p.w)+0.5)/float64(p.h))
		lumas[i] = -1
		if at.x < 0 || at.y < 0 || at.x >= float64(t.w) || at.y >= float64(t.h) {
			continue
		}
		inside++
		l, e := t.mean(at, half)
		if l <= wipedOut { // a mirrored lamp says nothing of what is beneath
			lumas[i], slopes[i] = l, e
			counts[int(l)]++
		}
	}
	// Print only darkens: what is brighter than the ground is light, not layout.
	ground := float64(quantile(&counts, 0.5))
	var dark, busy correlation
	for i, l := range lumas[:len(p.dark)] {
		if l >= 0 {
			dark.add(float64(p.dark[i]), min(l, ground))
			busy.add(float64(p.busy[i]), slopes[i])
		}
	}
	seen := float64(inside) / float64(p.w*p.h)
	if dark.n < 0.4*float64(p.w*p.h) {
		return 0
	}
	// Of a card far away the print is a grey haze, and says less than light and dark.
	share := 0.35 * min(1, q.width()/150)
	// Less to see is more chance: a part must resemble more than the whole.
	return ((1-share)*dark.value() + share*busy.value()) * (0.8 + 0.2*seen)
}
