package ktp

import "math"

// read compares each place with all digits, a little moved and in three sizes:
// roughly to find the size, which is the same for all sixteen, then finely.
func (s strip) read(x0, pitch float64, top, bottom int) reading {
	middle, height := float64(top+bottom)/2, float64(bottom-top)/(1+glyphP/glyphH)
	best, scale := -1.0, 0.0
	var moved [nikDigits]shift
	for _, size := range []float64{0.92, 1, 1.08} {
		var sum float64
		var at [nikDigits]shift
		for i := range nikDigits {
			p := s.patch(x0+(float64(i)+0.5)*pitch, middle, size*height/glyphH)
			scores, best := p.compare(shift{}, 2)
			_, score := highestOf(scores)
			sum, at[i] = sum+score, best
		}
		if sum > best {
			best, scale, moved = sum, size*height/glyphH, at
		}
	}
	var out reading
	for i := range nikDigits {
		p := s.patch(x0+(float64(i)+0.5)*pitch, middle, scale)
		out.scores[i], _ = p.compare(moved[i], 1)
		d, score := highestOf(out.scores[i])
		out.digits += string(rune('0' + d))
		out.sure += score / nikDigits
	}
	return out
}

// patch is what stands around a point, with room to move a glyph in it.
type patch [patchW * patchH]float32

const (
	room   = 3 // pixels to each side
	patchW = canvasW + 2*room
	patchH = canvasH + 2*room
)

// shift of a glyph from the middle of its patch.
type shift struct{ x, y int }

func (s strip) patch(x, y, scale float64) *patch {
	var p patch
	for j := range patchH {
		for i := range patchW {
			p[j*patchW+i] = s.at(x+(float64(i)+0.5-patchW/2.0)*scale, y+(float64(j)+0.5-patchH/2.0)*scale)
		}
	}
	return &p
}

// compare gives the likeness of each digit in the nine places around a shift,
// and the shift that was best.
func (p *patch) compare(around shift, step int) (scores [10]float64, best shift) {
	most := -1.0
	for dy := -step; dy <= step; dy += step {
		for dx := -step; dx <= step; dx += step {
			at := shift{min(room, max(-room, around.x+dx)), min(room, max(-room, around.y+dy))}
			for d, v := range p.likeness(at) {
				scores[d] = max(scores[d], v)
				if v > most {
					most, best = v, at
				}
			}
		}
	}
	return scores, best
}

func (p *patch) likeness(at shift) (out [10]float64) {
	var sum, squares float64
	var dots [10]float32
	for j := range canvasH {
		row := p[(j+room+at.y)*patchW+room+at.x:][:canvasW]
		for _, v := range row {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		for d := range dots {
			dots[d] += product(row, glyphs()[d].ink[j*canvasW:][:canvasW])
		}
	}
	norm := math.Sqrt(max(squares-sum*sum/(canvasW*canvasH), 1))
	for d := range out {
		out[d] = float64(dots[d]) / norm / glyphs()[d].norm
	}
	return out
}

func product(a, b []float32) (sum float32) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

func (s strip) at(x, y float64) float32 {
	x, y = x-0.5, y-0.5
	ix, iy := int(math.Floor(x)), int(math.Floor(y))
	if ix < 0 || iy < 0 || ix+1 >= s.w || iy+1 >= s.h {
		return 0
	}
	u, v := float32(x-float64(ix)), float32(y-float64(iy))
	o := iy*s.w + ix
	return (s.ink[o]*(1-u)+s.ink[o+1]*u)*(1-v) + (s.ink[o+s.w]*(1-u)+s.ink[o+s.w+1]*u)*v
}
