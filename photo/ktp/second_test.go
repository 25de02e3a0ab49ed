package ktp_test

import (
	"context"
	"errors"
	"image"
	"slices"
	"sync"
	"testing"

	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/opentype"

	"gelombang/photo/ktp"
	simktp "gelombang/sim/ktp"
)

// otherPrint is a good photo of a card whose number is not in OCR-A, as small as still is.
var otherPrint = sync.OnceValue(func() still {
	s := theStill()
	digits, err := opentype.Parse(gomonobold.TTF)
	if err != nil {
		panic(err)
	}
	s.RGBA = simktp.Photograph(simktp.PrintCard(simktp.PersonAt(2026, 1), digits), s.shot)
	return s
})

// says is a second reader that says one thing, and counts how often it was asked.
type says struct {
	digits string
	sure   float64
	err    error
	asked  int
}

func (s *says) Digits(_ context.Context, line *image.Gray) (string, float64, error) {
	s.asked++
	if line.Rect.Dx() < 300 || line.Rect.Dy() < 40 {
		return "", 0, errors.New("no line to read")
	}
	return s.digits, s.sure, s.err
}

func TestANumberInAnotherPrintIsUnreadableAndNeverDiffers(t *testing.T) {
	t.Parallel()
	digits, err := opentype.Parse(gomonobold.TTF)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 { // some of them a little out of focus, where a digit resembles others
		p := simktp.Hard(sampleSeed, i, digits)
		if r := check(t, p.JPEG, ktp.Options{NIK: p.NIK}); r.NIKMatch == ktp.Differs {
			t.Errorf("%s: %s was read as %s, print %.2f", p.Name, p.NIK, r.NIKRead, r.Scores.Print)
		}
	}
	s := otherPrint()
	if r := check(t, s.jpeg(), ktp.Options{NIK: s.nik}); r.NIKMatch != ktp.Unreadable || r.NIKRead != "" || r.Refused {
		t.Errorf("%s, read %q, print %.2f, refused %t", r.NIKMatch, r.NIKRead, r.Scores.Print, r.Refused)
	}
}

func TestASecondReaderConfirmsANumberAndHardlySpeaksAgainstIt(t *testing.T) {
	t.Parallel()
	s := otherPrint()
	file, nik := s.jpeg(), s.nik
	other := []byte(nik)
	other[15] = '0' + (other[15]-'0'+5)%10
	for name, c := range map[string]struct {
		second *says
		typed  string
		match  ktp.Match
		read   string
	}{
		"the very same, however unsure": {&says{digits: nik}, nik, ktp.Same, nik},
		"another, surely":               {&says{digits: nik, sure: 0.95}, string(other), ktp.Differs, nik},
		"another, unsurely":             {&says{digits: nik, sure: 0.79}, string(other), ktp.Unreadable, ""},
		"a month that is none":          {&says{digits: nik[:8] + "13" + nik[10:], sure: 1}, nik, ktp.Unreadable, ""},
		"a day that is none":            {&says{digits: nik[:6] + "720113" + nik[12:], sure: 1}, nik, ktp.Unreadable, ""},
		"a province that is none":       {&says{digits: "0" + nik[1:], sure: 1}, nik, ktp.Unreadable, ""},
		"a digit too few":               {&says{digits: nik[:15], sure: 1}, nik, ktp.Unreadable, ""},
		"letters":                       {&says{digits: "O" + nik[1:], sure: 1}, nik, ktp.Unreadable, ""},
		"nothing":                       {&says{}, nik, ktp.Unreadable, ""},
		"a failure":                     {&says{digits: nik, sure: 1, err: errors.New("broken")}, nik, ktp.Unreadable, ""},
		"nothing to compare with":       {&says{digits: nik, sure: 0.95}, "", ktp.Absent, nik},
	} {
		r := check(t, file, ktp.Options{NIK: c.typed, ReadNIK: true, Second: c.second})
		if r.NIKMatch != c.match || r.NIKRead != c.read || r.Refused || c.second.asked != 1 || r.Second != (c.read != "") {
			t.Errorf("%s: %s, read %q, asked %d times, %+v", name, r.NIKMatch, r.NIKRead, c.second.asked, r)
		}
		if c.match == ktp.Differs && !slices.Equal(r.DiffersAt, []int{16}) {
			t.Errorf("%s: at %v", name, r.DiffersAt)
		}
	}
}

func TestASecondReaderIsNotAskedWithoutNeed(t *testing.T) {
	t.Parallel()
	own, other := theStill(), otherPrint()
	strict := ktp.DefaultPolicy
	strict.MinLight = 250
	for name, c := range map[string]struct {
		file []byte
		o    ktp.Options
	}{
		"our own reader read it":   {own.jpeg(), ktp.Options{NIK: own.nik}},
		"our own reader differs":   {own.jpeg(), ktp.Options{NIK: "3" + own.nik[:15]}},
		"nobody wants the number":  {other.jpeg(), ktp.Options{}},
		"the photo is refused":     {other.jpeg(), ktp.Options{NIK: other.nik, Policy: strict}},
		"the file is none":         {[]byte("words"), ktp.Options{NIK: other.nik}},
		"the picture shows nobody": {flatJPEG(640, 480, 3, true), ktp.Options{NIK: other.nik}},
	} {
		second := &says{digits: own.nik, sure: 1}
		c.o.Second = second
		if r := check(t, c.file, c.o); second.asked > 0 || r.Second {
			t.Errorf("%s: asked %d times, %+v", name, second.asked, r)
		}
	}
}
