package smsgw_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gelombang/sim/smsgw"
)

type formAnswer struct {
	Status string `xml:"message>status"`
	ID     string `xml:"message>messageId"`
}

func sendForm(t *testing.T, server *smsgw.Server, passkey, to, ref, callback string) formAnswer {
	t.Helper()
	resp, err := http.PostForm(server.URL()+"/api/sendsms", url.Values{"userkey": {"kami"}, "passkey": {passkey}, "to": {to}, "message": {"Kode"}, "ref": {ref}, "dlr_url": {callback}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a formAnswer
	if err := xml.NewDecoder(resp.Body).Decode(&a); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", resp.StatusCode, err)
	}
	return a
}

func TestTheFormAnswersInItsNumbers(t *testing.T) {
	t.Parallel()
	server := start(t, smsgw.Config{})
	first := sendForm(t, server, key, "6281234567890", "m1", "")
	if again := sendForm(t, server, key, "6281234567890", "m1", ""); first.Status != "0" || first.ID == "" || again != (formAnswer{"89", first.ID}) {
		t.Errorf("first %+v, then %+v", first, again)
	}
	for want, a := range map[string]formAnswer{"5": sendForm(t, server, "salah", "6281234567890", "m2", ""), "1": sendForm(t, server, key, "6281234560003", "m3", ""),
		"6": sendForm(t, server, key, "6281234567890", "", "")} {
		if a.Status != want || a.ID != "" {
			t.Errorf("%+v, want %s", a, want)
		}
	}
	if found := onPhone(t, server, "6281234567890"); len(found) != 1 || found[0].Via != "form" {
		t.Errorf("on the phone %+v", found)
	}
}

// listener takes any callback and hands it over as method, what was said, and header.
func listener(t *testing.T) (string, chan [3]string) {
	t.Helper()
	heard := make(chan [3]string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		heard <- [3]string{r.Method, r.URL.RawQuery + string(body), r.Header.Get("X-Hub-Signature-256")}
	}))
	t.Cleanup(server.Close)
	return server.URL, heard
}

func hear(t *testing.T, heard chan [3]string) [3]string {
	t.Helper()
	select {
	case got := <-heard:
		return got
	case <-time.After(patient):
		t.Fatal("no receipt came")
		return [3]string{}
	}
}

func mark(said string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(said))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestAFormsReceiptIsASignedQuery(t *testing.T) {
	t.Parallel()
	server := start(t, smsgw.Config{})
	at, heard := listener(t)
	a := sendForm(t, server, key, "6281234560002", "m2", at)
	got := hear(t, heard)
	params, err := url.ParseQuery(got[1])
	if err != nil || got[0] != http.MethodGet {
		t.Fatalf("%v, %v", got, err)
	}
	signature := params.Get("signature")
	params.Del("signature")
	if signature != mark(params.Encode()) || params.Get("messageId") != a.ID || params.Get("ref") != "m2" || params.Get("status") != "FAILED" || params.Get("time") == "" {
		t.Errorf("%v", params)
	}
}

func TestWhatsAppAnswersAndReportsInItsShape(t *testing.T) {
	t.Parallel()
	at, heard := listener(t)
	server := start(t, smsgw.Config{WhatsAppHook: at})
	send := func(bearer, to string) (status int, a struct {
		Messages []struct{ ID string }
		Error    struct{ Code int }
	}) {
		body := `{"messaging_product":"whatsapp","to":"` + to + `","type":"template","biz_opaque_callback_data":"m1","template":{"name":"kode","language":{"code":"id"},` +
			`"components":[{"type":"body","parameters":[{"type":"text","text":"123456"}]}]}}`
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL()+"/v23.0/1055/messages", strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+bearer)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, a
	}
	status, a := send(key, "6281234567890")
	if status != http.StatusOK || len(a.Messages) != 1 {
		t.Fatalf("%d %+v", status, a)
	}
	got := hear(t, heard)
	if got[2] != "sha256="+mark(got[1]) || !strings.Contains(got[1], `"id":"`+a.Messages[0].ID+`","status":"delivered"`) || !strings.Contains(got[1], `"biz_opaque_callback_data":"m1"`) {
		t.Errorf("receipt %v", got)
	}
	if status, a := send("salah", "6281234567890"); status != http.StatusUnauthorized || a.Error.Code != 190 {
		t.Errorf("a wrong token: %d %+v", status, a)
	}
	if status, a := send(key, "6281234560003"); status != http.StatusBadRequest || a.Error.Code != 131026 {
		t.Errorf("no WhatsApp there: %d %+v", status, a)
	}
	if found := onPhone(t, server, "6281234567890"); len(found) != 1 || found[0].Text != "[kode id] 123456" || found[0].Via != "whatsapp" {
		t.Errorf("on the phone %+v", found)
	}
}
