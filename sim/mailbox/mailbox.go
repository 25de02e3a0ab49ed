// Package mailbox simulates everybody's mail provider: a real SMTP server that
// takes mail for any address, and a page on which people read it. Certain
// addresses and faults make it refuse, delay or cut off as providers do.
//
// It sends nothing and keeps the newest messages only.
package mailbox

import (
	"context"
	"embed"
	"fmt"
	"io"
	"log"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"gelombang/sim/loopback"
)

//go:embed *.html
var files embed.FS

const (
	maxMessage    = 512 << 10 // a mail of words; pictures are linked
	maxRecipients = 50
	idleLimit     = 5 * time.Minute
	slowDelay     = 10 * time.Second
)

// Config of a mailbox; the zero value works.
type Config struct {
	Addr     string           // SMTP, default: a free loopback port
	PageAddr string           // inbox pages and JSON, likewise
	Dir      string           // empty: nothing survives a restart
	Now      func() time.Time // default time.Now
}

// Control is the common control and the mailbox's own.
type Control struct {
	loopback.Control
	SlowMS   int `json:"slow_ms"`   // what slow@ waits; 0 is 10 s
	BounceMS int `json:"bounce_ms"` // after what a taken mail comes back; 0 is 5 s
}

// Server is a running mailbox.
type Server struct {
	now      func() time.Time
	panel    *loopback.Panel[Control]
	pace     loopback.Pace
	messages *loopback.Journal[record]
	arrivals loopback.Feed[record]
	lastID   atomic.Int64
	grey     greylist
	bounces  atomic.Pointer[string]
	smtp     *smtp.Server
	listener net.Listener
	web      *loopback.Server
	ctx      context.Context // ends with the server; delays hang on it
	stop     context.CancelFunc
	serving  sync.WaitGroup
}

// record is one message in one person's mailbox, as it came in. It is parsed
// when somebody looks, so that a delivery costs next to nothing.
type record struct {
	ID         int64  `json:"id"`
	To         string `json:"to"`
	From       string `json:"from"`
	ReceivedMS int64  `json:"received_ms"`
	MessageID  string `json:"message_id"`
	Raw        []byte `json:"raw"`
}

func recordKey(m record) string { return strconv.FormatInt(m.ID, 10) }

// Start listens on both ports.
func Start(config Config) (*Server, error) {
	s := &Server{now: config.Now, panel: loopback.NewPanel[Control](faults)}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	s.messages, err = loopback.OpenJournal(config.Dir, "mailbox.jsonl", recordKey)
	if err != nil {
		return nil, fmt.Errorf("start mailbox: %w", err)
	}
	for _, newest := range s.messages.Newest(1, nil) {
		s.lastID.Store(newest.ID)
	}
	s.listener, err = loopback.Listen(config.Addr)
	if err != nil {
		_ = s.messages.Close()
		return nil, fmt.Errorf("start mailbox: %w", err)
	}
	s.web, err = loopback.Serve(config.PageAddr, s.handler())
	if err != nil {
		_ = s.listener.Close()
		_ = s.messages.Close()
		return nil, fmt.Errorf("start inbox: %w", err)
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.serveSMTP()
	return s, nil
}

func (s *Server) serveSMTP() {
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.newSession))
	s.smtp.Domain = "mailbox.test"
	s.smtp.MaxMessageBytes = maxMessage
	s.smtp.MaxRecipients = maxRecipients
	s.smtp.ReadTimeout = idleLimit
	s.smtp.WriteTimeout = idleLimit
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.AllowInsecureAuth = true // there is no TLS on loopback
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
	s.serving.Go(func() {
		_ = s.smtp.Serve(outages{s.listener, s.panel}) // ends with the listener
	})
}

// SMTPAddr is the SMTP server's host:port.
func (s *Server) SMTPAddr() string { return s.listener.Addr().String() }

// URL is the base address of the inbox.
func (s *Server) URL() string { return s.web.URL() }

// Addr is the inbox's host:port.
func (s *Server) Addr() string { return s.web.Addr() }

// SetControl replaces the control; an unknown fault is refused.
func (s *Server) SetControl(c Control) error { return s.panel.Set(c) }

// Control is the current control.
func (s *Server) Control() Control { return s.panel.Get() }

// Close ends both servers. What was accepted with 250 is kept.
func (s *Server) Close(ctx context.Context) error {
	s.stop()
	err := s.smtp.Close()
	_ = s.listener.Close() // a server that has not begun to serve yet does not know its listener
	s.serving.Wait()
	if webErr := s.web.Close(ctx); err == nil {
		err = webErr
	}
	if fileErr := s.messages.Close(); err == nil {
		err = fileErr
	}
	return err
}

// outages cuts new connections off while there is an outage.
type outages struct {
	net.Listener
	panel *loopback.Panel[Control]
}

func (l outages) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || !l.panel.Get().Outage {
			return conn, err
		}
		loopback.ResetConn(conn)
	}
}
