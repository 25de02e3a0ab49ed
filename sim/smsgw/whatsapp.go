package smsgw

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"gelombang/sim/loopback"
)

// The Cloud API's error codes that the simulator utters.
const (
	codeUnauthorized  = 190
	codeInvalid       = 100
	codeTooMany       = 130429
	codeInternal      = 131000
	codeUndeliverable = 131026 // among others: no WhatsApp on this number
)

type whatsAppRequest struct {
	Product  string `json:"messaging_product"`
	To       string `json:"to"`
	Type     string `json:"type"`
	Opaque   string `json:"biz_opaque_callback_data"`
	Template struct {
		Name     string `json:"name"`
		Language struct {
			Code string `json:"code"`
		} `json:"language"`
		Components []struct {
			Type       string `json:"type"`
			Parameters []struct {
				Text string `json:"text"`
			} `json:"parameters"`
		} `json:"components"`
	} `json:"template"`
}

// shown is what the phone shows: the template's name and what fills its body.
func (q whatsAppRequest) shown() string {
	words := []string{"[" + q.Template.Name + " " + q.Template.Language.Code + "]"}
	for _, c := range q.Template.Components {
		if c.Type != "body" {
			continue
		}
		for _, p := range c.Parameters {
			words = append(words, p.Text)
		}
	}
	if len(words) == 1 {
		return "" // a template without its values is refused
	}
	return strings.Join(words, " ")
}

var whatsAppTongue = tongue{
	accept: func(w http.ResponseWriter, _ int, m Message) {
		loopback.JSON(w, http.StatusOK, map[string]any{
			"messaging_product": "whatsapp", "contacts": []any{map[string]string{"input": m.To, "wa_id": m.To}},
			"messages": []any{map[string]string{"id": m.ID, "message_status": "accepted"}},
		})
	},
	refuse: func(w http.ResponseWriter, status int, word string) {
		code := codeInvalid
		switch {
		case word == faultInvalidNumber:
			code = codeUndeliverable
		case word == faultUnauthorized:
			code = codeUnauthorized
		case status == http.StatusTooManyRequests:
			code = codeTooMany
		case status >= http.StatusInternalServerError:
			code = codeInternal
		}
		loopback.JSON(w, status, map[string]any{"error": map[string]any{
			"message": "(#" + strconv.Itoa(code) + ") " + word, "type": "OAuthException", "code": code, "fbtrace_id": "sim"}})
	},
}

// sendWhatsApp takes one template message. The interface does not know a repetition.
func (s *Server) sendWhatsApp(w http.ResponseWriter, r *http.Request) {
	control := s.panel.Get()
	if !loopback.Hold(w, r, control) {
		return
	}
	if !s.bearer(r) {
		whatsAppTongue.refuse(w, http.StatusUnauthorized, faultUnauthorized)
		return
	}
	var q whatsAppRequest
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, loopback.MaxBody)).Decode(&q)
	if err != nil || q.Product != "whatsapp" || q.Type != "template" {
		whatsAppTongue.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	m := request{To: q.To, From: r.PathValue("number"), Text: q.shown(), ClientRef: q.Opaque, CallbackURL: *s.hook.Load()}.message("wamid." + rand.Text())
	m.Via = viaWhatsApp
	s.take(w, r, control, m, whatsAppTongue)
}

type whatsAppStatus struct {
	ID        string          `json:"id"`
	Status    string          `json:"status"`
	Timestamp string          `json:"timestamp"`
	Recipient string          `json:"recipient_id"`
	Opaque    string          `json:"biz_opaque_callback_data,omitempty"`
	Errors    []whatsAppError `json:"errors,omitempty"`
}

type whatsAppError struct {
	Code  int    `json:"code"`
	Title string `json:"title"`
}

// whatsAppReceipt is a POST in the envelope of that interface's callbacks, its body signed.
func (s *Server) whatsAppReceipt(m Message) (*http.Request, error) {
	status := whatsAppStatus{ID: m.ID, Status: "failed", Timestamp: strconv.FormatInt(m.SettledMS/1000, 10), Recipient: m.To, Opaque: m.ClientRef}
	switch m.Status {
	case StatusDelivered:
		status.Status = "delivered"
	case StatusRequested, StatusNoReport:
		status.Status = "sent"
	case StatusBlocked:
		status.Errors = []whatsAppError{{codeUndeliverable, "Message undeliverable"}}
	default:
		status.Errors = []whatsAppError{{codeInternal, "Something went wrong"}}
	}
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": "sim",
		"changes": []any{map[string]any{"field": "messages", "value": map[string]any{"messaging_product": "whatsapp",
			"metadata": map[string]string{"phone_number_id": m.From}, "statuses": []whatsAppStatus{status}}}}}}})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, m.CallbackURL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(s.config.ReceiptSecret))
	mac.Write(body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return req, nil
}
