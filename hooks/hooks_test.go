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
	"strings"
	"testing"
	"time"

	"gelombang/hooks"
	"gelombang/internal/fault"
	"gelombang/notify"
)

const secret = "rahasia"

var now = time.Date(2026, 8, 3, 2, 0, 0, 0, time.UTC)

// desk keeps the receipts that were handed in.
type desk struct {
	taken chan notify.Receipt
	err   error
}

func (d desk) Receipt(_ context.Context, r notify.Receipt) error {
	d.taken <- r
	return d.err
}

func newDesk(err error) desk { return desk{taken: make(chan notify.Receipt, 10), err: err} }

const verify = "kata-uji"

func surface(d hooks.Notifier, clock func() time.Time) *hooks.Hooks {
	return hooks.New(hooks.Config{Notify: d, Now: clock, SMSSecrets: map[string]string{"sim": secret, "bare": ""},
		FormSecrets: map[string]string{"form": secret, "bareform": ""},
		WhatsApp:    map[string]hooks.WhatsApp{"wa": {Secret: secret, Verify: verify}, "barewa": {Verify: verify}}})
}

func handler(d hooks.Notifier, clock func() time.Time) http.Handler {
	return surface(d, clock).Handler()
}

func sign(at time.Time, secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

func call(d hooks.Notifier, provider, signature, body string) int {
	r := httptest.NewRequest(http.MethodPost, "/hooks/sms/"+provider, strings.NewReader(body))
	r.Header.Set("X-Signature", signature)
	w := httptest.NewRecorder()
	handler(d, func() time.Time { return now }).ServeHTTP(w, r)
	return w.Code
}

const delivered = `{"message_id":"sms_1","client_ref":"42","status":"delivered","at":"2026-08-03T01:59:59Z"}`

func TestASignedReceiptIsHandedOnInOurWords(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]notify.Receipt{
		"requested":            {State: notify.Accepted},
		"delivered":            {State: notify.Confirmed},
		"no_report":            {State: notify.Unconfirmed},
		"undelivered":          {State: notify.Failed, Reason: notify.OperatorFailed},
		"failed_at_operator":   {State: notify.Failed, Reason: notify.OperatorFailed},
		"operator_unreachable": {State: notify.Failed, Reason: notify.OperatorUnreachable},
		"rejected":             {State: notify.Failed, Reason: notify.Rejected},
		"blocked":              {State: notify.Failed, Reason: notify.Blocked},
	} {
		d := newDesk(nil)
		body := strings.Replace(delivered, "delivered", word, 1)
		if code := call(d, "sim", sign(now, secret, body), body); code != http.StatusNoContent {
			t.Errorf("%s: status %d", word, code)
			continue
		}
		want.Provider, want.Ref, want.MessageID, want.At = "sim", "sms_1", 42, now.Add(-time.Second)
		if got := <-d.taken; got != want {
			t.Errorf("%s: %+v, want %+v", word, got, want)
		}
	}
}

func TestAReceiptWithAForeignReferenceKeepsTheGatewaysOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(nil)
	body := strings.Replace(delivered, `"42"`, `"theirs"`, 1)
	if code := call(d, "sim", sign(now, secret, body), body); code != http.StatusNoContent {
		t.Fatalf("status %d", code)
	}
	if got := <-d.taken; got.MessageID != 0 || got.Ref != "sms_1" {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsNotAReceiptOfThatGatewayIsRefused(t *testing.T) {
	t.Parallel()
	good := sign(now, secret, delivered)
	spare := func(body string) (string, string) { return sign(now, secret, body), body }
	for name, c := range map[string]struct {
		provider, signature, body string
		want                      int
	}{
		"unknown provider":       {"other", good, delivered, http.StatusNotFound},
		"provider with no key":   {"bare", sign(now, "", delivered), delivered, http.StatusNotFound},
		"no signature":           {"sim", "", delivered, http.StatusUnauthorized},
		"half a signature":       {"sim", strings.Split(good, ",")[0], delivered, http.StatusUnauthorized},
		"no hex":                 {"sim", strings.Split(good, "v1=")[0] + "v1=zz", delivered, http.StatusUnauthorized},
		"shortened mark":         {"sim", good[:len(good)-2], delivered, http.StatusUnauthorized},
		"another secret":         {"sim", sign(now, "lain", delivered), delivered, http.StatusUnauthorized},
		"a changed body":         {"sim", good, strings.Replace(delivered, "42", "43", 1), http.StatusUnauthorized},
		"a changed moment":       {"sim", strings.Replace(good, fmt.Sprint(now.Unix()), fmt.Sprint(now.Unix()+1), 1), delivered, http.StatusUnauthorized},
		"played back":            {"sim", sign(now.Add(-5*time.Minute-time.Second), secret, delivered), delivered, http.StatusUnauthorized},
		"from the future":        {"sim", sign(now.Add(5*time.Minute+time.Second), secret, delivered), delivered, http.StatusUnauthorized},
		"a body that is too big": {"sim", good, strings.Repeat(" ", 16<<10) + delivered, http.StatusRequestEntityTooLarge},
	} {
		d := newDesk(nil)
		if code := call(d, c.provider, c.signature, c.body); code != c.want || len(d.taken) != 0 {
			t.Errorf("%s: status %d, %d receipts", name, code, len(d.taken))
		}
	}
	for _, body := range []string{"", "{", "[]", "{}", `{"message_id":"1","status":"read"}`, `{"client_ref":"1"}`, `{"message_id":"1","status":"delivered","at":"now"}`} {
		d := newDesk(nil)
		signature, body := spare(body)
		if code := call(d, "sim", signature, body); code != http.StatusBadRequest || len(d.taken) != 0 {
			t.Errorf("%q: status %d, %d receipts", body, code, len(d.taken))
		}
	}
	d := newDesk(nil)
	if code := call(d, "sim", sign(now.Add(-5*time.Minute), secret, delivered), delivered); code != http.StatusNoContent {
		t.Errorf("at the last moment: status %d", code)
	}
}

func TestAReceiptThatWeCannotKeepIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{
		errors.New("broken"):                  http.StatusServiceUnavailable,
		fault.New(fault.Unavailable, "", nil): http.StatusServiceUnavailable,
		fault.New(fault.Invalid, "", nil):     http.StatusBadRequest,
	} {
		if code := call(newDesk(err), "sim", sign(now, secret, delivered), delivered); code != want {
			t.Errorf("%v: status %d", err, code)
		}
	}
}

func TestOnlyPostIsTakenWhereReceiptsArePosted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, "/hooks/sms/sim"}, {http.MethodHead, "/hooks/sms/sim"}, {http.MethodHead, "/hooks/sms/form"},
		{http.MethodHead, "/hooks/sms/wa"}, {http.MethodPut, "/hooks/sms/sim"}, {http.MethodDelete, "/hooks/sms/form"},
	} {
		w := httptest.NewRecorder()
		handler(newDesk(nil), func() time.Time { return now }).ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s %s: status %d", c.method, c.path, w.Code)
		}
	}
}

func TestEveryRouteSaysWhoMayCallIt(t *testing.T) {
	t.Parallel()
	for _, r := range hooks.New(hooks.Config{}).Routes() {
		if err := r.Fault(); err != nil {
			t.Error(err)
		}
	}
}
