package smsgw

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"gelombang/sim/loopback"
)

type request struct {
	To          string `json:"to"`
	From        string `json:"from"`
	Text        string `json:"text"`
	ClientRef   string `json:"client_ref"`
	CallbackURL string `json:"callback_url"`
}

type answer struct {
	MessageID string `json:"message_id"`
	Status    Status `json:"status"`
}

// via is the interface by which a message came; "" is the JSON one.
type via string

const (
	viaForm     via = "form"
	viaWhatsApp via = "whatsapp"
)

// tongue is how an interface answers.
type tongue struct {
	accept func(w http.ResponseWriter, status int, m Message)
	refuse func(w http.ResponseWriter, status int, word string)
}

var jsonTongue = tongue{
	accept: func(w http.ResponseWriter, status int, m Message) { loopback.JSON(w, status, answer{m.ID, m.Status}) },
	refuse: refuse,
}

// send takes one message. The client's reference makes it idempotent: the same
// reference again is answered 200 with the first message's id and sends nothing.
func (s *Server) send(w http.ResponseWriter, r *http.Request) {
	control := s.panel.Get()
	if !loopback.Hold(w, r, control) || !s.allowed(w, r) {
		return
	}
	var q request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, loopback.MaxBody)).Decode(&q); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_json")
		return
	}
	s.take(w, r, control, q.message(idOf(q.ClientRef)), jsonTongue)
}

// take decides about one message in any of the interfaces.
func (s *Server) take(w http.ResponseWriter, r *http.Request, control Control, m Message, t tongue) {
	if problem := m.problem(); problem != "" {
		t.refuse(w, http.StatusBadRequest, problem)
		return
	}
	if known, ok := s.messages.Get(m.ID); ok {
		t.accept(w, http.StatusOK, known)
		return
	}
	if !s.pace.Take(s.config.Now(), control.CapacityPerSecond) {
		w.Header().Set("Retry-After", "1")
		t.refuse(w, http.StatusTooManyRequests, "too_many_requests")
		return
	}
	fault := faultOf(m.To, control.Fault)
	if !failed(w, r, fault, t) {
		s.accept(w, s.planned(m, fault), fault, t)
	}
}

// failed answers in place of taking the message, if the fault is one that does so.
func failed(w http.ResponseWriter, r *http.Request, fault string, t tongue) bool {
	switch fault {
	case faultInvalidNumber:
		t.refuse(w, http.StatusBadRequest, faultInvalidNumber)
	case faultHTTP500:
		t.refuse(w, http.StatusInternalServerError, "internal_error")
	case faultBusy:
		w.Header().Set("Retry-After", strconv.Itoa(busySeconds))
		t.refuse(w, http.StatusTooManyRequests, "too_many_requests")
	case faultUnauthorized:
		t.refuse(w, http.StatusUnauthorized, faultUnauthorized)
	case faultTimeout:
		loopback.Hang(w, r)
	case faultGarbage:
		_, _ = io.WriteString(w, "<html><body>Selamat datang</body></html>")
	case faultHuge:
		_, _ = io.WriteString(w, `{"message_id":"`+strings.Repeat("0", hugeAnswer)+`"}`)
	default:
		return false
	}
	return true
}

func (s *Server) accept(w http.ResponseWriter, m Message, fault string, t tongue) {
	message, added, err := s.messages.Add(m)
	if err != nil {
		t.refuse(w, http.StatusInternalServerError, "internal_error")
		return
	}
	if !added { // the same reference twice at the same moment
		t.accept(w, http.StatusOK, message)
		return
	}
	s.arrivals.Publish(message)
	first := message
	if fault == faultEarlyReceipt {
		message = s.reportNow(message)
	}
	if message.Outcome != "" {
		s.reports.Go(func() { s.report(message) })
	}
	switch fault {
	case faultReset:
		loopback.Reset(w)
	case faultHalfAnswer:
		loopback.Half(w)
	default:
		t.accept(w, http.StatusAccepted, first)
	}
}

// message is a request that may be taken, under the id it will have.
func (q request) message(id string) Message {
	return Message{ID: id, ClientRef: q.ClientRef, To: q.To, From: q.From, Text: q.Text, CallbackURL: q.CallbackURL, Status: StatusRequested}
}

// planned is the message with what will become of it.
func (s *Server) planned(m Message, fault string) Message {
	now, plan := s.config.Now(), s.config.plan(fault)
	m.AcceptedMS, m.Outcome, m.DueMS = now.UnixMilli(), plan.outcome, now.Add(plan.after).UnixMilli()
	if m.CallbackURL != "" {
		m.ReceiptsOwed = plan.receipts
	}
	return m
}

// idOf makes the message id of the client's reference, which is what makes a
// repetition find the first message.
func idOf(clientRef string) string {
	sum := sha256.Sum256([]byte(clientRef))
	return "sms_" + hex.EncodeToString(sum[:12])
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	if !loopback.Hold(w, r, s.panel.Get()) || !s.allowed(w, r) {
		return
	}
	message, ok := s.messages.Get(r.PathValue("id"))
	if !ok {
		refuse(w, http.StatusNotFound, "unknown_message")
		return
	}
	loopback.JSON(w, http.StatusOK, answer{message.ID, message.Status})
}

func (s *Server) allowed(w http.ResponseWriter, r *http.Request) bool {
	if s.bearer(r) {
		return true
	}
	refuse(w, http.StatusUnauthorized, faultUnauthorized)
	return false
}

func (s *Server) bearer(r *http.Request) bool {
	return subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.config.Key)) == 1
}

func refuse(w http.ResponseWriter, status int, word string) {
	loopback.JSON(w, status, map[string]string{"error": word})
}
