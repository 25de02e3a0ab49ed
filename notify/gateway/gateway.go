// Package gateway makes the one call by which a message is handed to a provider's
// HTTP interface, and says what is known of the message when that did not go well.
//
// Known not to have been taken is a call that never got a connection, or an answer
// that refuses. Everything else is in doubt, and stays so: it never calls twice. It
// follows no redirect, because what it carries belongs to the one address that was
// configured, and its errors repeat nothing that the other side said.
package gateway

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"gelombang/notify"
)

// Config of a Client. Provider and URL are needed.
type Config struct {
	Provider string        // its name, as in timelines and the log
	URL      string        // where messages are posted
	Timeout  time.Duration // of one call; 0 takes DefaultTimeout
	Client   *http.Client  // nil: one of its own
}

// Client calls one gateway. Safe for concurrent use.
type Client struct {
	provider string
	url      string
	timeout  time.Duration
	http     *http.Client
}

// New checks the settings; it connects to nothing.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.URL)
	if c.Provider == "" || err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("gateway %q: a name and an address such as https://sms.example are needed", c.Provider)
	}
	own := http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: idleMost, IdleConnTimeout: idleFor}}
	if c.Client != nil {
		own = *c.Client
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{provider: c.Provider, url: c.URL, timeout: cmp.Or(c.Timeout, DefaultTimeout), http: &own}, nil
}

// Answer is what a gateway said.
type Answer struct {
	Status int
	Wait   time.Duration // that it asks for; 0: it asks for none
	Body   []byte        // nil when it was longer than any real one
}

// OK says whether the status is one of success. What was taken stands in the body.
func (a Answer) OK() bool { return a.Status/100 == 2 }

// Post makes one call. An error is a *notify.SendError.
func (c *Client) Post(ctx context.Context, header http.Header, body []byte) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	a, err := c.post(ctx, header, body)
	if err != nil {
		return Answer{}, &notify.SendError{Unsent: !connected.Load(), Err: fmt.Errorf("%s: %w", c.provider, cause(err))}
	}
	return a, nil
}

func (c *Client) post(ctx context.Context, header http.Header, body []byte) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.Header = header
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, answerMost+1))
	if err != nil {
		return Answer{}, err
	}
	if len(raw) > answerMost {
		raw = nil
	}
	return Answer{Status: resp.StatusCode, Wait: retryAfter(resp.Header.Get("Retry-After")), Body: raw}, nil
}

// cause keeps of an error what cannot repeat a key, a number or a text: net/http shows
// the address, and the first bytes of an answer that it cannot read.
func cause(err error) error {
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.As(err, &certificate):
		return certificate
	case errors.As(err, &op):
		return op
	}
	return errors.New("the connection or its answer broke off")
}

// Refused is what an answer that is no acceptance means by its status alone. A success
// that cannot be read, and a proxy that lost patience, leave it open whether the message
// was taken.
func (c *Client) Refused(ctx context.Context, a Answer) *notify.SendError {
	e := &notify.SendError{Unsent: true, After: a.Wait, Err: fmt.Errorf("%s: status %d", c.provider, a.Status)}
	switch {
	case a.OK(), a.Status == http.StatusGatewayTimeout:
		e.Unsent, e.After = false, 0
	case a.Status == http.StatusTooManyRequests:
		e.After = max(a.Wait, busyLeast)
	case a.Status < 500: // our key or our request is at fault: never the person's number
		slog.ErrorContext(ctx, "gateway.refused", "provider", c.provider, "status", a.Status)
	}
	return e
}

// Final is a refusal that no later try and no other provider can mend.
func (c *Client) Final(reason notify.Reason) *notify.SendError {
	return &notify.SendError{Permanent: true, Reason: reason, Err: fmt.Errorf("%s: %s", c.provider, reason)}
}
