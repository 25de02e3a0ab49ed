package desk

import (
	"strings"
	"unicode/utf8"

	"gelombang/audit"
	"gelombang/internal/page"
)

// The bounds of a reason: shorter ones say nothing, longer ones hold other people's data.
const (
	reasonLeast = 5
	reasonMost  = audit.ReasonMost
)

// ReasonRule reads the field of a reason.
var ReasonRule = page.FieldRule{Name: "reason", Max: reasonMost}

// ReasonField asks for the reason that the person will read.
func ReasonField() page.Field {
	return page.Field{Name: "reason", Label: page.T("console.reason"), Hint: page.T("console.reason.hint"), MaxLength: reasonMost, Required: true}
}

// ReasonOf is the reason on one line, as logs and the session keep it.
func ReasonOf(v page.Values) string { return strings.Join(strings.Fields(v.Get("reason")), " ") }

// CheckReason refuses what is no reason. Digits in a row may be somebody's number,
// and the log must not hold it.
func CheckReason(reason string) error {
	run := 0
	for _, c := range reason {
		if c >= '0' && c <= '9' {
			run++
		} else {
			run = 0
		}
		if run >= 8 {
			return Missing("reason", "console.reason.digits")
		}
	}
	if utf8.RuneCountInString(reason) < reasonLeast {
		return Missing("reason", "console.reason.missing")
	}
	if strings.Contains(reason, "@") {
		return Missing("reason", "console.reason.digits")
	}
	return nil
}
