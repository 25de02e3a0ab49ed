package photo

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gelombang/internal/fault"
	"gelombang/limit"
	"gelombang/photo/ktp"
)

// Policy is every number of photos.
type Policy struct {
	PerDay    int           // photos of one account in a day
	SizeMost  int64         // bytes; a phone without our page's script sends its camera's own file
	ToReview  int           // refusals in a row, from which a person looks instead
	KeepFor   time.Duration // how long a picture is kept after it was decided about
	FinishFor time.Duration // how long an upload may be under way
}

// DefaultPolicy holds when the programme says nothing. Ten photos a day leave room for
// every way to fail; the page shrinks to 300 KB, and 10 MB is what cameras of 12
// megapixels write. A picture is kept for ninety days, so that an appeal against a draw
// can still be answered (UU PDP 27/2022: no longer than its purpose).
var DefaultPolicy = Policy{PerDay: 10, SizeMost: 10 << 20, ToReview: 3, KeepFor: 90 * 24 * time.Hour, FinishFor: 24 * time.Hour}

const (
	// tokenMost bounds a form's token, in bytes.
	tokenMost = 100
	// partsMost bounds the pieces of one upload: a connection that breaks more often sends
	// larger ones from then on, as the page doubles its patience.
	partsMost = 200
	// partLeast is the least that a cut-off piece must hold to be kept: below it the
	// round trips cost more than sending again.
	partLeast = 8 << 10
	// reviewsMost bounds a page of the review desk.
	reviewsMost = 100
	// retryFirst and retryMost bound the pause before the check asks a store again that is away.
	retryFirst, retryMost = 5 * time.Second, 5 * time.Minute
)

// The keys of what is refused.
const (
	KeyEmpty     = "photo.empty"
	KeyLarge     = "photo.too_large"
	KeyUsed      = "photo.day_used"
	KeyOver      = "photo.upload_over"
	KeyNotYours  = "photo.none"
	KeyDecided   = "photo.decided"
	KeyCorrected = "photo.corrected"
	KeySecond    = "photo.second_by_another"
	KeyReason    = "photo.reason_needed"
)

func (p Policy) sending() limit.Budget {
	return limit.Budget{Name: "photo.day", Most: p.PerDay, Window: 24 * time.Hour}
}

func (p Policy) sendingOf(account int64) limit.Use {
	return limit.Use{Budget: p.sending(), Key: strconv.FormatInt(account, 10)}
}

// fits says what is wrong with a size before anything is sent.
func (p Policy) fits(size int64) error {
	switch {
	case size <= 0:
		return fault.InvalidFields([]fault.Field{{Name: "photo", Key: KeyEmpty}})
	case size > p.SizeMost:
		return fault.InvalidFields([]fault.Field{{Name: "photo", Key: KeyLarge, Args: fault.Args{"most": p.SizeMost >> 20}}})
	}
	return nil
}

// outcome is what a check makes of a photo.
type outcome struct {
	state    State
	why      Why
	failures int
}

// doubts are verdicts that refuse nobody by themselves, and that a person should look at:
// a picture of a screen may be somebody else's card.
var doubts = []ktp.Verdict{ktp.Screen, ktp.Copy}

// judge decides by the check's report and by how many were refused before. A NIK that
// cannot be read is nobody's mistake: the registry has the last word on it anyway.
func (p Policy) judge(r ktp.Report, before int) outcome {
	switch {
	case r.Refused && before+1 >= p.ToReview:
		return outcome{Review, WhyFailures, before + 1}
	case r.Refused:
		return outcome{state: Refused, failures: before + 1}
	case r.NIKMatch == ktp.Differs:
		return outcome{state: Differs}
	case slices.Contains(doubts, r.Verdict):
		return outcome{state: Review, why: WhyDoubt}
	}
	return outcome{state: Accepted}
}

// compare gives the first digit in which two NIKs differ, from 1; 0 when none does.
func compare(read, typed string) int {
	if len(read) != len(typed) {
		return 1
	}
	for at := range len(read) {
		if read[at] != typed[at] {
			return at + 1
		}
	}
	return 0
}

// rematch says what a corrected NIK makes of a photo that was read before; ok false
// when nothing changes. A reading with an unclear digit says nothing.
func rematch(p Photo, typed string) (match ktp.Match, at int, to State, ok bool) {
	if p.NIKRead == "" || strings.ContainsRune(p.NIKRead, '?') || typed == "" || (p.State != Accepted && p.State != Differs) {
		return "", 0, "", false
	}
	if at = compare(p.NIKRead, typed); at == 0 {
		return ktp.Same, 0, Accepted, p.State != Accepted
	}
	return ktp.Differs, at, Differs, p.State != Differs || p.DiffersAt != at
}

// tellings are the text keys by which an outcome is told by message. What the person sees
// within seconds on the page is not told twice.
var tellings = map[State]string{
	Declined: "photo.told.declined",
	Lost:     "photo.told.lost",
}

// toldAfterReview is told when an official accepted a photo that had waited.
const toldAfterReview = "photo.told.accepted"

// decide says whether an official may decide about a photo.
func decide(p Photo, officer int64, reason Reason, accept bool) error {
	switch {
	case p.State != Review:
		return fault.New(fault.Refused, KeyDecided, nil)
	case p.Second && p.Officer == officer: // who said no does not judge the appeal
		return fault.New(fault.Refused, KeySecond, nil)
	case !accept && !slices.Contains(Reasons, reason):
		return fault.InvalidFields([]fault.Field{{Name: "reason", Key: KeyReason}})
	}
	return nil
}

// appealable says whether a person may ask for a look: once after a decision, and when
// the check says that the card shows another NIK.
func appealable(p Photo) (Why, bool) {
	switch {
	case p.State == Differs:
		return WhyNIK, true
	case p.State == Declined && !p.Second:
		return WhyAppeal, true
	}
	return "", false
}

// pause grows with the tries.
func pause(attempts int) time.Duration {
	d := retryFirst
	for i := 1; i < attempts && d < retryMost; i++ {
		d *= 2
	}
	return min(d, retryMost)
}
