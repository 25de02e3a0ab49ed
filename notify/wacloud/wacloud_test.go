package wacloud_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gelombang/notify"
	"gelombang/notify/sendertest"
	"gelombang/notify/wacloud"
)

func sender(t *testing.T, url, textTemplate string) *wacloud.Sender {
	t.Helper()
	s, err := wacloud.New(wacloud.Config{Provider: "sim", URL: url + "/v23.0/", PhoneNumberID: "1055", Token: sendertest.Key, CodeTemplate: "kode",
		TextTemplate: textTemplate, Timeout: sendertest.Patience})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatsAppKeepsTheRulesOfASender(t *testing.T) {
	t.Parallel()
	sendertest.Conform(t, func(t *testing.T) sendertest.World {
		server := sendertest.Gateway(t)
		w := sendertest.BehindGateway(server)
		w.Sender, w.Forgetful = sender(t, server.URL(), ""), true
		w.Elsewhere = []string{"+6281234560003"}
		return w
	})
}

const took = `{"messaging_product":"whatsapp","messages":[{"id":"wamid.1"}]}`

// asked gives the request that a message becomes.
func asked(t *testing.T, textTemplate string, o notify.Outgoing) (path, bearer string, body map[string]any) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, bearer = r.URL.Path, r.Header.Get("Authorization")
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, took)
	}))
	t.Cleanup(server.Close)
	if sent, err := sender(t, server.URL, textTemplate).Send(t.Context(), o); err != nil || sent.Ref != "wamid.1" {
		t.Fatalf("%+v, %v", sent, err)
	}
	return path, bearer, body
}

func TestACodeFillsBodyAndButtonOfItsTemplate(t *testing.T) {
	t.Parallel()
	path, bearer, body := asked(t, "", notify.Outgoing{To: "+6281234567890", Text: "Kode 987654 untuk masuk", Code: "987654", Lang: "en", Ref: "42"})
	if path != "/v23.0/1055/messages" || bearer != "Bearer "+sendertest.Key {
		t.Errorf("asked %s with %s", path, bearer)
	}
	got, _ := json.Marshal(body)
	want := `{"biz_opaque_callback_data":"42","messaging_product":"whatsapp","recipient_type":"individual","template":{"components":[` +
		`{"parameters":[{"text":"987654","type":"text"}],"type":"body"},{"index":"0","parameters":[{"text":"987654","type":"text"}],"sub_type":"url","type":"button"}],` +
		`"language":{"code":"en"},"name":"kode"},"to":"6281234567890","type":"template"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestATextGoesOnlyWhereATemplateCarriesIt(t *testing.T) {
	t.Parallel()
	o := notify.Outgoing{To: "+6281234567890", Text: "Baris satu\n\nbaris     dua " + strings.Repeat("é", 2000), Ref: "42"}
	_, _, body := asked(t, "pesan", o)
	raw, _ := json.Marshal(body)
	if !strings.Contains(string(raw), `"Baris satu baris dua é`) || strings.Count(string(raw), "é") != 1024-len("Baris satu baris dua ") || !strings.Contains(string(raw), `"code":"id"`) {
		t.Errorf("%s", raw)
	}
	_, err := sender(t, "http://127.0.0.1:1", "").Send(t.Context(), o)
	var e *notify.SendError
	if !errors.As(err, &e) || e.Permanent || !e.Unsent || e.Reason == notify.NoReason {
		t.Errorf("without a template: %+v", err)
	}
}

func TestEveryErrorCodeHasItsConsequence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, code int
		want         notify.SendError
	}{
		{429, 130429, notify.SendError{Unsent: true, After: 10 * time.Second}},
		{400, 131056, notify.SendError{Unsent: true, Reason: notify.Rejected}},
		{400, 80007, notify.SendError{Unsent: true, After: 10 * time.Second}},
		{400, 131026, notify.SendError{Unsent: true, Reason: notify.Blocked}},
		{400, 131049, notify.SendError{Unsent: true, Reason: notify.Rejected}},
		{401, 190, notify.SendError{Unsent: true}},
		{400, 132001, notify.SendError{Unsent: true}},
		{500, 131000, notify.SendError{Unsent: true}},
		{503, 131016, notify.SendError{Unsent: true}},
		{504, 0, notify.SendError{After: 30 * time.Second}},
		{200, 0, notify.SendError{After: 30 * time.Second}},
		{200, 131026, notify.SendError{After: 30 * time.Second}},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = fmt.Fprintf(w, `{"error":{"message":"(#%d) to 6281234567890","code":%d}}`, c.code, c.code)
		}))
		t.Cleanup(server.Close)
		_, err := sender(t, server.URL, "").Send(t.Context(), notify.Outgoing{To: "+6281234567890", Code: "987654", Ref: "1"})
		var e *notify.SendError
		if !errors.As(err, &e) {
			t.Fatalf("%d %d: %v", c.status, c.code, err)
		}
		if c.want.Err = e.Err; *e != c.want || strings.Contains(err.Error(), "81234") {
			t.Errorf("%d %d: %+v, want %+v", c.status, c.code, *e, c.want)
		}
	}
}

func TestAFailureReportedLaterNamesAReason(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]notify.Reason{131026: notify.Blocked, 131050: notify.Blocked, 131049: notify.Rejected, 131000: notify.OperatorFailed, 0: notify.OperatorFailed} {
		if got := wacloud.Reason(code); got != want {
			t.Errorf("%d: %s, want %s", code, got, want)
		}
	}
}

func TestWhatsAppNeedsItsNumberAndATemplate(t *testing.T) {
	t.Parallel()
	for _, c := range []wacloud.Config{
		{Provider: "wa", URL: "https://graph.test/v1", CodeTemplate: "kode"}, {Provider: "wa", URL: "https://graph.test/v1", PhoneNumberID: "1"},
		{Provider: "wa", PhoneNumberID: "1", CodeTemplate: "kode"},
	} {
		if _, err := wacloud.New(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
