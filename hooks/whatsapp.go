package hooks

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gelombang/notify"
	"gelombang/notify/wacloud"
)

// whatsAppGateway takes the Cloud API's callbacks, signed in a header
// "X-Hub-Signature-256: sha256=HEX" over the body. The moment is not signed there, so
// one played back is taken: a receipt twice changes nothing.
func whatsAppGateway(provider string, w WhatsApp) gateway {
	return gateway{
		verify: w.Verify,
		most:   envelopeMost,
		signed: func(h http.Header, said []byte, _ time.Time) bool {
			mark, found := strings.CutPrefix(h.Get("X-Hub-Signature-256"), "sha256=")
			return found && marked(mark, w.Secret, said)
		},
		read: func(said []byte) ([]notify.Receipt, error) { return readWhatsApp(provider, said) },
	}
}

// envelope is the shape of all callbacks; people's answers come in it too, and are not
// read.
type envelope struct {
	Object string `json:"object"`
	Entry  []struct {
		Changes []struct {
			Value struct {
				Statuses []whatsAppStatus `json:"statuses"`
			} `json:"value"`
		} `json:"changes"`
	} `json:"entry"`
}

type whatsAppStatus struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Timestamp string `json:"timestamp"` // seconds
	Opaque    string `json:"biz_opaque_callback_data"`
	Errors    []struct {
		Code int `json:"code"`
	} `json:"errors"`
}

// readWhatsApp leaves out statuses in words that say nothing here, such as "deleted":
// refusing the envelope would make the others come again for days.
func readWhatsApp(provider string, body []byte) (out []notify.Receipt, err error) {
	var in envelope
	if json.Unmarshal(body, &in) != nil || in.Object == "" {
		return nil, errShape
	}
	for _, entry := range in.Entry {
		for _, change := range entry.Changes {
			for _, s := range change.Value.Statuses {
				if r, ok := s.receipt(provider); ok {
					out = append(out, r)
				}
			}
		}
	}
	return out, nil
}

func (s whatsAppStatus) receipt(provider string) (notify.Receipt, bool) {
	state, known := whatsAppWords[s.Status]
	if !known || s.ID == "" || !plain(s.ID) {
		return notify.Receipt{}, false
	}
	r := notify.Receipt{Provider: provider, Ref: s.ID, MessageID: ourNumber(s.Opaque), State: state}
	if seconds, err := strconv.ParseInt(s.Timestamp, 10, 64); err == nil && seconds > 0 {
		r.At = time.Unix(seconds, 0).UTC()
	}
	if state == notify.Failed {
		code := 0
		if len(s.Errors) > 0 {
			code = s.Errors[0].Code
		}
		r.Reason = wacloud.Reason(code)
	}
	return r, true
}

// subscribe answers the one question that is asked when our address is entered there.
func (h *Hooks) subscribe(w http.ResponseWriter, r *http.Request, provider string, g gateway) {
	q := r.URL.Query()
	challenge := q.Get("hub.challenge")
	if q.Get("hub.mode") != "subscribe" || len(challenge) > challengeMost ||
		subtle.ConstantTimeCompare([]byte(q.Get("hub.verify_token")), []byte(g.verify)) != 1 {
		h.counts.add(provider, Unsigned)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, challenge)
}
