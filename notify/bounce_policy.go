package notify

import "strings"

// MailReason is why a mail fails, by the enhanced status code (RFC 3463) that a mail
// server gives when it gives up: in its reply to us, or in a report that it sends later.
// What blames us as the sender is no reason of the person's.
func MailReason(status string) Reason {
	class, detail, _ := strings.Cut(status, ".")
	switch {
	case detail == "2.2": // full for days is full, whatever the class says
		return MailboxFull
	case class == "4": // tried until its time ran out
		return ServerUnreachable
	case detail == "1.2", detail == "1.10", detail == "4.4": // no such host, a null MX (RFC 7505), no route
		return NoSuchDomain
	case detail == "1.7", detail == "1.8": // about our own address
		return Rejected
	case strings.HasPrefix(detail, "1."), detail == "2.1":
		return NoSuchMailbox
	}
	return Rejected
}

// ofAddress says whether a reason holds whoever brings the mail. Any other is about one
// way alone, and says nothing once the mail went by another.
func (r Reason) ofAddress() bool {
	return r == NoSuchMailbox || r == NoSuchDomain || r == MailboxFull
}
