package ktp

import "math"

// point in pixels of the file's own rows, or in the unit square of the card.
type point struct{ x, y float64 }

func (a point) to(b point) float64 { return math.Hypot(a.x-b.x, a.y-b.y) }

// quad is where the card's corners lie, from its own top left clockwise as it is printed.
type quad [4]point

func (q quad) width() float64  { return (q[0].to(q[1]) + q[3].to(q[2])) / 2 }
func (q quad) height() float64 { return (q[0].to(q[3]) + q[1].to(q[2])) / 2 }

// turned starts at another corner: the same place, held otherwise.
func (q quad) turned(by int) quad {
	return quad{q[by&3], q[(by+1)&3], q[(by+2)&3], q[(by+3)&3]}
}

func (q quad) mirrored() quad { return quad{q[1], q[0], q[3], q[2]} }

func (q quad) scaled(by float64) quad {
	for i := range q {
		q[i] = point{q[i].x * by, q[i].y * by}
	}
	return q
}

// convex quads, not flat and not crossed, are the only ones a card can show.
func (q quad) convex() bool {
	var left, right bool
	for i := range q {
		a, b, c := q[i], q[(i+1)&3], q[(i+2)&3]
		cross := (b.x-a.x)*(c.y-b.y) - (b.y-a.y)*(c.x-b.x)
		left, right = left || cross <= 0, right || cross >= 0
	}
	return left != right
}

// overshoot is how far the outermost corner is outside the picture, in card
// widths; negative when all are inside.
func (q quad) overshoot(w, h int) float64 {
	most := math.Inf(-1)
	for _, c := range q {
		most = max(most, -c.x, -c.y, c.x-float64(w), c.y-float64(h))
	}
	return most / q.width()
}

// perspective maps the card's unit square into the picture.
type perspective [9]float64

// squareTo is the closed form for the unit square's corners (Heckbert 1989).
func squareTo(q quad) perspective {
	dx1, dy1 := q[1].x-q[2].x, q[1].y-q[2].y
	dx2, dy2 := q[3].x-q[2].x, q[3].y-q[2].y
	sx, sy := q[0].x-q[1].x+q[2].x-q[3].x, q[0].y-q[1].y+q[2].y-q[3].y
	det := dx1*dy2 - dx2*dy1
	if det == 0 {
		det = 1e-9
	}
	g, h := (sx*dy2-dx2*sy)/det, (dx1*sy-sx*dy1)/det
	return perspective{
		q[1].x - q[0].x + g*q[1].x, q[3].x - q[0].x + h*q[3].x, q[0].x,
		q[1].y - q[0].y + g*q[1].y, q[3].y - q[0].y + h*q[3].y, q[0].y,
		g, h, 1,
	}
}

func (m *perspective) at(u, v float64) point {
	w := 1 / (m[6]*u + m[7]*v + m[8])
	return point{(m[0]*u + m[1]*v + m[2]) * w, (m[3]*u + m[4]*v + m[5]) * w}
}

// line is all points with nx·x + ny·y = rho.
type line struct{ nx, ny, rho float64 }

// meet is where two lines cross; false when they hardly do.
func (a line) meet(b line) (point, bool) {
	det := a.nx*b.ny - a.ny*b.nx
	if math.Abs(det) < 0.3 {
		return point{}, false
	}
	return point{(a.rho*b.ny - b.rho*a.ny) / det, (a.nx*b.rho - b.nx*a.rho) / det}, true
}

func (a line) distance(p point) float64 { return a.nx*p.x + a.ny*p.y - a.rho }

// fit is the line of least squares through points.
func fit(points []point) line {
	var mx, my, xx, xy, yy float64
	for _, p := range points {
		mx, my = mx+p.x, my+p.y
	}
	n := float64(len(points))
	mx, my = mx/n, my/n
	for _, p := range points {
		xx, xy, yy = xx+(p.x-mx)*(p.x-mx), xy+(p.x-mx)*(p.y-my), yy+(p.y-my)*(p.y-my)
	}
	along := math.Atan2(2*xy, xx-yy) / 2
	nx, ny := -math.Sin(along), math.Cos(along)
	return line{nx, ny, nx*mx + ny*my}
}
