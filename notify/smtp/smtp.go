// Package smtp sends notify's mails over SMTP.
//
// A connection is kept for the next mail while it lives; how many are in use at
// once is the job queue's affair. The Message-ID is the caller's, the same at
// every try, so that a repetition after a crash is known as one.
package smtp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/textproto"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"gelombang/notify"
)

// DefaultProvider is what messages name this way when it has no other name.
const DefaultProvider = "smtp"

const (
	// stepLimit bounds connecting and, apart from it, handing over one mail. Both
	// together end before notify.SendLimit.
	stepLimit = 20 * time.Second
	// idleMost bounds the connections kept for later mails.
	idleMost = 8
)

// TLS says how a connection is encrypted.
type TLS string

// The closed list of TLS policies. The zero value is Opportunistic.
const (
	Opportunistic TLS = "opportunistic" // when the server offers it
	Mandatory     TLS = "mandatory"
	None          TLS = "none" // for a server on the same machine
)

var policies = map[TLS]mail.TLSPolicy{
	"": mail.TLSOpportunistic, Opportunistic: mail.TLSOpportunistic, Mandatory: mail.TLSMandatory, None: mail.NoTLS,
}

// Config of a Sender.
type Config struct {
	Provider string // its name in timelines; "" takes DefaultProvider
	Addr     string // host:port
	From     string // address, or "Name <address>"
	User     string // empty: no sign-in
	Password string
	TLS      TLS
	Helo     string        // the name we greet with; empty: the machine's
	Timeout  time.Duration // of connecting and, apart from it, of handing over; 0 takes stepLimit
	Now      func() time.Time
}

// Sender hands mails to one server.
type Sender struct {
	provider string
	client   *mail.Client
	host     string
	from     string
	now      func() time.Time
	idle     chan *smtp.Client
}

// New checks the settings; it connects to nothing.
func New(c Config) (*Sender, error) {
	host, portText, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: %w", c.Addr, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: %w", c.Addr, err)
	}
	policy, known := policies[c.TLS]
	if !known {
		return nil, fmt.Errorf("mail server: TLS %q is not opportunistic, mandatory or none", c.TLS)
	}
	if err := mail.NewMsg().From(c.From); err != nil {
		return nil, fmt.Errorf("mail sender %q: %w", c.From, err)
	}
	options := []mail.Option{mail.WithPort(port), mail.WithTimeout(cmp.Or(c.Timeout, stepLimit)), mail.WithTLSPolicy(policy)}
	if c.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(c.Password))
	}
	if c.Helo != "" {
		options = append(options, mail.WithHELO(c.Helo))
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: %w", c.Addr, err)
	}
	return &Sender{provider: cmp.Or(c.Provider, DefaultProvider), client: client, host: host, from: c.From, now: c.Now, idle: make(chan *smtp.Client, idleMost)}, nil
}

// Send hands over one mail and answers once the server took it.
func (s *Sender) Send(ctx context.Context, o notify.Outgoing) (notify.Sent, error) {
	m, err := s.message(o)
	if err != nil {
		return notify.Sent{}, err
	}
	conn, used, err := s.connection(ctx)
	if err != nil {
		return notify.Sent{}, unreached(ctx, err)
	}
	err = s.client.SendWithSMTPClient(conn, m)
	if used && unsent(err) { // the server had closed it; nothing was said yet
		s.drop(conn)
		if conn, err = s.client.DialToSMTPClientWithContext(ctx); err != nil {
			return notify.Sent{}, unreached(ctx, err)
		}
		err = s.client.SendWithSMTPClient(conn, m)
	}
	s.keep(conn, err)
	if m.IsDelivered() { // even if the connection broke right after
		return notify.Sent{Provider: s.provider, Ref: o.Ref, Detail: s.host}, nil
	}
	return notify.Sent{}, refusal(ctx, err)
}

func (s *Sender) message(o notify.Outgoing) (*mail.Msg, error) {
	m := mail.NewMsg()
	if err := m.From(s.from); err != nil {
		return nil, fmt.Errorf("mail sender: %w", err)
	}
	if o.ReturnPath != "" {
		if err := m.EnvelopeFrom(o.ReturnPath); err != nil {
			return nil, fmt.Errorf("mail envelope: %w", err)
		}
	}
	if m.To(o.To) != nil { // its error shows the address
		return nil, &notify.SendError{Permanent: true, Reason: notify.NoSuchMailbox, Err: errors.New("the address cannot be written in a mail")}
	}
	m.Subject(o.Subject)
	m.SetMessageIDWithValue(o.Ref)
	m.SetDateWithValue(s.now())
	// RFC 3834: no machine answers this.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBodyString(mail.TypeTextPlain, o.Text)
	if o.HTML != "" {
		m.AddAlternativeString(mail.TypeTextHTML, o.HTML)
	}
	return m, nil
}

// connection gives one that was kept, or a new one.
func (s *Sender) connection(ctx context.Context) (conn *smtp.Client, used bool, err error) {
	select {
	case conn = <-s.idle:
		return conn, true, nil
	default:
	}
	conn, err = s.client.DialToSMTPClientWithContext(ctx)
	return conn, false, err
}

// keep puts a connection back if the server may go on with it: after a mail that
// it took, or a refusal that it uttered.
func (s *Sender) keep(conn *smtp.Client, err error) {
	if err != nil && (replyOf(err).code == 0 || replyOf(err).code == closing) {
		s.drop(conn)
		return
	}
	select {
	case s.idle <- conn:
	default:
		_ = s.client.CloseWithSMTPClient(conn)
	}
}

func (s *Sender) drop(conn *smtp.Client) { _ = conn.Close() }

// Close ends the connections that were kept.
func (s *Sender) Close() error {
	for {
		select {
		case conn := <-s.idle:
			_ = s.client.CloseWithSMTPClient(conn) // the server ends it otherwise
		default:
			return nil
		}
	}
}

// unreached is a server that did not come as far as taking a mail. Of its own words
// only the number is kept: to a sign-in they may repeat the user.
func unreached(ctx context.Context, err error) error {
	var said *textproto.Error
	if !errors.As(err, &said) {
		return &notify.SendError{Unsent: true, Err: fmt.Errorf("smtp connect: %w", err)}
	}
	if said.Code >= 500 {
		slog.ErrorContext(ctx, "smtp.refused", "step", "connect", "code", said.Code)
	}
	return &notify.SendError{Unsent: true, Err: fmt.Errorf("smtp connect: reply %d", said.Code)}
}

// refusal turns a server's reply into a verdict. The reply's own words are left
// out: servers repeat the address in them.
func refusal(ctx context.Context, err error) error {
	r := replyOf(err)
	v := r.verdict()
	if v.ours {
		slog.ErrorContext(ctx, "smtp.refused", "step", r.step, "code", r.code, "status", r.status)
	}
	return &notify.SendError{Permanent: v.permanent, Reason: v.reason, Unsent: !v.permanent && !r.handedOver(),
		Err: fmt.Errorf("smtp %s: reply %d %s", r.step, r.code, r.status)}
}
