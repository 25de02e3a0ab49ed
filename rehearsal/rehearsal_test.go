package rehearsal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/rehearsal"
)

// house is a site that registers as the real one does, and misbehaves as told.
type house struct {
	mu     sync.Mutex
	forms  int
	posts  map[string][]time.Time // by form token
	people map[string]string      // address by token
	before func(w http.ResponseWriter, nth int) (handled bool)
}

func (h *house) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch req.Method + req.URL.Path {
	case "GET/healthz":
		_, _ = w.Write([]byte("ok\n"))
	case "GET/register":
		h.mu.Lock()
		h.forms++
		token := fmt.Sprint("token-", h.forms)
		h.mu.Unlock()
		_, _ = fmt.Fprintf(w, `<form method="post"><input type="hidden" name="form_token" value="%s"><input name="address"></form>`, token)
	case "POST/register":
		h.register(w, req)
	default:
		http.NotFound(w, req)
	}
}

func (h *house) register(w http.ResponseWriter, req *http.Request) {
	token := req.FormValue("form_token")
	if req.FormValue("read") != req.FormValue("address") { // the real one would read the address back
		w.WriteHeader(http.StatusOK)
		return
	}
	h.mu.Lock()
	h.posts[token] = append(h.posts[token], time.Now())
	h.people[token] = req.FormValue("address")
	nth := len(h.posts[token])
	h.mu.Unlock()
	if h.before != nil && h.before(w, nth) {
		return
	}
	w.Header().Set("Content-Location", "/code/1")
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write([]byte(`<form method="post" action="/code/1"><input name="code"></form>`))
}

// surge rehearses on a house and gives the report.
func surge(t *testing.T, h *house, c rehearsal.Config) *rehearsal.Report {
	t.Helper()
	h.posts, h.people = map[string][]time.Time{}, map[string]string{}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c.Scenario, c.Target, c.Seed = rehearsal.Surge, server.URL, 7
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Connections == 0 {
		c.Connections = 8
	}
	r, err := rehearsal.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEverybodyRegistersOnceUnderAnAddressOfTheirOwn(t *testing.T) {
	t.Parallel()
	h := &house{}
	var phases []string
	r := surge(t, h, rehearsal.Config{Applicants: 500, Watch: func(p rehearsal.Progress) { phases = append(phases, p.Phase) }})
	var typed []string
	for token, address := range h.people {
		typed = append(typed, address)
		if n := len(h.posts[token]); n != 1 || !strings.HasSuffix(address, "@example.com") {
			t.Errorf("%s was sent %d times", address, n)
		}
	}
	told := slices.Sorted(r.Addresses())
	slices.Sort(typed)
	if r.Acknowledged != 500 || !slices.Equal(told, typed) || len(slices.Compact(told)) != 500 || r.Errors != 0 || r.Retries != 0 {
		t.Errorf("%d acknowledged, %d addresses, %d errors, %d retries", r.Acknowledged, len(told), r.Errors, r.Retries)
	}
	if r.NoopPerSec <= 0 || r.P99 < r.P50 || r.P50 <= 0 || r.PerSecond() <= 0 || !slices.Contains(phases, "no-op") {
		t.Errorf("%+v after %q", r, phases)
	}
}

func TestWhoIsToldToComeBackComesBackThenWithTheSameForm(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		h := &house{before: func(w http.ResponseWriter, nth int) bool {
			if nth > 1 {
				return false
			}
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(status)
			return true
		}}
		r := surge(t, h, rehearsal.Config{Applicants: 20})
		if r.Acknowledged != 20 || r.Retries != 20 || r.Errors != 0 || r.Unexplained != 0 || r.P50 < time.Second {
			t.Errorf("%d: %+v", status, r)
		}
		for token, at := range h.posts {
			if len(at) != 2 || at[1].Sub(at[0]) < time.Second {
				t.Errorf("%d: %s was sent at %v", status, token, at)
			}
		}
	}
}

func TestARefusalWithoutATimeIsCounted(t *testing.T) {
	t.Parallel()
	h := &house{before: func(w http.ResponseWriter, nth int) bool {
		if nth == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return nth == 1
	}}
	if r := surge(t, h, rehearsal.Config{Applicants: 5}); r.Unexplained != 5 || r.Acknowledged != 5 {
		t.Errorf("%+v", r)
	}
}

func TestWhatABalancerSaysMeanwhileIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := &house{before: func(w http.ResponseWriter, nth int) bool {
		if nth == 1 {
			w.WriteHeader(http.StatusBadGateway)
		}
		return nth == 1
	}}
	if r := surge(t, h, rehearsal.Config{Applicants: 5}); r.Acknowledged != 5 || r.Retries != 5 || r.Errors != 0 || r.Unexplained != 0 {
		t.Errorf("%+v", r)
	}
}

// Trying again would hide that the server is broken.
func TestAFaultOfTheServerIsAnErrorAndNotTriedAgain(t *testing.T) {
	t.Parallel()
	h := &house{before: func(w http.ResponseWriter, nth int) bool {
		if nth == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		return nth == 1
	}}
	r := surge(t, h, rehearsal.Config{Applicants: 5})
	if r.Acknowledged != 0 || r.Retries != 0 || r.Errors != 5 || r.Faults["gave up: POST /register answered 500"] != 5 {
		t.Errorf("%+v", r)
	}
}

// What is done between the forms and the first press is nobody's wait.
func TestTheTimeIsFromTheFirstPressToTheLastAnswer(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	r := surge(t, &house{}, rehearsal.Config{Applicants: 20,
		Now:     func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
		Measure: func(bool) { ahead.Add(int64(time.Hour)) }})
	if r.Took <= 0 || r.Took > time.Minute || r.PerSecond() < 1 {
		t.Errorf("took %v, %v a second", r.Took, r.PerSecond())
	}
}

func TestABrokenConnectionIsTriedAgainWithTheSameForm(t *testing.T) {
	t.Parallel()
	h := &house{before: func(w http.ResponseWriter, nth int) bool {
		if nth > 2 {
			return false
		}
		panic(http.ErrAbortHandler)
	}}
	r := surge(t, h, rehearsal.Config{Applicants: 20})
	if r.Acknowledged != 20 || r.Errors != 0 || r.Faults["broken connection"] != 40 || len(h.posts) != 20 {
		t.Errorf("%+v", r)
	}
}

func TestAnAnswerThatIsNotThePageOfTheCodeIsNoAcknowledgement(t *testing.T) {
	t.Parallel()
	for _, answer := range []func(w http.ResponseWriter){
		func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) },
		func(w http.ResponseWriter) { _, _ = w.Write([]byte(`<input name="code">`)) },
		func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnprocessableEntity) },
	} {
		h := &house{before: func(w http.ResponseWriter, _ int) bool { answer(w); return true }}
		if r := surge(t, h, rehearsal.Config{Applicants: 4}); r.Acknowledged != 0 || r.Errors != 4 || len(slices.Collect(r.Addresses())) != 0 {
			t.Errorf("%+v", r)
		}
	}
}

// A server that stalls for everybody must not be asked less and look fast.
func TestWithARateTimesAreToldFromTheSchedule(t *testing.T) {
	t.Parallel()
	var stall sync.Once
	var door sync.Mutex
	h := &house{before: func(http.ResponseWriter, int) bool {
		door.Lock()
		defer door.Unlock()
		stall.Do(func() { <-time.After(time.Second) })
		return false
	}}
	r := surge(t, h, rehearsal.Config{Applicants: 100, Rate: 100, Connections: 2})
	if r.Acknowledged != 100 || r.P50 < 300*time.Millisecond || r.P99 < 900*time.Millisecond {
		t.Errorf("p50 %v, p99 %v: the stall of a second is hidden", r.P50, r.P99)
	}
}

func TestOnlyThisMachineIsATargetUnlessAnotherIsNamedTwice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		target, really string
		admitted       bool
	}{
		{"http://127.0.0.1:8080", "", true},
		{"http://localhost:8080", "", true},
		{"http://[::1]:8080", "", true},
		{"https://127.1.2.3", "", true},
		{"https://enrol.example", "", false},
		{"https://enrol.example:8443", "enrol.example", true},
		{"https://enrol.example", "other.example", false},
		{"https://127.0.0.1.enrol.example", "", false},
		{"http://10.0.0.1", "", false},
		{"http://user:127.0.0.1@enrol.example", "127.0.0.1", false},
		{"", "", false},
		{"enrol.example", "enrol.example", false},
	} {
		if err := rehearsal.Admits(c.target, c.really); (err == nil) != c.admitted {
			t.Errorf("%q, %q: %v", c.target, c.really, err)
		}
	}
}

func TestARehearsalThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	good := rehearsal.Config{Scenario: rehearsal.Surge, Target: "http://127.0.0.1:1", Applicants: 1, Connections: 1, Now: time.Now}
	for name, spoil := range map[string]func(*rehearsal.Config){
		"nobody":        func(c *rehearsal.Config) { c.Applicants = 0 },
		"no connection": func(c *rehearsal.Config) { c.Connections = 0 },
		"a rate":        func(c *rehearsal.Config) { c.Rate = -1 },
		"all leave":     func(c *rehearsal.Config) { c.Leave = 1 },
		"no inbox":      func(c *rehearsal.Config) { c.Scenario = rehearsal.Day },
		"no hour":       func(c *rehearsal.Config) { c.Scenario = rehearsal.Opening },
		"nobody there":  func(*rehearsal.Config) {},
	} {
		c := good
		spoil(&c)
		if _, err := rehearsal.Run(context.Background(), c); err == nil {
			t.Errorf("%s passed", name)
		}
	}
}
