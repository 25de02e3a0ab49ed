package gateway_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gelombang/notify"
	"gelombang/notify/gateway"
)

func client(t *testing.T, url string) *gateway.Client {
	t.Helper()
	c, err := gateway.New(gateway.Config{Provider: "sim", URL: url, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answering(t *testing.T, header map[string]string, status int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestABusyGatewayIsAskedAgainWhenItWants(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"7": 7 * time.Second, "": time.Second, "soon": time.Second, "-1": time.Second, "86400": 5 * time.Minute} {
		c := client(t, answering(t, map[string]string{"Retry-After": header}, http.StatusTooManyRequests))
		a, err := c.Post(t.Context(), http.Header{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if e := c.Refused(t.Context(), a); !e.Unsent || e.Permanent || e.After != want {
			t.Errorf("Retry-After %q: %+v", header, e)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	followed := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	t.Cleanup(other.Close)
	c := client(t, answering(t, map[string]string{"Location": other.URL}, http.StatusTemporaryRedirect))
	a, err := c.Post(t.Context(), http.Header{}, []byte("Kode 987654"))
	if err != nil || followed || a.OK() || !c.Refused(t.Context(), a).Unsent {
		t.Errorf("%+v, %v, followed %t", a, err, followed)
	}
}

// A server's nonsense may repeat what we sent; net/http puts it into its error.
func TestNonsenseIsNotRepeatedInAnError(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = conn.Write([]byte("6281234567890 987654\r\n\r\n"))
		_ = conn.Close()
	}))
	t.Cleanup(server.Close)
	_, err := client(t, server.URL+"/?key=kunci").Post(t.Context(), http.Header{}, nil)
	var e *notify.SendError
	if !errors.As(err, &e) || e.Unsent || e.Permanent {
		t.Fatalf("%+v", err)
	}
	for _, private := range []string{"81234", "987654", "kunci"} {
		if strings.Contains(err.Error(), private) {
			t.Errorf("the error shows %s: %v", private, err)
		}
	}
}

func TestANameThatDoesNotResolveTookNothing(t *testing.T) {
	t.Parallel()
	_, err := client(t, "http://gateway.invalid/").Post(t.Context(), http.Header{}, nil)
	var e *notify.SendError
	if !errors.As(err, &e) || !e.Unsent {
		t.Errorf("%+v", err)
	}
}

func TestOnlyAReferenceOfARealLengthIsKept(t *testing.T) {
	t.Parallel()
	for ref, want := range map[string]bool{"": false, "m": true, strings.Repeat("m", 200): true, strings.Repeat("m", 201): false} {
		if gateway.Names(ref) != want {
			t.Errorf("%d bytes: %t", len(ref), !want)
		}
	}
}
