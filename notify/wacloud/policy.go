package wacloud

import (
	"cmp"
	"strings"
	"time"
	"unicode/utf8"

	"gelombang/notify"
)

const (
	// settleIn is how long an outcome in doubt waits for the status callback, which
	// carries our reference and comes within seconds of acceptance. The interface takes
	// one reference twice as two messages, so nothing else can tell.
	settleIn = 30 * time.Second
	// pauseFor is how long the account is left alone after it sent too much.
	pauseFor = 10 * time.Second
	// textMost bounds a template's parameter.
	textMost = 1024
)

// Error codes of the Cloud API by what follows from them. All others are by their HTTP
// status: a fault of theirs, or of our account, template or request.
var (
	// tooMany of the app, the account or the sending number.
	tooMany = map[int]bool{4: true, 80007: true, 130429: true, 131048: true}
	// elsewhere: this person cannot be reached here, or not now, which says nothing about
	// the number. Many numbers have no WhatsApp.
	elsewhere = map[int]notify.Reason{
		131026: notify.Blocked, // no WhatsApp, or terms not accepted
		131050: notify.Blocked, // opted out
		130472: notify.Rejected, 130497: notify.Rejected, 131021: notify.Rejected, 131030: notify.Rejected,
		131047: notify.Rejected, 131049: notify.Rejected, 131051: notify.Rejected, 131056: notify.Rejected,
	}
)

// Reason says why a message that had been taken failed, by the code of its status
// callback.
func Reason(code int) notify.Reason {
	return cmp.Or(elsewhere[code], notify.OperatorFailed)
}

// parameter fits a text into a template: one line, without the runs of spaces that the
// interface refuses.
func parameter(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > textMost {
		text = string([]rune(text)[:textMost])
	}
	return text
}
