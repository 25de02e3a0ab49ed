package smsgw

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"gelombang/sim/loopback"
)

const (
	maxPosting     = 64 // receipts on their way at once
	maxTries       = 5  // of one receipt, over 40 retry delays
	receiptTimeout = 10 * time.Second
)

type receipt struct {
	MessageID string `json:"message_id"`
	ClientRef string `json:"client_ref"`
	Status    Status `json:"status"`
	At        string `json:"at"`
}

// report waits until the outcome is due, then settles the message and sends
// the receipts that are owed. What a stop interrupts goes on at the next start.
func (s *Server) report(m Message) {
	due := time.UnixMilli(m.DueMS)
	if !loopback.Wait(s.ctx, due.Sub(s.config.Now())) {
		return
	}
	m = s.settle(m)
	for m.ReceiptsOwed > 0 {
		s.deliver(m)
		if s.ctx.Err() != nil {
			return
		}
		m.ReceiptsOwed--
		_ = s.messages.Put(m) // at worst the receipt is sent again after a restart
	}
	m.Outcome = ""
	_ = s.messages.Put(m)
}

// reportNow settles the message and tries one receipt at once, before the
// sender has its answer; what it does not take is tried again later.
func (s *Server) reportNow(m Message) Message {
	m = s.settle(m)
	if m.ReceiptsOwed > 0 && s.post(m) {
		m.ReceiptsOwed--
	}
	_ = s.messages.Put(m)
	return m
}

func (s *Server) settle(m Message) Message {
	if m.Status == StatusRequested {
		m.Status, m.SettledMS = m.Outcome, s.config.Now().UnixMilli()
		_ = s.messages.Put(m) // at worst it is settled again after a restart
	}
	return m
}

// deliver posts one receipt until the callback takes it or the tries are used up.
func (s *Server) deliver(m Message) {
	delay := s.config.RetryDelay
	for try := 1; !s.post(m) && try < maxTries; try++ {
		if !loopback.Wait(s.ctx, delay) {
			return
		}
		delay *= 3
	}
}

// post reports whether the callback answered 2xx.
func (s *Server) post(m Message) bool {
	select {
	case s.posting <- struct{}{}:
		defer func() { <-s.posting }()
	case <-s.ctx.Done():
		return false
	}
	req, err := s.callback(m)
	if err != nil {
		return false
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, loopback.MaxBody)) // so that the connection is used again
	return resp.StatusCode/100 == 2
}

// callback is the receipt in the interface by which the message came.
func (s *Server) callback(m Message) (*http.Request, error) {
	switch m.Via {
	case viaForm:
		return s.formReceipt(m)
	case viaWhatsApp:
		return s.whatsAppReceipt(m)
	}
	body, err := json.Marshal(receipt{m.ID, m.ClientRef, m.Status, time.UnixMilli(m.SettledMS).UTC().Format(time.RFC3339)})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, m.CallbackURL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Signature", s.signature(body))
	return req, nil
}

// signature binds the body to the second in which it was sent, so that an old
// receipt cannot be played back much later.
func (s *Server) signature(body []byte) string {
	at := s.config.Now().Unix()
	mac := hmac.New(sha256.New, []byte(s.config.ReceiptSecret))
	fmt.Fprintf(mac, "%d.%s", at, body)
	return fmt.Sprintf("t=%d,v1=%s", at, hex.EncodeToString(mac.Sum(nil)))
}
