package smsgw

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"gelombang/sim/loopback"
)

// Status is a closed list of words for what became of a message.
type Status string

const (
	StatusRequested           Status = "requested"
	StatusDelivered           Status = "delivered"
	StatusUndelivered         Status = "undelivered"
	StatusFailedAtOperator    Status = "failed_at_operator"
	StatusOperatorUnreachable Status = "operator_unreachable"
	StatusRejected            Status = "rejected"
	StatusBlocked             Status = "blocked"
	StatusNoReport            Status = "no_report"
)

// Faults at sending and in reporting, for the control; every final status but
// delivered is a fault as well. The last five have no magic number.
const (
	faultNoReceipt     = "no_receipt"
	faultInvalidNumber = "invalid_number"
	faultLateReceipt   = "late_receipt"
	faultHTTP500       = "http500"
	faultTimeout       = "timeout"
	faultDoubleReceipt = "double_receipt"
	faultEarlyReceipt  = "early_receipt"
	faultReset         = "reset"
	faultBusy          = "busy"         // 429, to be asked again after busySeconds
	faultUnauthorized  = "unauthorized" // as to a wrong key
	faultGarbage       = "garbage"      // 200 with a page instead of an answer
	faultHuge          = "huge"         // 200 with an answer that has no end in sight
	faultHalfAnswer    = "half_answer"  // accepted, then cut off in the middle of the answer
)

var failures = []string{
	string(StatusUndelivered), string(StatusFailedAtOperator), string(StatusOperatorUnreachable),
	string(StatusRejected), string(StatusBlocked), string(StatusNoReport),
}

var faults = append([]string{
	faultNoReceipt, faultInvalidNumber, faultLateReceipt, faultHTTP500,
	faultTimeout, faultDoubleReceipt, faultEarlyReceipt, faultReset,
	faultBusy, faultUnauthorized, faultGarbage, faultHuge, faultHalfAnswer,
}, failures...)

// magic maps the last four digits of a number to a fault of that phone alone.
var magic = []struct{ digits, fault, effect string }{
	{"0001", faultNoReceipt, "accepted, a receipt never comes"},
	{"0002", string(StatusFailedAtOperator), "receipt failed_at_operator"},
	{"0003", faultInvalidNumber, "400 invalid_number at sending"},
	{"0004", faultLateReceipt, "delivered after 90 s"},
	{"0005", faultHTTP500, "HTTP 500"},
	{"0006", faultTimeout, "no answer: hangs until the client leaves, at most 60 s"},
	{"0007", faultDoubleReceipt, "delivered, the receipt is sent twice"},
	{"0008", faultEarlyReceipt, "delivered, the receipt comes before the answer"},
	{"0009", faultReset, "accepted, then the connection is reset instead of an answer"},
}

// Magic lists the numbers that misbehave, by their last four digits.
func Magic() []loopback.Magic {
	list := make([]loopback.Magic, len(magic))
	for i, m := range magic {
		list[i] = loopback.Magic{Value: "62…" + m.digits, Effect: m.effect}
	}
	return list
}

// faultOf is the number's own fault, else that of the whole gateway.
func faultOf(to, control string) string {
	for _, m := range magic {
		if strings.HasSuffix(to, m.digits) {
			return m.fault
		}
	}
	return control
}

// plan is what will become of an accepted message.
type plan struct {
	outcome  Status
	after    time.Duration
	receipts int
}

func (c Config) plan(fault string) plan {
	switch {
	case fault == faultNoReceipt:
		return plan{}
	case fault == faultLateReceipt:
		return plan{StatusDelivered, c.LateDelay, 1}
	case fault == faultDoubleReceipt:
		return plan{StatusDelivered, c.ReceiptDelay, 2}
	case fault == faultEarlyReceipt:
		return plan{StatusDelivered, 0, 1}
	case slices.Contains(failures, fault):
		return plan{Status(fault), c.ReceiptDelay, 1}
	}
	return plan{StatusDelivered, c.ReceiptDelay, 1}
}

const (
	maxText     = 1600    // ten parts, what aggregators commonly join
	busySeconds = 7       // what the fault busy asks for
	hugeAnswer  = 4 << 20 // bytes of the fault huge
)

var (
	mobile = regexp.MustCompile(`^628[0-9]{7,11}$`)
	callTo = regexp.MustCompile(`^https?://`)
)

// problem names what is wrong with what was asked; empty if nothing is.
func (m Message) problem() string {
	switch {
	case !mobile.MatchString(m.To):
		return faultInvalidNumber
	case m.ClientRef == "" || m.Text == "" || len(m.Text) > maxText:
		return "invalid_request"
	case m.CallbackURL != "" && !callTo.MatchString(m.CallbackURL):
		return "invalid_callback_url"
	}
	return ""
}

// normal turns the spellings that people type into the page into 628….
func normal(number string) string {
	number = strings.NewReplacer("+", "", " ", "", "-", "").Replace(number)
	if local, ok := strings.CutPrefix(number, "0"); ok {
		return "62" + local
	}
	return number
}

// Phone is one handset with its newest message.
type Phone struct {
	Number string
	Count  int
	Last   Message
}

// phones groups messages, the newest first, by their number.
func phones(messages []Message) []Phone {
	at := map[string]int{}
	var list []Phone
	for _, m := range messages {
		i, known := at[m.To]
		if !known {
			i, at[m.To] = len(list), len(list)
			list = append(list, Phone{Number: m.To, Last: m})
		}
		list[i].Count++
	}
	slices.SortStableFunc(list, func(a, b Phone) int { return cmp.Compare(b.Last.AcceptedMS, a.Last.AcceptedMS) })
	return list
}

// Lost reports whether the message never reached the phone.
func (m Message) Lost() bool {
	return slices.Contains(failures, string(m.Status)) && m.Status != StatusNoReport
}
