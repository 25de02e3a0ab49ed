// Package smsform sends notify's SMS through the form interface that older aggregators
// have: a posted form with a user key and a pass key, answered with a status number in
// XML or in plain text, mostly under HTTP status 200.
//
// The form carries our reference. A gateway of this shape answers a repetition of it
// with 89 and the first message's id.
package smsform

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gelombang/notify"
	"gelombang/notify/gateway"
)

// Config of a Sender.
type Config struct {
	Provider string // its name, as in the path of the callback
	URL      string // where the form is posted
	UserKey  string
	PassKey  string
	From     string        // what the handset shows as the sender; "" the gateway's own
	Timeout  time.Duration // of one call; 0 takes gateway.DefaultTimeout
	Client   *http.Client  // nil: one of its own
}

// Sender hands SMS to one gateway.
type Sender struct {
	config  Config
	gateway *gateway.Client
}

// New makes the sender.
func New(c Config) (*Sender, error) {
	g, err := gateway.New(gateway.Config{Provider: c.Provider, URL: c.URL, Timeout: c.Timeout, Client: c.Client})
	if err != nil {
		return nil, err
	}
	return &Sender{config: c, gateway: g}, nil
}

// Send hands over one SMS and answers once the gateway took it.
func (s *Sender) Send(ctx context.Context, o notify.Outgoing) (notify.Sent, error) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	a, err := s.gateway.Post(ctx, header, []byte(s.form(o).Encode()))
	if err != nil {
		return notify.Sent{}, err
	}
	said, readable := read(a.Body)
	if !a.OK() || !readable {
		return notify.Sent{}, s.gateway.Refused(ctx, a)
	}
	switch {
	case (said.status == taken || said.status == repeated) && gateway.Names(said.id):
		return notify.Sent{Provider: s.config.Provider, Ref: said.id, Detail: s.config.Provider}, nil
	case said.status == invalidNumber:
		return notify.Sent{}, s.gateway.Final(notify.NoSuchNumber)
	case said.status == repeated:
		return notify.Sent{}, s.unsent(said, notify.Rejected)
	case ours[said.status]:
		slog.ErrorContext(ctx, "smsform.refused", "provider", s.config.Provider, "status", said.status)
		return notify.Sent{}, s.unsent(said, notify.NoReason)
	}
	return notify.Sent{}, s.gateway.Refused(ctx, a)
}

func (s *Sender) form(o notify.Outgoing) url.Values {
	form := url.Values{"userkey": {s.config.UserKey}, "passkey": {s.config.PassKey},
		"to": {strings.TrimPrefix(o.To, "+")}, "message": {o.Text}, "ref": {o.Ref}}
	if s.config.From != "" {
		form.Set("from", s.config.From)
	}
	if o.CallbackURL != "" {
		form.Set("dlr_url", o.CallbackURL+"/"+s.config.Provider)
	}
	return form
}

// unsent is a refusal in one of the words that are known, which is why the word may
// stand in the error. A reason says that it is about this one message, and no trouble.
func (s *Sender) unsent(said reply, reason notify.Reason) error {
	return &notify.SendError{Unsent: true, Reason: reason, Err: fmt.Errorf("%s: word %s", s.config.Provider, said.status)}
}
