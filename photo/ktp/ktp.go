// Package ktp looks at a photograph of an identity card as a patient clerk
// would: is there a KTP in it, all of it, the card itself, sharp and bright
// enough; and which number stands on it.
//
// It works on bytes alone: no person, no database, no clock, no network. The
// header is read before a single pixel is unpacked, so that a file that would
// swell in memory is refused for what its first bytes say. It never alters a
// claim: a reading that disagrees with what was typed is reported, not applied.
package ktp

import "context"

// Verdict is what is to be said of a photo first: the first rule that failed.
type Verdict string

const (
	OK       Verdict = "ok"
	Type     Verdict = "type"      // neither JPEG nor PNG, or a kind of them that no camera makes
	TooLarge Verdict = "too_large" // in bytes, in pixels or in memory
	Corrupt  Verdict = "corrupt"   // begins like a picture and cannot be read to its end
	NotFound Verdict = "not_found" // no KTP is seen
	Cropped  Verdict = "cropped"   // a part of the card is outside the picture
	Small    Verdict = "small"     // the card has too few pixels
	Dark     Verdict = "dark"
	Copy     Verdict = "copy" // grey or of one tint: a photocopy
	Blur     Verdict = "blur"
	Screen   Verdict = "screen" // a display photographed
	Glare    Verdict = "glare"  // light has wiped out a part of the text
)

// Verdicts is the closed list, in the order in which they are looked for.
var Verdicts = []Verdict{OK, Corrupt, Type, TooLarge, NotFound, Cropped, Small, Dark, Copy, Blur, Screen, Glare}

// Match compares the number on the card with the number that was typed.
type Match string

const (
	Same       Match = "same"
	Differs    Match = "differs"    // every digit was read clearly, and some are others
	Unreadable Match = "unreadable" // no word about the number, in either direction
	Absent     Match = "absent"     // nothing to compare: no number was typed, or no card found
)

// Options says what to look for. The zero value of Policy is the default one.
type Options struct {
	NIK     string // sixteen digits that were typed; empty when unknown
	ReadNIK bool   // read the number; implied by NIK
	Policy  Policy
	Second  Second // reads what our own reader cannot; nil: nobody
}

// Report is everything that was seen.
type Report struct {
	Verdict Verdict `json:"verdict"`
	Refused bool    `json:"refused"` // false: as it should be, or only a warning
	Reason  Reason  `json:"reason,omitempty"`
	// Cut names the corners that are outside the picture or touch its edge; none
	// when all of the card is in it, or no card was found.
	Cut       []Corner `json:"cut,omitempty"`
	NIKRead   string   `json:"nik_read,omitempty"` // a ? where a digit is unclear
	NIKMatch  Match    `json:"nik_match"`
	DiffersAt []int    `json:"differs_at,omitempty"` // digits counted from 1
	Second    bool     `json:"second,omitempty"`     // the number was read by Options.Second
	Scores    Scores   `json:"scores"`
}

// Reason says more about Type, TooLarge and Corrupt.
type Reason string

const (
	Empty     Reason = "empty"
	Format    Reason = "format"   // not a JPEG or PNG, whatever its name says
	Animated  Reason = "animated" // which of its pictures would be meant?
	Bytes     Reason = "bytes"
	Pixels    Reason = "pixels"
	Memory    Reason = "memory" // few bytes and pixels, and yet too much to unpack
	Truncated Reason = "truncated"
	Damaged   Reason = "damaged"
)

// Check looks at one file. The error is the context's; whatever is wrong with
// the file is a verdict.
func Check(ctx context.Context, file []byte, o Options) (Report, error) {
	rules := o.Policy.orDefault()
	report := Report{NIKMatch: Absent}
	h, verdict, reason := inspect(file, rules)
	report.Scores.Width, report.Scores.Height = h.width, h.height
	if verdict != OK {
		report.Verdict, report.Reason, report.Refused = verdict, reason, true
		return report, ctx.Err()
	}
	p, err := decode(file, h)
	if err != nil {
		report.Refused = true
		report.Verdict, report.Reason = whyNot(file, err)
		return report, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return report, err
	}
	card := locate(p, rules.Likeness)
	asked := o.ReadNIK || o.NIK != ""
	var read reading
	if asked && card.likeness >= rules.Likeness || card.doubtful(rules) {
		read = readNIK(p, card)
	}
	if card.doubtful(rules) && read.sure >= rules.LikelyNIK {
		card.likeness = rules.Likeness // sixteen digits in that print stand on no other card
	}
	report.Scores.Likeness = card.likeness
	if card.likeness < rules.Likeness {
		report.Verdict, report.Refused = rules.judge(report.Scores)
		return report, ctx.Err()
	}
	measure(p, card, &report.Scores)
	if report.Scores.Overshoot > rules.Overshoot {
		report.Cut = p.cutOff(card.quad, rules.Touches)
	}
	report.Verdict, report.Refused = rules.judge(report.Scores)
	if asked {
		report.compare(&read, o.NIK, rules)
	}
	if report.NIKMatch == Unreadable && !report.Refused && o.Second != nil {
		report.askSecond(ctx, o.Second, p.line(card.quad, read.place), o.NIK, rules)
	}
	return report, ctx.Err()
}
