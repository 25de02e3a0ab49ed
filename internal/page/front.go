package page

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"runtime/debug"

	"gelombang/internal/fault"
)

// Front puts everything that each request passes before a mux, in the one order
// that works: the log line sees the status of a panic, and every error page
// knows its language and id.
func (r *Renderer) Front(mux http.Handler, trusted []netip.Prefix) (http.Handler, error) {
	protected, err := r.Protect(mux)
	if err != nil {
		return nil, err
	}
	return RequestID(ClientIP(trusted)(r.AccessLog(r.Language(r.Recover(protected))))), nil
}

// Protect refuses requests that another site made a browser send, by what the
// browser itself says of their origin. The public address is trusted although
// the Host header may be another behind a proxy.
func (r *Renderer) Protect(next http.Handler) (http.Handler, error) {
	guard := http.NewCrossOriginProtection()
	if r.cfg.PublicURL != "" {
		public, err := url.Parse(r.cfg.PublicURL)
		if err != nil {
			return nil, fmt.Errorf("public address: %w", err)
		}
		if err := guard.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
			return nil, fmt.Errorf("public address: %w", err)
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.Fail(w, req, fault.New(fault.Forbidden, "page.fail.forbidden.cross_origin", nil))
	}))
	return guard.Handler(next), nil
}

// Recover turns a panic into the error page of a fault of ours.
func (r *Renderer) Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares by identity as well
				panic(v)
			}
			r.log.ErrorContext(req.Context(), "page.panic", "request", RequestIDOf(req), "route", req.Pattern,
				"panic", panicWords(v), "stack", string(debug.Stack()))
			r.Fail(w, req, fault.New(fault.Internal, "", nil))
		}()
		next.ServeHTTP(w, req)
	})
}

// panicWords tells what can be told: a panic's own value may hold what a person
// typed, so only the runtime's errors are written out and others by type.
func panicWords(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", v)
}

// visit is what handlers further in tell the log line.
type visit struct{ route string }

// AccessLog writes one line per request: the route's pattern, never a path or
// query, which may name a person or a challenge.
func (r *Renderer) AccessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		start := r.now()
		seen := &visit{route: "none"}
		counted := &statusWriter{ResponseWriter: w}
		defer func() {
			r.log.InfoContext(req.Context(), "http.request", "method", req.Method, "route", seen.route,
				"status", counted.code(), "ms", r.now().Sub(start).Milliseconds(), "request", RequestIDOf(req))
		}()
		next.ServeHTTP(counted, with(req, keyRoute, seen))
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
