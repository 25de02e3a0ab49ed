// Package hooks takes callbacks from outside: receipts of SMS gateways and of
// WhatsApp.
//
// A caller is known by its signature over what it says; where the moment of sending is
// signed too, an old callback played back later is refused. What a callback says is
// handed on in our own closed words, and is answered with success only once it is kept.
// What is not taken is counted by provider and cause.
package hooks

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/notify"
)

// Notifier takes receipts; notify.Service is one.
type Notifier interface {
	Receipt(ctx context.Context, r notify.Receipt) error
}

// Config of the hooks. The maps are from a provider's name to what its callbacks are
// checked with, by the shape of its interface; a name stands in one of them.
type Config struct {
	Notify      Notifier
	SMSSecrets  map[string]string // JSON gateways: the secret of their signatures
	FormSecrets map[string]string // form gateways: likewise
	WhatsApp    map[string]WhatsApp
	Now         func() time.Time
}

// WhatsApp is what the Cloud API's callbacks are checked with.
type WhatsApp struct {
	Secret string // the app's, by which callbacks are signed
	Verify string // the word that is asked for once, when the callback's address is entered
}

// Hooks is the surface for other systems.
type Hooks struct {
	notify   Notifier
	gateways map[string]gateway
	counts   counts
	now      func() time.Time
}

// gateway is how one provider's callbacks are checked and read. What is said is the
// body, or the query where receipts come by GET.
type gateway struct {
	byQuery bool
	verify  string
	most    int64
	signed  func(h http.Header, said []byte, now time.Time) bool
	read    func(said []byte) ([]notify.Receipt, error)
}

// New makes the surface. A gateway without a secret could be anybody: it is left out.
func New(c Config) *Hooks {
	h := &Hooks{notify: c.Notify, now: c.Now, gateways: map[string]gateway{}}
	for name, secret := range c.SMSSecrets {
		if secret != "" {
			h.gateways[name] = jsonGateway(name, secret)
		}
	}
	for name, secret := range c.FormSecrets {
		if secret != "" {
			h.gateways[name] = formGateway(name, secret)
		}
	}
	for name, w := range c.WhatsApp {
		if w.Secret != "" {
			h.gateways[name] = whatsAppGateway(name, w)
		}
	}
	h.counts = newCounts(h.gateways)
	return h
}

// Routes is the table of addresses.
func (h *Hooks) Routes() []page.Route {
	return []page.Route{
		{Method: http.MethodPost, Pattern: "/hooks/sms/{provider}", Auth: page.Machine, Handle: h.sms},
		{Method: http.MethodGet, Pattern: "/hooks/sms/{provider}", Auth: page.Machine, Handle: h.sms},
	}
}

// Handler serves the routes. Each checks its caller's signature itself.
func (h *Hooks) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range h.Routes() {
		mux.HandleFunc(r.Method+" "+r.Pattern, r.Handle)
	}
	return mux
}

func (h *Hooks) sms(w http.ResponseWriter, r *http.Request) {
	provider := r.PathValue("provider")
	g, known := h.gateways[provider]
	switch {
	case !known:
		h.counts.add("", UnknownProvider)
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet && g.verify != "":
		h.subscribe(w, r, provider, g)
	case r.Method == http.MethodPost, r.Method == http.MethodGet && g.byQuery:
		h.receive(w, r, provider, g)
	default: // a HEAD among them: the mux lets it through with GET
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (h *Hooks) receive(w http.ResponseWriter, r *http.Request, provider string, g gateway) {
	said, err := g.said(w, r)
	if err != nil {
		h.counts.add(provider, Unreadable)
		w.WriteHeader(unreadable(err))
		return
	}
	if !g.signed(r.Header, said, h.now()) {
		h.counts.add(provider, Unsigned)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	receipts, err := g.read(said)
	if err != nil {
		slog.WarnContext(r.Context(), "hooks.sms", "provider", provider, "error", err)
		h.counts.add(provider, Unreadable)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	status, outcome := h.take(r.Context(), receipts)
	h.counts.add(provider, outcome)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", comeBack)
	}
	w.WriteHeader(status)
}

// said reads what a callback says, bounded.
func (g gateway) said(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Method == http.MethodPost {
		return io.ReadAll(http.MaxBytesReader(w, r.Body, g.most))
	}
	if int64(len(r.URL.RawQuery)) > g.most {
		return nil, &http.MaxBytesError{Limit: g.most}
	}
	return []byte(r.URL.RawQuery), nil
}

// take keeps receipts. Anything but success makes the gateway send all of them again,
// which is harmless.
func (h *Hooks) take(ctx context.Context, receipts []notify.Receipt) (status int, outcome Outcome) {
	for _, r := range receipts {
		switch err := h.notify.Receipt(ctx, r); fault.Of(err) {
		case "":
		case fault.Invalid:
			return http.StatusBadRequest, Unreadable
		default:
			slog.ErrorContext(ctx, "hooks.receipt", "provider", r.Provider, "error", err)
			return http.StatusServiceUnavailable, Unkept
		}
	}
	return http.StatusNoContent, Taken
}

func unreadable(err error) int {
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}
