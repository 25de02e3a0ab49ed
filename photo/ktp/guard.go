package ktp

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"image/jpeg"
	"image/png"
)

// header is what the first bytes say of a file.
type header struct {
	png           bool
	width, height int
	orientation   int // EXIF, 1 to 8
	memory        int64
}

var (
	jpegMagic = []byte{0xff, 0xd8, 0xff}
	pngMagic  = []byte("\x89PNG\r\n\x1a\n")
)

// inspect decides from the header alone whether a file may be unpacked.
func inspect(file []byte, rules Policy) (header, Verdict, Reason) {
	h := header{orientation: 1}
	switch {
	case len(file) == 0:
		return h, Corrupt, Empty
	case len(file) > rules.MaxBytes:
		return h, TooLarge, Bytes
	case bytes.HasPrefix(file, jpegMagic):
		return h.ofJPEG(file, rules)
	case bytes.HasPrefix(file, pngMagic):
		return h.ofPNG(file, rules)
	}
	return h, Type, Format
}

func (h header) ofJPEG(file []byte, rules Policy) (header, Verdict, Reason) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		verdict, reason := whyNot(file, err)
		return h, verdict, reason
	}
	h.width, h.height = config.Width, config.Height
	perPixel := int64(3) // the samples; less when the colours are halved
	if config.ColorModel == color.CMYKModel {
		perPixel = 4 + 4 // and a copy of them in other colours
	}
	coefficients := int64(12) // a progressive file keeps them all until its last scan
	for s := range segments(file) {
		switch {
		case s.marker == baseline || s.marker == extended:
			coefficients = 0
		case s.marker == app1 && h.orientation == 1: // XMP may follow EXIF
			h.orientation = orientationOf(s.body)
		}
	}
	perPixel += coefficients
	h.memory = perPixel * int64(h.width) * int64(h.height)
	return h.within(rules)
}

func (h header) ofPNG(file []byte, rules Policy) (header, Verdict, Reason) {
	config, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		verdict, reason := whyNot(file, err)
		return h, verdict, reason
	}
	h.png, h.width, h.height = true, config.Width, config.Height
	perPixel := int64(4 + 4 + 1)
	if depth := file[24]; depth == 16 {
		perPixel = 8 + 4 + 1
	}
	for c := range chunks(file) {
		if c.name == "acTL" {
			return h, Type, Animated
		}
	}
	h.memory = perPixel * int64(h.width) * int64(h.height)
	return h.within(rules)
}

func (h header) within(rules Policy) (header, Verdict, Reason) {
	switch {
	case int64(h.width)*int64(h.height) > int64(rules.MaxPixels):
		return h, TooLarge, Pixels
	case h.memory > rules.MaxMemory:
		return h, TooLarge, Memory
	}
	return h, OK, ""
}

// markers of JPEG segments.
const (
	baseline    = 0xc0 // a frame in one scan
	extended    = 0xc1 // likewise
	startOfScan = 0xda
	app1        = 0xe1 // EXIF, or XMP
)

// segment of a JPEG file, up to the first scan.
type segment struct {
	marker byte
	at     int    // where it begins in the file
	whole  []byte // with marker and length
	body   []byte
}

// segments walks the headers of a JPEG; what breaks the walk ends it.
func segments(file []byte) func(func(segment) bool) {
	return func(yield func(segment) bool) {
		for at := 2; at+4 <= len(file) && file[at] == 0xff; {
			marker := file[at+1]
			if marker == 0xff { // fill bytes are allowed before a marker
				at++
				continue
			}
			end := at + 2 + int(binary.BigEndian.Uint16(file[at+2:]))
			if end < at+4 || end > len(file) {
				return
			}
			if !yield(segment{marker, at, file[at:end], file[at+4 : end]}) || marker == startOfScan {
				return
			}
			at = end
		}
	}
}

// chunk of a PNG file.
type chunk struct {
	name  string
	whole []byte // with length and checksum
}

func chunks(file []byte) func(func(chunk) bool) {
	return func(yield func(chunk) bool) {
		for at := len(pngMagic); at+12 <= len(file); {
			size := int64(binary.BigEndian.Uint32(file[at:]))
			end := int64(at) + 12 + size
			if end > int64(len(file)) {
				return
			}
			name := string(file[at+4 : at+8])
			if !yield(chunk{name, file[at:end]}) || name == "IEND" {
				return
			}
			at = int(end)
		}
	}
}
