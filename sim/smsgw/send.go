package smsgw

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"

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
	if problem := q.problem(); problem != "" {
		refuse(w, http.StatusBadRequest, problem)
		return
	}
	if known, ok := s.messages.Get(idOf(q.ClientRef)); ok {
		loopback.JSON(w, http.StatusOK, answer{known.ID, known.Status})
		return
	}
	if !s.pace.Take(s.config.Now(), control.CapacityPerSecond) {
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, "too_many_requests")
		return
	}
	s.accept(w, r, q, faultOf(q.To, control.Fault))
}

func (s *Server) accept(w http.ResponseWriter, r *http.Request, q request, fault string) {
	switch fault {
	case faultInvalidNumber:
		refuse(w, http.StatusBadRequest, faultInvalidNumber)
		return
	case faultHTTP500:
		refuse(w, http.StatusInternalServerError, "internal_error")
		return
	case faultTimeout:
		loopback.Hang(w, r)
		return
	}
	message, added, err := s.messages.Add(s.newMessage(q, fault))
	if err != nil {
		refuse(w, http.StatusInternalServerError, "internal_error")
		return
	}
	if !added { // the same reference twice at the same moment
		loopback.JSON(w, http.StatusOK, answer{message.ID, message.Status})
		return
	}
	s.arrivals.Publish(message)
	first := answer{message.ID, message.Status}
	if fault == faultEarlyReceipt {
		message = s.reportNow(message)
	}
	if message.Outcome != "" {
		s.reports.Go(func() { s.report(message) })
	}
	if fault == faultReset {
		loopback.Reset(w)
		return
	}
	loopback.JSON(w, http.StatusAccepted, first)
}

func (s *Server) newMessage(q request, fault string) Message {
	now, plan := s.config.Now(), s.config.plan(fault)
	m := Message{
		ID: idOf(q.ClientRef), ClientRef: q.ClientRef, To: q.To, From: q.From, Text: q.Text,
		CallbackURL: q.CallbackURL, Status: StatusRequested, AcceptedMS: now.UnixMilli(),
		Outcome: plan.outcome, DueMS: now.Add(plan.after).UnixMilli(),
	}
	if q.CallbackURL != "" {
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
	given := r.Header.Get("Authorization")
	if subtle.ConstantTimeCompare([]byte(given), []byte("Bearer "+s.config.Key)) == 1 {
		return true
	}
	refuse(w, http.StatusUnauthorized, "unauthorized")
	return false
}

func refuse(w http.ResponseWriter, status int, word string) {
	loopback.JSON(w, status, map[string]string{"error": word})
}
