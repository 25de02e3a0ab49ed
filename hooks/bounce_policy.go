package hooks

import (
	"regexp"
	"strings"
	"time"

	"gelombang/notify"
)

const (
	// reportMost bounds a returned mail: the report, and often the mail itself with it,
	// which is some 20 KB.
	reportMost = 256 << 10
	// lineMost bounds one line of SMTP: servers write headers longer than they should.
	lineMost = 8 << 10
	// callersMost bounds the servers that deliver at once, and a second's mails bound
	// what they deliver: a day's worth of a million mails of which one in ten comes back
	// is two a second. Who is told to come back does, for days.
	callersMost      = 64
	bouncesPerSecond = 100
	// strangersMost is how many wrong addresses a caller may try before it is cut off.
	strangersMost = 3
	// talkFor bounds one step of a conversation, keepWithin what we do of it.
	talkFor    = time.Minute
	keepWithin = 10 * time.Second
	// partsMost and blocksMost bound what is looked at of a report; three parts are
	// usual, and two blocks.
	partsMost  = 10
	blocksMost = 20
)

// enhanced finds a status code of RFC 3463 in a line.
var enhanced = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)

// verdict is what a report's fields about a recipient mean; false when they are about
// nothing that went wrong. "failed" is final whatever the status says: whoever writes it
// has given up.
func verdict(action, status, diagnostic string) (notify.Bounce, bool) {
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(action)), " ")
	switch word {
	case "delayed":
		return notify.Bounce{}, true
	case "failed":
		return notify.Bounce{Failed: true, Reason: notify.MailReason(precise(status, diagnostic))}, true
	}
	return notify.Bounce{}, false
}

// precise is the status, or what the other server itself said when the status only says
// that something went wrong.
func precise(status, diagnostic string) string {
	code := enhanced.FindString(status)
	if said := enhanced.FindString(diagnostic); said != "" && (code == "" || strings.HasSuffix(code, ".0.0")) {
		return said
	}
	return code
}
