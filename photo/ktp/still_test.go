package ktp_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"sync"
	"testing"

	"gelombang/photo/ktp"
	simktp "gelombang/sim/ktp"
)

// still is a good photograph of a card, smaller than a phone's so that tests of
// everything but the picture are quick.
type still struct {
	nik  string
	shot simktp.Shot
	*image.RGBA
}

var theStill = sync.OnceValue(func() still {
	shot := simktp.Shot{Width: 900, Height: 680, CardWidth: 760, Ground: simktp.Plain, Light: 0.9, Blur: 0.3, Noise: 1, Orientation: 1, Quality: 88, Seed: 11,
		Corners: [4]simktp.Point{{X: 66, Y: 92}, {X: 826, Y: 78}, {X: 838, Y: 560}, {X: 74, Y: 574}}}
	person := simktp.PersonAt(2026, 1)
	return still{person.NIK, shot, simktp.Photograph(simktp.PrintCard(person, nil), shot)}
})

func (s still) jpeg() []byte { return simktp.Encode(s.RGBA, s.shot) }

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func check(t testing.TB, file []byte, o ktp.Options) ktp.Report {
	t.Helper()
	r, err := ktp.Check(context.Background(), file, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
