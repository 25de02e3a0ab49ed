package ktp_test

import (
	"bytes"
	"image/jpeg"
	"testing"

	"gelombang/sim/ktp"
)

func TestTheSameSeedTakesTheSamePhoto(t *testing.T) {
	t.Parallel()
	a, b := ktp.SampleAt(5, ktp.Small, 3, 100), ktp.SampleAt(5, ktp.Small, 3, 100)
	if !bytes.Equal(a.JPEG, b.JPEG) || a.NIK != b.NIK || len(a.NIK) != 16 {
		t.Errorf("%s and %s: %d and %d bytes", a.NIK, b.NIK, len(a.JPEG), len(b.JPEG))
	}
	if c := ktp.SampleAt(5, ktp.Small, 4, 100); bytes.Equal(a.JPEG, c.JPEG) || a.NIK == c.NIK {
		t.Error("the next photo is the same")
	}
}

func TestAPhotoIsAJPEGOfTheSizeOfItsShot(t *testing.T) {
	t.Parallel()
	p := ktp.SampleAt(5, ktp.NotFound, 2, 300)
	c, err := jpeg.DecodeConfig(bytes.NewReader(p.JPEG))
	if err != nil {
		t.Fatal(err)
	}
	w, h := p.Shot.Width, p.Shot.Height
	if p.Shot.Orientation >= 5 {
		w, h = h, w
	}
	if c.Width != w || c.Height != h || p.NIK != "" {
		t.Errorf("%d x %d, NIK %q, shot %+v", c.Width, c.Height, p.NIK, p.Shot)
	}
}
