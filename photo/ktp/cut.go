package ktp

import "math"

// Corner of the card, by where it lies in the photo as people see it: upright by
// EXIF, whichever way the card is turned in it.
type Corner string

const (
	TopLeft     Corner = "top_left"
	TopRight    Corner = "top_right"
	BottomRight Corner = "bottom_right"
	BottomLeft  Corner = "bottom_left"
)

// Corners is the closed list, clockwise.
var Corners = []Corner{TopLeft, TopRight, BottomRight, BottomLeft}

// cutOff names the corners that lie more than a share of the card's width outside
// the picture; a negative share also names those that are nearer than that to its edge.
func (p *picture) cutOff(q quad, share float64) (out []Corner) {
	w, h := float64(p.w), float64(p.h)
	if p.orientation >= 5 {
		w, h = h, w
	}
	seen := p.seen(q)
	for i, c := range seen {
		if max(-c.x, -c.y, c.x-w, c.y-h) > share*q.width() {
			out = append(out, Corners[i])
		}
	}
	return out
}

// seen is where the corners lie in the photo as a viewer turns it, from the one
// that is seen at the top left, clockwise.
func (p *picture) seen(q quad) quad {
	for i, c := range q {
		q[i] = p.upright(c)
	}
	best, most := q, math.Inf(-1)
	for turn := range 4 {
		t := q.turned(turn)
		dx, dy := t[1].x+t[2].x-t[0].x-t[3].x, t[1].y+t[2].y-t[0].y-t[3].y
		if right := dx / max(math.Hypot(dx, dy), 1e-9); right > most {
			best, most = t, right
		}
	}
	return best
}

// upright does what EXIF asks a viewer to do with a point of the file's own rows.
func (p *picture) upright(c point) point {
	w, h := float64(p.w), float64(p.h)
	switch p.orientation {
	case 2:
		return point{w - c.x, c.y}
	case 3:
		return point{w - c.x, h - c.y}
	case 4:
		return point{c.x, h - c.y}
	case 5:
		return point{c.y, c.x}
	case 6:
		return point{h - c.y, c.x}
	case 7:
		return point{h - c.y, w - c.x}
	case 8:
		return point{c.y, w - c.x}
	}
	return c
}
