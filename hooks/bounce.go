package hooks

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"

	"gelombang/notify"
)

// Mailer takes what mail servers report; notify.Service is one.
type Mailer interface {
	// ReturnedTo reads an envelope address, and says whether we wrote it.
	ReturnedTo(address string) (notify.Returned, bool)
	Bounced(ctx context.Context, b notify.Bounce) error
}

// Slowed is the outcome of a report beyond what is taken in a second; its server comes
// back with it. Bounces alone have it.
const Slowed Outcome = "slowed"

// bounceOutcomes is the closed list for bounces. Unsigned are those to addresses that we
// did not write; unreadable, those to one of ours that are no delivery report.
var bounceOutcomes = []Outcome{Taken, Unsigned, Unreadable, Unkept, Slowed}

// bounceName is what counts call this way in.
const bounceName = "bounce"

// BounceConfig of Bounces. All is needed.
type BounceConfig struct {
	Mail   Mailer
	Domain string // what the server calls itself: the one in the addresses
	Now    func() time.Time
}

// Bounces is a mail server that takes delivery reports and nothing else. Whoever wrote
// to an address that we did not sign is refused before the mail itself, so it relays
// nothing and keeps nothing.
type Bounces struct {
	mail   Mailer
	domain string
	now    func() time.Time
	pace   pace
	counts map[Outcome]*atomic.Int64
}

// NewBounces makes the server; Serve runs it.
func NewBounces(c BounceConfig) *Bounces {
	b := &Bounces{mail: c.Mail, domain: c.Domain, now: c.Now, counts: map[Outcome]*atomic.Int64{}}
	for _, o := range bounceOutcomes {
		b.counts[o] = new(atomic.Int64)
	}
	return b
}

// Counts lists what became of what came, for metrics.
func (b *Bounces) Counts() (out []Count) {
	for _, o := range bounceOutcomes {
		out = append(out, Count{Provider: bounceName, Outcome: o, Calls: b.counts[o].Load()})
	}
	return out
}

// Serve takes mails from a listener until ctx ends, and closes it.
func (b *Bounces) Serve(ctx context.Context, l net.Listener) error {
	server := smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) {
		return &caller{b: b, ctx: ctx, conn: conn}, nil
	}))
	server.Domain, server.MaxRecipients, server.MaxMessageBytes, server.MaxLineLength = b.domain, 1, reportMost, lineMost
	server.ReadTimeout, server.WriteTimeout = talkFor, talkFor
	server.EnableSMTPUTF8 = true                 // reports repeat the recipient's address
	server.ErrorLog = log.New(io.Discard, "", 0) // strangers would fill it
	stop := context.AfterFunc(ctx, func() { _ = server.Close(); _ = l.Close() })
	defer stop()
	if err := server.Serve(netutil.LimitListener(l, callersMost)); err != nil && ctx.Err() == nil {
		return fmt.Errorf("take bounces: %w", err)
	}
	return nil
}

// caller is one server that delivers.
type caller struct {
	b         *Bounces
	ctx       context.Context // of the server
	conn      *smtp.Conn
	of        notify.Returned
	strangers int
}

var (
	errStranger = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such address; only delivery reports are taken here"}
	errSlower   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Too many at once, try again"}
	errUnkept   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Could not be kept, try again"}
)

// Mail takes any sender: a report's is empty, but not of every server, and the recipient
// says enough.
func (c *caller) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt takes the addresses that we signed.
func (c *caller) Rcpt(to string, _ *smtp.RcptOptions) error {
	of, ours := c.b.mail.ReturnedTo(to)
	if !ours {
		c.b.count(Unsigned)
		if c.strangers++; c.strangers >= strangersMost {
			_ = c.conn.Close()
		}
		return errStranger
	}
	if !c.b.pace.take(c.b.now()) {
		c.b.count(Slowed)
		return errSlower
	}
	c.of = of
	return nil
}

// Data answers with success once the report is kept. What is not a report is taken and
// forgotten: turning an automatic answer away would only make another mail of it.
func (c *caller) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil { // too long, or the line broke
		c.b.count(Unreadable)
		return err
	}
	bounce, err := readReport(raw)
	if err != nil {
		c.b.count(Unreadable)
		return nil
	}
	bounce.Returned = c.of
	ctx, cancel := context.WithTimeout(c.ctx, keepWithin)
	defer cancel()
	if err := c.b.mail.Bounced(ctx, bounce); err != nil {
		slog.ErrorContext(ctx, "hooks.bounce", "error", err)
		c.b.count(Unkept)
		return errUnkept
	}
	c.b.count(Taken)
	return nil
}

// Reset forgets the mail that was begun.
func (c *caller) Reset() { c.of = notify.Returned{} }

// Logout is part of smtp.Session.
func (c *caller) Logout() error { return nil }

func (b *Bounces) count(o Outcome) { b.counts[o].Add(1) }

// pace bounds what is taken in one second.
type pace struct {
	mu     sync.Mutex
	second int64
	taken  int
}

func (p *pace) take(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := now.Unix(); s != p.second {
		p.second, p.taken = s, 0
	}
	p.taken++
	return p.taken <= bouncesPerSecond
}
