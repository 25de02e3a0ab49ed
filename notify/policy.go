package notify

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gelombang/internal/fault"
)

const (
	// ListMost bounds one list of messages, and EventsMost the steps shown of each.
	ListMost   = 100
	EventsMost = 40
	// SendLimit bounds one try at a provider: under a job's lease, over a slow
	// server's answer.
	SendLimit = 45 * time.Second
	// ReceiptWait is how long a receipt may take before the page says that none
	// came: past the slow tail of operators, within the life of a code.
	ReceiptWait = 3 * time.Minute
	// KeepFor is how long a message can be looked up: past a wave and the questions
	// about it.
	KeepFor = 180 * 24 * time.Hour
	// clockSlack is how far a provider's clock may be from ours before its times
	// are not believed.
	clockSlack = 5 * time.Second
)

// weaker lists the states that to may follow by a report from outside. Reports
// come in any order and twice, so a message ends in the strongest of them:
// proof that it arrived wins over everything, a failure over silence.
func weaker(to State) []State { return States[:max(slices.Index(States, to), 0)] }

// sendable are the states from which a try may begin. Sending is among them: the
// process that was trying may have ended, and the reference makes a second try
// harmless.
var sendable = []State{Queued, Sending}

// reportable says whether a provider may say so.
func (r Receipt) reportable() bool {
	switch r.State {
	case Accepted, Confirmed, Unconfirmed:
		return r.Reason == NoReason
	case Failed:
		return slices.Contains(Reasons, r.Reason)
	}
	return false
}

// awaitsReceipt says whether silence on this channel means anything: an accepted
// mail is seldom reported on.
func (c Channel) awaitsReceipt() bool { return c == SMS }

// outlived says whether an error of Fill belongs to the thing itself: it is gone,
// used or void, and no later try can mend that.
func outlived(err error) bool {
	switch fault.Of(err) {
	case fault.NotFound, fault.Refused, fault.Invalid, fault.Forbidden, fault.Limited:
		return true
	}
	return false
}

// believed is a provider's time if it can be true, else ours.
func believed(at, created, now time.Time) time.Time {
	if at.Before(created.Add(-clockSlack)) || at.After(now.Add(clockSlack)) {
		return now
	}
	return at
}

// reference is what a provider knows the message by. It carries nothing but the
// id, so every try has the same one.
func reference(ch Channel, id int64, host string) string {
	number := strconv.FormatInt(id, 10)
	if ch == Email {
		return number + ".gelombang@" + host
	}
	return number
}

// veil hides what it stands for and how long that is.
const veil = "••••"

// MaskAddress shows enough of an address to be known by its owner.
func MaskAddress(ch Channel, to string) string {
	if ch == Email {
		return maskMail(to)
	}
	local := strings.TrimPrefix(to, "+")
	if rest, found := strings.CutPrefix(local, "62"); found {
		local = "0" + rest
	}
	if len(local) < 8 {
		return veil
	}
	tail := 4
	if len(local) < 11 {
		tail = 2 // of a short number four and four would be nearly all
	}
	return local[:4] + veil + local[len(local)-tail:]
}

func maskMail(to string) string {
	at := strings.LastIndexByte(to, '@')
	if at <= 0 {
		return veil
	}
	_, size := utf8.DecodeRuneInString(to)
	return to[:size] + "•••" + to[at:]
}
