// Package beacon simulates a public randomness beacon in the shape of drand: an
// unchained chain of its own, one BLS signature per round. Anyone can verify a
// round with the public key alone, and nobody can know it before its time,
// except whoever can read the key file: it is for rehearsals, never for a draw
// that counts.
package beacon

import (
	"context"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gelombang/sim/loopback"
)

//go:embed *.html
var files embed.FS

// DefaultPeriod is the time between two rounds.
const DefaultPeriod = 3 * time.Second

// Config of a beacon; the zero value works.
type Config struct {
	Addr string // default: a free loopback port
	Dir  string // empty: a new chain at each start
	Now  func() time.Time
	// Period (whole seconds, default 3 s) and Genesis (default: now) of a new
	// chain. A chain found in Dir keeps its own.
	Period  time.Duration
	Genesis time.Time
}

// Faults of all rounds.
const (
	faultSignature  = "wrong_signature"
	faultRandomness = "wrong_randomness"
)

var faults = []string{faultSignature, faultRandomness}

// Control is the common control and the rounds that this relay lost.
type Control struct {
	loopback.Control
	Missing []uint64 `json:"missing"`
}

// Server is a running beacon.
type Server struct {
	now   func() time.Time
	chain chain
	panel *loopback.Panel[Control]
	pace  loopback.Pace
	web   *loopback.Server
}

// Round is one round, as drand answers it.
type Round struct {
	Round      uint64 `json:"round"`
	Randomness string `json:"randomness"`
	Signature  string `json:"signature"`
}

type info struct {
	PublicKey   string            `json:"public_key"`
	Period      int64             `json:"period"`
	GenesisTime int64             `json:"genesis_time"`
	Hash        string            `json:"hash"`
	GroupHash   string            `json:"groupHash"`
	SchemeID    string            `json:"schemeID"`
	Metadata    map[string]string `json:"metadata"`
}

// Start opens the chain in Config.Dir, or makes one, and serves it.
func Start(config Config) (*Server, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	chain, err := openChain(config)
	if err != nil {
		return nil, fmt.Errorf("start beacon: %w", err)
	}
	s := &Server{now: config.Now, chain: chain, panel: loopback.NewPanel[Control](faults)}
	s.web, err = loopback.Serve(config.Addr, s.handler())
	if err != nil {
		return nil, fmt.Errorf("start beacon: %w", err)
	}
	return s, nil
}

// ChainHash names the chain, in hex.
func (s *Server) ChainHash() string { return hex.EncodeToString(s.chain.hash()) }

// PublicKeyHex is the chain's public key on G2, 96 bytes in hex.
func (s *Server) PublicKeyHex() string { return hex.EncodeToString(s.chain.public) }

// Period is the time between two rounds.
func (s *Server) Period() time.Duration { return s.chain.period }

// Genesis is the time of round 1.
func (s *Server) Genesis() time.Time { return s.chain.genesis }

// URL is the base address.
func (s *Server) URL() string { return s.web.URL() }

// Addr is host:port.
func (s *Server) Addr() string { return s.web.Addr() }

// SetControl replaces the control; an unknown fault is refused.
func (s *Server) SetControl(c Control) error { return s.panel.Set(c) }

// Control is the current control.
func (s *Server) Control() Control { return s.panel.Get() }

// Close ends the server.
func (s *Server) Close(ctx context.Context) error { return s.web.Close(ctx) }

func (s *Server) handler() http.Handler {
	pages := loopback.ParsePages(files)
	mux := http.NewServeMux()
	s.panel.Mount(mux)
	mux.HandleFunc("GET /info", s.getInfo)
	mux.HandleFunc("GET /chains", func(w http.ResponseWriter, _ *http.Request) {
		loopback.JSON(w, http.StatusOK, []string{s.ChainHash()})
	})
	mux.HandleFunc("GET /public/{round}", s.getRound)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		settings := s.panel.Settings()
		pages.Show(w, r, "rounds", loopback.View{Title: "Beacon", Settings: &settings, Data: s.overview()})
	})
	return s.anyChain(mux)
}

// anyChain lets every path be asked with the chain's hash before it, as relays
// of many chains want it. Another chain's hash is not found.
func (s *Server) anyChain(next http.Handler) http.Handler {
	prefix := "/" + s.ChainHash()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, prefix+"/") {
			http.StripPrefix(prefix, next).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) getInfo(w http.ResponseWriter, r *http.Request) {
	if s.hold(w, r) {
		loopback.JSON(w, http.StatusOK, info{
			PublicKey: s.PublicKeyHex(), Period: int64(s.chain.period / time.Second),
			GenesisTime: s.chain.genesis.Unix(), Hash: s.ChainHash(),
			GroupHash: hex.EncodeToString(s.chain.group), SchemeID: schemeID,
			Metadata: map[string]string{"beaconID": beaconID},
		})
	}
}

func (s *Server) getRound(w http.ResponseWriter, r *http.Request) {
	if !s.hold(w, r) {
		return
	}
	latest := s.chain.roundAt(s.now())
	asked, err := strconv.ParseUint(r.PathValue("round"), 10, 64)
	if r.PathValue("round") == "latest" {
		asked, err = latest, nil
	}
	control := s.panel.Get()
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, "round is not a number")
	case asked > latest || latest == 0:
		refuse(w, http.StatusTooEarly, "round is in the future")
	case asked == 0 || slices.Contains(control.Missing, asked):
		refuse(w, http.StatusNotFound, "round not found")
	default:
		loopback.JSON(w, http.StatusOK, s.chain.round(asked, control.Fault))
	}
}

func (s *Server) hold(w http.ResponseWriter, r *http.Request) bool {
	control := s.panel.Get().Base()
	if !loopback.Hold(w, r, control) {
		return false
	}
	if !s.pace.Take(s.now(), control.CapacityPerSecond) {
		refuse(w, http.StatusServiceUnavailable, "over capacity")
		return false
	}
	return true
}

func refuse(w http.ResponseWriter, status int, why string) {
	loopback.JSON(w, status, map[string]string{"error": why})
}

const shownRounds = 12

type overview struct {
	Hash, PublicKey string
	Period          time.Duration
	Rounds          []shownRound
}

type shownRound struct {
	Round
	AtMS int64
}

func (s *Server) overview() overview {
	view := overview{Hash: s.ChainHash(), PublicKey: s.PublicKeyHex(), Period: s.chain.period}
	round := s.chain.roundAt(s.now())
	for ; round > 0 && len(view.Rounds) < shownRounds; round-- {
		at := s.chain.timeOf(round).UnixMilli()
		view.Rounds = append(view.Rounds, shownRound{s.chain.round(round, ""), at})
	}
	return view
}
