package smsgw_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"gelombang/sim/smsgw"
)

const (
	key     = "kunci"
	secret  = "rahasia"
	patient = 5 * time.Second // how long a test waits for what must come
)

func start(t *testing.T, config smsgw.Config) *smsgw.Server {
	t.Helper()
	config.Key, config.ReceiptSecret = key, secret
	if config.ReceiptDelay == 0 {
		config.ReceiptDelay = time.Millisecond
	}
	config.RetryDelay = time.Millisecond
	server, err := smsgw.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	return server
}

type answer struct {
	MessageID string `json:"message_id"`
	Status    string `json:"status"`
	Error     string `json:"error"`
}

func post(ctx context.Context, server *smsgw.Server, bearer, body string) (answer, *http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL()+"/v1/messages", strings.NewReader(body))
	if err != nil {
		return answer{}, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, nil, err
	}
	defer resp.Body.Close()
	var a answer
	return a, resp, json.NewDecoder(resp.Body).Decode(&a)
}

func message(to, ref, callback string) string {
	text, _ := json.Marshal(map[string]string{
		"to": to, "from": "GELOMBANG", "text": "Kode <b>123456</b>", "client_ref": ref, "callback_url": callback,
	})
	return string(text)
}

// send expects the status.
func send(t *testing.T, server *smsgw.Server, body string, status int) answer {
	t.Helper()
	a, resp, err := post(t.Context(), server, key, body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != status {
		t.Fatalf("status %d %+v, want %d", resp.StatusCode, a, status)
	}
	return a
}

func statusOf(t *testing.T, server *smsgw.Server, id string) answer {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL()+"/v1/messages/"+id, nil)
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

func onPhone(t *testing.T, server *smsgw.Server, number string) []smsgw.Message {
	t.Helper()
	resp, err := http.Get(server.URL() + "/messages?to=" + number)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var found []smsgw.Message
	if err := json.NewDecoder(resp.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAMessageIsAcceptedDeliveredAndReported(t *testing.T) {
	t.Parallel()
	server := start(t, smsgw.Config{})
	url, receipts := callback(t, 0)
	a := send(t, server, message("6281234567890", "m1", url), http.StatusAccepted)
	if a.Status != "requested" || a.MessageID == "" {
		t.Errorf("answer %+v", a)
	}
	got := next(t, receipts)
	if got.MessageID != a.MessageID || got.ClientRef != "m1" || got.Status != "delivered" || got.At.IsZero() {
		t.Errorf("receipt %+v", got)
	}
	if now := statusOf(t, server, a.MessageID); now.Status != "delivered" {
		t.Errorf("status %+v", now)
	}
	if found := onPhone(t, server, "081234567890"); len(found) != 1 || found[0].Text != "Kode <b>123456</b>" {
		t.Errorf("on the phone: %+v", found)
	}
}

func TestTheSameReferenceSendsOneMessageHoweverParallel(t *testing.T) {
	t.Parallel()
	server := start(t, smsgw.Config{})
	var accepted atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, resp, err := post(context.Background(), server, key, message("6281234567890", "m1", ""))
			if err != nil {
				t.Error(err)
			} else if resp.StatusCode == http.StatusAccepted {
				accepted.Add(1)
			} else if resp.StatusCode != http.StatusOK {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
	wg.Wait()
	if found := onPhone(t, server, "6281234567890"); accepted.Load() != 1 || len(found) != 1 {
		t.Errorf("%d accepted, %d on the phone", accepted.Load(), len(found))
	}
}

func TestBadRequestsAreNamed(t *testing.T) {
	t.Parallel()
	server := start(t, smsgw.Config{})
	tests := []struct{ body, word string }{
		{message("081234567890", "m1", ""), "invalid_number"},
		{message("62812", "m1", ""), "invalid_number"},
		{message("6281234567890", "", ""), "invalid_request"},
		{message("6281234567890", "m1", "ftp://x"), "invalid_callback_url"},
		{"{", "invalid_json"},
	}
	for _, test := range tests {
		if a := send(t, server, test.body, http.StatusBadRequest); a.Error != test.word {
			t.Errorf("%s: %+v", test.body, a)
		}
	}
	a, resp, err := post(t.Context(), server, "wrong", message("6281234567890", "m1", ""))
	if err != nil || resp.StatusCode != http.StatusUnauthorized || a.Error != "unauthorized" {
		t.Errorf("wrong key: %+v, %v", a, err)
	}
}

func TestMagicNumbersFailAtSending(t *testing.T) {
	t.Parallel()
	server := start(t, smsgw.Config{})
	if a := send(t, server, message("6281234560003", "m3", ""), http.StatusBadRequest); a.Error != "invalid_number" {
		t.Errorf("0003: %+v", a)
	}
	send(t, server, message("6281234560005", "m5", ""), http.StatusInternalServerError)
	hurried, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := post(hurried, server, key, message("6281234560006", "m6", "")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("0006: %v", err)
	}
	if found := onPhone(t, server, ""); len(found) != 0 {
		t.Errorf("%d messages went out", len(found))
	}
}

func TestControlActsOnEveryNumber(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	server := start(t, smsgw.Config{Now: func() time.Time { return now }})
	url, receipts := callback(t, 0)
	set := func(c smsgw.Control) {
		if err := server.SetControl(c); err != nil {
			t.Fatal(err)
		}
	}
	for _, word := range []string{"undelivered", "failed_at_operator", "operator_unreachable", "rejected", "blocked", "no_report"} {
		set(smsgw.Control{Fault: word})
		send(t, server, message("6281234567890", word, url), http.StatusAccepted)
		if got := next(t, receipts); got.Status != word {
			t.Errorf("%s: %+v", word, got)
		}
	}
	now = now.Add(time.Second)
	set(smsgw.Control{CapacityPerSecond: 1})
	send(t, server, message("6281234567890", "a", ""), http.StatusAccepted)
	_, resp, err := post(t.Context(), server, key, message("6281234567890", "b", ""))
	if err != nil || resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "1" {
		t.Errorf("over capacity: %v, %v", resp, err)
	}
	set(smsgw.Control{Outage: true})
	if _, _, err := post(t.Context(), server, key, message("6281234567890", "c", "")); err == nil {
		t.Error("the outage answered")
	}
}

func TestThePhonePagesShowBubblesWithEscapedText(t *testing.T) {
	t.Parallel()
	server := start(t, smsgw.Config{})
	send(t, server, message("6281234567890", "m1", ""), http.StatusAccepted)
	for path, selector := range map[string]string{
		"/":                    `a[href="/phone/6281234567890"]`,
		"/phone/6281234567890": `.bubble`,
	} {
		resp, err := http.Get(server.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		root, err := html.Parse(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if cascadia.Query(root, cascadia.MustCompile(selector)) == nil {
			t.Errorf("%s: no %s", path, selector)
		}
		if cascadia.Query(root, cascadia.MustCompile("main b")) != nil {
			t.Errorf("%s: the text became markup", path)
		}
	}
}

func ExampleMagic() {
	for _, m := range smsgw.Magic()[:2] {
		fmt.Println(m.Value, m.Effect)
	}
	// Output:
	// 62…0001 accepted, a receipt never comes
	// 62…0002 receipt failed_at_operator
}
