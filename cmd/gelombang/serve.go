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
	"time"
)

type serveCmd struct {
	NoWork    bool `env:"GELOMBANG_NO_WORK" help:"Serve only; gelombang work does the rest elsewhere. [${env}]"`
	NoMigrate bool `env:"GELOMBANG_NO_MIGRATE" help:"Leave the schema alone. [${env}]"`
	dataSettings
	programmeSettings
	webSettings
	worldSettings
}

const (
	// drainFor is how long requests and jobs under way may take to end.
	drainFor = 20 * time.Second
	// Slow or silent clients must not hold a connection for ever.
	headerWithin = 10 * time.Second
	readWithin   = 60 * time.Second // a form over a bad connection
	writeWithin  = 120 * time.Second
	idleFor      = 120 * time.Second
)

// Run serves until told to stop, then drains.
func (c serveCmd) Run(ctx context.Context) error {
	if err := c.missing(); err != nil {
		return err
	}
	web, err := listen(c.webSettings)
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, houseSettings{dataSettings: c.dataSettings, programmeSettings: c.programmeSettings, migrate: !c.NoMigrate,
		public: web.public, world: c.worldSettings})
	if err != nil {
		return errors.Join(err, web.listener.Close())
	}
	if !c.NoWork {
		h.work()
	}
	if err := web.serve(h); err != nil {
		return errors.Join(err, h.close())
	}
	slog.InfoContext(ctx, "server.ready", "listen", web.local, "public", web.public, "version", version)
	<-ctx.Done()
	slog.Info("server.draining")
	drain, cancel := context.WithTimeout(context.Background(), drainFor)
	defer cancel()
	return errors.Join(web.close(drain), h.close())
}

// webServer is the listening side.
type webServer struct {
	listener net.Listener
	public   string // as people type it
	local    string // as this machine reaches it
	proxies  []netip.Prefix
	server   *http.Server
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
	w.server = &http.Server{Handler: handler, ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: writeWithin, IdleTimeout: idleFor,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}
	go func() {
		if err := w.server.Serve(w.listener); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("server.serve", "error", err)
			os.Exit(1)
		}
	}()
	return nil
}

func (w *webServer) close(ctx context.Context) error {
	if w.server == nil {
		return w.listener.Close()
	}
	return w.server.Shutdown(ctx)
}
