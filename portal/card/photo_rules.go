package card

import (
	"slices"

	"gelombang/internal/page"
	"gelombang/photo"
	"gelombang/photo/ktp"
)

// photoRule is one line of what the check looked for.
type photoRule struct {
	Tone       page.Tone // Good, Bad or Wait
	Name, More page.Text
	Failed     bool // Name says what should be, and is not
}

// looked are the rules in the order in which the check goes through them: after the first
// that failed nothing is known of the others.
var looked = []struct {
	name  string
	fails []ktp.Verdict
}{
	{"found", []ktp.Verdict{ktp.Type, ktp.TooLarge, ktp.Corrupt, ktp.NotFound, ktp.Small}},
	{"corners", []ktp.Verdict{ktp.Cropped}},
	{"light", []ktp.Verdict{ktp.Dark}},
	{"original", []ktp.Verdict{ktp.Copy}},
	{"sharp", []ktp.Verdict{ktp.Blur}},
	{"screen", []ktp.Verdict{ktp.Screen}},
	{"glare", []ktp.Verdict{ktp.Glare}},
}

// badKey says what failed and how to mend it.
func badKey(p photo.Photo) string {
	if p.Verdict == ktp.Cropped && len(p.Cut) > 0 {
		return cutKey(p.Cut)
	}
	return "portal.photo.bad." + string(p.Verdict)
}

// cutKey says which corners are cut off, clockwise from the top left.
func cutKey(corners []ktp.Corner) string {
	key := "portal.photo.cut."
	for i, c := range corners {
		if i > 0 {
			key += "."
		}
		key += string(c)
	}
	return key
}

// mark is a point on the page's picture of a card in its frame.
type mark struct{ X, Y int }

// cornerMarks are where the picture of photo.html has the card's corners.
var cornerMarks = map[ktp.Corner]mark{ktp.TopLeft: {22, 18}, ktp.TopRight: {298, 18}, ktp.BottomRight: {298, 186}, ktp.BottomLeft: {22, 186}}

// cutMarks are what is marked for whoever has to take the photo again.
func cutMarks(p photo.Photo) (out []mark) {
	if p.State != photo.Refused || p.Verdict != ktp.Cropped {
		return nil
	}
	for _, c := range p.Cut {
		out = append(out, cornerMarks[c])
	}
	return out
}

// photoRules lists what the check found. Nothing is listed before it, nor after an
// official, whose word stands instead.
func photoRules(p photo.Photo) []photoRule {
	if p.Verdict == "" || p.Officer != 0 || p.State == photo.Checking || p.State == photo.Lost {
		return nil
	}
	var list []photoRule
	failed := false
	for _, r := range looked {
		name := page.T("portal.photo.rule." + r.name)
		switch {
		case slices.Contains(r.fails, p.Verdict):
			failed = true
			list = append(list, failedRule(p, name))
		case failed && p.State == photo.Refused:
			list = append(list, photoRule{Tone: page.Wait, Name: name, More: page.T("portal.photo.rule.later")})
		case !failed:
			list = append(list, photoRule{Tone: page.Good, Name: name})
		}
	}
	return append(list, nikRule(p)...)
}

// failedRule tells a refusal from a doubt: an official looks at one, and the other did
// not keep the photo from being accepted.
func failedRule(p photo.Photo, name page.Text) photoRule {
	switch p.State {
	case photo.Accepted, photo.Differs:
		return photoRule{Tone: page.Good, Name: name, More: page.T("portal.photo.rule.doubt")}
	case photo.Review:
		return photoRule{Tone: page.Wait, Name: name, More: page.T("portal.photo.rule.review")}
	}
	return photoRule{Tone: page.Bad, Name: name, More: page.T(badKey(p)), Failed: true}
}

func nikRule(p photo.Photo) []photoRule {
	name := page.T("portal.photo.rule.nik")
	switch {
	case p.NIKMatch == ktp.Same:
		return []photoRule{{Tone: page.Good, Name: name}}
	case p.State == photo.Refused: // what is read off a bad picture blames nobody
		return []photoRule{{Tone: page.Wait, Name: name, More: page.T("portal.photo.rule.later")}}
	case p.NIKMatch == ktp.Differs && p.State == photo.Review:
		return []photoRule{{Tone: page.Wait, Name: page.T("portal.photo.rule.nik.not"), More: page.T("portal.photo.rule.review")}}
	case p.NIKMatch == ktp.Differs:
		return []photoRule{{Tone: page.Bad, Name: page.T("portal.photo.rule.nik.not"), More: page.T("portal.photo.rule.nik.differs", "digit", p.DiffersAt)}}
	case p.NIKMatch == ktp.Unreadable:
		return []photoRule{{Tone: page.Wait, Name: name, More: page.T("portal.photo.rule.nik.unread")}}
	}
	return nil
}
