package smsgw_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/notify"
	"gelombang/notify/notifytest"
	"gelombang/notify/smsgw"
	sim "gelombang/sim/smsgw"
)

const key = "kunci"

func start(t *testing.T, bearer string) (*sim.Server, *smsgw.Sender) {
	t.Helper()
	server, err := sim.Start(sim.Config{Key: key, ReceiptDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	return server, sender(t, server.URL(), bearer)
}

func sender(t *testing.T, url, bearer string) *smsgw.Sender {
	t.Helper()
	s, err := smsgw.New(smsgw.Config{Provider: "sim", URL: url, Key: bearer, From: "GELOMBANG", Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func phone(t *testing.T, server *sim.Server, to string) []sim.Message {
	t.Helper()
	resp, err := http.Get(server.URL() + "/messages?to=" + strings.TrimPrefix(to, "+"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var found []sim.Message
	if err := json.NewDecoder(resp.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSMSKeepsTheRulesOfASender(t *testing.T) {
	t.Parallel()
	notifytest.Conform(t, func(t *testing.T) notifytest.Provider {
		server, sender := start(t, key)
		return notifytest.Provider{
			Sender:    sender,
			Reachable: "+6281234567890",
			Refused:   map[string]notify.Reason{"+6281234560003": notify.NoSuchNumber, "+62812": notify.NoSuchNumber},
			Troubled:  []string{"+6281234560005", "+6281234560006", "+6281234560009"},
			Refs: func(t *testing.T, to string) (refs []string) {
				for _, m := range phone(t, server, to) {
					refs = append(refs, m.ClientRef)
				}
				return refs
			},
		}
	})
}

func TestAResetAfterAcceptanceIsMendedByTheNextTry(t *testing.T) {
	t.Parallel()
	server, sender := start(t, key)
	o := notify.Outgoing{To: "+6281234560009", Text: "Kode 123456", Ref: "9"}
	if _, err := sender.Send(t.Context(), o); err == nil {
		t.Fatal("the reset was not noticed")
	}
	if _, err := sender.Send(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if n := len(phone(t, server, o.To)); n != 1 {
		t.Errorf("%d messages on the phone", n)
	}
}

func TestAWrongKeyIsOurFaultAndNeverFinal(t *testing.T) {
	t.Parallel()
	_, sender := start(t, "salah")
	_, err := sender.Send(t.Context(), notify.Outgoing{To: "+6281234567890", Text: "Kode", Ref: "1"})
	var e *notify.SendError
	if !errors.As(err, &e) || e.Permanent || e.Reason != notify.NoReason {
		t.Errorf("%+v", err)
	}
}

func TestAnErrorShowsNeitherNumberNorText(t *testing.T) {
	t.Parallel()
	_, sender := start(t, key)
	for _, to := range []string{"+6281234560003", "+6281234560005", "+6281234560006", "+6281234560009"} {
		_, err := sender.Send(t.Context(), notify.Outgoing{To: to, Text: "Kode 123456", Ref: "1"})
		if err == nil || strings.Contains(err.Error(), "81234") || strings.Contains(err.Error(), "123456") {
			t.Errorf("%s: %v", to, err)
		}
	}
}

func TestABusyGatewayIsAskedAgainWhenItWants(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"7": 7 * time.Second, "": time.Second, "soon": time.Second, "86400": 5 * time.Minute} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		}))
		t.Cleanup(server.Close)
		_, err := sender(t, server.URL, key).Send(t.Context(), notify.Outgoing{To: "+6281234567890", Text: "Kode", Ref: "1"})
		var e *notify.SendError
		if !errors.As(err, &e) || e.Permanent || e.After != want {
			t.Errorf("Retry-After %q: %+v", header, e)
		}
	}
}

func TestAGatewayThatIsDownIsLeftAlone(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(server.Close)
	s := sender(t, server.URL, key)
	var waits []time.Duration
	for i := range 60 {
		_, err := s.Send(t.Context(), notify.Outgoing{To: "+6281234567890", Text: "Kode", Ref: fmt.Sprint(i)})
		var e *notify.SendError
		if !errors.As(err, &e) || e.Permanent {
			t.Fatalf("%v", err)
		}
		waits = append(waits, e.After)
	}
	if n := calls.Load(); n >= 40 || slices.Max(waits) == 0 {
		t.Errorf("%d calls, waits %v", n, waits)
	}
}

func TestTheCallbackNamesTheProvider(t *testing.T) {
	t.Parallel()
	server, sender := start(t, key)
	o := notify.Outgoing{To: "+6281234567890", Text: "Kode", Ref: "1", CallbackURL: "http://127.0.0.1:1/hooks/sms"}
	sent, err := sender.Send(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	got := phone(t, server, o.To)
	if len(got) != 1 || got[0].CallbackURL != o.CallbackURL+"/sim" || got[0].ID != sent.Ref || got[0].From != "GELOMBANG" {
		t.Errorf("%+v, sent %+v", got, sent)
	}
}
