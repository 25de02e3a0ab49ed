// Package smsgw sends notify's SMS through an aggregator's JSON interface.
//
// The client's reference makes a repetition harmless: the gateway answers it with the
// first message.
package smsgw

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"gelombang/notify"
	"gelombang/notify/gateway"
)

// Config of a Sender.
type Config struct {
	Provider string        // its name, as in the path of the callback
	URL      string        // base address of the interface
	Key      string        // bearer key
	From     string        // what the handset shows as the sender
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
	g, err := gateway.New(gateway.Config{Provider: c.Provider, URL: strings.TrimSuffix(c.URL, "/") + "/v1/messages", Timeout: c.Timeout, Client: c.Client})
	if err != nil {
		return nil, err
	}
	return &Sender{config: c, gateway: g}, nil
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
	MessageID string `json:"message_id"`
	Error     string `json:"error"`
}

// invalidNumber is the gateway's one word about the number itself, and so the only one
// that is final.
const invalidNumber = "invalid_number"

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
	header := http.Header{"Authorization": {"Bearer " + s.config.Key}, "Content-Type": {"application/json"}}
	a, err := s.gateway.Post(ctx, header, body)
	if err != nil {
		return notify.Sent{}, err
	}
	var said answer
	if json.Unmarshal(a.Body, &said) != nil {
		return notify.Sent{}, s.gateway.Refused(ctx, a)
	}
	switch {
	case a.OK() && gateway.Names(said.MessageID):
		return notify.Sent{Provider: s.config.Provider, Ref: said.MessageID, Detail: s.config.Provider}, nil
	case a.Status == http.StatusBadRequest && said.Error == invalidNumber:
		return notify.Sent{}, s.gateway.Final(notify.NoSuchNumber)
	}
	return notify.Sent{}, s.gateway.Refused(ctx, a)
}
