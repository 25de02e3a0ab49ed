package smtp

import (
	"errors"
	"strings"

	"github.com/wneessen/go-mail"

	"gelombang/notify"
)

// reply is what a server said to a mail. Code 0: it said nothing, the connection
// broke.
type reply struct {
	step   string
	code   int
	status string // enhanced status code (RFC 3463), if it gave one
	about  about
	begun  bool // the mail itself was on its way
}

// about is what a refusal concerns.
type about int

const (
	aboutConnection about = iota
	aboutSender           // MAIL FROM: us
	aboutRecipient        // RCPT TO
	aboutContent          // DATA
)

// closing is the reply of a server that is about to hang up.
const closing = 421

func replyOf(err error) reply {
	var e *mail.SendError
	if !errors.As(err, &e) {
		return reply{step: "send"}
	}
	r := reply{step: "send", code: e.ErrorCode(), status: e.EnhancedStatusCode()}
	switch e.Reason {
	case mail.ErrSMTPMailFrom:
		r.step, r.about = "MAIL FROM", aboutSender
	case mail.ErrSMTPRcptTo:
		r.step, r.about = "RCPT TO", aboutRecipient
	case mail.ErrSMTPData, mail.ErrSMTPDataClose, mail.ErrWriteContent:
		r.step, r.about, r.begun = "DATA", aboutContent, e.Reason != mail.ErrSMTPData
	}
	return r
}

// unsent says that a kept connection was found dead before the mail was begun.
func unsent(err error) bool {
	var e *mail.SendError
	return errors.As(err, &e) && e.Reason == mail.ErrConnCheck
}

// handedOver says that the server may have the mail: all of it may have arrived, and
// no reply came.
func (r reply) handedOver() bool { return r.begun && r.code == 0 }

type verdict struct {
	permanent bool
	reason    notify.Reason
	ours      bool // our settings or standing are at fault: never the person's
}

// verdict reads a reply. Only what the server says for good about this recipient
// or this mail is final. A refusal of us as a sender is for us to mend, and the
// mail waits for that.
func (r reply) verdict() verdict {
	if r.code < 500 {
		return verdict{}
	}
	switch {
	case r.about == aboutConnection, r.about == aboutSender, r.code == 530, r.code == 535, r.code == 538:
		return verdict{ours: true}
	case strings.HasPrefix(r.status, "5."):
		return verdict{permanent: true, reason: notify.MailReason(r.status)}
	case r.code == 552:
		return verdict{permanent: true, reason: notify.MailboxFull}
	case r.about == aboutRecipient && (r.code == 550 || r.code == 551 || r.code == 553):
		return verdict{permanent: true, reason: notify.NoSuchMailbox}
	}
	return verdict{permanent: true, reason: notify.Rejected}
}
