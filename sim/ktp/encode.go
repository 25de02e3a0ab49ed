package ktp

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
)

// Encode writes the picture as a phone does: the sensor's rows as they lie, with
// an EXIF tag that says how to hold them.
func Encode(upright *image.RGBA, s Shot) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, asSensor(upright, s.Orientation), &jpeg.Options{Quality: s.Quality}); err != nil {
		panic(err) // a buffer takes everything
	}
	if s.Orientation <= 1 {
		return b.Bytes()
	}
	return WithOrientation(b.Bytes(), s.Orientation)
}

// WithOrientation puts an EXIF segment with this orientation before all others.
func WithOrientation(file []byte, orientation int) []byte {
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, uint16(orientation))
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	out := []byte{0xff, 0xd8, 0xff, 0xe1}
	out = binary.BigEndian.AppendUint16(out, uint16(2+6+len(tiff)))
	out = append(append(out, "Exif\x00\x00"...), tiff...)
	return append(out, file[2:]...)
}

// asSensor is the picture that a viewer turns upright by the orientation.
func asSensor(m *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			sx, sy := x, y
			switch orientation {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			copy(out.Pix[out.PixOffset(sx, sy):][:4], m.Pix[m.PixOffset(x, y):][:4])
		}
	}
	return out
}
