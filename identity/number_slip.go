package identity

import "strings"

// repair is a number one slip away from the typed one that raises no doubt.
type repair struct {
	digits string
	digit  int // the first digit that changes, 1 to 16
}

// suggest fills in the doubtful digit and the probable number where one slip alone, a
// wrong digit or two exchanged neighbours, takes every doubt away. fits says that a
// number raises none.
func suggest(findings []Finding, digits, domicile string, fits func(string) bool) {
	if len(findings) == 0 {
		return
	}
	candidates := append(oneDigitAway(digits, fits), neighboursExchanged(digits, fits)...)
	candidates = preferDomicile(candidates, domicile)
	if len(candidates) == 0 || !sameDigit(candidates) {
		return
	}
	if findings[0].Digit == 0 || len(candidates) == 1 {
		findings[0].Digit = candidates[0].digit
	}
	if len(candidates) == 1 {
		findings[0].Suggestion = candidates[0].digits
	}
}

// oneDigitAway tries every other digit at the twelve places that have a meaning.
func oneDigitAway(digits string, fits func(string) bool) []repair {
	var found []repair
	tried := []byte(digits)
	for i := range serialStart {
		for d := byte('0'); d <= '9'; d++ {
			tried[i] = d
			if d != digits[i] && fits(string(tried)) {
				found = append(found, repair{string(tried), i + 1})
			}
		}
		tried[i] = digits[i]
	}
	return found
}

// neighboursExchanged goes one place into the serial, where a number that was typed
// right has a nought.
func neighboursExchanged(digits string, fits func(string) bool) []repair {
	var found []repair
	for i := range serialStart {
		tried := digits[:i] + string(digits[i+1]) + string(digits[i]) + digits[i+2:]
		if tried != digits && (i+1 < serialStart || digits[i] == '0') && fits(tried) {
			found = append(found, repair{tried, i + 1})
		}
	}
	return found
}

// preferDomicile keeps the candidates of the place where the person lives, when
// there are any: most people live where they were first registered.
func preferDomicile(candidates []repair, domicile string) []repair {
	if domicile == "" {
		return candidates
	}
	var near []repair
	for _, c := range candidates {
		if strings.HasPrefix(c.digits, domicile) {
			near = append(near, c)
		}
	}
	if len(near) > 0 {
		return near
	}
	return candidates
}

func sameDigit(candidates []repair) bool {
	for _, c := range candidates {
		if c.digit != candidates[0].digit {
			return false
		}
	}
	return true
}

// mendLength looks for the one number that a digit too many, or one too few, may have
// come from. findings are those of the length.
func mendLength(findings []Finding, typed, domicile string, fits func(string) bool) {
	digits := separators.Replace(typed)
	if !allDigits(digits) {
		return
	}
	var candidates []repair
	switch len(digits) {
	case numberDigits + 1:
		candidates = oneDigitLess(digits, fits)
	case numberDigits - 1:
		candidates = oneDigitMore(digits, fits)
	}
	candidates = preferDomicile(candidates, domicile)
	if len(candidates) == 1 {
		findings[0].Digit, findings[0].Suggestion = candidates[0].digit, candidates[0].digits
	}
}

func oneDigitLess(digits string, fits func(string) bool) []repair {
	var found []repair
	for i := range digits {
		tried := digits[:i] + digits[i+1:]
		if i > 0 && digits[i] == digits[i-1] || !fits(tried) {
			continue // the second of a pair leaves what the first left
		}
		found = append(found, repair{tried, i + 1})
	}
	return found
}

func oneDigitMore(digits string, fits func(string) bool) []repair {
	var found []repair
	for i := range len(digits) + 1 {
		for d := byte('0'); d <= '9'; d++ {
			tried := digits[:i] + string(d) + digits[i:]
			if i > 0 && digits[i-1] == d || !fits(tried) {
				continue
			}
			found = append(found, repair{tried, i + 1})
		}
	}
	return found
}
