package ktp_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"gelombang/photo/ktp"
	simktp "gelombang/sim/ktp"
)

// sampleSeed is none of those with which the numbers of the policy were found.
const sampleSeed = 40_427

func TestEachFaultIsCalledByItsName(t *testing.T) {
	t.Parallel()
	for _, class := range simktp.Classes {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			p := simktp.SampleAt(sampleSeed, class, 0, 620)
			r := check(t, p.JPEG, ktp.Options{})
			want := ktp.Verdict(class)
			if class == simktp.Good {
				want = ktp.OK
			}
			if r.Verdict != want {
				t.Errorf("%s: %s, %+v", p.Name, r.Verdict, r.Scores)
			}
			onlyWarned := class == simktp.Good || class == simktp.Screen || class == simktp.Glare
			if r.Refused == onlyWarned {
				t.Errorf("%s: refused %v", p.Name, r.Refused)
			}
		})
	}
}

func TestAGoodPhotoIsReadHoweverItIsHeld(t *testing.T) {
	t.Parallel()
	s := theStill()
	for orientation := 1; orientation <= 8; orientation++ {
		s.shot.Orientation = orientation
		file := s.jpeg()
		if orientation > 1 { // an editor's segment of the same kind behind the camera's
			const exif = 2 + 2 + 2 + 6 + 26
			file = slices.Concat(file[:exif], segmentOf(0xe1, "http://ns.adobe.com/xap/1.0/\x00"), file[exif:])
		}
		r := check(t, file, ktp.Options{NIK: s.nik})
		if r.Verdict != ktp.OK || r.Refused || r.NIKMatch != ktp.Same || r.NIKRead != s.nik {
			t.Errorf("orientation %d: %s, %s read as %s: %s, %+v", orientation, r.Verdict, s.nik, r.NIKRead, r.NIKMatch, r.Scores)
		}
	}
}

func TestADigitThatWasTypedOtherwiseIsPointedAt(t *testing.T) {
	t.Parallel()
	s := theStill()
	for _, at := range []int{0, 6, 15} {
		typed := []byte(s.nik)
		typed[at] = '0' + (typed[at]-'0'+byte(1+at%9))%10
		r := check(t, s.jpeg(), ktp.Options{NIK: string(typed)})
		if r.NIKMatch != ktp.Differs || !slices.Equal(r.DiffersAt, []int{at + 1}) || r.NIKRead != s.nik {
			t.Errorf("digit %d: %s at %v, read %s", at+1, r.NIKMatch, r.DiffersAt, r.NIKRead)
		}
		if r.Verdict != ktp.OK || r.Refused {
			t.Errorf("a number that differs refused the photo: %s", r.Verdict)
		}
	}
}

func TestWithoutATypedNumberThereIsNothingToCompare(t *testing.T) {
	t.Parallel()
	s := theStill()
	if r := check(t, s.jpeg(), ktp.Options{ReadNIK: true}); r.NIKRead != s.nik || r.NIKMatch != ktp.Absent {
		t.Errorf("read %q, %s", r.NIKRead, r.NIKMatch)
	}
	if r := check(t, s.jpeg(), ktp.Options{}); r.NIKRead != "" || r.NIKMatch != ktp.Absent {
		t.Errorf("not asked, and read %q, %s", r.NIKRead, r.NIKMatch)
	}
}

func TestARuleIsASetting(t *testing.T) {
	t.Parallel()
	file := theStill().jpeg()
	strict := ktp.DefaultPolicy
	strict.MinSharp = 0.9
	if r := check(t, file, ktp.Options{Policy: strict}); r.Verdict != ktp.Blur || !r.Refused {
		t.Errorf("%s, refused %v", r.Verdict, r.Refused)
	}
	strict.Warn = append(slices.Clone(strict.Warn), ktp.Blur)
	if r := check(t, file, ktp.Options{Policy: strict}); r.Verdict != ktp.Blur || r.Refused {
		t.Errorf("only a warning: %s, refused %v", r.Verdict, r.Refused)
	}
}

func TestARefusedPhotoSaysNothingAgainstANumber(t *testing.T) {
	t.Parallel()
	s := theStill()
	strict := ktp.DefaultPolicy
	strict.MinLight = 250
	if r := check(t, s.jpeg(), ktp.Options{NIK: s.nik, Policy: strict}); !r.Refused || r.NIKMatch != ktp.Same {
		t.Errorf("its own number: %s, %s", r.Verdict, r.NIKMatch)
	}
	other := "0000000000000000"
	if r := check(t, s.jpeg(), ktp.Options{NIK: other, Policy: strict}); !r.Refused || r.NIKMatch != ktp.Unreadable || r.NIKRead != "" || r.DiffersAt != nil {
		t.Errorf("another number: %s, %s, %q", r.Verdict, r.NIKMatch, r.NIKRead)
	}
}

func TestACheckEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ktp.Check(ctx, theStill().jpeg(), ktp.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
