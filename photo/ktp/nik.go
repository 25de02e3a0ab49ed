package ktp

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

const nikDigits = 16

// strip is the line of the number from straight above: ink from 0 to 1.
type strip struct {
	ink  []float32
	w, h int
}

// Where the line is looked for, in card widths and heights. Much more than where
// it should be: printings differ, and so does what was found as the card's edge.
const (
	stripU0, stripV0, stripU1, stripV1 = 0.14, 0.11, 0.82, 0.31
	perCard                            = 1120 // samples to the card's width: a digit is then some 28 high
	stripW                             = 762
	stripH                             = 141
)

// reading is what stands in the sixteen places, with how sure each is.
type reading struct {
	digits string
	scores [nikDigits][10]float64
	sure   float64 // mean score of the digits
	place
}

// place is where in the strip the digits stand.
type place struct {
	x0, pitch   float64 // where the first begins, and from one to the next
	top, bottom int
}

// readNIK tries the lines of print in the strip, the most distinct first, until
// one is read beyond doubt.
func readNIK(p *picture, card found) reading {
	s := p.strip(card.quad)
	var best reading
	for _, b := range s.bands() {
		x0, pitch, ok := s.comb(b.top, b.bottom)
		if !ok {
			continue
		}
		if r := s.read(x0, pitch, b.top, b.bottom); r.sure > best.sure {
			best, best.place = r, place{x0, pitch, b.top, b.bottom}
		}
		if best.sure > beyondDoubt {
			break
		}
	}
	return best
}

const beyondDoubt = 0.8

func (p *picture) strip(q quad) strip {
	s := strip{w: stripW, h: stripH}
	luma := p.rectified(q, stripU0, stripV0, stripU1, stripV1, s.w, s.h)
	s.ink = make([]float32, len(luma))
	const reach = 40 // light changes slowly across a card
	for x0 := 0; x0 < s.w; x0 += reach / 2 {
		var counts [256]int
		for x := max(0, x0-reach); x < min(s.w, x0+reach); x++ {
			for y := range s.h {
				counts[luma[y*s.w+x]]++
			}
		}
		ground, dark := float32(quantile(&counts, 0.7)), float32(quantile(&counts, 0.03))
		span := max(ground-dark, 12)
		for x := x0; x < min(s.w, x0+reach/2); x++ {
			for y := range s.h {
				s.ink[y*s.w+x] = min(1, max(0, (ground-float32(luma[y*s.w+x]))/span-0.08))
			}
		}
	}
	return s
}

// band is a line of print: the rows from top to bottom.
type band struct {
	top, bottom int
	distinct    float64
}

// bands finds the places for a line of the digits' height that hold the most ink
// compared with what is just above and below.
func (s strip) bands() []band {
	sums := make([]float64, s.h+1)
	for y := range s.h {
		var row float64
		for x := range s.w {
			row += float64(s.ink[y*s.w+x])
		}
		sums[y+1] = sums[y] + row
	}
	const rim = 3
	var all []band
	for height := 22; height <= 42; height++ {
		for y := 0; y+height <= s.h; y++ {
			in := sums[y+height] - sums[y]
			above, below := sums[y]-sums[max(0, y-rim)], sums[min(s.h, y+height+rim)]-sums[y+height]
			if v := (in - 4*(above+below)) / math.Sqrt(float64(height)); v > 0 {
				all = append(all, band{y, y + height, v})
			}
		}
	}
	return mostDistinct(all)
}

// mostDistinct keeps the three best bands that do not lie over each other.
func mostDistinct(all []band) (out []band) {
	slices.SortFunc(all, func(a, b band) int { return cmp.Compare(b.distinct, a.distinct) })
	for _, b := range all {
		over := slices.ContainsFunc(out, func(o band) bool { return b.top < o.bottom-8 && o.top < b.bottom-8 })
		if !over {
			out = append(out, b)
		}
		if len(out) == 3 {
			break
		}
	}
	return out
}

// comb finds the sixteen places: the pitch and start at which the gaps between
// them are emptiest and the places fullest.
func (s strip) comb(top, bottom int) (x0, pitch float64, ok bool) {
	sums := make([]float64, s.w+1)
	for x := range s.w {
		var column float64
		for y := top; y < bottom; y++ {
			column += float64(s.ink[y*s.w+x])
		}
		sums[x+1] = sums[x] + column
	}
	between := func(a, b float64) float64 {
		return sums[min(s.w, max(0, int(b+0.5)))] - sums[min(s.w, max(0, int(a+0.5)))]
	}
	best := math.Inf(-1)
	for pitch16 := 22.0 * nikDigits; pitch16 <= 37*nikDigits; pitch16 += 2 {
		step := pitch16 / nikDigits
		for start := 2.0; start+pitch16 < float64(s.w)-2; start++ {
			v := between(start, start+pitch16)
			for i := range nikDigits + 1 {
				gap := start + float64(i)*step
				v -= 3 * between(gap-2.5, gap+2.5)
			}
			v -= between(start+pitch16, start+pitch16+step) // nothing follows the number
			if v > best {
				best, x0, pitch, ok = v, start, step, true
			}
		}
	}
	return x0, pitch, ok
}

func highestOf(scores [10]float64) (digit int, score float64) {
	for d, v := range scores {
		if v > scores[digit] {
			digit = d
		}
	}
	return digit, scores[digit]
}

// unclear marks a digit of which only the place was found.
const unclear = '?'

// settle replaces the digits that were not read well enough. A line with many of
// them is none.
func (r *reading) settle(rules Policy) {
	if len(r.digits) != nikDigits {
		r.digits = ""
		return
	}
	digits := []byte(r.digits)
	for i := range digits {
		d, score := highestOf(r.scores[i])
		others := r.scores[i]
		others[d] = 0
		if _, next := highestOf(others); score < rules.MinDigit || score-next < rules.MinLead {
			digits[i] = unclear
		}
	}
	r.digits = string(digits)
	if strings.Count(r.digits, string(unclear)) > maxUnclear {
		r.digits = ""
	}
}

// maxUnclear digits may be missing from a line that is still worth showing.
const maxUnclear = 4

// compare says whether the number on the card is the one that was typed. One
// unclear digit is enough to say nothing: a word for or against a person's
// number is given for the whole of it or not at all.
func (r *Report) compare(read *reading, typed string, rules Policy) {
	r.Scores.Print = read.sure
	read.settle(rules)
	if r.NIKRead = read.digits; read.digits != "" && read.digits == typed {
		r.NIKMatch = Same
		return
	}
	if r.Refused || read.sure < rules.MinPrint {
		// What is too poor to take, or in a print that we do not know, must not speak against a number.
		r.NIKRead = ""
	}
	if r.NIKRead == "" || strings.ContainsRune(r.NIKRead, unclear) {
		r.NIKMatch = Unreadable
		return
	}
	r.NIKMatch, r.DiffersAt = differences(r.NIKRead, typed)
}

// differences are the digits that were typed otherwise than they were read.
func differences(read, typed string) (Match, []int) {
	if typed == "" {
		return Absent, nil
	}
	var differs []int
	for i := range nikDigits {
		if i >= len(typed) || typed[i] != read[i] {
			differs = append(differs, i+1)
		}
	}
	if differs != nil {
		return Differs, differs
	}
	return Same, nil
}
