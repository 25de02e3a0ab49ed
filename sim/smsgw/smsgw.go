// Package smsgw simulates an SMS aggregator: it takes messages over HTTP,
// reports to a callback what became of them, and shows the phones on which
// they arrived. Certain numbers and faults make it fail as aggregators do.
//
// It speaks three interfaces, with the same phones, numbers and faults: JSON, the
// form of older aggregators, and WhatsApp's Cloud API.
package smsgw

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"gelombang/sim/loopback"
)

//go:embed *.html
var files embed.FS

const (
	defaultReceiptDelay = time.Second
	defaultLateDelay    = 90 * time.Second
	defaultRetryDelay   = time.Second
)

// Config of a gateway; the zero value works, with empty secrets.
type Config struct {
	Addr          string           // default: a free loopback port
	Dir           string           // empty: nothing survives a restart
	Now           func() time.Time // default time.Now
	Key           string           // the bearer key of the sender, and the form's pass key
	ReceiptSecret string           // signs the receipts
	WhatsAppHook  string           // where the receipts of WhatsApp messages go; see SetWhatsAppHook
	ReceiptDelay  time.Duration    // from acceptance to receipt, default 1 s
	LateDelay     time.Duration    // the same for numbers ending in 0004, default 90 s
	RetryDelay    time.Duration    // before a refused receipt's second try, default 1 s; then three times as long each
}

// Control is the common control.
type Control = loopback.Control

// Server is a running gateway.
type Server struct {
	config   Config
	panel    *loopback.Panel[Control]
	pace     loopback.Pace
	messages *loopback.Journal[Message]
	arrivals loopback.Feed[Message]
	web      *loopback.Server
	client   *http.Client
	posting  chan struct{} // bounds the receipts on their way at once
	ctx      context.Context
	stop     context.CancelFunc
	reports  sync.WaitGroup
	hook     atomic.Pointer[string]
}

// Message is one SMS, as GET /messages answers it.
type Message struct {
	ID          string `json:"message_id"`
	Via         via    `json:"via,omitempty"`
	ClientRef   string `json:"client_ref"`
	To          string `json:"to"`
	From        string `json:"from"`
	Text        string `json:"text"`
	CallbackURL string `json:"callback_url,omitempty"`
	Status      Status `json:"status"`
	AcceptedMS  int64  `json:"accepted_ms"`
	SettledMS   int64  `json:"settled_ms,omitempty"` // when Status became final
	// What is still to happen, kept so that a restart goes on with it.
	Outcome      Status `json:"outcome,omitempty"` // the final status to come; empty: none ever
	DueMS        int64  `json:"due_ms,omitempty"`
	ReceiptsOwed int    `json:"receipts_owed,omitempty"`
}

// Start goes on with the receipts that were owed, and listens.
func Start(config Config) (*Server, error) {
	s := &Server{
		config: config.withDefaults(), panel: loopback.NewPanel[Control](faults),
		client:  &http.Client{Timeout: receiptTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: maxPosting}},
		posting: make(chan struct{}, maxPosting),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.SetWhatsAppHook(config.WhatsAppHook)
	var err error
	s.messages, err = loopback.OpenJournal(config.Dir, "smsgw.jsonl", func(m Message) string { return m.ID })
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("start sms gateway: %w", err)
	}
	s.web, err = loopback.Serve(config.Addr, s.handler())
	if err != nil {
		s.stop()
		_ = s.messages.Close()
		return nil, fmt.Errorf("start sms gateway: %w", err)
	}
	for _, owed := range s.messages.Newest(loopback.Keep, func(m Message) bool { return m.Outcome != "" }) {
		s.reports.Go(func() { s.report(owed) })
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.ReceiptDelay == 0 {
		c.ReceiptDelay = defaultReceiptDelay
	}
	if c.LateDelay == 0 {
		c.LateDelay = defaultLateDelay
	}
	if c.RetryDelay == 0 {
		c.RetryDelay = defaultRetryDelay
	}
	return c
}

// URL is the base address, of the interface and of the phone pages.
func (s *Server) URL() string { return s.web.URL() }

// Addr is host:port.
func (s *Server) Addr() string { return s.web.Addr() }

// SetWhatsAppHook says where the receipts of WhatsApp messages go from now on: that
// interface has one address for all of them, and messages name none.
func (s *Server) SetWhatsAppHook(url string) { s.hook.Store(&url) }

// SetControl replaces the control; an unknown fault is refused.
func (s *Server) SetControl(c Control) error { return s.panel.Set(c) }

// Control is the current control.
func (s *Server) Control() Control { return s.panel.Get() }

// Close ends the server; receipts still owed go on at the next start from Dir.
func (s *Server) Close(ctx context.Context) error {
	s.stop()
	err := s.web.Close(ctx)
	s.reports.Wait()
	s.client.CloseIdleConnections()
	if fileErr := s.messages.Close(); err == nil {
		err = fileErr
	}
	return err
}
