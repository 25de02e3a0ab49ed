package ktp

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// An ID-1 card of 85.6 by 54 mm, 20 pixels to the millimetre.
const (
	perMM  = 20
	cardW  = 1712
	cardH  = 1080
	digitH = 2.15 * perMM // between the middles of the pen at top and bottom
	pen    = 0.155        // of the digit's height
	pitch  = 1.13         // of the digit's height, from one digit to the next
)

// Print is a flat thing that can be photographed, with smaller versions of
// itself for photographs from afar.
type Print struct {
	mips []*image.RGBA
}

func newPrint(m *image.RGBA) *Print {
	p := &Print{mips: []*image.RGBA{m}}
	for m.Rect.Dx() > 200 {
		m = half(m)
		p.mips = append(p.mips, m)
	}
	return p
}

func half(m *image.RGBA) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, m.Rect.Dx()/2, m.Rect.Dy()/2))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			a, b := m.PixOffset(2*x, 2*y), m.PixOffset(2*x, 2*y+1)
			o := out.PixOffset(x, y)
			for c := range 4 {
				out.Pix[o+c] = uint8((int(m.Pix[a+c]) + int(m.Pix[a+4+c]) + int(m.Pix[b+c]) + int(m.Pix[b+4+c]) + 2) / 4)
			}
		}
	}
	return out
}

// sheet is a card on the press.
type sheet struct {
	*image.RGBA
	ras vector.Rasterizer
}

var (
	medium = sync.OnceValue(func() *opentype.Font { return mustParse(gomedium.TTF) })
	bold   = sync.OnceValue(func() *opentype.Font { return mustParse(gobold.TTF) })
)

func mustParse(ttf []byte) *opentype.Font {
	f, err := opentype.Parse(ttf)
	if err != nil {
		panic(err)
	}
	return f
}

// text writes s with its baseline at y; align 0 starts at x, 0.5 centres on it.
func (s *sheet) text(f *opentype.Font, size float64, x, y, align float64, ink color.Color, words string) {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		panic(err)
	}
	d := font.Drawer{Dst: s.RGBA, Src: image.NewUniform(ink), Face: face}
	x -= align * float64(d.MeasureString(words)) / 64
	d.Dot = fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(y * 64)}
	d.DrawString(words)
}

// fill paints a polygon.
func (s *sheet) fill(ink color.Color, points ...Point) { s.paint(ink, [][]Point{points}) }

// stroke draws lines with a round pen. Each piece is a closed shape with the
// same sense of rotation: where they overlap the ink is not doubled.
func (s *sheet) stroke(ink color.Color, width float64, lines [][]Point) {
	var pieces [][]Point
	for _, l := range lines {
		for i := 1; i < len(l); i++ {
			pieces = append(pieces, capsule(l[i-1], l[i], width/2))
		}
	}
	s.paint(ink, pieces)
}

// paint fills the shapes at once, and looks at no more of the sheet than they cover.
func (s *sheet) paint(ink color.Color, shapes [][]Point) {
	var around image.Rectangle
	for _, shape := range shapes {
		for _, p := range shape {
			x, y := int(math.Floor(p.X)), int(math.Floor(p.Y))
			around = around.Union(image.Rect(x, y, x+2, y+2))
		}
	}
	around = around.Intersect(s.Rect)
	s.ras.Reset(around.Dx(), around.Dy())
	for _, shape := range shapes {
		for i, p := range shape {
			x, y := float32(p.X)-float32(around.Min.X), float32(p.Y)-float32(around.Min.Y)
			if i == 0 {
				s.ras.MoveTo(x, y)
				continue
			}
			s.ras.LineTo(x, y)
		}
		s.ras.ClosePath()
	}
	s.ras.Draw(s.RGBA, around, image.NewUniform(ink), image.Point{})
}

func capsule(a, b Point, r float64) []Point {
	to := math.Atan2(b.Y-a.Y, b.X-a.X)
	var out []Point
	for i := range 17 {
		t, c := to-math.Pi/2+math.Pi*float64(i%9)/8, b
		if i > 8 {
			t, c = to+math.Pi/2+math.Pi*float64(i-8)/8, a
		}
		out = append(out, Point{c.X + r*math.Cos(t), c.Y + r*math.Sin(t)})
	}
	return out
}

func ellipse(x, y, rx, ry float64) []Point {
	var out []Point
	for i := range 48 {
		t := 2 * math.Pi * float64(i) / 48
		out = append(out, Point{x + rx*math.Cos(t), y + ry*math.Sin(t)})
	}
	return out
}

func box(x, y, w, h float64) []Point {
	return []Point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}
}

var black = color.RGBA{28, 26, 30, 255}

// PrintCard prints a person's card, with the press's own digits when no font is given for them.
func PrintCard(p Person, digits *opentype.Font) *Print {
	s := &sheet{RGBA: image.NewRGBA(image.Rect(0, 0, cardW, cardH))}
	copy(s.Pix, ground())
	s.text(bold(), 58, cardW/2, 86, 0.5, black, "PROVINSI "+p.Province)
	s.text(bold(), 52, cardW/2, 148, 0.5, black, p.Regency)
	s.text(bold(), 62, 52, 238, 0, black, "NIK")
	s.text(bold(), 58, 340, 238, 0, black, ":")
	if digits != nil {
		printNIKIn(s, p.NIK, digits)
	} else {
		printNIK(s, p.NIK)
	}
	printFields(s, p)
	printPortrait(s, p)
	return newPrint(s.RGBA)
}

// ground is a light blue that runs from top to bottom, under fine waves.
var ground = sync.OnceValue(func() []uint8 {
	pix := make([]uint8, 0, 4*cardW*cardH)
	for y := range cardH {
		t := float64(y) / cardH
		for x := range cardW {
			wave := math.Sin(float64(x)/37+3*math.Sin(float64(y)/90)) * 5
			pix = append(pix, uint8(168+26*t+wave), uint8(205+12*t+wave), uint8(228+4*t+wave/2), 255)
		}
	}
	return pix
})

func printFields(s *sheet, p Person) {
	sex := "LAKI-LAKI"
	if p.Woman {
		sex = "PEREMPUAN"
	}
	rows := []struct{ label, value string }{
		{"Nama", p.Name}, {"Tempat/Tgl Lahir", p.Birth}, {"Jenis Kelamin", sex}, {"Alamat", p.Address},
		{"     RT/RW", p.Hamlet}, {"     Kel/Desa", p.Village}, {"     Kecamatan", p.District},
		{"Agama", p.Religion}, {"Status Perkawinan", p.Marital}, {"Pekerjaan", p.Work},
		{"Kewarganegaraan", "WNI"}, {"Berlaku Hingga", "SEUMUR HIDUP"},
	}
	for i, row := range rows {
		y := 318 + float64(i)*60
		s.text(medium(), 41, 52, y, 0, black, row.label)
		s.text(medium(), 41, 420, y, 0, black, ": "+row.value)
	}
	s.text(medium(), 41, 900, 318+2*60, 0, black, "Gol. Darah : "+p.Blood)
}

func printPortrait(s *sheet, p Person) {
	const x, y, w, h = 1255, 262, 390, 500
	back, shirt := color.RGBA{196, 42, 48, 255}, color.RGBA{238, 238, 240, 255}
	if p.evenYear {
		back, shirt = color.RGBA{38, 84, 182, 255}, color.RGBA{70, 66, 74, 255}
	}
	skin := color.RGBA{190, 142, 112, 255}
	draw.Draw(s.RGBA, image.Rect(x, y, x+w, y+h), image.NewUniform(back), image.Point{}, draw.Src)
	s.fill(color.RGBA{26, 20, 20, 255}, ellipse(x+w/2, y+h*0.36, 104, 128)...)
	s.fill(skin, box(x+w/2-45, y+h*0.55, 90, 90)...)
	s.fill(skin, ellipse(x+w/2, y+h*0.42, 86, 116)...)
	s.fill(shirt, Point{x + 30, y + h}, Point{x + 70, y + h*0.76}, Point{x + w/2, y + h*0.70}, Point{x + w - 70, y + h*0.76}, Point{x + w - 30, y + h})
	s.text(medium(), 36, x+w/2, 812, 0.5, black, p.IssuedAt)
	s.text(medium(), 36, x+w/2, 856, 0.5, black, p.IssuedOn)
	s.stroke(black, 5, [][]Point{{{x + 90, 960}, {x + 130, 900}, {x + 150, 980}, {x + 190, 910}, {x + 215, 975}, {x + 300, 930}}})
}
