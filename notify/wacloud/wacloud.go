// Package wacloud sends notify's SMS as WhatsApp messages through the Cloud API.
//
// A business may write first only with a template that was approved beforehand: one for
// codes, and, if it is configured, one that carries any text. A number without WhatsApp
// is no failure of the message; another provider is asked. The interface does not know
// a repetition, so an outcome in doubt first waits for the status callback.
package wacloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gelombang/notify"
	"gelombang/notify/gateway"
)

// Config of a Sender.
type Config struct {
	Provider      string // its name, as in the path of the callback
	URL           string // address with the version, such as https://graph.example/v23.0
	PhoneNumberID string // whom messages come from
	Token         string
	CodeTemplate  string        // an authentication template: the code in its body and its button
	TextTemplate  string        // a template whose body is one parameter; "" only codes go this way
	Timeout       time.Duration // of one call; 0 takes gateway.DefaultTimeout
	Client        *http.Client  // nil: one of its own
}

// Sender hands messages to one account.
type Sender struct {
	config  Config
	gateway *gateway.Client
}

// New makes the sender.
func New(c Config) (*Sender, error) {
	if c.PhoneNumberID == "" || c.CodeTemplate == "" {
		return nil, fmt.Errorf("whatsapp %q: the sending number's id and a template for codes are needed", c.Provider)
	}
	at := strings.TrimSuffix(c.URL, "/") + "/" + url.PathEscape(c.PhoneNumberID) + "/messages"
	g, err := gateway.New(gateway.Config{Provider: c.Provider, URL: at, Timeout: c.Timeout, Client: c.Client})
	if err != nil {
		return nil, err
	}
	return &Sender{config: c, gateway: g}, nil
}

// errNoTemplate is a message that this way has no form for.
var errNoTemplate = errors.New("no template carries this message")

// answer is the interface's shape, of success and of failure.
type answer struct {
	Messages []struct {
		ID string `json:"id"`
	} `json:"messages"`
	Error struct {
		Code int `json:"code"`
	} `json:"error"`
}

// Send hands over one message and answers once it was taken.
func (s *Sender) Send(ctx context.Context, o notify.Outgoing) (notify.Sent, error) {
	t, ok := s.template(o)
	if !ok {
		return notify.Sent{}, &notify.SendError{Unsent: true, Reason: notify.Rejected, Err: fmt.Errorf("%s: %w", s.config.Provider, errNoTemplate)}
	}
	body, err := json.Marshal(request{Product: "whatsapp", RecipientType: "individual", To: strings.TrimPrefix(o.To, "+"),
		Type: "template", Template: t, Opaque: o.Ref})
	if err != nil {
		return notify.Sent{}, fmt.Errorf("write whatsapp message: %w", err)
	}
	header := http.Header{"Authorization": {"Bearer " + s.config.Token}, "Content-Type": {"application/json"}}
	a, err := s.gateway.Post(ctx, header, body)
	if err != nil {
		return notify.Sent{}, settle(err)
	}
	var said answer
	_ = json.Unmarshal(a.Body, &said) // then there is neither a message nor a code in it
	if a.OK() && len(said.Messages) == 1 && gateway.Names(said.Messages[0].ID) {
		return notify.Sent{Provider: s.config.Provider, Ref: said.Messages[0].ID, Detail: s.config.Provider}, nil
	}
	return notify.Sent{}, settle(s.refused(ctx, a, said.Error.Code))
}

func (s *Sender) refused(ctx context.Context, a gateway.Answer, code int) error {
	e := &notify.SendError{Unsent: true, Reason: elsewhere[code], Err: fmt.Errorf("%s: status %d, code %d", s.config.Provider, a.Status, code)}
	switch {
	case a.OK():
	case tooMany[code]:
		e.After = cmp.Or(a.Wait, pauseFor)
		return e
	case e.Reason != notify.NoReason: // about this one message, and no trouble
		return e
	}
	return s.gateway.Refused(ctx, a)
}

// settle gives a message whose outcome is in doubt the time in which its status
// callback tells.
func settle(err error) error {
	var e *notify.SendError
	if errors.As(err, &e) && !e.Unsent {
		e.After = settleIn
	}
	return err
}
