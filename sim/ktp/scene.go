package ktp

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// tableSide is how long the longer side of a painted table is: it is out of the
// lens's focus anyway.
const tableSide = 800

// table paints what the card lies on.
func table(s Shot) *image.RGBA {
	r := rand.New(rand.NewPCG(s.Seed, 1))
	k := float64(max(s.Width, s.Height)) / tableSide
	t := &sheet{RGBA: image.NewRGBA(image.Rect(0, 0, int(float64(s.Width)/k)+2, int(float64(s.Height)/k)+2))}
	base := [3]float64{between(r, 40, 190), between(r, 40, 180), between(r, 30, 170)}
	if s.Ground == Pale {
		base = [3]float64{between(r, 205, 235), between(r, 205, 235), between(r, 200, 235)}
	}
	g := newGrain(r)
	paint := painters[s.Ground]
	for y := range t.Rect.Dy() {
		for x := range t.Rect.Dx() {
			v := paint(g, 2*float64(x), 2*float64(y))
			o := t.PixOffset(x, y)
			for c := range 3 {
				t.Pix[o+c] = uint8(min(255, max(0, base[c]+v)))
			}
			t.Pix[o+3] = 255
		}
	}
	if s.Ground == Papers {
		strew(t, r)
	}
	return t.RGBA
}

var painters = map[Ground]func(g *grain, x, y float64) float64{
	Plain:  func(g *grain, x, y float64) float64 { return 8 * g.at(x/60, y/60) },
	Pale:   func(g *grain, x, y float64) float64 { return 5 * g.at(x/80, y/80) },
	Papers: func(g *grain, x, y float64) float64 { return 10 * g.at(x/40, y/40) },
	Wood: func(g *grain, x, y float64) float64 {
		v := 22 * g.at(x/160, y/7)
		if math.Mod(y+400, 230) < 3 {
			v -= 40
		}
		return v
	},
	Cloth: func(g *grain, x, y float64) float64 {
		return 14*math.Copysign(1, math.Sin(x/31)*math.Sin(y/31)) + 8*g.at(x/3, y/3)
	},
	Tiles: func(g *grain, x, y float64) float64 {
		v := 9 * g.at(x/30, y/30)
		if math.Mod(x+100, 370) < 7 || math.Mod(y+200, 370) < 7 {
			v -= 50
		}
		return v
	},
}

// strew puts sheets of paper and a pen around: straight edges that are no card's.
func strew(t *sheet, r *rand.Rand) {
	for range 5 {
		x, y := between(r, 0, float64(t.Rect.Dx())), between(r, 0, float64(t.Rect.Dy()))
		w, h, a := between(r, 30, 400), between(r, 20, 350), between(r, 0, 3)
		shade := uint8(between(r, 90, 245))
		var corners []Point
		for _, p := range box(-w/2, -h/2, w, h) {
			corners = append(corners, Point{x + p.X*math.Cos(a) - p.Y*math.Sin(a), y + p.X*math.Sin(a) + p.Y*math.Cos(a)})
		}
		t.fill(color.RGBA{shade, shade, uint8(max(0, int(shade)-12)), 255}, corners...)
	}
}

// grain is smooth noise between -1 and 1.
type grain [64 * 64]float64

func newGrain(r *rand.Rand) *grain {
	var g grain
	for i := range g {
		g[i] = between(r, -1, 1)
	}
	return &g
}

func (g *grain) at(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy, u, v := int(fx)&63, int(fy)&63, x-fx, y-fy
	jx, jy := (ix+1)&63, (iy+1)&63
	u, v = u*u*(3-2*u), v*v*(3-2*v)
	return (g[iy*64+ix]*(1-u)+g[iy*64+jx]*u)*(1-v) + (g[jy*64+ix]*(1-u)+g[jy*64+jx]*u)*v
}

// otherThing is something that people photograph by mistake.
func otherThing(r *rand.Rand) *Print {
	switch r.IntN(5) {
	case 0:
		return nil // the bare table
	case 1:
		return letter(r)
	case 2:
		return bankCard(r)
	case 3:
		return memberCard(r)
	default:
		return selfie(r)
	}
}

func blank(w, h int, ink color.RGBA) *sheet {
	s := &sheet{RGBA: image.NewRGBA(image.Rect(0, 0, w, h))}
	s.fill(ink, box(0, 0, float64(w), float64(h))...)
	return s
}

func letter(r *rand.Rand) *Print {
	s := blank(cardW, cardH, color.RGBA{245, 244, 240, 255})
	for i := range 20 {
		words := ""
		for len(words) < 40+r.IntN(30) {
			words += oneOf(r, firsts) + " "
		}
		s.text(medium(), 34, 60, 60+float64(i)*52, 0, black, words)
	}
	return newPrint(s.RGBA)
}

func bankCard(r *rand.Rand) *Print {
	s := blank(cardW, cardH, color.RGBA{uint8(r.IntN(120)), uint8(r.IntN(120)), uint8(60 + r.IntN(150)), 255})
	s.fill(color.RGBA{212, 178, 92, 255}, box(180, 400, 220, 170)...)
	white := color.RGBA{235, 235, 235, 255}
	s.text(bold(), 110, 150, 740, 0, white, "5210 0000 0000 1234")
	s.text(medium(), 60, 150, 930, 0, white, oneOf(r, firsts)+" "+oneOf(r, firsts))
	s.text(bold(), 96, 1500, 190, 1, white, "BANK CONTOH")
	return newPrint(s.RGBA)
}

func memberCard(r *rand.Rand) *Print {
	s := blank(cardW, cardH, color.RGBA{244, 246, 240, 255})
	s.fill(color.RGBA{uint8(r.IntN(90)), 120, uint8(r.IntN(150)), 255}, box(0, 0, cardW, 230)...)
	s.fill(color.RGBA{150, 170, 190, 255}, box(90, 320, 420, 560)...)
	s.fill(color.RGBA{90, 70, 60, 255}, ellipse(300, 560, 120, 150)...)
	s.text(bold(), 90, cardW/2, 150, 0.5, color.White, "KARTU ANGGOTA")
	for i := range 5 {
		s.text(bold(), 62, 640, 430+float64(i)*110, 0, black, oneOf(r, firsts)+" "+oneOf(r, places).district)
	}
	return newPrint(s.RGBA)
}

func selfie(r *rand.Rand) *Print {
	s := blank(cardW, cardH, color.RGBA{uint8(120 + r.IntN(100)), uint8(130 + r.IntN(80)), uint8(140 + r.IntN(80)), 255})
	s.fill(color.RGBA{30, 22, 20, 255}, ellipse(860, 470, 330, 420)...)
	s.fill(color.RGBA{196, 148, 118, 255}, ellipse(860, 540, 270, 350)...)
	s.fill(color.RGBA{60, 60, 90, 255}, ellipse(860, 1180, 620, 330)...)
	for _, x := range []float64{760, 960} {
		s.fill(color.RGBA{20, 15, 15, 255}, ellipse(x, 480, 34, 18)...)
	}
	return newPrint(s.RGBA)
}
