// Package browser is a browser as far as a load generator needs one: connections that
// stay open, the few cookies and headers that matter, and the values of forms found by
// search. Net/http and an HTML parser would cost more than the server spends.
package browser

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"
)

const (
	// exchangeWithin is how patient a person is with one page. Longer than any
	// proxy in front: who gives up earlier than the server answers hides the answer.
	exchangeWithin = 60 * time.Second
	dialWithin     = 10 * time.Second
	readBuffer     = 16 << 10
)

// Site is the server, with everything about it prepared once.
type Site struct {
	address string // host:port to dial
	host    string // as in the Host header
	tls     *tls.Config
	head    []byte // the headers that every request carries
	now     func() time.Time
}

// NewSite prepares for a target such as http://127.0.0.1:8080. It asks for packed pages,
// as browsers do.
func NewSite(target string, now func() time.Time) (*Site, error) {
	u, err := url.Parse(target)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("target %q: must be http:// or https:// and a host", target)
	}
	s := &Site{address: u.Host, host: u.Host, now: now}
	port := "80"
	if u.Scheme == "https" {
		port, s.tls = "443", &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	}
	if u.Port() == "" {
		s.address = net.JoinHostPort(u.Hostname(), port)
	}
	s.head = []byte("Host: " + s.host + "\r\nUser-Agent: gelombang-rehearsal\r\nAccept: text/html\r\nAccept-Language: id\r\nAccept-Encoding: gzip\r\n")
	return s, nil
}

// Conn is one connection of a browser that keeps it open. It sends one request at
// a time and allocates next to nothing for it: the load generator must not be what
// is measured. An answer is good until the next request.
type Conn struct {
	site   *Site
	raw    net.Conn
	in     *bufio.Reader
	out    []byte
	answer Answer
}

// Conn makes a connection; it is opened by its first request.
func (s *Site) Conn() *Conn { return &Conn{site: s, in: bufio.NewReaderSize(nil, readBuffer)} }

// Get asks for a page.
func (c *Conn) Get(ctx context.Context, path string, jar *Cookies) (*Answer, error) {
	c.begin("GET ", path, jar)
	c.out = append(c.out, "\r\n"...)
	return c.exchange(ctx, jar)
}

// GetPart asks for one live part of a page, as the page's script does.
func (c *Conn) GetPart(ctx context.Context, path, name string, jar *Cookies) (*Answer, error) {
	c.begin("GET ", path, jar)
	c.out = append(c.out, "Live-Part: "...)
	c.out = append(c.out, name...)
	c.out = append(c.out, "\r\n\r\n"...)
	return c.exchange(ctx, jar)
}

// Post sends a form.
func (c *Conn) Post(ctx context.Context, path string, jar *Cookies, form []byte) (*Answer, error) {
	c.begin("POST ", path, jar)
	c.out = append(c.out, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "...)
	c.out = strconv.AppendInt(c.out, int64(len(form)), 10)
	c.out = append(c.out, "\r\n\r\n"...)
	c.out = append(c.out, form...)
	return c.exchange(ctx, jar)
}

func (c *Conn) begin(method, path string, jar *Cookies) {
	c.out = append(c.out[:0], method...)
	c.out = append(c.out, path...)
	c.out = append(c.out, " HTTP/1.1\r\n"...)
	c.out = append(c.out, c.site.head...)
	if jar != nil {
		c.out = jar.header(c.out)
	}
}

// exchange sends what is prepared and reads the answer. After an error the next
// request finds a new connection.
func (c *Conn) exchange(ctx context.Context, jar *Cookies) (*Answer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.raw == nil {
		if err := c.dial(ctx); err != nil {
			return nil, err
		}
	}
	err := c.raw.SetDeadline(c.site.now().Add(exchangeWithin))
	if err == nil {
		_, err = c.raw.Write(c.out)
	}
	if err == nil {
		err = c.answer.read(c.in, jar)
	}
	if err != nil || c.answer.last {
		c.Close()
	}
	return &c.answer, err
}

func (c *Conn) dial(ctx context.Context) error {
	dialer := net.Dialer{Timeout: dialWithin}
	raw, err := dialer.DialContext(ctx, "tcp", c.site.address)
	if err != nil {
		return err
	}
	if c.site.tls != nil {
		raw = tls.Client(raw, c.site.tls)
	}
	c.raw = raw
	c.in.Reset(raw)
	return nil
}

// Close ends the connection; the next request opens another.
func (c *Conn) Close() {
	if c.raw != nil {
		_ = c.raw.Close()
		c.raw = nil
	}
}
