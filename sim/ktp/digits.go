package ktp

import (
	"image"
	"strconv"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Point in pixels, or in the unit box of a digit.
type Point struct{ X, Y float64 }

// The press draws digits after the idea of machine-readable print of the 1960s:
// one pen, right angles, each shape unlike the others. They were drawn on a grid
// of four by six and are nobody's font.
var digitShapes = [10][][]Point{
	{line(0.4, 0, 3.6, 0, 4, 0.5, 4, 5.5, 3.6, 6, 0.4, 6, 0, 5.5, 0, 0.5, 0.4, 0)},
	{line(0.2, 0, 2, 0, 2, 6), line(0, 6, 4, 6, 4, 3.8)},
	{line(0, 0, 3.6, 0, 4, 0.4, 4, 2.6, 3.6, 3, 0.3, 3, 0, 3.3, 0, 6, 4, 6)},
	{line(0, 0, 3.6, 0, 4, 0.4, 4, 2.5, 3.5, 3, 4, 3.5, 4, 5.6, 3.6, 6, 0, 6), line(0.9, 3, 3.5, 3)},
	{line(0.2, 0, 0.2, 3.8, 3.9, 3.8), line(3.1, 0.8, 3.1, 6)},
	{line(3.9, 0, 0.9, 0, 0.9, 3, 3.6, 3, 4, 3.4, 4, 5.6, 3.6, 6, 1, 6, 0, 5.6)},
	{line(0.6, 0, 0, 0, 0, 5.6, 0.4, 6, 3.6, 6, 4, 5.6, 4, 4.1, 3.7, 3.7, 0, 3.7)},
	{line(0, 0.4, 0, 0, 4, 0, 4, 2.5, 2, 4, 2, 6)},
	{line(0.9, 3, 0.9, 0.2, 3.1, 0.2, 3.1, 3), line(0.5, 3, 3.5, 3, 4, 3.4, 4, 5.6, 3.6, 6, 0.4, 6, 0, 5.6, 0, 3.4, 0.5, 3)},
	{line(3.4, 6, 4, 6, 4, 0.4, 3.6, 0, 0.4, 0, 0, 0.4, 0, 2.2, 0.3, 2.5, 4, 2.5)},
}

func line(xy ...float64) []Point {
	out := make([]Point, 0, len(xy)/2)
	for i := 0; i+1 < len(xy); i += 2 {
		out = append(out, Point{xy[i] / 4, xy[i+1] / 6})
	}
	return out
}

const (
	nikLeft = 400.0
	nikTop  = 193.0
)

func printNIK(s *sheet, nik string) {
	for i := range len(nik) {
		var lines [][]Point
		for _, l := range digitShapes[nik[i]-'0'] {
			var moved []Point
			for _, p := range l {
				moved = append(moved, Point{nikLeft + float64(i)*digitH*pitch + p.X*digitH*0.6, nikTop + p.Y*digitH})
			}
			lines = append(lines, moved)
		}
		s.stroke(black, digitH*pen, lines)
	}
}

// printNIKIn sets the number in a font of machine-readable digits, at the size
// that gives them our own height.
func printNIKIn(s *sheet, nik string, digits *opentype.Font) {
	size := 100.0
	for range 2 { // once to measure, once to set
		face, err := opentype.NewFace(digits, &opentype.FaceOptions{Size: size, DPI: 72})
		if err != nil {
			panic(err)
		}
		bounds, _, _ := face.GlyphBounds('0')
		height := float64(bounds.Max.Y-bounds.Min.Y) / 64
		if wanted := digitH * (1 + pen); height < wanted-0.5 || height > wanted+0.5 {
			size *= wanted / height
			continue
		}
		bottom := nikTop + digitH*(1+pen/2)
		baseline := fixed.Int26_6(bottom*64) - bounds.Max.Y
		d := font.Drawer{Dst: s.RGBA, Src: image.NewUniform(black), Face: face}
		for i := range len(nik) {
			d.Dot = fixed.Point26_6{X: fixed.Int26_6((nikLeft + float64(i)*digitH*pitch) * 64), Y: baseline}
			d.DrawString(strconv.Itoa(int(nik[i] - '0')))
		}
	}
}
