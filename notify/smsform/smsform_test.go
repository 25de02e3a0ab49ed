package smsform_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"gelombang/notify"
	"gelombang/notify/sendertest"
	"gelombang/notify/smsform"
)

func sender(t *testing.T, url string) *smsform.Sender {
	t.Helper()
	s, err := smsform.New(smsform.Config{Provider: "sim", URL: url, UserKey: "gelombang-user", PassKey: sendertest.Key, From: "GELOMBANG", Timeout: sendertest.Patience})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheFormGatewayKeepsTheRulesOfASender(t *testing.T) {
	t.Parallel()
	sendertest.Conform(t, func(t *testing.T) sendertest.World {
		server := sendertest.Gateway(t)
		w := sendertest.BehindGateway(server)
		w.Sender = sender(t, server.URL()+"/api/sendsms")
		w.Secrets = append(w.Secrets, "gelombang-user")
		w.Refused = map[string]notify.Reason{"+6281234560003": notify.NoSuchNumber, "+62812": notify.NoSuchNumber}
		return w
	})
}

func xml(status, id string) string {
	return `<?xml version="1.0"?><response><message><to>62812</to><status>` + status + `</status><text>x</text><messageId>` + id + `</messageId></message></response>`
}

// send gives what becomes of a message when the gateway answers so.
func send(t *testing.T, status int, body string) (notify.Sent, *notify.SendError) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	sent, err := sender(t, server.URL).Send(t.Context(), notify.Outgoing{To: "+6281234567890", Text: "Kode 987654", Ref: "1"})
	var e *notify.SendError
	if err != nil && !errors.As(err, &e) {
		t.Fatal(err)
	}
	return sent, e
}

func TestBothFormsOfAnAcceptanceAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, body := range []string{xml("0", "m1"), " " + xml(" 0 ", " m1 ") + "\n", "0|Success|m1", "0|Success|m1\r\n", xml("89", "m1"), "89|Sudah dikirim|m1"} {
		sent, e := send(t, http.StatusOK, body)
		if e != nil || sent.Ref != "m1" || sent.Provider != "sim" {
			t.Errorf("%q: %+v, %+v", body, sent, e)
		}
	}
}

func TestEveryStatusWordHasItsConsequence(t *testing.T) {
	t.Parallel()
	final := notify.SendError{Permanent: true, Reason: notify.NoSuchNumber}
	ours, doubt := notify.SendError{Unsent: true}, notify.SendError{}
	for _, c := range []struct {
		status int
		body   string
		want   notify.SendError
	}{
		{200, xml("1", ""), final}, {200, "1|Nomor tujuan tidak valid|", final},
		{200, xml("5", ""), ours}, {200, xml("6", ""), ours}, {200, xml("99", ""), ours},
		{200, xml("89", ""), notify.SendError{Unsent: true, Reason: notify.Rejected}},
		{200, xml("0", ""), doubt}, {200, xml("7", "m1"), doubt}, {200, xml("", "m1"), doubt}, {200, "0|Success", doubt}, {200, "", doubt},
		{200, "<response><message>", doubt}, {200, "<results><status>0</status></results>", doubt},
		{504, "", doubt}, {500, xml("0", "m1"), ours}, {403, "", ours}, {302, "", ours},
	} {
		sent, e := send(t, c.status, c.body)
		if e == nil {
			t.Errorf("%d %q: sent %+v", c.status, c.body, sent)
			continue
		}
		if c.want.Err = e.Err; *e != c.want {
			t.Errorf("%d %q: %+v, want %+v", c.status, c.body, *e, c.want)
		}
	}
}

func TestTheFormCarriesReferenceAndCallback(t *testing.T) {
	t.Parallel()
	server := sendertest.Gateway(t)
	o := notify.Outgoing{To: "+6281234567890", Text: "Kode & salam", Ref: "42", CallbackURL: "http://127.0.0.1:1/hooks/sms"}
	sent, err := sender(t, server.URL()+"/api/sendsms").Send(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	got := sendertest.Phone(t, server, o.To)
	if len(got) != 1 || got[0].CallbackURL != o.CallbackURL+"/sim" || got[0].ID != sent.Ref || got[0].ClientRef != "42" || got[0].Text != o.Text || got[0].From != "GELOMBANG" {
		t.Errorf("%+v, sent %+v", got, sent)
	}
}
