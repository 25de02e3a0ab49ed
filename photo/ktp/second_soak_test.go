//go:build soak

package ktp_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/opentype"

	"gelombang/photo/ktp"
	"gelombang/photo/ktp/tesseract"
	simktp "gelombang/sim/ktp"
)

var ofHard = flag.Int("hard", 50, "photographs with a number in each print that our own reader does not know")

// prints are fonts of digits other than OCR-A. Those of the machine are left out when
// they are not there.
func prints(t *testing.T) map[string]*opentype.Font {
	t.Helper()
	fonts := map[string]*opentype.Font{}
	for name, file := range map[string][]byte{"Go Mono": gomono.TTF, "Go Mono Bold": gomonobold.TTF} {
		f, err := opentype.Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		fonts[name] = f
	}
	for name, path := range map[string]string{
		"Liberation Mono Bold": "/usr/share/fonts/truetype/liberation/LiberationMono-Bold.ttf",
		"DejaVu Sans Mono":     "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
		"DejaVu Sans Bold":     "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
	} {
		if f := fontOf(t, path); f != nil {
			fonts[name] = f
		}
	}
	fonts["OCR-A"] = nil
	return fonts
}

// hardTally is what became of the numbers of one print.
type hardTally struct {
	photos, refused              int
	unread, ownDenied            int // by our own reader alone
	same, denied, pointed, slips int // with the second
}

func (h *hardTally) add(o hardTally) {
	h.photos, h.refused = h.photos+o.photos, h.refused+o.refused
	h.unread, h.ownDenied = h.unread+o.unread, h.ownDenied+o.ownDenied
	h.same, h.denied, h.pointed, h.slips = h.same+o.same, h.denied+o.denied, h.pointed+o.pointed, h.slips+o.slips
}

// The second table of docs/algorithms/photo.md: numbers that our own reader cannot read,
// with and without tesseract.
func TestTheTableOfHardNumbers(t *testing.T) {
	second, err := tesseract.Find(tesseract.Auto, time.Now)
	if err != nil || second == nil {
		t.Fatalf("tesseract is needed (scripts/need installs it): %v", err)
	}
	var all hardTally
	for name, font := range prints(t) {
		var row hardTally
		for i := range *ofHard {
			row.one(t, simktp.Hard(*aSeed, i, font), second)
		}
		row.print(name)
		all.add(row)
	}
	all.print("all")
	share := func(n int) float64 { return 100 * float64(n) / float64(max(all.photos-all.refused, 1)) }
	for what, n := range map[string]int{"wrongly different": all.denied, "wrongly different without tesseract": all.ownDenied,
		"typos missed": all.slips} {
		if share(n) > 0.3 {
			t.Errorf("%s: %.1f %%, and at most 0.3 are to be", what, share(n))
		}
	}
	if all.same*10 < all.unread*8 {
		t.Errorf("tesseract confirmed %d of %d, and eight in ten are to be", all.same, all.unread)
	}
}

func (h *hardTally) one(t *testing.T, p simktp.Photo, second ktp.Second) {
	h.photos++
	own := check(t, p.JPEG, ktp.Options{NIK: p.NIK})
	if own.Refused {
		h.refused++
		return
	}
	at := h.photos % len(p.NIK)
	typo := []byte(p.NIK)
	typo[at] = '0' + (typo[at]-'0'+byte(1+h.photos%9))%10
	switch own.NIKMatch {
	case ktp.Differs:
		h.ownDenied++
	case ktp.Unreadable:
		h.unread++
	}
	right := check(t, p.JPEG, ktp.Options{NIK: p.NIK, Second: second})
	switch {
	case right.NIKMatch == ktp.Differs:
		h.denied++
		fmt.Printf("%s: %s was read as %s, by the second %v, sure %.2f\n", p.Name, p.NIK, right.NIKRead, right.Second, right.Scores.Second)
	case right.NIKMatch == ktp.Same && right.Second:
		h.same++
	}
	switch check(t, p.JPEG, ktp.Options{NIK: string(typo), Second: second}).NIKMatch {
	case ktp.Same:
		h.slips++
	case ktp.Differs:
		h.pointed++
	}
}

func (h *hardTally) print(name string) {
	fmt.Printf("%-21s %4d photos, %3d refused; unread %3d, of which tesseract confirms %3d; wrongly different %d (%d without); typos missed %d, pointed at %d\n",
		name, h.photos, h.refused, h.unread, h.same, h.denied, h.ownDenied, h.slips, h.pointed)
}
