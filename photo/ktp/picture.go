package ktp

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"math"
)

// picture is an unpacked photo, with the rows as the file has them. It is never
// turned: a card is looked for in all four turns anyway, so that of EXIF's eight
// ways of holding only the mirrored ones matter for finding it.
type picture struct {
	w, h        int
	luma        []uint8
	stride      int
	colours     *image.YCbCr // one of the two
	pixels      *image.RGBA
	orientation int // EXIF, 1 to 8
	mirrored    bool
}

func decode(file []byte, h header) (*picture, error) {
	var m image.Image
	var err error
	if h.png {
		m, err = png.Decode(bytes.NewReader(file))
	} else {
		m, err = jpeg.Decode(bytes.NewReader(file))
	}
	if err != nil {
		return nil, err
	}
	p := &picture{w: m.Bounds().Dx(), h: m.Bounds().Dy(), orientation: h.orientation}
	p.mirrored = h.orientation == 2 || h.orientation == 4 || h.orientation == 5 || h.orientation == 7
	switch m := m.(type) {
	case *image.YCbCr:
		p.luma, p.stride, p.colours = m.Y, m.YStride, m
	case *image.Gray:
		p.luma, p.stride = m.Pix, m.Stride
	default:
		p.fromAny(m)
	}
	return p, nil
}

// fromAny takes whatever else the decoders give, laid on white where it is transparent.
func (p *picture) fromAny(m image.Image) {
	p.pixels = image.NewRGBA(image.Rect(0, 0, p.w, p.h))
	draw.Draw(p.pixels, p.pixels.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(p.pixels, p.pixels.Rect, m, m.Bounds().Min, draw.Over)
	p.luma, p.stride = make([]uint8, p.w*p.h), p.w
	for i := range p.luma {
		c := p.pixels.Pix[4*i : 4*i+3]
		p.luma[i] = uint8((299*int(c[0]) + 587*int(c[1]) + 114*int(c[2]) + 500) / 1000)
	}
}

// whyNot says what is wrong with a file that could not be read to its end.
func whyNot(file []byte, err error) (Verdict, Reason) {
	var kindOfJPEG jpeg.UnsupportedError
	var kindOfPNG png.UnsupportedError
	switch {
	case errors.As(err, &kindOfJPEG), errors.As(err, &kindOfPNG):
		return Type, Format // lossless, arithmetic, twelve bits: kinds that no camera makes
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), !ended(file):
		return Corrupt, Truncated
	}
	return Corrupt, Damaged
}

// ended says whether a file has its format's last mark, as far as it can be followed.
func ended(file []byte) bool {
	if bytes.HasPrefix(file, jpegMagic) {
		for s := range segments(file) {
			if s.marker == startOfScan {
				_, ok := endOfPicture(file, s.at)
				return ok
			}
		}
		return true
	}
	for c := range chunks(file) {
		if c.name == "IEND" {
			return true
		}
	}
	return false
}

// lumaAt is the brightness between pixels. Outside it is that of the nearest pixel.
func (p *picture) lumaAt(at point) float64 {
	x, y := at.x-0.5, at.y-0.5
	if !(x >= 0) { // also what is no number
		x = 0
	} else if most := float64(p.w-1) - 1e-3; x > most {
		x = most
	}
	if !(y >= 0) {
		y = 0
	} else if most := float64(p.h-1) - 1e-3; y > most {
		y = most
	}
	ix, iy := int(x), int(y)
	u, v := x-float64(ix), y-float64(iy)
	o := iy*p.stride + ix
	a, b := p.luma[o:o+2], p.luma[o+p.stride:o+p.stride+2]
	return (float64(a[0])*(1-u)+float64(a[1])*u)*(1-v) + (float64(b[0])*(1-u)+float64(b[1])*u)*v
}

// chromaAt is the colour of a pixel, without its brightness.
func (p *picture) chromaAt(at point) (blue, red float64) {
	x, y := min(max(int(at.x), 0), p.w-1), min(max(int(at.y), 0), p.h-1)
	switch {
	case p.colours != nil:
		o := p.colours.COffset(x+p.colours.Rect.Min.X, y+p.colours.Rect.Min.Y)
		return float64(p.colours.Cb[o]) - 128, float64(p.colours.Cr[o]) - 128
	case p.pixels != nil:
		c := p.pixels.Pix[p.pixels.PixOffset(x, y):]
		l := float64(p.luma[y*p.stride+x])
		return (float64(c[2]) - l) * 0.564, (float64(c[0]) - l) * 0.713
	}
	return 0, 0
}

// shrunk gives every k-th part of the luma, averaged.
func (p *picture) shrunk(k int) (luma []uint8, w, h int) {
	w, h = p.w/k, p.h/k
	luma = make([]uint8, w*h)
	sums := make([]uint32, w)
	for y := range h {
		clear(sums)
		for dy := range k {
			row := p.luma[(y*k+dy)*p.stride:][:w*k]
			for x := range sums {
				var s uint32
				for _, v := range row[x*k : x*k+k] {
					s += uint32(v)
				}
				sums[x] += s
			}
		}
		for x, s := range sums {
			luma[y*w+x] = uint8(s / uint32(k*k))
		}
	}
	return luma, w, h
}

// rectified is a part of the card, seen from straight above: u and v from 0 to 1
// over the card, one sample for every pixel of a w by h picture. Large cards are
// averaged, so that noise is not taken for detail.
func (p *picture) rectified(q quad, u0, v0, u1, v1 float64, w, h int) []uint8 {
	m := squareTo(q)
	per := q.width() * (u1 - u0) / float64(w) // pixels of the photo per sample
	n := max(1, int(math.Round(per)))
	out := make([]uint8, 0, w*h)
	du, dv := (u1-u0)/float64(w*n), (v1-v0)/float64(h*n)
	sums := make([]float64, w)
	for y := range h {
		clear(sums)
		for sy := range n {
			v := v0 + (float64(y*n+sy)+0.5)*dv
			// Along a row of the card the three terms of a perspective are straight lines.
			x0, y0, w0 := m[1]*v+m[2], m[4]*v+m[5], m[7]*v+m[8]
			for x := range sums {
				for sx := range n {
					u := u0 + (float64(x*n+sx)+0.5)*du
					k := 1 / (m[6]*u + w0)
					sums[x] += p.lumaAt(point{(m[0]*u + x0) * k, (m[3]*u + y0) * k})
				}
			}
		}
		for _, s := range sums {
			out = append(out, uint8(s/float64(n*n)+0.5))
		}
	}
	return out
}
