package mailbox

import (
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"gelombang/sim/loopback"
)

// Faults of the whole server, for the control.
const (
	faultReject   = "reject_all"
	faultTempfail = "tempfail_all"
	faultReset    = "reset"
	faultSignIn   = "sign_in" // as it answers to a wrong password
)

var faults = []string{faultReject, faultTempfail, faultReset, faultSignIn}

// Local parts that misbehave. What follows a plus is free, so that every test
// has an address of its own: full+7@example.id.
const (
	localFull     = "full"
	localNoSuch   = "nosuch"
	localGreylist = "greylist"
	localSlow     = "slow"
	localDrop     = "drop"
	localTempfail = "tempfail"
	localLater    = "later-bounce"

	localLaterFull  = "later-full"
	localLaterDelay = "later-delay"
)

// Magic lists the addresses that misbehave.
func Magic() []loopback.Magic {
	return []loopback.Magic{
		{Value: localFull + "@", Effect: "552 5.2.2, the mailbox is full"},
		{Value: localNoSuch + "@", Effect: "550 5.1.1, no such mailbox"},
		{Value: localGreylist + "@", Effect: "451 4.7.1 at the first try of each Message-ID, then accepted"},
		{Value: localSlow + "@", Effect: "accepted after 10 s (control: slow_ms)"},
		{Value: localDrop + "@", Effect: "connection reset in the middle of DATA"},
		{Value: localTempfail + "@", Effect: "421 4.3.2, come back later"},
		{Value: localLater + "@", Effect: "accepted, then returned: 5.1.1, no such mailbox (control: bounce_ms)"},
		{Value: localLaterFull + "@", Effect: "accepted, then returned: 5.2.2, the mailbox is full"},
		{Value: localLaterDelay + "@", Effect: "accepted, then a report that it takes longer"},
	}
}

// localPart is the part before @ and before any plus, lower-cased.
func localPart(address string) string {
	local, _, _ := strings.Cut(address, "@")
	local, _, _ = strings.Cut(local, "+")
	return strings.ToLower(local)
}

// refusal is the answer to RCPT TO; nil accepts.
func refusal(fault, to string) error {
	switch fault {
	case faultReject:
		return reply(554, smtp.EnhancedCode{5, 7, 1}, "Message refused")
	case faultTempfail:
		return reply(451, smtp.EnhancedCode{4, 3, 0}, "Temporary failure, try again")
	}
	switch localPart(to) {
	case localFull:
		return reply(552, smtp.EnhancedCode{5, 2, 2}, "Mailbox full")
	case localNoSuch:
		return reply(550, smtp.EnhancedCode{5, 1, 1}, "No such mailbox")
	case localTempfail:
		return reply(421, smtp.EnhancedCode{4, 3, 2}, "Service not available, closing")
	}
	return nil
}

var (
	errSignIn     = reply(530, smtp.EnhancedCode{5, 7, 0}, "Authentication required")
	errGreylisted = reply(451, smtp.EnhancedCode{4, 7, 1}, "Greylisted, try again")
	errTooMany    = reply(451, smtp.EnhancedCode{4, 3, 2}, "Too many messages, slow down")
	errStore      = reply(451, smtp.EnhancedCode{4, 3, 0}, "Local error in storing")
	errCutOff     = reply(421, smtp.EnhancedCode{4, 4, 2}, "Connection lost")
)

func reply(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

// delay is how long the answer to DATA waits.
func (c Control) delay(to []string) time.Duration {
	wait := time.Duration(c.DelayMS) * time.Millisecond
	if !hasLocal(to, localSlow) {
		return wait
	}
	if c.SlowMS > 0 {
		return wait + time.Duration(c.SlowMS)*time.Millisecond
	}
	return wait + slowDelay
}

func hasLocal(to []string, local string) bool {
	for _, address := range to {
		if localPart(address) == local {
			return true
		}
	}
	return false
}
