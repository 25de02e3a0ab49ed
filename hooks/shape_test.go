package hooks_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gelombang/hooks"
	"gelombang/notify"
	"gelombang/notify/smsform"
	"gelombang/notify/smsgw"
	"gelombang/notify/wacloud"
	sim "gelombang/sim/smsgw"
)

func mark(secret, said string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(said))
	return hex.EncodeToString(mac.Sum(nil))
}

// form is a signed receipt, with changes made before signing.
func form(secret string, change func(url.Values)) string {
	v := url.Values{"messageId": {"form_1"}, "ref": {"42"}, "status": {"DELIVERED"}, "time": {fmt.Sprint(now.Unix())}, "at": {"2026-08-03T01:59:59Z"}}
	if change != nil {
		change(v)
	}
	v.Set("signature", mark(secret, v.Encode()))
	return v.Encode()
}

// request is served by a surface of its own, whose counts come back too.
func request(d hooks.Notifier, method, path, body string, header map[string]string) (*httptest.ResponseRecorder, *hooks.Hooks) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w, h := httptest.NewRecorder(), surface(d, func() time.Time { return now })
	h.Handler().ServeHTTP(w, r)
	return w, h
}

func TestAFormReceiptIsTakenByGetAndByPost(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]notify.Receipt{
		"SENT":        {State: notify.Accepted},
		"DELIVERED":   {State: notify.Confirmed},
		"UNKNOWN":     {State: notify.Unconfirmed},
		"UNDELIVERED": {State: notify.Failed, Reason: notify.OperatorFailed},
		"EXPIRED":     {State: notify.Failed, Reason: notify.OperatorUnreachable},
		"REJECTED":    {State: notify.Failed, Reason: notify.Rejected},
		"BLOCKED":     {State: notify.Failed, Reason: notify.Blocked},
	} {
		said := form(secret, func(v url.Values) { v.Set("status", word) })
		want.Provider, want.Ref, want.MessageID, want.At = "form", "form_1", 42, now.Add(-time.Second)
		d := newDesk(nil)
		byGet, _ := request(d, http.MethodGet, "/hooks/sms/form?"+said, "", nil)
		byPost, _ := request(d, http.MethodPost, "/hooks/sms/form", said, map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
		if byGet.Code != http.StatusNoContent || byPost.Code != http.StatusNoContent {
			t.Errorf("%s: %d by GET, %d by POST", word, byGet.Code, byPost.Code)
			continue
		}
		if first, second := <-d.taken, <-d.taken; first != want || second != want {
			t.Errorf("%s: %+v and %+v, want %+v", word, first, second, want)
		}
	}
}

func TestAFormReceiptThatIsNotSignedByItsGatewayIsRefused(t *testing.T) {
	t.Parallel()
	good := form(secret, nil)
	for name, c := range map[string]struct {
		said string
		want int
	}{
		"nothing":         {"", http.StatusUnauthorized},
		"no signature":    {strings.Split(good, "&signature=")[0], http.StatusUnauthorized},
		"another secret":  {form("lain", nil), http.StatusUnauthorized},
		"a changed word":  {strings.Replace(good, "DELIVERED", "FAILED", 1), http.StatusUnauthorized},
		"one more field":  {good + "&x=1", http.StatusUnauthorized},
		"a field twice":   {good + "&status=FAILED", http.StatusUnauthorized},
		"not a form":      {good + "&%zz", http.StatusUnauthorized},
		"no moment":       {form(secret, func(v url.Values) { v.Del("time") }), http.StatusUnauthorized},
		"played back":     {form(secret, func(v url.Values) { v.Set("time", fmt.Sprint(now.Unix()-301)) }), http.StatusUnauthorized},
		"an unknown word": {form(secret, func(v url.Values) { v.Set("status", "READ") }), http.StatusBadRequest},
		"no reference":    {form(secret, func(v url.Values) { v.Del("ref"); v.Del("messageId") }), http.StatusBadRequest},
		"a strange time":  {form(secret, func(v url.Values) { v.Set("at", "kemarin") }), http.StatusBadRequest},
		"a NUL":           {form(secret, func(v url.Values) { v.Set("messageId", "a\x00") }), http.StatusBadRequest},
		"no UTF-8":        {form(secret, func(v url.Values) { v.Set("messageId", "a\xff") }), http.StatusBadRequest},
		"too long":        {form(secret, func(v url.Values) { v.Set("x", strings.Repeat("x", 16<<10)) }), http.StatusRequestEntityTooLarge},
	} {
		d := newDesk(nil)
		byGet, _ := request(d, http.MethodGet, "/hooks/sms/form?"+c.said, "", nil)
		byPost, _ := request(d, http.MethodPost, "/hooks/sms/form", c.said, nil)
		if byGet.Code != c.want || byPost.Code != c.want || len(d.taken) != 0 {
			t.Errorf("%s: %d by GET, %d by POST, %d receipts", name, byGet.Code, byPost.Code, len(d.taken))
		}
	}
}

func hub(secret, body string) map[string]string {
	return map[string]string{"X-Hub-Signature-256": "sha256=" + mark(secret, body)}
}

func envelope(statuses string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","statuses":[` + statuses + `]}}]}]}`
}

func TestWhatsAppStatusesAreHandedOnTogether(t *testing.T) {
	t.Parallel()
	d := newDesk(nil)
	body := envelope(`{"id":"wamid.1","status":"sent","timestamp":"1785722399","biz_opaque_callback_data":"42"},
		{"id":"wamid.2","status":"read","timestamp":"nanti","biz_opaque_callback_data":"theirs"},{"id":"wamid.3","status":"deleted"},{"id":"","status":"sent"},
		{"id":"wamid.4","status":"failed","errors":[{"code":131026,"title":"Message undeliverable"}]},{"id":"wamid.5","status":"failed"}`)
	w, _ := request(d, http.MethodPost, "/hooks/sms/wa", body, hub(secret, body))
	if w.Code != http.StatusNoContent || len(d.taken) != 4 {
		t.Fatalf("status %d, %d receipts", w.Code, len(d.taken))
	}
	for _, want := range []notify.Receipt{
		{Provider: "wa", Ref: "wamid.1", MessageID: 42, State: notify.Accepted, At: now.Add(-time.Second)},
		{Provider: "wa", Ref: "wamid.2", State: notify.Confirmed},
		{Provider: "wa", Ref: "wamid.4", State: notify.Failed, Reason: notify.Blocked},
		{Provider: "wa", Ref: "wamid.5", State: notify.Failed, Reason: notify.OperatorFailed},
	} {
		if got := <-d.taken; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestWhatsAppIsKnownByItsSignatureAlone(t *testing.T) {
	t.Parallel()
	body := envelope(`{"id":"wamid.1","status":"sent"}`)
	incoming := `{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{"messages":[{"from":"6281234567890","text":{"body":"halo"}}]}}]}]}`
	long := strings.Repeat(" ", 1<<20) + body
	for name, c := range map[string]struct {
		body   string
		header map[string]string
		want   int
	}{
		"no signature":           {body, nil, http.StatusUnauthorized},
		"another secret":         {body, hub("lain", body), http.StatusUnauthorized},
		"a changed body":         {strings.Replace(body, "sent", "read", 1), hub(secret, body), http.StatusUnauthorized},
		"a bare mark":            {body, map[string]string{"X-Hub-Signature-256": mark(secret, body)}, http.StatusUnauthorized},
		"the old header":         {body, map[string]string{"X-Hub-Signature": "sha1=00"}, http.StatusUnauthorized},
		"a body that is too big": {long, hub(secret, long), http.StatusRequestEntityTooLarge},
		"not an envelope":        {"[]", hub(secret, "[]"), http.StatusBadRequest},
		"an empty object":        {"{}", hub(secret, "{}"), http.StatusBadRequest},
		"a person's answer":      {incoming, hub(secret, incoming), http.StatusNoContent},
	} {
		d := newDesk(nil)
		if w, _ := request(d, http.MethodPost, "/hooks/sms/wa", c.body, c.header); w.Code != c.want || len(d.taken) != 0 {
			t.Errorf("%s: status %d, %d receipts", name, w.Code, len(d.taken))
		}
	}
}

func TestASubscriptionIsConfirmedToWhoKnowsTheWord(t *testing.T) {
	t.Parallel()
	ask := func(provider, mode, token, challenge string) *httptest.ResponseRecorder {
		q := url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {challenge}}
		w, _ := request(newDesk(nil), http.MethodGet, "/hooks/sms/"+provider+"?"+q.Encode(), "", nil)
		return w
	}
	if w := ask("wa", "subscribe", verify, "<b>1158201444"); w.Code != http.StatusOK || w.Body.String() != "<b>1158201444" ||
		!strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("status %d %v, %q", w.Code, w.Header(), w.Body)
	}
	for _, c := range [][3]string{{"subscribe", "salah", "1"}, {"subscribe", "", "1"}, {"unsubscribe", verify, "1"}, {"subscribe", verify, strings.Repeat("1", 129)}} {
		if w := ask("wa", c[0], c[1], c[2]); w.Code != http.StatusForbidden || w.Body.Len() != 0 {
			t.Errorf("%q: status %d, %q", c, w.Code, w.Body)
		}
	}
	if w := ask("barewa", "subscribe", verify, "1"); w.Code != http.StatusNotFound {
		t.Errorf("without a secret: status %d", w.Code)
	}
}

func TestEveryRefusalIsCountedWhereItBelongs(t *testing.T) {
	t.Parallel()
	fresh := surface(newDesk(nil), func() time.Time { return now })
	for _, c := range []struct {
		name, method, path, body string
		header                   map[string]string
		err                      error
		want                     hooks.Count
	}{
		{"taken", http.MethodGet, "/hooks/sms/form?" + form(secret, nil), "", nil, nil, hooks.Count{Provider: "form", Outcome: hooks.Taken}},
		{"nobody", http.MethodPost, "/hooks/sms/" + strings.Repeat("x", 99), "", nil, nil, hooks.Count{Outcome: hooks.UnknownProvider}},
		{"unsigned", http.MethodPost, "/hooks/sms/sim", delivered, nil, nil, hooks.Count{Provider: "sim", Outcome: hooks.Unsigned}},
		{"wrong word", http.MethodGet, "/hooks/sms/wa?hub.mode=subscribe", "", nil, nil, hooks.Count{Provider: "wa", Outcome: hooks.Unsigned}},
		{"too long", http.MethodPost, "/hooks/sms/sim", strings.Repeat(" ", 17<<10), nil, nil, hooks.Count{Provider: "sim", Outcome: hooks.Unreadable}},
		{"no receipt", http.MethodPost, "/hooks/sms/wa", "[]", hub(secret, "[]"), nil, hooks.Count{Provider: "wa", Outcome: hooks.Unreadable}},
		{"unkept", http.MethodGet, "/hooks/sms/form?" + form(secret, nil), "", nil, errors.New("broken"), hooks.Count{Provider: "form", Outcome: hooks.Unkept}},
	} {
		_, h := request(newDesk(c.err), c.method, c.path, c.body, c.header)
		for _, got := range h.Counts() {
			if want := got.Provider == c.want.Provider && got.Outcome == c.want.Outcome; want != (got.Calls == 1) || got.Calls > 1 {
				t.Errorf("%s: %+v", c.name, got)
			}
		}
	}
	if got, want := len(fresh.Counts()), 4*len(hooks.Outcomes); got != want { // form, sim, wa, nobody
		t.Errorf("%d counts, want %d", got, want)
	}
}

// The senders and the simulated gateways of every shape, from the message to its receipt.
func TestEveryShapesReceiptsComeBackToTheirMessage(t *testing.T) {
	t.Parallel()
	d := newDesk(nil)
	server := httptest.NewServer(handler(d, time.Now))
	t.Cleanup(server.Close)
	world, err := sim.Start(sim.Config{Key: "kunci", ReceiptSecret: secret, ReceiptDelay: time.Millisecond, WhatsAppHook: server.URL + "/hooks/sms/wa"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close(t.Context()) })
	for name, sender := range senders(t, world.URL()) {
		for to, want := range map[string]notify.Receipt{
			"+6281234567890": {State: notify.Confirmed},
			"+6281234560002": {State: notify.Failed, Reason: notify.OperatorFailed},
			"+6281234560008": {State: notify.Confirmed},
		} {
			sent, err := sender.Send(t.Context(), notify.Outgoing{To: to, Text: "Kode", Code: "987654", Ref: "42" + to[10:], CallbackURL: server.URL + "/hooks/sms"})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got := next(t, d)
			if got.At.IsZero() || got.Ref != sent.Ref || got.Provider != name || fmt.Sprint(got.MessageID) != "42"+to[10:] || got.State != want.State || got.Reason != want.Reason {
				t.Errorf("%s to %s: %+v, want %+v of %s", name, to, got, want, sent.Ref)
			}
		}
	}
}

func senders(t *testing.T, at string) map[string]notify.Sender {
	t.Helper()
	asJSON, err1 := smsgw.New(smsgw.Config{Provider: "sim", URL: at, Key: "kunci", From: "G"})
	asForm, err2 := smsform.New(smsform.Config{Provider: "form", URL: at + "/api/sendsms", UserKey: "kami", PassKey: "kunci"})
	asChat, err3 := wacloud.New(wacloud.Config{Provider: "wa", URL: at + "/v23.0", PhoneNumberID: "1", Token: "kunci", CodeTemplate: "kode"})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	return map[string]notify.Sender{"sim": asJSON, "form": asForm, "wa": asChat}
}

func next(t *testing.T, d desk) notify.Receipt {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	select {
	case got := <-d.taken:
		return got
	case <-ctx.Done():
		t.Fatal("no receipt came")
		return notify.Receipt{}
	}
}
