package ktp

import (
	"image"
	"math"
	"math/rand/v2"
	"sync"
)

// Photograph takes the picture, upright. subject nil leaves the table bare.
func Photograph(subject *Print, s Shot) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	c := newCamera(subject, s)
	var wait sync.WaitGroup
	const band = 64
	for top := 0; top < s.Height; top += band {
		wait.Go(func() {
			for y := top; y < min(top+band, s.Height); y++ {
				c.row(out, y)
			}
		})
	}
	wait.Wait()
	scale := s.CardWidth / 1000
	if s.Motion > 0 {
		out = smear(out, s.Motion*scale, s.MotionTo)
	}
	gaussian(out, s.Blur*scale)
	addNoise(out, s)
	return out
}

type camera struct {
	Shot
	table   *image.RGBA
	subject *image.RGBA
	toCard  [9]float64 // from the picture to the unit square of the card
	scale   float64    // of the table
	cast    [3]float64
}

func newCamera(subject *Print, s Shot) *camera {
	c := &camera{Shot: s, table: table(s), toCard: invert(squareTo(s.Corners)),
		scale: tableSide / float64(max(s.Width, s.Height)),
		cast:  [3]float64{1 + 0.06*s.Warmth, 1, 1 - 0.08*s.Warmth}}
	if subject != nil {
		c.subject = subject.mips[0]
		for _, m := range subject.mips {
			if float64(m.Rect.Dx()) >= s.CardWidth*0.9 {
				c.subject = m
			}
		}
	}
	return c
}

func (c *camera) row(out *image.RGBA, y int) {
	cosine, sine := math.Cos(c.SlopeTo), math.Sin(c.SlopeTo)
	for x := range c.Width {
		fx, fy := float64(x)+0.5, float64(y)+0.5
		u, v := apply(&c.toCard, fx, fy)
		rgb := c.seen(fx, fy, u, v)
		if c.ScreenPitch > 0 {
			c.glow(&rgb, u, v)
		}
		light := c.Light * (1 - c.Slope/2 - c.Slope*((fx/float64(c.Width)-0.5)*cosine+(fy/float64(c.Height)-0.5)*sine))
		lamp := c.lamp(u, v)
		o := out.PixOffset(x, y)
		for i := range 3 {
			out.Pix[o+i] = uint8(min(255, max(0, rgb[i]*light*c.cast[i]+lamp)))
		}
		out.Pix[o+3] = 255
	}
}

// seen is the colour of the card or of the table beside it, at a point of the
// picture that is u and v on the card.
func (c *camera) seen(x, y, u, v float64) [3]float64 {
	if c.subject != nil && u >= 0 && u <= 1 && v >= 0 && v <= 1 {
		return c.card(u, v)
	}
	rgb := bilinear(c.table, x*c.scale, y*c.scale)
	if near := max(-u, u-1, (-v)*0.63, (v-1)*0.63); c.subject != nil && near < 0.02 {
		for i := range rgb {
			rgb[i] *= 0.72 + 14*near // the card's own shadow
		}
	}
	return rgb
}

func (c *camera) card(u, v float64) [3]float64 {
	rgb := bilinear(c.subject, u*float64(c.subject.Rect.Dx()), v*float64(c.subject.Rect.Dy()))
	if c.Copied {
		luma := 0.299*rgb[0] + 0.587*rgb[1] + 0.114*rgb[2]
		luma = min(250, max(18, (luma-90)*1.35+95)) // a copier hardens the contrast
		for i := range rgb {
			rgb[i] = luma * c.CopyTint[i]
		}
	}
	return rgb
}

// glow lights the picture through the red, green and blue stripes of a display
// and the dark grid between its pixels.
func (c *camera) glow(rgb *[3]float64, u, v float64) {
	across := c.CardWidth / c.ScreenPitch
	down := across * 54 / 85.6
	py := v*down - math.Floor(v*down)
	for i := range rgb {
		px := u*across - float64(i)/3
		px -= math.Floor(px)
		lit := 0.55 + 0.45*math.Cos(2*math.Pi*(px-0.17))
		if py > 0.8 {
			lit *= 0.6
		}
		rgb[i] = (rgb[i]*0.9 + 14) * (0.45 + 0.85*lit)
	}
}

// lamp is the light of a mirrored lamp: a spot that has lost all detail, with a halo.
func (c *camera) lamp(u, v float64) float64 {
	if c.Glare == 0 {
		return 0
	}
	d := math.Hypot(u-c.GlareAt.X, (v-c.GlareAt.Y)*54/85.6) / c.Glare
	if d > 2.5 {
		return 0
	}
	return 330 * math.Exp(-d*d*d*d*0.6)
}

func bilinear(m *image.RGBA, x, y float64) [3]float64 {
	x, y = max(0, x-0.5), max(0, y-0.5)
	ix, iy := min(int(x), m.Rect.Dx()-2), min(int(y), m.Rect.Dy()-2)
	u, v := min(1, x-float64(ix)), min(1, y-float64(iy))
	o := iy*m.Stride + 4*ix
	var out [3]float64
	for c := range 3 {
		p := m.Pix[o+c:]
		q := m.Pix[o+m.Stride+c:]
		out[c] = (float64(p[0])*(1-u)+float64(p[4])*u)*(1-v) + (float64(q[0])*(1-u)+float64(q[4])*u)*v
	}
	return out
}

// gaussian blurs in place.
func gaussian(m *image.RGBA, sigma float64) {
	if sigma < 0.15 {
		return
	}
	n := int(math.Ceil(3 * sigma))
	weights := make([]float32, 2*n+1)
	var sum float32
	for i := range weights {
		weights[i] = float32(math.Exp(-float64((i-n)*(i-n)) / (2 * sigma * sigma)))
		sum += weights[i]
	}
	for i := range weights {
		weights[i] /= sum
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	var wait sync.WaitGroup
	for _, half := range [][2]int{{0, h / 2}, {h / 2, h}} {
		wait.Go(func() {
			for y := half[0]; y < half[1]; y++ {
				convolve(m.Pix[y*m.Stride:], 4, w, weights)
			}
		})
	}
	wait.Wait()
	for _, half := range [][2]int{{0, w / 2}, {w / 2, w}} {
		wait.Go(func() {
			for x := half[0]; x < half[1]; x++ {
				convolve(m.Pix[4*x:], m.Stride, h, weights)
			}
		})
	}
	wait.Wait()
}

func convolve(pix []uint8, step, count int, weights []float32) {
	n := len(weights) / 2
	line := make([][3]float32, count+2*n)
	for i := range line {
		o := min(count-1, max(0, i-n)) * step
		line[i] = [3]float32{float32(pix[o]), float32(pix[o+1]), float32(pix[o+2])}
	}
	for i := range count {
		var a, b, c float32
		for k, w := range weights {
			p := &line[i+k]
			a, b, c = a+w*p[0], b+w*p[1], c+w*p[2]
		}
		o := i * step
		pix[o], pix[o+1], pix[o+2] = uint8(a+0.5), uint8(b+0.5), uint8(c+0.5)
	}
}

// smear is the path of a phone that moved during the exposure.
func smear(m *image.RGBA, length, to float64) *image.RGBA {
	out := image.NewRGBA(m.Rect)
	steps := int(length) + 1
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			var sum [3]int
			for i := range steps {
				t := length * (float64(i)/float64(steps) - 0.5)
				sx := min(m.Rect.Dx()-1, max(0, x+int(math.Round(t*math.Cos(to)))))
				sy := min(m.Rect.Dy()-1, max(0, y+int(math.Round(t*math.Sin(to)))))
				p := m.Pix[m.PixOffset(sx, sy):]
				sum[0], sum[1], sum[2] = sum[0]+int(p[0]), sum[1]+int(p[1]), sum[2]+int(p[2])
			}
			o := out.PixOffset(x, y)
			for c := range 3 {
				out.Pix[o+c] = uint8(sum[c] / steps)
			}
			out.Pix[o+3] = 255
		}
	}
	return out
}

func addNoise(m *image.RGBA, s Shot) {
	r := rand.New(rand.NewPCG(s.Seed, 2))
	var pool [1 << 14]int
	for i := range pool {
		pool[i] = int(math.Round(r.NormFloat64() * s.Noise))
	}
	for i := 0; i < len(m.Pix); i += 4 {
		bits := r.Uint64()
		for c := range 3 {
			m.Pix[i+c] = uint8(min(255, max(0, int(m.Pix[i+c])+pool[bits>>(16*c)&(1<<14-1)])))
		}
	}
}
