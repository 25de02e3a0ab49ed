package hooks_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gelombang/notify"
)

// ledger keeps however many receipts an envelope has.
type ledger struct{ taken []notify.Receipt }

func (l *ledger) Receipt(_ context.Context, r notify.Receipt) error {
	l.taken = append(l.taken, r)
	return nil
}

// answered holds what every callback keeps to, signed or not: an answer of ours, and
// only receipts that every database takes.
func (l *ledger) answered(t *testing.T, code int) {
	t.Helper()
	if !slices.Contains([]int{http.StatusNoContent, http.StatusBadRequest, http.StatusUnauthorized, http.StatusRequestEntityTooLarge}, code) {
		t.Fatalf("status %d", code)
	}
	if code != http.StatusNoContent && len(l.taken) != 0 {
		t.Fatalf("status %d and %d receipts", code, len(l.taken))
	}
	for _, r := range l.taken {
		failed := r.State == notify.Failed
		if r.MessageID < 0 || len(r.Ref) > 200 || !utf8.ValidString(r.Ref) || strings.ContainsRune(r.Ref, 0) ||
			failed != slices.Contains(notify.Reasons, r.Reason) || r.State == notify.Queued || r.State == notify.Sending {
			t.Fatalf("%+v", r)
		}
	}
}

func FuzzJSONReceipt(f *testing.F) {
	for _, seed := range []string{delivered, "", "{", `{"client_ref":"-1","status":"delivered","at":"0000-01-01T00:00:00Z"}`, `{"message_id":"\u0000","status":"blocked"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		l := &ledger{}
		l.answered(t, call(l, "sim", sign(now, secret, body), body))
	})
}

func FuzzFormReceipt(f *testing.F) {
	for _, seed := range []string{"messageId=1&ref=42&status=DELIVERED", "", "%zz", "ref=42&status=FAILED&at=2026-08-03T01:59:59Z", "a=1;b=2", "messageId=%00&status=SENT"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		if v, err := url.ParseQuery(said); err == nil { // signed, so that what reads it is reached
			v.Set("time", "1785722400")
			v.Del("signature")
			v.Set("signature", mark(secret, v.Encode()))
			said = v.Encode()
		}
		l := &ledger{}
		w, _ := request(l, http.MethodPost, "/hooks/sms/form", said, nil)
		l.answered(t, w.Code)
	})
}

func FuzzWhatsAppCallback(f *testing.F) {
	for _, seed := range []string{envelope(`{"id":"wamid.1","status":"sent","timestamp":"1785722399"}`), envelope(`{"id":"w","status":"failed","errors":[{"code":-1}]}`),
		envelope(`{"id":"w","status":"read","timestamp":"9223372036854775807"}`), "{}", "null", `{"object":"x","entry":[null]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		l := &ledger{}
		w, _ := request(l, http.MethodPost, "/hooks/sms/wa", body, hub(secret, body))
		l.answered(t, w.Code)
	})
}

// No signature that was not made with the secret passes, whatever its form.
func FuzzSignature(f *testing.F) {
	f.Add(sign(now, "lain", delivered), "sha256="+mark("lain", delivered))
	f.Add("t=,v1=", "sha256=")
	f.Add("t=9223372036854775807,v1=00", "sha256=zz")
	f.Add(sign(now.Add(-time.Hour), secret, delivered), "sha1=00")
	f.Fuzz(func(t *testing.T, asJSON, asHub string) {
		if asJSON == sign(now, secret, delivered) || asHub == "sha256="+mark(secret, delivered) {
			return
		}
		d := newDesk(nil)
		w, _ := request(d, http.MethodPost, "/hooks/sms/wa", delivered, map[string]string{"X-Hub-Signature-256": asHub})
		if code := call(d, "sim", asJSON, delivered); code != http.StatusUnauthorized || w.Code != http.StatusUnauthorized || len(d.taken) != 0 {
			t.Fatalf("%d and %d for %q and %q", code, w.Code, asJSON, asHub)
		}
	})
}
