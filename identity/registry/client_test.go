package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/identity/registry"
)

var noon = time.Date(2026, 8, 7, 5, 0, 0, 0, time.UTC) // 12.00 WIB

func config(url string) registry.Config {
	return registry.Config{
		URL: url, Agency: "PRAKERJA", User: "user", Password: "secret", ClientIP: "10.0.0.7",
		Timeout: 10 * time.Second, Now: func() time.Time { return noon },
	}
}

// serve answers every question with handler.
func serve(t *testing.T, handler http.HandlerFunc) registry.Config {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return config(server.URL)
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestTheQuestionIsInTheRegistrysWords(t *testing.T) {
	t.Parallel()
	var path string
	var asked map[string]string
	c := registry.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.Method + " " + r.URL.Path
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, content(verdicts(nil)))
	}))
	if got := c.Verify(t.Context(), somebody); got.Outcome != registry.Matched {
		t.Fatalf("%+v", got)
	}
	if path != "POST /dukcapil/get_json/PRAKERJA/CALL_VERIFY_BY_ELEMENT" {
		t.Errorf("asked at %s", path)
	}
	want := map[string]string{
		"USER_ID": "user", "PASSWORD": "secret", "IP_USER": "10.0.0.7", "TRESHOLD": "80",
		"NIK": "3174015506920001", "NO_KK": "3174011203200002", "NAMA_LGKP": "Siti Rahayu",
		"TMPT_LHR": "Jakarta", "TGL_LHR": "15-06-1992", "JENIS_KLMIN": "Perempuan",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

func TestNoTroubleOnTheWayIsAVerdict(t *testing.T) {
	t.Parallel()
	matched := content(verdicts(nil))
	notFound := content(map[string]any{"RESPON": "Data Tidak Ditemukan"})
	cases := []struct {
		name    string
		handler http.HandlerFunc
		want    registry.Answer
	}{
		{"500", says(500, notFound), none(registry.CauseHTTP)},
		{"404", says(404, notFound), none(registry.CauseHTTP)},
		{"204", says(204, ""), none(registry.CauseHTTP)},
		{"401", says(401, matched), none(registry.CauseHTTP)},
		{"503", says(503, notFound), none(registry.CauseBusy)},
		{"garbage", says(200, "<html>"), none(registry.CauseGarbage)},
		{"too long", says(200, matched+strings.Repeat(" ", 64<<10)), none(registry.CauseGarbage)},
		{"login", says(200, content(map[string]any{"RESPON": "Login Gagal"})), none(registry.CauseLogin)},
		{"ip", says(200, content(map[string]any{"RESPON": "IP Client Tidak terdaftar"})), none(registry.CauseIP)},
		{"reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, none(registry.CauseUnreachable)},
		{"broken off", brokenOff(matched), none(registry.CauseUnreachable)},
		{"busy", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(http.StatusTooManyRequests)
		}, registry.Answer{Outcome: registry.NoAnswer, Cause: registry.CauseBusy, RetryAfter: noon.Add(90 * time.Second)}},
		{"busy for ever", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "999999999999")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, registry.Answer{Outcome: registry.NoAnswer, Cause: registry.CauseBusy, RetryAfter: noon.Add(time.Hour)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := registry.New(serve(t, c.handler)).Verify(t.Context(), somebody)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// brokenOff promises more than it sends.
func brokenOff(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)+1))
		_, _ = io.WriteString(w, body)
	}
}

func TestASilentRegistryTimesOut(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"no header": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // the server notices a client that leaves only once it has read all
			<-r.Context().Done()
		},
		"no end": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, `{"content":[`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := serve(t, handler)
			cfg.Timeout = 50 * time.Millisecond
			if diff := cmp.Diff(none(registry.CauseTimeout), registry.New(cfg).Verify(t.Context(), somebody)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnAbsentRegistryIsUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	got := registry.New(config(server.URL)).Verify(t.Context(), somebody)
	if diff := cmp.Diff(none(registry.CauseUnreachable), got); diff != "" {
		t.Error(diff)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	elsewhere := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, content(verdicts(nil)))
	})
	cfg := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	got := registry.New(cfg).Verify(t.Context(), somebody)
	if diff := cmp.Diff(none(registry.CauseHTTP), got); diff != "" || asked.Load() != 0 {
		t.Errorf("asked elsewhere %d times; %s", asked.Load(), diff)
	}
}

func TestTheQuotaOpensAtMidnightAndIsTriedBefore(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 8, 7, 17, 0, 0, 0, time.UTC)
	for _, c := range []struct{ now, want time.Time }{
		{noon, noon.Add(15 * time.Minute)},
		{midnight.Add(-time.Minute), midnight},
		{midnight, midnight.Add(15 * time.Minute)},
	} {
		cfg := serve(t, says(200, content(map[string]any{"RESPON": "Kuota Akses Hari ini telah Habis"})))
		cfg.Now = func() time.Time { return c.now }
		want := registry.Answer{Outcome: registry.NoAnswer, Cause: registry.CauseQuota, RetryAfter: c.want}
		if diff := cmp.Diff(want, registry.New(cfg).Verify(t.Context(), somebody)); diff != "" {
			t.Errorf("at %s: %s", c.now, diff)
		}
	}
}

func TestAQuestionThatCannotBeSaidIsNotAsked(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c := registry.New(serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	for name, q := range map[string]registry.Query{
		"no NIK":  {Name: "Siti Rahayu"},
		"no date": {NIK: somebody.NIK, BirthDate: "15-06-1992"},
		"no sex":  {NIK: somebody.NIK, Sex: "unknown"},
	} {
		if diff := cmp.Diff(none(registry.CauseRequest), c.Verify(t.Context(), q)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// wireFunc is a registry without a network, for tests in which time is simulated.
type wireFunc func(*http.Request) (*http.Response, error)

func (f wireFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func inMemory(f wireFunc) registry.Config {
	cfg := config("http://registry.example")
	cfg.HTTPClient, cfg.Now = &http.Client{Transport: f}, time.Now
	return cfg
}

func unasked(cause registry.Cause) registry.Answer {
	return registry.Answer{Outcome: registry.NoAnswer, Cause: cause, Unasked: true}
}

func response(body string) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func TestTheCircuitOpensAndOneQuestionProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls, healthy := 0, false
		cfg := inMemory(func(*http.Request) (*http.Response, error) {
			calls++
			if !healthy {
				return nil, errors.New("connection refused")
			}
			return response(content(verdicts(nil))), nil
		})
		cfg.Failures, cfg.OpenFor, cfg.Patience = 3, time.Minute, 10*time.Second
		c := registry.New(cfg)
		ask := func(wantCause registry.Cause, wantCalls int) registry.Answer {
			t.Helper()
			got := c.Verify(t.Context(), somebody)
			if got.Cause != wantCause || calls != wantCalls {
				t.Fatalf("%+v after %d calls; want %q after %d", got, calls, wantCause, wantCalls)
			}
			return got
		}
		for i := range 3 {
			ask(registry.CauseUnreachable, i+1)
		}
		time.Sleep(20 * time.Second)
		open := ask(registry.CauseCircuitOpen, 3) // in vain: the patience ends before the pause
		if left := time.Until(open.RetryAfter); left.Round(time.Second) != 30*time.Second || !open.Unasked {
			t.Errorf("come back in %s; want 30s; %+v", left, open)
		}
		time.Sleep(25 * time.Second)
		ask(registry.CauseUnreachable, 4) // waited for the probe, which fails: open for another minute
		ask(registry.CauseCircuitOpen, 4)
		healthy = true
		time.Sleep(45 * time.Second)
		ask("", 5)
		ask("", 6)
	})
}

func TestAVerdictAgainstThePersonKeepsTheCircuitClosed(t *testing.T) {
	t.Parallel()
	cfg := serve(t, says(200, content(map[string]any{"RESPON": "Data Tidak Ditemukan"})))
	cfg.Failures = 2
	c := registry.New(cfg)
	for range 5 {
		if got := c.Verify(t.Context(), somebody); got.Outcome != registry.NotFound {
			t.Fatalf("%+v", got)
		}
	}
}

func TestOurOwnCrowdIsBusyAndOpensNoCircuit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		cfg := inMemory(func(*http.Request) (*http.Response, error) {
			<-release
			return response(content(verdicts(nil))), nil
		})
		cfg.Concurrency, cfg.Failures, cfg.Timeout = 2, 1, time.Hour
		c := registry.New(cfg)
		answers := make(chan registry.Answer, 2)
		for range 2 {
			go func() { answers <- c.Verify(t.Context(), somebody) }()
		}
		synctest.Wait()
		for range 3 {
			if diff := cmp.Diff(unasked(registry.CauseBusy), c.Verify(t.Context(), somebody)); diff != "" {
				t.Error(diff)
			}
		}
		close(release)
		for range 2 {
			if got := <-answers; got.Outcome != registry.Matched {
				t.Errorf("%+v", got)
			}
		}
		if got := c.Verify(t.Context(), somebody); got.Outcome != registry.Matched {
			t.Errorf("after the crowd: %+v", got)
		}
	})
}

func TestALeavingCallerGetsNoVerdict(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := registry.New(serve(t, says(200, content(verdicts(nil))))).Verify(ctx, somebody)
	if got.Outcome != registry.NoAnswer {
		t.Errorf("%+v", got)
	}
}

func TestNothingPersonalReachesALog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("test", "query", somebody, "config", config("http://registry.example"))
	for _, secret := range []string{somebody.NIK, somebody.KK, "Siti", "Jakarta", "1992", "secret", "user"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q was logged: %s", secret, out.String())
		}
	}
}
