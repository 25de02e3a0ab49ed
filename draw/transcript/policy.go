package transcript

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

const (
	// MinDelay lies between the freeze deadline and the round. It gives everybody
	// time to copy the announced root while nobody can know the randomness.
	MinDelay = 10 * time.Minute
	// FallbackAfter is how long a missing round is waited for before the officials
	// reveal. The public chain has never been silent for so long.
	FallbackAfter = 72 * time.Hour

	// maxStrata is above the number of districts in the country.
	maxStrata = 10_000
	// maxLeaves bounds the memory of a reader: ten times the largest wave on record.
	maxLeaves = 20_000_000
	// maxLine bounds one line; the header with a stratum per regency takes 60 KB.
	maxLine = 1 << 20
	// maxName bounds the names that a header carries.
	maxName = 200
	// maxKeys bounds the rotations of the operator's key within one wave.
	maxKeys = 16
	// maxCount bounds quotas and caps, so that no sum overflows.
	maxCount = 1_000_000_000
	// maxMs is the year 2200: numbers stay exact in languages with floating-point JSON.
	maxMs = 7_258_118_400_000
)

var (
	idPattern  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	nikPattern = regexp.MustCompile(`^[0-9]{16}$`)
)

// FrozenLate says that the list missed its deadline, which stops the draw.
func (h Header) FrozenLate() bool { return h.FrozenMs > h.FreezeDeadlineMs }

// FallbackFrom is when the officials may reveal, if the round is still missing.
func (h Header) FallbackFrom() time.Time { return RoundTime(h.Chain, h.Round).Add(FallbackAfter) }

// FirstRound is the only round that the header may name.
func (h Header) FirstRound() uint64 {
	return RoundAt(h.Chain, time.UnixMilli(h.FreezeDeadlineMs).Add(time.Duration(h.MinDelayS)*time.Second))
}

// headerProblems names what makes a header meaningless, whatever the times say.
func headerProblems(h Header) []string {
	var p []string
	add := func(bad bool, format string, args ...any) {
		if bad {
			p = append(p, fmt.Sprintf(format, args...))
		}
	}
	add(h.Format != Format, "the format is %q, this verifier reads %q", h.Format, Format)
	add(!idPattern.MatchString(h.Wave), "the wave id %q is not 1 to 64 letters, digits, dots, dashes or underscores", h.Wave)
	add(!printable(h.Name), "the name of the wave is empty, too long or not printable")
	add(h.HouseholdCap < 0 || h.HouseholdCap > maxCount, "the household cap %d is out of range", h.HouseholdCap)
	for _, ms := range []int64{h.ClosesMs, h.FreezeDeadlineMs, h.FrozenMs, h.RoundFixedMs} {
		add(ms <= 0 || ms > maxMs, "the time %d ms is out of range", ms)
	}
	add(h.MinDelayS < 0 || h.MinDelayS > int64(FallbackAfter/time.Second), "the delay of %d s is out of range", h.MinDelayS)
	add(h.Officials[0] == h.Officials[1], "both officials committed to the same value")
	p = append(p, strataProblems(h.Strata)...)
	p = append(p, keyProblems(h.Origin, h.Keys)...)
	return append(p, chainProblems(h.Chain, h.Round)...)
}

func strataProblems(strata []Stratum) []string {
	var p []string
	if len(strata) == 0 || len(strata) > maxStrata {
		p = append(p, fmt.Sprintf("the header has %d strata", len(strata)))
	}
	if !slices.IsSortedFunc(strata, func(a, b Stratum) int { return cmp.Compare(a.ID, b.ID) }) {
		p = append(p, "the strata are not in ascending order of their ids")
	}
	for i, s := range strata {
		switch {
		case !idPattern.MatchString(s.ID):
			p = append(p, fmt.Sprintf("the stratum id %q is not 1 to 64 letters, digits, dots, dashes or underscores", s.ID))
		case i > 0 && strata[i-1].ID == s.ID:
			p = append(p, fmt.Sprintf("the stratum %s is there twice", s.ID))
		case !printable(s.Name):
			p = append(p, fmt.Sprintf("the name of stratum %s is empty, too long or not printable", s.ID))
		case s.Quota < 0 || s.Quota > maxCount || s.Reserve < 0 || s.Reserve > maxCount:
			p = append(p, fmt.Sprintf("the quota or reserve of stratum %s is out of range", s.ID))
		}
	}
	return p
}

func keyProblems(origin string, keys []string) []string {
	var p []string
	if len(keys) == 0 || len(keys) > maxKeys {
		p = append(p, fmt.Sprintf("the header has %d operator keys", len(keys)))
	}
	for i, key := range keys {
		v, err := note.NewVerifier(key)
		switch {
		case err != nil:
			p = append(p, fmt.Sprintf("the operator key %q cannot be read: %v", key, err))
		case v.Name() != origin:
			p = append(p, fmt.Sprintf("the operator key %q does not carry the origin %q", key, origin))
		case slices.Contains(keys[:i], key):
			p = append(p, fmt.Sprintf("the operator key %q is there twice", key))
		}
	}
	return p
}

// calendarProblems names dates in an impossible order. The header must have no headerProblems.
func calendarProblems(h Header) []string {
	var p []string
	if h.RoundFixedMs >= h.ClosesMs {
		p = append(p, "the round was fixed after the wave had closed; it must be named when the wave opens")
	}
	if h.ClosesMs > h.FreezeDeadlineMs {
		p = append(p, "the freeze deadline lies before the closing time")
	}
	if h.FrozenMs < h.ClosesMs {
		p = append(p, "the list was frozen before the wave closed")
	}
	return p
}

// freezeProblems names what would let somebody know the randomness before the list is fixed.
func freezeProblems(h Header) []string {
	var p []string
	if h.FrozenLate() {
		p = append(p, fmt.Sprintf("the list was frozen %s after its deadline; a late freeze stops the draw",
			time.Duration(h.FrozenMs-h.FreezeDeadlineMs)*time.Millisecond))
	}
	if at := RoundTime(h.Chain, h.Round).UnixMilli(); h.FrozenMs >= at {
		p = append(p, fmt.Sprintf("the list was frozen at %d ms, which is not before the round's time, %d ms", h.FrozenMs, at))
	}
	return p
}

// roundProblems names how the round departs from the only one allowed.
func roundProblems(h Header) []string {
	var p []string
	if !h.Chain.Demo && time.Duration(h.MinDelayS)*time.Second < MinDelay {
		p = append(p, fmt.Sprintf("the round comes %d s after the freeze deadline; at least %d s are needed", h.MinDelayS, int(MinDelay.Seconds())))
	}
	if want := h.FirstRound(); h.Round != want {
		p = append(p, fmt.Sprintf("the header names round %d, but the first round at or after the freeze deadline and the delay is %d", h.Round, want))
	}
	return p
}

// fallbackProblems names why the officials' values may not decide.
func fallbackProblems(h Header, f Fallback) []string {
	var p []string
	if f.OpenedMs < h.FallbackFrom().UnixMilli() || f.OpenedMs > maxMs {
		p = append(p, fmt.Sprintf("the officials' values were opened at %d ms, the round is waited for until %d ms", f.OpenedMs, h.FallbackFrom().UnixMilli()))
	}
	for i, value := range f.Values {
		if OfficialCommitment(value) != h.Officials[i] {
			p = append(p, fmt.Sprintf("the value of official %d does not open the commitment %s in the header", i+1, h.Officials[i]))
		}
	}
	return p
}

// voidProblems names why the draw may not be called void: it is no way to get rid of a result.
func voidProblems(h Header, v Void) []string {
	switch v.Reason {
	case LateFreeze:
		if !h.FrozenLate() {
			return []string{"the draw is called void for a late freeze, but the list was frozen in time"}
		}
		return nil
	case RevealMissing:
		return revealProblems(h, v)
	default:
		return []string{fmt.Sprintf("%q is no reason for a void draw", v.Reason)}
	}
}

func revealProblems(h Header, v Void) []string {
	var p []string
	if v.DecidedMs < h.FallbackFrom().UnixMilli() || v.DecidedMs > maxMs {
		p = append(p, fmt.Sprintf("the draw was called void at %d ms, the round is waited for until %d ms", v.DecidedMs, h.FallbackFrom().UnixMilli()))
	}
	opened := 0
	for i, text := range v.Values {
		if value, err := ParseDigest(text); err == nil && OfficialCommitment(value) == h.Officials[i] {
			opened++
		}
	}
	if opened == len(v.Values) {
		p = append(p, "the draw is called void for a missing reveal, but both officials' values open their commitments")
	}
	return p
}

// printable says that a name reads the same in every JSON encoder: Go escapes
// control characters and the two Unicode line separators, others do not.
func printable(name string) bool {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return true
}
