package ktp_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/draw"
	"image/gif"
	"runtime"
	"slices"
	"testing"

	"gelombang/photo/ktp"
)

// flatJPEG is a grey JPEG of any size and kind in few bytes: every block says
// only that it is like the one before.
func flatJPEG(w, h, components int, progressive bool) []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}
	b = append(b, bytes.Repeat([]byte{16}, 64)...)
	frame, bits := byte(0xc0), 2
	if progressive {
		frame, bits = 0xc2, 1
	}
	b = append(b, 0xff, frame, 0, byte(8+3*components), 8, byte(h>>8), byte(h), byte(w>>8), byte(w), byte(components))
	for c := range components {
		b = append(b, byte(c+1), 0x11, 0)
	}
	if components == 4 {
		b = append(b, "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"...)
	}
	for _, table := range []byte{0x00, 0x10} {
		b = append(b, 0xff, 0xc4, 0, 20, table, 1)
		b = append(b, make([]byte, 16)...)
	}
	b = append(b, 0xff, 0xda, 0, byte(6+2*components), byte(components))
	for c := range components {
		b = append(b, byte(c+1), 0)
	}
	last := byte(63)
	if progressive {
		last = 0
	}
	b = append(b, 0, last, 0)
	blocks := (w + 7) / 8 * ((h + 7) / 8) * components
	b = append(b, make([]byte, (blocks*bits+7)/8)...)
	return append(b, 0xff, 0xd9)
}

func pngChunk(name string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, name...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// withChunk puts a chunk behind a PNG's header.
func withChunk(file []byte, name string, body []byte) []byte {
	return slices.Concat(file[:33], pngChunk(name, body), file[33:])
}

func pngHeader(w, h uint32, depth byte) []byte {
	body := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", append(body, depth, 2, 0, 0, 0))...)
}

func asGIF(t *testing.T, m image.Image) []byte {
	var b bytes.Buffer
	if err := gif.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func deep(m image.Image) image.Image {
	out := image.NewNRGBA64(m.Bounds())
	draw.Draw(out, out.Rect, m, image.Point{}, draw.Src)
	return out
}

func grey(m image.Image) image.Image {
	out := image.NewGray(m.Bounds())
	draw.Draw(out, out.Rect, m, image.Point{}, draw.Src)
	return out
}

func TestEveryStrangeFileGetsAClearVerdict(t *testing.T) {
	t.Parallel()
	s := theStill()
	good, asPNGs := s.jpeg(), asPNG(t, s.RGBA)
	cases := []struct {
		name    string
		file    []byte
		verdict ktp.Verdict
		reason  ktp.Reason
	}{
		{"no bytes", nil, ktp.Corrupt, ktp.Empty},
		{"words", []byte("my card"), ktp.Type, ktp.Format},
		{"a GIF, whatever its name says", asGIF(t, s.RGBA), ktp.Type, ktp.Format},
		{"a document", []byte("%PDF-1.7\n"), ktp.Type, ktp.Format},
		{"only the first bytes of a JPEG", good[:3], ktp.Corrupt, ktp.Truncated},
		{"half of a JPEG", good[:len(good)/2], ktp.Corrupt, ktp.Truncated},
		{"half of a PNG", asPNGs[:len(asPNGs)/2], ktp.Corrupt, ktp.Truncated},
		{"a JPEG with its tables overwritten", slices.Concat(good[:4], bytes.Repeat([]byte{0x55}, 400), good[404:]), ktp.Corrupt, ktp.Damaged},
		{"a PNG with a wrong checksum", slices.Concat(asPNGs[:60], []byte{1, 2, 3, 4}, asPNGs[64:]), ktp.Corrupt, ktp.Damaged},
		{"a PNG that says 30,000 by 30,000", pngHeader(30_000, 30_000, 8), ktp.TooLarge, ktp.Pixels},
		{"a JPEG that says 30,000 by 30,000", flatJPEG(30_000, 30_000, 3, false)[:200], ktp.TooLarge, ktp.Pixels},
		{"a PNG of 16 bits that would fill the memory", pngHeader(5000, 5000, 16), ktp.TooLarge, ktp.Memory},
		{"more bytes than allowed", append(slices.Clone(good), make([]byte, 10<<20)...), ktp.TooLarge, ktp.Bytes},
		{"an animated PNG", withChunk(asPNGs, "acTL", make([]byte, 8)), ktp.Type, ktp.Animated},
		{"a kind of JPEG that needs other arithmetic", bytes.Replace(flatJPEG(800, 600, 3, false), []byte{0xff, 0xc0}, []byte{0xff, 0xc9}, 1), ktp.Type, ktp.Format},
		{"four colours of ink", flatJPEG(800, 600, 4, false), ktp.NotFound, ""},
		{"a progressive JPEG", flatJPEG(800, 600, 3, true), ktp.NotFound, ""},
		{"one pixel", asPNG(t, image.NewRGBA(image.Rect(0, 0, 1, 1))), ktp.Small, ""},
		{"a thread", asPNG(t, image.NewRGBA(image.Rect(0, 0, 4000, 1))), ktp.NotFound, ""},
		{"nothing but one colour", asPNG(t, image.NewGray(image.Rect(0, 0, 700, 500))), ktp.NotFound, ""},
		{"a good PNG", asPNGs, ktp.OK, ""},
		{"a good PNG of 16 bits", asPNG(t, deep(s.RGBA)), ktp.OK, ""},
		{"a grey PNG", asPNG(t, grey(s.RGBA)), ktp.Copy, ""},
		{"a good JPEG with an archive behind it", append(slices.Clone(good), "PK\x03\x04 and more"...), ktp.OK, ""},
	}
	for _, c := range cases {
		r := check(t, c.file, ktp.Options{ReadNIK: true})
		if r.Verdict != c.verdict || r.Reason != c.reason || r.Refused != (c.verdict != ktp.OK) {
			t.Errorf("%s: %s (%s), refused %v, %+v", c.name, r.Verdict, r.Reason, r.Refused, r.Scores)
		}
	}
}

func TestAFileThatWouldSwellIsNotUnpacked(t *testing.T) {
	bombs := [][]byte{pngHeader(30_000, 30_000, 8), pngHeader(4_000_000_000, 2_000_000_000, 16), pngHeader(5000, 5000, 16),
		flatJPEG(60_000, 60_000, 3, false)[:300], flatJPEG(5000, 5000, 4, true)[:300]}
	for i, file := range bombs {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := check(t, file, ktp.Options{})
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
			t.Errorf("bomb %d took %d bytes", i, took)
		}
		if !r.Refused || r.Verdict != ktp.TooLarge && r.Verdict != ktp.Corrupt {
			t.Errorf("bomb %d: %s", i, r.Verdict)
		}
	}
}
