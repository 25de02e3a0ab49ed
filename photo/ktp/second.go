package ktp

import (
	"context"
	"image"
	"time"
)

// Second is asked to read the number where our own reader, which knows OCR-A alone,
// cannot. It is given the line of the number from straight above, black on white.
type Second interface {
	// Digits gives what stands there and how sure that is, from 0 to 1. An error says
	// nothing of the photo: the number stays unread.
	Digits(ctx context.Context, line *image.Gray) (digits string, sure float64, err error)
}

// askSecond has another reader look at a line that ours found and could not read. It may
// confirm what was typed by reading the very same; to speak against it, it must be sure
// of all of a number that can exist.
func (r *Report) askSecond(ctx context.Context, second Second, line *image.Gray, typed string, rules Policy) {
	if line.Rect.Empty() {
		return
	}
	digits, sure, err := second.Digits(ctx, line)
	if err != nil || !possible(digits) {
		return
	}
	r.Scores.Second = sure
	if digits != typed && sure < rules.SecondSure {
		return
	}
	r.NIKRead, r.Second = digits, true
	r.NIKMatch, r.DiffersAt = differences(digits, typed)
}

// line cuts the number out of the photo, from straight above, with some ground around
// it and its light spread over black and white, because page readers expect the ink of
// a page. The softness of the print is kept: readers are surer of it than of hard edges.
// It is empty where no line was found.
func (p *picture) line(q quad, at place) *image.Gray {
	if at.pitch == 0 {
		return image.NewGray(image.Rectangle{})
	}
	const rim = 12 // of white: digits that touch the edge are not read
	luma := p.rectified(q, stripU0, stripV0, stripU1, stripV1, stripW, stripH)
	above := int(0.35 * float64(at.bottom-at.top))
	within := image.Rect(int(at.x0-0.8*at.pitch), at.top-above, int(at.x0+(nikDigits+0.8)*at.pitch), at.bottom+above).Intersect(image.Rect(0, 0, stripW, stripH))
	var counts [256]int
	for y := within.Min.Y; y < within.Max.Y; y++ {
		for _, l := range luma[y*stripW+within.Min.X : y*stripW+within.Max.X] {
			counts[l]++
		}
	}
	dark, ground := quantile(&counts, 0.02), quantile(&counts, 0.7)
	out := image.NewGray(image.Rect(0, 0, within.Dx()+2*rim, within.Dy()+2*rim))
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	for y := range within.Dy() {
		row := out.Pix[(rim+y)*out.Stride+rim:]
		for x, l := range luma[(within.Min.Y+y)*stripW+within.Min.X:][:within.Dx()] {
			row[x] = uint8(min(255, max(0, (int(l)-dark)*255/max(1, ground-dark))))
		}
	}
	return out
}

// possible says whether sixteen digits may be a NIK by their form: provinces count from
// 11, and the digits 7 to 12 are a day of a month, of a woman 40 more.
func possible(nik string) bool {
	if len(nik) != nikDigits {
		return false
	}
	var n [nikDigits]int
	for i, c := range []byte(nik) {
		if c < '0' || c > '9' {
			return false
		}
		n[i] = int(c - '0')
	}
	day, month, year := 10*n[6]+n[7], 10*n[8]+n[9], 10*n[10]+n[11]
	if day > 40 {
		day -= 40
	}
	// Whichever century it is: whenever a year of the last has a 29th of February, so has this one's.
	born := time.Date(2000+year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return n[0] > 0 && born.Day() == day && int(born.Month()) == month
}
