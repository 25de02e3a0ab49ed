// Package registry simulates the civil registry in the shape of Dukcapil: it
// compares what is asked field by field, and uses the same envelope for "this
// person has died" as for "your quota is used up". At /v1/verify it answers the same in
// a plain shape.
//
// Its population is whatever is asked: any well-formed NIK is a person whose
// data match, except the serials of the magic list. With Config.People it is those
// people and nobody else, and every field is compared with theirs.
package registry

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"gelombang/sim/loopback"
)

//go:embed *.html
var files embed.FS

// Config of a registry; the zero value works, with empty credentials.
type Config struct {
	Addr     string           // default: a free loopback port
	Dir      string           // empty: nothing survives a restart
	Now      func() time.Time // default time.Now
	User     string           // USER_ID
	Password string           // PASSWORD
	// SlowDelay is what serial 9008 waits, default 5 s: short of a patient
	// client's time-out and past an impatient one's.
	SlowDelay time.Duration
	// QuotaPerDay is how many questions are answered from midnight to midnight in
	// Jakarta; 0: all.
	QuotaPerDay int
	// Latency is the middle of how long an answer takes, default none: one in a hundred
	// takes more than three times as long.
	Latency time.Duration
	People  People // the zero People is nobody: then any well-formed NIK matches
}

// Control is the common control.
type Control = loopback.Control

// Server is a running registry.
type Server struct {
	config  Config
	panel   *loopback.Panel[Control]
	pace    loopback.Pace
	quota   quota
	lookups *loopback.Journal[Lookup]
	lastID  atomic.Int64
	web     *loopback.Server
}

// Lookup is one question that was asked, as GET /requests answers it.
type Lookup struct {
	ID     int64  `json:"id"`
	AtMS   int64  `json:"at_ms"`
	Agency string `json:"agency"`
	NIK    string `json:"nik"` // masked
	Answer string `json:"answer"`
}

// Start reads the lookups of earlier runs, and listens.
func Start(config Config) (*Server, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.SlowDelay == 0 {
		config.SlowDelay = 5 * time.Second
	}
	s := &Server{config: config, panel: loopback.NewPanel[Control](faults())}
	var err error
	s.lookups, err = loopback.OpenJournal(config.Dir, "registry.jsonl", func(l Lookup) string {
		return strconv.FormatInt(l.ID, 10)
	})
	if err != nil {
		return nil, fmt.Errorf("start registry: %w", err)
	}
	for _, newest := range s.lookups.Newest(1, nil) {
		s.lastID.Store(newest.ID)
	}
	s.web, err = loopback.Serve(config.Addr, s.handler())
	if err != nil {
		_ = s.lookups.Close()
		return nil, fmt.Errorf("start registry: %w", err)
	}
	return s, nil
}

// URL is the base address.
func (s *Server) URL() string { return s.web.URL() }

// Addr is host:port.
func (s *Server) Addr() string { return s.web.Addr() }

// SetControl replaces the control; an unknown fault is refused.
func (s *Server) SetControl(c Control) error { return s.panel.Set(c) }

// Control is the current control.
func (s *Server) Control() Control { return s.panel.Get() }

// Close ends the server.
func (s *Server) Close(ctx context.Context) error {
	err := s.web.Close(ctx)
	if fileErr := s.lookups.Close(); err == nil {
		err = fileErr
	}
	return err
}

const pageSize = 50

func (s *Server) handler() http.Handler {
	pages := loopback.ParsePages(files)
	mux := http.NewServeMux()
	s.panel.Mount(mux)
	mux.HandleFunc("POST /dukcapil/get_json/{agency}/CALL_VERIFY_BY_ELEMENT", s.verify)
	mux.HandleFunc("POST /v1/verify", s.verifyPlain)
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) {
		loopback.JSON(w, http.StatusOK, s.overview())
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		settings := s.panel.Settings()
		pages.Show(w, r, "lookups", loopback.View{Title: "Civil registry", Settings: &settings, Data: s.overview()})
	})
	return mux
}

type overview struct {
	Counts map[string]int `json:"counts"` // per answer, of the lookups kept
	Newest []Lookup       `json:"newest"`
}

func (s *Server) overview() overview {
	kept := s.lookups.Newest(loopback.Keep, nil)
	view := overview{Counts: map[string]int{}, Newest: kept[:min(len(kept), pageSize)]}
	for _, l := range kept {
		view.Counts[l.Answer]++
	}
	return view
}
