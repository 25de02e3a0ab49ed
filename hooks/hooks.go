// Package hooks takes callbacks from outside: receipts of SMS gateways.
//
// A caller is known by its signature over the body and the moment of sending;
// an old callback played back later is refused. What a callback says is handed
// on in our own closed words, and is answered with success only once it is kept.
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

// Config of the hooks.
type Config struct {
	Notify     Notifier
	SMSSecrets map[string]string // provider's name -> secret of its signatures
	Now        func() time.Time
}

// Hooks is the surface for other systems.
type Hooks struct {
	notify  Notifier
	secrets map[string]string
	now     func() time.Time
}

// New makes the surface.
func New(c Config) *Hooks {
	return &Hooks{notify: c.Notify, secrets: c.SMSSecrets, now: c.Now}
}

// Routes is the table of addresses.
func (h *Hooks) Routes() []page.Route {
	return []page.Route{
		{Method: http.MethodPost, Pattern: "/hooks/sms/{provider}", Auth: page.Machine, Handle: h.sms},
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
	secret := h.secrets[provider]
	if secret == "" { // a gateway without a secret could be anybody
		w.WriteHeader(http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMost))
	if err != nil {
		w.WriteHeader(unreadable(err))
		return
	}
	if !signed(r.Header.Get("X-Signature"), secret, body, h.now()) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	receipt, err := readSMS(provider, body)
	if err != nil {
		slog.WarnContext(r.Context(), "hooks.sms", "provider", provider, "error", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	status := h.take(r.Context(), receipt)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "30")
	}
	w.WriteHeader(status)
}

// take keeps a receipt. Anything but success makes the gateway try again.
func (h *Hooks) take(ctx context.Context, r notify.Receipt) int {
	err := h.notify.Receipt(ctx, r)
	switch fault.Of(err) {
	case "":
		return http.StatusNoContent
	case fault.Invalid:
		return http.StatusBadRequest
	}
	slog.ErrorContext(ctx, "hooks.receipt", "provider", r.Provider, "error", err)
	return http.StatusServiceUnavailable
}

func unreadable(err error) int {
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}
