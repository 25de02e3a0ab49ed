package ktp_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"slices"
	"testing"

	"gelombang/photo/ktp"
	simktp "gelombang/sim/ktp"
)

// seeds are small and drawn in no time: every worker of the fuzzer draws them anew.
func seeds(f *testing.F) {
	m := image.NewRGBA(image.Rect(0, 0, 160, 100))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * i >> 7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		f.Fatal(err)
	}
	pngs := asPNG(f, m)
	for _, seed := range [][]byte{b.Bytes(), simktp.WithOrientation(b.Bytes(), 7), pngs, withChunk(pngs, "acTL", make([]byte, 8)),
		flatJPEG(160, 120, 4, true), flatJPEG(160, 120, 3, false), pngHeader(300, 200, 16)} {
		f.Add(seed)
	}
}

// Whatever the bytes are: no panic, no more memory than the policy says, and one
// of the words that we know.
func FuzzCheck(f *testing.F) {
	seeds(f)
	rules := ktp.DefaultPolicy
	rules.MaxPixels, rules.MaxMemory, rules.MinWidth = 120_000, 4<<20, 100
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := ktp.Check(context.Background(), file, ktp.Options{NIK: "3201014107900001", Policy: rules})
		if err != nil || !slices.Contains(ktp.Verdicts, r.Verdict) {
			t.Fatalf("%q, %v", r.Verdict, err)
		}
		if r.Verdict == ktp.OK && r.Refused || len(r.DiffersAt) > 0 != (r.NIKMatch == ktp.Differs) {
			t.Fatalf("%+v", r)
		}
	})
}

// What can be seen before cleaning can be seen after it, pixel by pixel.
func FuzzClean(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		config, _, err := image.DecodeConfig(bytes.NewReader(file))
		if err != nil || config.Width*config.Height > 120_000 {
			return
		}
		clean, err := ktp.Clean(file)
		if err != nil {
			return
		}
		if before := pixelsOf(file); before != nil && !bytes.Equal(before, pixelsOf(clean)) {
			t.Fatal("another picture")
		}
	})
}
