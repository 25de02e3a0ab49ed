package ktp

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

const (
	window = 128 // pixels, a power of two
	// Waves longer than this are print, folds and shadows; shorter ones than two pixels there are none.
	longest = 8.0
)

// grid looks for a fine regular pattern all over the card, as the pixels of a
// display leave it: a wave that stands out, in most of several windows, of those
// of its own length. Print makes waves too, but others in each window. Windows
// are of the photo as it is, not straightened: there the blocks of the JPEG
// stand still and can be left out.
func (p *picture) grid(q quad) float64 {
	m := squareTo(q)
	var all []spectrum
	for _, at := range [][2]float64{{0.2, 0.3}, {0.4, 0.55}, {0.62, 0.4}, {0.62, 0.7}, {0.2, 0.75}, {0.85, 0.5}, {0.85, 0.85}} {
		c := m.at(at[0], at[1])
		x, y := int(c.x)-window/2, int(c.y)-window/2
		if x >= 0 && y >= 0 && x+window <= p.w && y+window <= p.h {
			all = append(all, widened(p.waves(x, y)))
		}
	}
	if len(all) == 0 {
		return 0
	}
	common, here := make(spectrum, window*half), make([]float32, len(all))
	for i := range common {
		for k, waves := range all {
			here[k] = waves[i]
		}
		slices.Sort(here)
		common[i] = here[(len(here)-1)/2]
	}
	best := 0.0
	for v := -half; v < half; v++ {
		for u := range half {
			if c := common.at(u, v); c > 3 {
				best = max(best, c-common.beside(u, v))
			}
		}
	}
	return best
}

// spectrum has a value for each wave.
type spectrum []float32

func (s spectrum) at(u, v int) float64 {
	if u < 0 {
		u, v = -u, -v // the other half is the same
	}
	if u >= half || v < -half || v >= half {
		return -1
	}
	return float64(s[(v+window)%window*half+u])
}

// beside is the mean of the waves of the same direction, somewhat longer and
// shorter: straight strokes are as strong in all of them, a display's pixels in
// one alone.
func (s spectrum) beside(u, v int) float64 {
	r := math.Hypot(float64(u), float64(v))
	var sum, n float64
	for _, d := range []float64{-8, -5, 5, 8} {
		f := (r + d) / r
		if x := s.at(int(math.Round(float64(u)*f)), int(math.Round(float64(v)*f))); x > 0 {
			sum, n = sum+x, n+1
		}
	}
	return sum / max(n, 1)
}

// half a spectrum says all of a real picture: u from 0, v over its whole range.
const half = window / 2

// waves is by how much each wave of a window stands out of those of about its
// own length, in powers of two.
func (p *picture) waves(x, y int) spectrum {
	field := make([]complex128, window*window)
	for j := range window {
		for i := range window {
			l := float64(p.luma[(y+j)*p.stride+x+i]) - 128
			field[j*window+i] = complex(l*taper[i]*taper[j], 0)
		}
	}
	fourier2(field)
	type wave struct {
		at    int
		power float64
	}
	var byRing [window][]wave
	for v := range window {
		for u := range half {
			fv := (v+half)%window - half
			r := int(math.Hypot(float64(u), float64(fv)))
			if float64(window)/longest > float64(r) || ofBlocks(u, fv) {
				continue
			}
			c := field[v*window+u]
			byRing[r] = append(byRing[r], wave{v*half + u, real(c)*real(c) + imag(c)*imag(c)})
		}
	}
	out := make(spectrum, window*half)
	for _, ring := range byRing {
		if len(ring) <= 8 {
			continue
		}
		slices.SortFunc(ring, func(a, b wave) int { return cmp.Compare(a.power, b.power) })
		usual := ring[len(ring)/2].power + 40 // the noise of a photo that has none
		for _, w := range ring {
			out[w.at] = float32(math.Log2(w.power/usual + 1))
		}
	}
	return out
}

// widened gives each wave the most of those beside it: tilt and lens move a
// display's pattern a little from window to window.
func widened(waves spectrum) spectrum {
	out := make(spectrum, len(waves))
	for v := range window {
		for u := range half {
			var most float32
			for dv := -1; dv <= 1; dv++ {
				row := (v + dv + window) % window * half
				for _, w := range waves[row+max(0, u-1) : row+min(half, u+2)] {
					most = max(most, w)
				}
			}
			out[v*half+u] = most
		}
	}
	return out
}

// ofBlocks are the waves that squares of eight pixels make.
func ofBlocks(u, v int) bool {
	near := func(f int) bool {
		f = (f%(window/8) + window/8) % (window / 8)
		return f <= 1 || f >= window/8-1
	}
	return near(u) && near(v)
}

var taper = func() (t [window]float64) {
	for i := range t {
		t[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/window)
	}
	return t
}()

func fourier2(field []complex128) {
	column := make([]complex128, window)
	for y := range window {
		fourier(field[y*window : (y+1)*window])
	}
	for x := range window / 2 { // the other half says the same of a real picture
		for y := range column {
			column[y] = field[y*window+x]
		}
		fourier(column)
		for y := range column {
			field[y*window+x] = column[y]
		}
	}
}

var roots = func() (r [window / 2]complex128) {
	for i := range r {
		s, c := math.Sincos(-2 * math.Pi * float64(i) / window)
		r[i] = complex(c, s)
	}
	return r
}()

// fourier is the fast transform of one line, in place.
func fourier(line []complex128) {
	shift := 64 - bits.Len(window-1)
	for i := range line {
		if j := int(bits.Reverse64(uint64(i)) >> shift); j > i {
			line[i], line[j] = line[j], line[i]
		}
	}
	for half := 1; half < window; half *= 2 {
		step := window / 2 / half
		for start := 0; start < window; start += 2 * half {
			for k := range half {
				a, b := line[start+k], line[start+half+k]*roots[k*step]
				line[start+k], line[start+half+k] = a+b, a-b
			}
		}
	}
}
