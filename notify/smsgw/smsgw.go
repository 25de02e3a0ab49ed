// Package smsgw sends notify's SMS through an aggregator's HTTP interface.
//
// The client's reference makes a repetition harmless. A circuit breaker stops
// asking a gateway that is down; the messages wait meanwhile and lose no try.
package smsgw

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/timeout"

	"gelombang/notify"
)

// Config of a Sender.
type Config struct {
	Provider string        // its name, as in the path of the callback
	URL      string        // base address of the interface
	Key      string        // bearer key
	From     string        // what the handset shows as the sender
	Timeout  time.Duration // of one call; 0 takes DefaultTimeout
	Client   *http.Client  // nil: one of its own
}

// Sender hands SMS to one gateway.
type Sender struct {
	config  Config
	client  *http.Client
	breaker circuitbreaker.CircuitBreaker[answer]
	calls   failsafe.Executor[answer]
}

// New makes the sender.
func New(c Config) (*Sender, error) {
	if c.Provider == "" || !strings.HasPrefix(c.URL, "http") {
		return nil, fmt.Errorf("sms gateway %q: a name and an address are needed", c.Provider)
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Client == nil {
		c.Client = &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: idleMost, IdleConnTimeout: idleFor}}
	}
	breaker := circuitbreaker.NewBuilder[answer]().
		HandleIf(func(a answer, err error) bool { return broken(a, err) }).
		WithFailureRateThreshold(openRate, openCalls, openWindow).
		WithDelay(openFor).
		WithSuccessThreshold(closeCalls).
		Build()
	return &Sender{config: c, client: c.Client, breaker: breaker,
		calls: failsafe.With[answer](breaker, timeout.New[answer](c.Timeout))}, nil
}

// request and answer are the gateway's shapes.
type request struct {
	To          string `json:"to"`
	From        string `json:"from"`
	Text        string `json:"text"`
	ClientRef   string `json:"client_ref"`
	CallbackURL string `json:"callback_url,omitempty"`
}

type answer struct {
	status     int
	retryAfter time.Duration
	MessageID  string `json:"message_id"`
	Error      string `json:"error"`
}

// Send hands over one SMS and answers once the gateway took it.
func (s *Sender) Send(ctx context.Context, o notify.Outgoing) (notify.Sent, error) {
	q := request{To: strings.TrimPrefix(o.To, "+"), From: s.config.From, Text: o.Text, ClientRef: o.Ref}
	if o.CallbackURL != "" {
		q.CallbackURL = o.CallbackURL + "/" + s.config.Provider
	}
	body, err := json.Marshal(q)
	if err != nil {
		return notify.Sent{}, fmt.Errorf("write sms: %w", err)
	}
	a, err := s.calls.WithContext(ctx).GetWithExecution(func(e failsafe.Execution[answer]) (answer, error) {
		return s.call(e.Context(), body)
	})
	switch {
	case errors.Is(err, circuitbreaker.ErrOpen):
		return notify.Sent{}, &notify.SendError{After: max(s.breaker.RemainingDelay(), time.Second), Err: fmt.Errorf("sms gateway %s: paused after failures", s.config.Provider)}
	case err != nil:
		return notify.Sent{}, &notify.SendError{Err: fmt.Errorf("sms gateway %s: %w", s.config.Provider, err)}
	case a.status/100 == 2:
		return notify.Sent{Provider: s.config.Provider, Ref: a.MessageID, Detail: s.config.Provider}, nil
	}
	return notify.Sent{}, s.refusal(ctx, a)
}

func (s *Sender) call(ctx context.Context, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(s.config.URL, "/")+"/v1/messages", bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+s.config.Key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, answerMost))
	if err != nil {
		return answer{}, err
	}
	a := answer{}
	if json.Unmarshal(raw, &a) != nil && resp.StatusCode/100 == 2 {
		return answer{}, errors.New("an answer that is no JSON") // not known to be taken; the reference makes asking again safe
	}
	a.status, a.retryAfter = resp.StatusCode, retryAfter(resp.Header.Get("Retry-After"))
	return a, nil
}

func (s *Sender) refusal(ctx context.Context, a answer) error {
	v := a.verdict()
	if v.ours {
		slog.ErrorContext(ctx, "smsgw.refused", "provider", s.config.Provider, "status", a.status)
	}
	v.send.Err = fmt.Errorf("sms gateway %s: status %d", s.config.Provider, a.status)
	return &v.send
}
