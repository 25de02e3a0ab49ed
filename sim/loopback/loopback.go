// Package loopback is what every simulator of the outside world stands on: an
// HTTP server on a loopback port, a control panel for faults, a journal that
// survives a restart, and one plain look for the pages that people read.
//
// It simulates nothing itself.
package loopback

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	// AnyPort lets the system choose a free port.
	AnyPort = "127.0.0.1:0"
	// HangLimit ends a request that was made to hang, so that a client without
	// a time-out of its own cannot pile up goroutines for ever.
	HangLimit = 60 * time.Second
	// MaxBody is more than any request of the simulated interfaces needs.
	MaxBody = 1 << 20
	// grace is short because browsers keep unused connections open, and
	// waiting for them would make every Ctrl-C slow.
	grace = time.Second
)

// Server serves one simulator's HTTP interface until it is closed.
type Server struct {
	listener net.Listener
	http     *http.Server
	stop     context.CancelFunc
	done     chan struct{}
}

// Serve listens on addr (AnyPort if empty) and serves in the background. A
// request's context ends when its client leaves or the server closes.
func Serve(addr string, handler http.Handler) (*Server, error) {
	listener, err := Listen(addr)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{listener: listener, stop: stop, done: make(chan struct{})}
	s.http = &http.Server{
		// A page of the internet must not steer a simulator through the
		// developer's own browser.
		Handler:           http.NewCrossOriginProtection().Handler(handler),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener) // always ErrServerClosed or the closed listener
	}()
	return s, nil
}

// Listen opens addr, or any free loopback port if addr is empty.
func Listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = AnyPort
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return listener, nil
}

// Addr is the address really listened on, host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL is the base address, without a slash at the end.
func (s *Server) URL() string { return "http://" + s.Addr() }

// Close ends hanging requests, lets the others finish for a moment, then cuts them.
func (s *Server) Close(ctx context.Context) error {
	s.stop()
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	<-s.done
	return nil
}

// Wait sleeps for d and reports whether it could; false means that ctx ended first.
func Wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Hang never answers: it holds the request until the client gives up, at most HangLimit.
func Hang(w http.ResponseWriter, r *http.Request) {
	Wait(r.Context(), HangLimit)
	Reset(w)
}

// Reset cuts the client off with a TCP reset and no answer.
func Reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	ResetConn(conn)
}

// Half begins an answer of success and cuts the client off in the middle of it.
func Half(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{\"message_id\":"))
	_ = conn.Close()
}

// ResetConn closes conn so that the other side sees "connection reset by peer".
func ResetConn(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
