package ktp

// Policy is every number by which a photo is judged. The defaults come from
// synthetic cards (docs/algorithms/photo.md says what that proves): they are
// settings because real lenses, lamination and hands are not in them.
type Policy struct {
	// Guards, read from the header before anything is unpacked.
	MaxBytes  int   // of the file; phones write up to 8 MB without being asked to shrink
	MaxPixels int   // time grows with pixels: 26 million is every phone's ordinary picture
	MaxMemory int64 // bytes that unpacking would take

	// Likeness is how well what was found resembles the layout of a KTP, 0 to 1.
	Likeness float64
	// LikelyNIK is how surely sixteen digits must be read in their place for them to
	// make a KTP of what resembles one a little less (Doubtful).
	LikelyNIK float64
	Doubtful  float64
	// Overshoot is how far a corner may lie outside, in card widths: less than the
	// error of finding it, and less than the card's blank rim.
	Overshoot float64
	// Touches is how far outside a corner of a cropped card is named as cut off.
	Touches float64
	// MinWidth is the card's width in pixels at which the pen of the NIK is still two pixels wide.
	MinWidth float64
	// MinLight is the luma that the brightest twentieth of the card must reach.
	MinLight float64
	// MinColour is the colour left in the portrait after taking away all that luma explains.
	MinColour float64
	// MinSharp is the share of its contrast that an edge climbs in one pixel of a card 1000 wide.
	MinSharp float64
	// MaxGrid is how far a regular fine pattern may stand out, in powers of two.
	MaxGrid float64
	// MaxGlare is the share of the text's ground that may be wiped out.
	MaxGlare float64
	// Warn lists what is told and not refused: two scores have no clean margin.
	Warn []Verdict

	// MinDigit is the likeness below which a digit is not read.
	MinDigit float64
	// MinLead is by how much the best reading of a digit must beat the next for a difference to be told.
	MinLead float64
	// MinPrint is the mean likeness of the sixteen digits below which the print is not
	// OCR-A, and what was read of it speaks against no number: a blurred digit of another
	// print resembles some digit well enough.
	MinPrint float64
	// SecondSure is how sure a second reader must be of all that it read to speak against
	// a number.
	SecondSure float64
}

// DefaultPolicy is used where the policy given is the zero value.
var DefaultPolicy = Policy{
	MaxBytes: 10 << 20, MaxPixels: 26_000_000, MaxMemory: 256 << 20,
	Likeness: 0.60, Doubtful: 0.42, LikelyNIK: 0.60, Overshoot: 0.012, Touches: 0, MinWidth: 480, MinLight: 112,
	MinColour: 0.030, MinSharp: 0.22, MaxGrid: 4.8, MaxGlare: 0.01,
	Warn:     []Verdict{Screen, Glare},
	MinDigit: 0.5, MinLead: 0.05, MinPrint: 0.80, SecondSure: 0.80,
}

func (p Policy) orDefault() Policy {
	if p.MaxBytes == 0 {
		return DefaultPolicy
	}
	return p
}

// Scores are what was measured, recorded with every photo so that the numbers
// above can be set from real ones.
type Scores struct {
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	Likeness  float64 `json:"likeness"`
	Overshoot float64 `json:"overshoot"`
	CardWidth float64 `json:"card_width"`
	Light     float64 `json:"light"`
	Colour    float64 `json:"colour"`
	Sharp     float64 `json:"sharp"`
	Grid      float64 `json:"grid"`
	Glare     float64 `json:"glare"`
	Print     float64 `json:"print,omitempty"`  // how well the number's digits resemble OCR-A
	Second    float64 `json:"second,omitempty"` // how sure the second reader was; 0: it was not asked, or read no number
}

// judge names the first rule that failed. The order is that of mending: there is
// no use in telling of a blur in a picture of something else, and too little
// light makes everything after it worse.
func (p Policy) judge(s Scores) (Verdict, bool) {
	rules := []struct {
		verdict Verdict
		failed  bool
	}{
		{Small, max(s.Width, s.Height) < int(p.MinWidth)},
		{NotFound, s.Likeness < p.Likeness},
		{Cropped, s.Overshoot > p.Overshoot},
		{Small, s.CardWidth < p.MinWidth},
		{Dark, s.Light < p.MinLight},
		{Copy, s.Colour < p.MinColour},
		{Blur, s.Sharp < p.MinSharp},
		{Screen, s.Grid > p.MaxGrid},
		{Glare, s.Glare > p.MaxGlare},
	}
	for _, r := range rules {
		if r.failed {
			return r.verdict, !p.onlyWarns(r.verdict)
		}
	}
	return OK, false
}

func (p Policy) onlyWarns(v Verdict) bool {
	for _, w := range p.Warn {
		if w == v {
			return true
		}
	}
	return false
}
