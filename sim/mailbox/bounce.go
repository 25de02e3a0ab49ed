package mailbox

import (
	"fmt"
	"net/smtp"
	"strings"
	"time"

	"gelombang/sim/loopback"
)

const (
	// bounceAfter is what a real provider takes minutes or days for.
	bounceAfter = 5 * time.Second
	bounceTries = 5
)

// undelivered is what is reported of a mail that was taken.
type undelivered struct{ action, status, said string }

// laters are the mailboxes that take a mail and report later that it came to nothing, or
// that it takes longer.
var laters = map[string]undelivered{
	localLater:      {"failed", "5.1.1", "550 5.1.1 No such mailbox"},
	localLaterFull:  {"failed", "5.2.2", "552 5.2.2 Mailbox full"},
	localLaterDelay: {"delayed", "4.4.1", "421 4.4.1 Connection timed out"},
}

// SetBounces names the mail server, host:port, that reports are brought to, as the domain
// of a mail's envelope would name it. Without one none are written.
func (s *Server) SetBounces(addr string) { s.bounces.Store(&addr) }

// report brings the report on a mail back to where its envelope says, later.
func (s *Server) report(m record) {
	addr, about := s.bounces.Load(), laters[localPart(m.To)]
	if addr == nil || *addr == "" || about == (undelivered{}) || m.From == "" {
		return
	}
	wait := time.Duration(s.panel.Get().BounceMS) * time.Millisecond
	if wait == 0 {
		wait = bounceAfter
	}
	go func() { // ends with the server, which does not wait for it
		for range bounceTries {
			if !loopback.Wait(s.ctx, wait) || smtp.SendMail(*addr, nil, "", []string{m.From}, about.mail(m)) == nil {
				return
			}
		}
	}()
}

// mail is the report in the form of RFC 3464, as Postfix writes it.
func (u undelivered) mail(m record) []byte {
	text := fmt.Sprintf(`From: MAILER-DAEMON@mailbox.test (Mail Delivery System)
To: %[1]s
Subject: Delivery Status Notification
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="about/%[2]d"

--about/%[2]d
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mailbox.test. About your message to %[3]s: %[5]s

--about/%[2]d
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mailbox.test
X-Postfix-Queue-ID: %[2]d

Final-Recipient: rfc822; %[3]s
Action: %[4]s
Status: %[6]s
Diagnostic-Code: smtp; %[5]s

--about/%[2]d
Content-Type: text/rfc822-headers

Message-ID: <%[7]s>

--about/%[2]d--
`, m.From, m.ID, m.To, u.action, u.said, u.status, m.MessageID)
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}
