package main

import (
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
)

// office is a mail server for a throng: of any number of letters it remembers only what
// tells whether one came, and whether a second one is the same letter.
type office struct {
	addr string
	mu   sync.Mutex
	came map[string][]stamp
}

// stamp is what makes two letters the same letter.
type stamp struct{ id, code string }

func openOffice(t *testing.T) *office {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &office{addr: l.Addr().String(), came: map[string][]stamp{}}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &clerk{office: o}, nil }))
	s.ErrorLog = log.New(io.Discard, "", 0) // a server that is killed hangs up in the middle
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(l) })
	t.Cleanup(func() { _ = s.Close(); serving.Wait() })
	return o
}

// to lists the letters that came to an address, in their order.
func (o *office) to(address string) []stamp {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.came[address]
}

// clerk takes letters on one connection.
type clerk struct {
	office *office
	to     []string
}

func (c *clerk) Mail(string, *smtp.MailOptions) error { return nil }

func (c *clerk) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = append(c.to, to)
	return nil
}

func (c *clerk) Data(r io.Reader) error {
	m, err := mail.CreateReader(r)
	if err != nil {
		return err
	}
	var s stamp
	s.id, _ = m.Header.MessageID()
	for s.code == "" {
		part, err := m.NextPart()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(part.Body)
		if err != nil {
			return err
		}
		s.code = sixDigits.FindString(string(text))
	}
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	for _, to := range c.to {
		to = strings.ToLower(to)
		c.office.came[to] = append(c.office.came[to], s)
	}
	return nil
}

func (c *clerk) Reset()        { c.to = nil }
func (c *clerk) Logout() error { return nil }
