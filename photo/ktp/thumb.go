package ktp

import "math"

// thumbSide is how long the longer side of the picture is in which the card is
// looked for. Half a per cent of a card's width is then about two pixels.
const thumbSide = 512

// thumb is the photo, made small, and what was found in it beforehand.
type thumb struct {
	w, h   int
	k      int // pixels of the photo per pixel
	luma   []uint8
	slope  []uint8 // steepness of the brightness, capped
	turn   []uint8 // its direction in steps of 4°, modulo 180°, where there is an edge or beside one; else none
	edges  []edge
	lumas  []uint32 // summed over all above and to the left
	slopes []uint32
}

// edge is a pixel where the brightness changes most steeply.
type edge struct {
	x, y  float64 // from the middle of the picture
	angle float64 // of the change, radians
}

const none = 255

func newThumb(p *picture) *thumb {
	k := max(1, int(math.Round(float64(max(p.w, p.h))/thumbSide)))
	t := &thumb{k: k}
	t.luma, t.w, t.h = p.shrunk(k)
	if t.w < 32 || t.h < 32 {
		return nil
	}
	gx, gy := t.slopesOf()
	t.findEdges(gx, gy)
	t.lumas, t.slopes = t.summed(t.luma), t.summed(t.slope)
	return t
}

// slopesOf is the gradient by Sobel's operator, which smooths as it differs.
func (t *thumb) slopesOf() (gx, gy []int16) {
	gx, gy = make([]int16, t.w*t.h), make([]int16, t.w*t.h)
	t.slope = make([]uint8, t.w*t.h)
	for y := 1; y < t.h-1; y++ {
		a, b, c := t.luma[(y-1)*t.w:], t.luma[y*t.w:], t.luma[(y+1)*t.w:]
		for x := 1; x < t.w-1; x++ {
			nw, n, ne := int(a[x-1]), int(a[x]), int(a[x+1])
			sw, s, se := int(c[x-1]), int(c[x]), int(c[x+1])
			dx := ne + 2*int(b[x+1]) + se - nw - 2*int(b[x-1]) - sw
			dy := sw + 2*s + se - nw - 2*n - ne
			i := y*t.w + x
			gx[i], gy[i] = int16(dx), int16(dy)
			t.slope[i] = uint8(min(255, int(math.Sqrt(float64(dx*dx+dy*dy)))/2))
		}
	}
	return gx, gy
}

// findEdges keeps the pixels that are steeper than their neighbours uphill and
// downhill, of the steepest tenth of the picture.
func (t *thumb) findEdges(gx, gy []int16) {
	least := t.steepest(0.12)
	t.turn = make([]uint8, t.w*t.h)
	for i := range t.turn {
		t.turn[i] = none
	}
	for y := 2; y < t.h-2; y++ {
		for x := 2; x < t.w-2; x++ {
			i := y*t.w + x
			s := t.slope[i]
			if s < least {
				continue
			}
			dx, dy := int(gx[i]), int(gy[i])
			step := 1
			switch ax, ay := max(dx, -dx), max(dy, -dy); {
			case 2*ax < ay:
				step = t.w
			case ax > 2*ay:
			case (dx > 0) == (dy > 0):
				step = t.w + 1
			default:
				step = t.w - 1
			}
			if s < t.slope[i-step] || s <= t.slope[i+step] {
				continue
			}
			angle := math.Atan2(float64(dy), float64(dx))
			t.edges = append(t.edges, edge{float64(x) + 0.5 - float64(t.w)/2, float64(y) + 0.5 - float64(t.h)/2, angle})
			t.mark(i, angle)
		}
	}
}

// mark notes an edge's direction at its pixel and those around it.
func (t *thumb) mark(i int, angle float64) {
	bin := turnOf(angle)
	for _, o := range [9]int{0, -1, 1, -t.w, t.w, -t.w - 1, -t.w + 1, t.w - 1, t.w + 1} {
		if o == 0 || t.turn[i+o] == none {
			t.turn[i+o] = bin
		}
	}
}

const turns = 45

func turnOf(angle float64) uint8 {
	return uint8(int(math.Round(angle*turns/math.Pi)+2*turns) % turns)
}

// steepest is the steepness that only this share of the pixels reaches.
func (t *thumb) steepest(share float64) uint8 {
	var counts [256]int
	for _, s := range t.slope {
		counts[s]++
	}
	left := int(share * float64(len(t.slope)))
	for s := 255; s > 5; s-- {
		if left -= counts[s]; left < 0 {
			return uint8(s)
		}
	}
	return 5
}

func (t *thumb) summed(of []uint8) []uint32 {
	out := make([]uint32, (t.w+1)*(t.h+1))
	for y := range t.h {
		var row uint32
		for x := range t.w {
			row += uint32(of[y*t.w+x])
			out[(y+1)*(t.w+1)+x+1] = out[y*(t.w+1)+x+1] + row
		}
	}
	return out
}

// mean of brightness and steepness over a square around a point.
func (t *thumb) mean(at point, half float64) (luma, slope float64) {
	x0, x1 := max(0, int(at.x-half+0.5)), min(t.w, int(at.x+half+0.5))
	y0, y1 := max(0, int(at.y-half+0.5)), min(t.h, int(at.y+half+0.5))
	x1, y1 = max(x1, min(x0+1, t.w)), max(y1, min(y0+1, t.h))
	x0, y0 = min(x0, x1-1), min(y0, y1-1)
	a, b, c, d := y0*(t.w+1)+x0, y0*(t.w+1)+x1, y1*(t.w+1)+x0, y1*(t.w+1)+x1
	n := float64((x1 - x0) * (y1 - y0))
	return float64(t.lumas[d]-t.lumas[b]-t.lumas[c]+t.lumas[a]) / n, float64(t.slopes[d]-t.slopes[b]-t.slopes[c]+t.slopes[a]) / n
}

// support is the share of a side, as far as it lies in the picture, along which
// there is an edge of its direction; in is the share that lies in the picture.
func (t *thumb) support(a, b point) (found, in float64) {
	const samples = 24
	want := int(turnOf(math.Atan2(b.y-a.y, b.x-a.x) + math.Pi/2))
	var hits, seen int
	for i := range samples {
		f := (float64(i) + 0.5) / samples
		x, y := int(a.x+(b.x-a.x)*f), int(a.y+(b.y-a.y)*f)
		if x < 1 || y < 1 || x >= t.w-1 || y >= t.h-1 {
			continue
		}
		seen++
		if bin := t.turn[y*t.w+x]; bin != none {
			if d := (int(bin) - want + turns) % turns; d <= 3 || d >= turns-3 {
				hits++
			}
		}
	}
	if seen == 0 {
		return 0, 0
	}
	return float64(hits) / float64(seen), float64(seen) / samples
}
