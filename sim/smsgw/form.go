package smsgw

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"gelombang/sim/loopback"
)

// The status numbers of the form interface.
const (
	formTaken         = "0"
	formInvalidNumber = "1"
	formWrongKeys     = "5"
	formBadRequest    = "6"
	formRepeated      = "89"
)

type formAnswer struct {
	XMLName xml.Name    `xml:"response"`
	Message formMessage `xml:"message"`
}

type formMessage struct {
	To        string `xml:"to,omitempty"`
	Status    string `xml:"status"`
	Text      string `xml:"text"`
	MessageID string `xml:"messageId,omitempty"`
}

// formTongue answers in XML under HTTP 200, as the old interfaces do; only what is no
// decision about the message has another status.
var formTongue = tongue{
	accept: func(w http.ResponseWriter, status int, m Message) {
		word := formTaken
		if status == http.StatusOK { // known already
			word = formRepeated
		}
		writeForm(w, http.StatusOK, formMessage{To: m.To, Status: word, Text: "Success", MessageID: m.ID})
	},
	refuse: func(w http.ResponseWriter, status int, word string) {
		switch {
		case word == faultInvalidNumber:
			writeForm(w, http.StatusOK, formMessage{Status: formInvalidNumber, Text: "Nomor tujuan tidak valid"})
		case word == faultUnauthorized:
			writeForm(w, http.StatusOK, formMessage{Status: formWrongKeys, Text: "Userkey / Passkey Salah"})
		case status == http.StatusBadRequest:
			writeForm(w, http.StatusOK, formMessage{Status: formBadRequest, Text: "Konten SMS rejected"})
		default:
			http.Error(w, word, status)
		}
	},
}

func writeForm(w http.ResponseWriter, status int, m formMessage) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(formAnswer{Message: m}) // the client may have left
}

// sendForm takes one message from a form.
func (s *Server) sendForm(w http.ResponseWriter, r *http.Request) {
	control := s.panel.Get()
	if !loopback.Hold(w, r, control) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, loopback.MaxBody)
	if r.ParseForm() != nil {
		formTongue.refuse(w, http.StatusBadRequest, "invalid_form")
		return
	}
	f := r.PostForm
	if f.Get("userkey") == "" || subtle.ConstantTimeCompare([]byte(f.Get("passkey")), []byte(s.config.Key)) != 1 {
		formTongue.refuse(w, http.StatusUnauthorized, faultUnauthorized)
		return
	}
	q := request{To: f.Get("to"), From: f.Get("from"), Text: f.Get("message"), ClientRef: f.Get("ref"), CallbackURL: f.Get("dlr_url")}
	m := q.message("form_" + idOf(q.ClientRef))
	m.Via = viaForm
	s.take(w, r, control, m, formTongue)
}

// formWords are the receipts' words of this interface.
var formWords = map[Status]string{
	StatusRequested: "SENT", StatusDelivered: "DELIVERED", StatusUndelivered: "UNDELIVERED", StatusFailedAtOperator: "FAILED",
	StatusOperatorUnreachable: "UNREACHABLE", StatusRejected: "REJECTED", StatusBlocked: "BLOCKED", StatusNoReport: "UNKNOWN",
}

// formReceipt is a GET whose parameters, sorted and without the signature itself, are
// signed.
func (s *Server) formReceipt(m Message) (*http.Request, error) {
	params := url.Values{
		"messageId": {m.ID}, "ref": {m.ClientRef}, "status": {formWords[m.Status]}, "time": {strconv.FormatInt(s.config.Now().Unix(), 10)},
		"at": {time.UnixMilli(m.SettledMS).UTC().Format(time.RFC3339)},
	}
	mac := hmac.New(sha256.New, []byte(s.config.ReceiptSecret))
	mac.Write([]byte(params.Encode()))
	params.Set("signature", hex.EncodeToString(mac.Sum(nil)))
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, m.CallbackURL+"?"+params.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("make receipt: %w", err)
	}
	return req, nil
}
