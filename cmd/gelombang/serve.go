package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"
)

type serveCmd struct {
	NoWork    bool          `env:"GELOMBANG_NO_WORK" help:"Serve only; gelombang work does the rest elsewhere. [${env}]"`
	NoMigrate bool          `env:"GELOMBANG_NO_MIGRATE" help:"Leave the schema alone. [${env}]"`
	DrainWait time.Duration `default:"5s" env:"GELOMBANG_DRAIN_WAIT" help:"How long a stopping node serves on while /readyz says 503: longer than a load balancer takes to notice. [${env}, ${default}]"`
	dataSettings
	programmeSettings
	webSettings
	worldSettings
}

const (
	// drainFor is how long requests under way may take to end.
	drainFor = 20 * time.Second
	// Slow or silent clients must not hold a connection for ever.
	headerWithin = 10 * time.Second
	readWithin   = 60 * time.Second // a form over a bad connection
	writeWithin  = 120 * time.Second
	idleFor      = 120 * time.Second
)

// gcPercent lets the heap grow further between two collections than Go's 100 does: what
// is alive is some 25 MB, and on an opening day a tenth of the processors went into
// collecting behind requests.
const gcPercent = 200

// Run serves until told to stop, then drains.
func (c serveCmd) Run(ctx context.Context) error {
	if err := c.missing(); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	web, err := listen(c.webSettings)
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, houseSettings{dataSettings: c.dataSettings, programmeSettings: c.programmeSettings, migrate: !c.NoMigrate,
		public: web.public, world: c.worldSettings, crowd: c.crowdSettings})
	if err != nil {
		return errors.Join(err, web.listener.Close())
	}
	if c.NoWork {
		h.reckon()
	} else {
		h.work()
	}
	_, err = h.takeBounces()
	if err := errors.Join(err, h.serveMetrics(c.MetricsListen), web.serve(h)); err != nil {
		return errors.Join(err, h.close())
	}
	slog.InfoContext(ctx, "server.ready", "listen", web.local, "public", web.public, "version", version)
	<-untilStopped(ctx)
	slog.Info("server.draining", "wait", c.DrainWait, "advice", "a second signal ends at once")
	web.drain(c.DrainWait)
	return h.close()
}

// untilStopped ends with ctx, which the first signal ends. From then on a signal does
// what it does to any program: somebody who cannot wait may end this one at once, which
// loses nothing that was acknowledged.
func untilStopped(ctx context.Context) <-chan struct{} {
	stopped := make(chan struct{})
	context.AfterFunc(ctx, func() {
		signal.Reset(os.Interrupt, syscall.SIGTERM)
		close(stopped)
	})
	return stopped
}

// webServer is the listening side.
type webServer struct {
	listener net.Listener
	public   string // as people type it
	local    string // as this machine reaches it
	proxies  []netip.Prefix
	server   *http.Server
	leaving  atomic.Bool // the load balancer is being told to send nobody here
}

// listen takes the port first: an address in use must not cost a migration.
func listen(s webSettings) (*webServer, error) {
	proxies, err := s.proxies()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w (choose another with --listen)", s.Listen, err)
	}
	s.Listen = localAddress(l)
	public, err := s.publicURL()
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &webServer{listener: l, public: public, local: "http://" + s.Listen, proxies: proxies}, nil
}

func (w *webServer) serve(h *house) error {
	handler, err := h.handler(w.proxies)
	if err != nil {
		return err
	}
	h.attend()
	w.server = &http.Server{Handler: w.leave(handler), ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: writeWithin, IdleTimeout: idleFor,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}
	go func() {
		if err := w.server.Serve(w.listener); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("server.serve", "error", err)
			os.Exit(1)
		}
	}()
	return nil
}

// leave answers for a node that is about to stop: its probe says so, so that a load
// balancer sends new visitors elsewhere, and every answer closes its connection, so
// that a balancer gives up the ones it keeps between two requests and not during one.
func (w *webServer) leave(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if !w.leaving.Load() {
			next.ServeHTTP(rw, req)
			return
		}
		rw.Header().Set("Connection", "close")
		if req.URL.Path == "/readyz" {
			rw.Header().Set("Retry-After", "1") // another node answers by then
			http.Error(rw, "this node is stopping", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(rw, req)
	})
}

// drain serves on for wait while saying that it leaves, then takes no new connections
// and lets the requests under way end.
func (w *webServer) drain(wait time.Duration) {
	w.leaving.Store(true)
	time.Sleep(wait)
	ctx, cancel := context.WithTimeout(context.Background(), drainFor)
	defer cancel()
	if err := w.close(ctx); err != nil {
		// A client that sends too slowly must not keep the node from stopping.
		slog.Warn("server.cut", "after", drainFor, "error", errors.Join(err, w.server.Close()))
	}
}

func (w *webServer) close(ctx context.Context) error {
	if w.server == nil {
		return w.listener.Close()
	}
	return w.server.Shutdown(ctx)
}
