package page_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/page"
)

// held gives a handler behind Hold, with the clock, how often it ran, and the status it answers with.
func held(t *testing.T) (h http.Handler, now *atomic.Int64, runs, status *atomic.Int64) {
	t.Helper()
	now, runs, status = new(atomic.Int64), new(atomic.Int64), new(atomic.Int64)
	status.Store(http.StatusOK)
	r, _ := renderer(t, func(c *page.Config) {
		c.Now = func() time.Time { return noon.Add(time.Duration(now.Load())) }
	})
	return r.Hold(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Run", fmt.Sprint(runs.Add(1)))
		w.WriteHeader(int(status.Load()))
		_, _ = fmt.Fprintf(w, "%s %s", req.URL.Path, page.LangOf(req))
	})), now, runs, status
}

func ask(h http.Handler, path, lang string) *httptest.ResponseRecorder {
	rec, req := httptest.NewRecorder(), get(path)
	req.Header.Set("Accept-Language", lang)
	h.ServeHTTP(rec, req)
	return rec
}

func TestAHeldPageIsMadeOnceForEverybodyAndAnewAfterTwoSeconds(t *testing.T) {
	t.Parallel()
	h, now, runs, _ := held(t)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if rec := ask(h, "/", "id"); rec.Body.String() != "/ id" || rec.Header().Get("X-Run") != "1" {
				t.Errorf("%s, run %s", rec.Body, rec.Header().Get("X-Run"))
			}
		})
	}
	all.Wait()
	if rec := ask(h, "/", "en"); rec.Body.String() != "/ en" {
		t.Errorf("the other language got %s", rec.Body)
	}
	now.Store(int64(2 * time.Second))
	if ask(h, "/", "id"); runs.Load() != 3 {
		t.Errorf("made %d times", runs.Load())
	}
}

func TestAHeldPageOutlivesAFaultButAFaultIsNeverHeld(t *testing.T) {
	t.Parallel()
	h, now, _, status := held(t)
	status.Store(http.StatusServiceUnavailable)
	if rec := ask(h, "/", "id"); rec.Code != http.StatusServiceUnavailable {
		t.Errorf("without an older page: %d", rec.Code)
	}
	status.Store(http.StatusOK)
	if rec := ask(h, "/", "id"); rec.Code != http.StatusOK {
		t.Errorf("well again: %d", rec.Code)
	}
	status.Store(http.StatusServiceUnavailable)
	now.Store(int64(time.Hour))
	if rec := ask(h, "/", "id"); rec.Code != http.StatusOK {
		t.Errorf("with an older page: %d", rec.Code)
	}
	now.Store(int64(25 * time.Hour))
	if rec := ask(h, "/", "id"); rec.Code != http.StatusServiceUnavailable {
		t.Errorf("with one of the day before: %d", rec.Code)
	}
}

func TestAQueryIsNeverHeld(t *testing.T) {
	t.Parallel()
	h, _, runs, _ := held(t)
	for range 3 {
		ask(h, "/?code=1", "id")
	}
	if runs.Load() != 3 {
		t.Errorf("made %d times", runs.Load())
	}
}

func TestNobodyWaitsLongForSomebodyElsesFirstPage(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	stuck, runs := make(chan struct{}), new(atomic.Int64)
	h := r.Hold(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if runs.Add(1) == 1 {
			<-stuck
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	var all sync.WaitGroup
	defer all.Wait()
	defer close(stuck)
	all.Go(func() { ask(h, "/", "id") })
	for runs.Load() == 0 {
		runtime.Gosched()
	}
	if rec := ask(h, "/", "id"); rec.Code != http.StatusServiceUnavailable {
		t.Errorf("answered %d", rec.Code)
	}
}
