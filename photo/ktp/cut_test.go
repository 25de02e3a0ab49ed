package ktp_test

import (
	"slices"
	"testing"

	"gelombang/photo/ktp"
	simktp "gelombang/sim/ktp"
)

// namesItsCorners says whether a report names every corner that is further outside
// than the error of finding it, and none that is further inside.
func namesItsCorners(r ktp.Report, s simktp.Shot) bool {
	named := make([]string, len(r.Cut))
	for i, c := range r.Cut {
		named[i] = string(c)
	}
	without := func(all, some []string) bool {
		return slices.ContainsFunc(all, func(c string) bool { return !slices.Contains(some, c) })
	}
	near := ktp.DefaultPolicy.Overshoot
	return !without(s.Outside(near), named) && !without(named, s.Outside(-near))
}

// Of all cropped photos at least nine in ten name the right corners, those in which no
// card was found counted as wrong. The table of the soak test counts a hundred.
func TestACroppedPhotoNamesTheCornersThatAreCutOff(t *testing.T) {
	t.Parallel()
	const photos = 10
	right, turned := 0, 0
	for i := range photos {
		p := simktp.SampleAt(sampleSeed, simktp.Cropped, i, 620)
		r := check(t, p.JPEG, ktp.Options{})
		if namesItsCorners(r, p.Shot) {
			right++
		} else {
			t.Logf("%s: %s, %v are named, and %v are cut off", p.Name, r.Verdict, r.Cut, p.Shot.Outside(0))
		}
		if p.Shot.Orientation > 1 {
			turned++
		}
	}
	if right*10 < photos*9 {
		t.Errorf("%d of %d", right, photos)
	}
	if turned == 0 {
		t.Error("no photo was turned by EXIF")
	}
}

// However a camera writes a picture down, a corner is called by where people see it.
func TestACutCornerIsCalledByWhereItIsSeen(t *testing.T) {
	t.Parallel()
	s := theStill()
	moved := s.shot
	for i, c := range moved.Corners {
		moved.Corners[i] = simktp.Point{X: c.X + 110, Y: c.Y + 20}
	}
	picture := simktp.Photograph(simktp.PrintCard(simktp.PersonAt(2026, 1), nil), moved)
	for orientation := 1; orientation <= 8; orientation++ {
		moved.Orientation = orientation
		r := check(t, simktp.Encode(picture, moved), ktp.Options{})
		if r.Verdict != ktp.Cropped || !slices.Equal(r.Cut, []ktp.Corner{ktp.TopRight, ktp.BottomRight}) {
			t.Errorf("orientation %d: %s, %v", orientation, r.Verdict, r.Cut)
		}
	}
	if r := check(t, s.jpeg(), ktp.Options{}); r.Cut != nil {
		t.Errorf("a whole card: %v", r.Cut)
	}
}
