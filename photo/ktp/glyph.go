package ktp

import (
	"math"
	"sync"
)

// The digits of OCR-A (ANSI X3.17), as middle lines of a round pen in a box 100
// wide and 100 high. This table is the reader's own: the specimen press of the
// simulators has another one, so that reading its cards is not comparing a
// drawing with itself.
var shapes = [10][][]float64{
	{{12, 0, 88, 0, 100, 8, 100, 92, 88, 100, 12, 100, 0, 92, 0, 8, 12, 0}},
	{{0, 0, 52, 0, 52, 100}, {0, 100, 100, 100, 100, 64}},
	{{0, 0, 92, 0, 100, 6, 100, 44, 90, 51, 8, 51, 0, 57, 0, 100, 100, 100}},
	{{0, 0, 92, 0, 100, 6, 100, 44, 91, 51, 100, 58, 100, 94, 92, 100, 0, 100}, {22, 51, 91, 51}},
	{{4, 0, 4, 63, 93, 63}, {79, 12, 79, 100}},
	{{98, 0, 22, 0, 22, 51, 92, 51, 100, 57, 100, 94, 92, 100, 24, 100, 0, 92}},
	{{16, 0, 2, 2, 0, 94, 8, 100, 92, 100, 100, 94, 100, 70, 92, 63, 2, 63}},
	{{0, 7, 0, 0, 100, 0, 100, 43, 50, 67, 50, 100}},
	{{26, 50, 26, 3, 34, 0, 72, 0, 78, 3, 78, 50}, {10, 51, 92, 51, 100, 58, 100, 94, 92, 100, 10, 100, 0, 94, 0, 58, 10, 51}},
	{{88, 100, 100, 92, 100, 0, 8, 0, 0, 6, 0, 34, 8, 41, 100, 41}},
}

// A glyph is a digit as it should look: canonical pixels with ink from 0 to 1.
const (
	glyphH  = 28.0           // between the middles of the pen at top and bottom
	glyphW  = glyphH * 0.595 // likewise, left and right
	glyphP  = glyphH * 0.16  // the pen
	canvasW = 25
	canvasH = 37
)

type glyph struct {
	ink  [canvasW * canvasH]float32 // around its mean
	norm float64
}

var glyphs = sync.OnceValue(func() *[10]glyph {
	var out [10]glyph
	for d, lines := range shapes {
		g := &out[d]
		var sum float64
		for y := range canvasH {
			for x := range canvasW {
				at := point{float64(x) + 0.5 - (canvasW-glyphW)/2, float64(y) + 0.5 - (canvasH-glyphH)/2}
				// A soft edge, two pixels wide, as a lens leaves it.
				ink := min(1, max(0, (glyphP/2-distanceTo(lines, at))/2+0.5))
				g.ink[y*canvasW+x] = float32(ink)
				sum += ink
			}
		}
		mean := float32(sum / (canvasW * canvasH))
		var square float64
		for i := range g.ink {
			g.ink[i] -= mean
			square += float64(g.ink[i]) * float64(g.ink[i])
		}
		g.norm = math.Sqrt(square)
	}
	return &out
})

// distanceTo is how far a point lies from the nearest line of a shape.
func distanceTo(lines [][]float64, at point) float64 {
	best := math.Inf(1)
	for _, l := range lines {
		for i := 0; i+3 < len(l); i += 2 {
			a := point{l[i] * glyphW / 100, l[i+1] * glyphH / 100}
			b := point{l[i+2] * glyphW / 100, l[i+3] * glyphH / 100}
			dx, dy := b.x-a.x, b.y-a.y
			f := ((at.x-a.x)*dx + (at.y-a.y)*dy) / (dx*dx + dy*dy)
			f = min(1, max(0, f))
			best = min(best, at.to(point{a.x + f*dx, a.y + f*dy}))
		}
	}
	return best
}
