package ktp

import (
	"bytes"
	"encoding/binary"
	"errors"
)

const orientationTag = 0x0112

// orientationOf reads how an EXIF segment says the picture is to be held: 1 to
// 8, and 1 for all that cannot be understood.
func orientationOf(body []byte) int {
	tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	const entry = 12
	list := tiff[at+2:]
	for range min(int(order.Uint16(tiff[at:])), len(list)/entry) {
		if order.Uint16(list) == orientationTag {
			if o := int(order.Uint16(list[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
		list = list[entry:]
	}
	return 1
}

var errNoPicture = errors.New("neither a JPEG nor a PNG with all its parts")

// Clean gives the same picture without what a camera, an editor or an attacker
// added to it: place, device, time, previews, comments, and anything after its
// end. The pixels are not touched. How to hold it is kept, in a segment that
// says nothing else.
func Clean(file []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(file, jpegMagic):
		return cleanJPEG(file)
	case bytes.HasPrefix(file, pngMagic):
		return cleanPNG(file)
	}
	return nil, errNoPicture
}

func cleanJPEG(file []byte) ([]byte, error) {
	out, orientation, scan := []byte{0xff, 0xd8}, 1, 0
	for s := range segments(file) {
		switch {
		case s.marker == app1 && orientation == 1:
			orientation = orientationOf(s.body)
		case s.marker == startOfScan:
			scan = s.at
		}
	}
	if scan == 0 {
		return nil, errNoPicture
	}
	if orientation != 1 {
		out = append(out, orientationSegment(orientation)...)
	}
	for s := range segments(file) {
		// Adobe's APP14 says which colours the numbers mean; no other APPn or comment is needed to see the picture.
		if s.marker == startOfScan || s.marker >= 0xe0 && s.marker <= 0xef && s.marker != 0xee || s.marker == 0xfe {
			continue
		}
		out = append(out, s.whole...)
	}
	end, _ := endOfPicture(file, scan)
	return append(out, file[scan:end]...), nil
}

// endOfPicture is just behind the first end marker after the first scan begins.
// Inside a scan 0xff is always followed by zero or a restart, so that the marker
// cannot be picture.
func endOfPicture(file []byte, scan int) (int, bool) {
	if i := bytes.Index(file[scan:], []byte{0xff, 0xd9}); i >= 0 {
		return scan + i + 2, true
	}
	return len(file), false
}

func orientationSegment(orientation int) []byte {
	return append([]byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"),
		0, byte(orientation), 0, 0, 0, 0, 0, 0)
}

func cleanPNG(file []byte) ([]byte, error) {
	needed := map[string]bool{"IHDR": true, "PLTE": true, "tRNS": true, "gAMA": true, "IDAT": true, "IEND": true}
	out, ended := append([]byte(nil), pngMagic...), false
	for c := range chunks(file) {
		if needed[c.name] {
			out = append(out, c.whole...)
		}
		ended = ended || c.name == "IEND"
	}
	if !ended {
		return nil, errNoPicture
	}
	return out, nil
}
