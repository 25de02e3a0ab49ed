package smsgw_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/sim/smsgw"
)

type receipt struct {
	MessageID string    `json:"message_id"`
	ClientRef string    `json:"client_ref"`
	Status    string    `json:"status"`
	At        time.Time `json:"at"`
}

// callback takes receipts, refuses the first few, and checks every signature.
func callback(t *testing.T, refuse int32) (url string, receipts chan receipt) {
	t.Helper()
	receipts = make(chan receipt, 100)
	var seen atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		stamp, mark, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("X-Signature"), "t="), ",v1=")
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + "." + string(body)))
		if mark != hex.EncodeToString(mac.Sum(nil)) {
			t.Errorf("signature %q of %s", r.Header.Get("X-Signature"), body)
		}
		if seen.Add(1) <= refuse {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var got receipt
		if err := json.Unmarshal(body, &got); err != nil {
			t.Errorf("receipt %s: %v", body, err)
		}
		receipts <- got
	}))
	t.Cleanup(server.Close)
	return server.URL, receipts
}

func next(t *testing.T, receipts chan receipt) receipt {
	t.Helper()
	select {
	case got := <-receipts:
		return got
	case <-time.After(patient):
		t.Fatal("no receipt came")
		return receipt{}
	}
}

func TestAResetComesAfterTheMessageWasAccepted(t *testing.T) {
	t.Parallel()
	server := start(t, smsgw.Config{})
	url, receipts := callback(t, 0)
	body := message("6281234560009", "m9", url)
	if _, resp, err := post(t.Context(), server, key, body); err == nil {
		t.Fatalf("status %d", resp.StatusCode)
	}
	if got := next(t, receipts); got.ClientRef != "m9" || got.Status != "delivered" {
		t.Errorf("receipt %+v", got)
	}
	send(t, server, body, http.StatusOK)
	if found := onPhone(t, server, "6281234560009"); len(found) != 1 {
		t.Errorf("%d messages on the phone", len(found))
	}
}

func TestMagicNumbersChangeTheReceipt(t *testing.T) {
	t.Parallel()
	server := start(t, smsgw.Config{LateDelay: 100 * time.Millisecond})
	url, receipts := callback(t, 0)
	send(t, server, message("6281234560002", "m2", url), http.StatusAccepted)
	if got := next(t, receipts); got.Status != "failed_at_operator" {
		t.Errorf("0002: %+v", got)
	}
	send(t, server, message("6281234560007", "m7", url), http.StatusAccepted)
	if first, second := next(t, receipts), next(t, receipts); first != second || first.ClientRef != "m7" {
		t.Errorf("0007: %+v, then %+v", first, second)
	}
	began := time.Now()
	send(t, server, message("6281234560004", "m4", url), http.StatusAccepted)
	if got := next(t, receipts); got.Status != "delivered" || time.Since(began) < 90*time.Millisecond { // due is kept in whole milliseconds
		t.Errorf("0004: %+v after %v", got, time.Since(began))
	}
}

func TestAnEarlyReceiptComesBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	server := start(t, smsgw.Config{})
	url, receipts := callback(t, 0)
	a := send(t, server, message("6281234560008", "m8", url), http.StatusAccepted)
	if len(receipts) != 1 || a.Status != "requested" {
		t.Fatalf("%d receipts before the answer %+v", len(receipts), a)
	}
	if got := next(t, receipts); got.MessageID != a.MessageID || got.Status != "delivered" {
		t.Errorf("receipt %+v", got)
	}
}

func TestAMessageWithoutReceiptStaysRequested(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	dir := t.TempDir()
	config := smsgw.Config{Dir: dir, Now: func() time.Time { return now }}
	server := start(t, config)
	url, receipts := callback(t, 0)
	a := send(t, server, message("6281234560001", "m1", url), http.StatusAccepted)
	if err := server.Close(t.Context()); err != nil { // waits for every report
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	server = start(t, config)
	if got := statusOf(t, server, a.MessageID); got.Status != "requested" || len(receipts) != 0 {
		t.Errorf("status %+v, %d receipts", got, len(receipts))
	}
}

func TestARefusedReceiptIsTriedAgain(t *testing.T) {
	t.Parallel()
	server := start(t, smsgw.Config{})
	url, receipts := callback(t, 3)
	send(t, server, message("6281234567890", "m1", url), http.StatusAccepted)
	if got := next(t, receipts); got.ClientRef != "m1" {
		t.Errorf("receipt %+v", got)
	}
}

func TestOwedReceiptsAreSentAfterARestart(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	dir := t.TempDir()
	url, receipts := callback(t, 0)
	config := smsgw.Config{Dir: dir, Now: func() time.Time { return now }, ReceiptDelay: time.Hour}
	server := start(t, config)
	a := send(t, server, message("6281234567890", "m1", url), http.StatusAccepted)
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(receipts) != 0 {
		t.Fatal("the receipt came before its time")
	}
	now = now.Add(2 * time.Hour)
	server = start(t, config)
	if got := next(t, receipts); got.MessageID != a.MessageID || !got.At.Equal(now) {
		t.Errorf("receipt %+v", got)
	}
	send(t, server, message("6281234567890", "m1", url), http.StatusOK)
}
