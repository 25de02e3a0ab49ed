package identity

import (
	"strings"

	"gelombang/internal/fault"
)

// CheckTyping gives the findings about numbers that are not finished, doubts alone.
func (s *Service) CheckTyping(f Form) []fault.Field {
	return checkTyping(f, DateAt(s.config.Now()))
}

// checkStart doubts as much of a number as was typed so far. Serial digits say
// nothing, so twelve digits are judged as the whole will be.
func checkStart(typed string, regionKeys numberKeys, whole func(digits string) []Finding) []Finding {
	digits := separators.Replace(typed)
	if len(digits) > numberDigits || !allDigits(digits) {
		return nil // the whole says so
	}
	switch {
	case len(digits) >= serialStart:
		padded := digits + strings.Repeat("0", numberDigits-len(digits))
		findings := whole(padded)
		for i := range findings {
			findings[i].Suggestion = strings.TrimSuffix(findings[i].Suggestion, padded[len(digits):])
		}
		return findings
	case len(digits) >= dateStart:
		return checkRegion(digits, regionKeys)
	}
	return nil
}
