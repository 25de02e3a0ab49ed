package ktp_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"slices"
	"testing"

	"gelombang/photo/ktp"
)

func segmentOf(marker byte, body string) []byte {
	return append([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
}

// pixelsOf is the picture without its wrapping; nil when there is none.
func pixelsOf(file []byte) []byte {
	m, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		return nil
	}
	return b.Bytes()
}

func TestACleanPhotoIsTheSamePictureAndSaysNothingElse(t *testing.T) {
	t.Parallel()
	s := theStill()
	turned := s
	turned.shot.Orientation = 6
	plain, png := s.jpeg(), asPNG(t, s.RGBA)
	xmp := segmentOf(0xe1, "http://ns.adobe.com/xap/1.0/\x00 at home")
	secrets := slices.Concat(xmp, segmentOf(0xe1, "Exif\x00\x00 at home"), segmentOf(0xed, "at home"), segmentOf(0xfe, "at home"))
	for name, file := range map[string][]byte{
		"JPEG":                  slices.Concat(plain[:2], secrets, plain[2:], []byte("at home")),
		"JPEG on its side":      slices.Concat(turned.jpeg(), []byte("at home")),
		"PNG":                   append(withChunk(withChunk(png, "tEXt", []byte("place\x00at home")), "eXIf", []byte("at home")), "at home"...),
		"JPEG with two of them": slices.Concat(plain, plain, []byte("at home")),
	} {
		clean, err := ktp.Clean(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if bytes.Contains(clean, []byte("at home")) {
			t.Errorf("%s still tells the place", name)
		}
		if !bytes.Equal(pixelsOf(clean), pixelsOf(file)) {
			t.Errorf("%s: another picture", name)
		}
		again, err := ktp.Clean(clean)
		if err != nil || !bytes.Equal(again, clean) {
			t.Errorf("%s: cleaning twice gives %d bytes, once %d, %v", name, len(again), len(clean), err)
		}
	}
}

func TestACleanPhotoIsHeldAsBefore(t *testing.T) {
	t.Parallel()
	s := theStill()
	for orientation := 2; orientation <= 8; orientation++ {
		s.shot.Orientation = orientation
		clean, err := ktp.Clean(s.jpeg())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(clean[:40], []byte{0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(orientation)}) {
			t.Errorf("orientation %d is not in the first segment: % x", orientation, clean[:40])
		}
	}
}

func TestWhatIsNoPictureIsNotCleaned(t *testing.T) {
	t.Parallel()
	good := theStill().jpeg()
	for _, file := range [][]byte{nil, []byte("words"), good[:20], asPNG(t, image.NewGray(image.Rect(0, 0, 9, 9)))[:40]} {
		if clean, err := ktp.Clean(file); err == nil {
			t.Errorf("%d bytes were cleaned to %d", len(file), len(clean))
		}
	}
}
