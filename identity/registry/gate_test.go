package registry_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/identity/registry"
)

// office counts the questions that reach it, and answers as it is told to.
type office struct {
	mu     sync.Mutex
	calls  int
	answer func() *http.Response
}

func (o *office) RoundTrip(*http.Request) (*http.Response, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	return o.answer(), nil
}

func (o *office) client(change func(*registry.Config)) *registry.Client {
	cfg := inMemory(nil)
	cfg.HTTPClient = &http.Client{Transport: o}
	if change != nil {
		change(&cfg)
	}
	return registry.New(cfg)
}

func TestAQuotaThatIsUsedUpIsAskedForOnceAndOpensAtMidnightInJakarta(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		usedUp := content(map[string]any{"RESPON": "Kuota Akses Hari ini telah Habis"})
		o := &office{answer: func() *http.Response { return response(usedUp) }}
		c := o.client(func(cfg *registry.Config) { cfg.QuotaRecheck = 24 * time.Hour })
		midnight := time.Date(2000, 1, 1, 17, 0, 0, 0, time.UTC) // synctest begins at midnight UTC, 7.00 in Jakarta
		first := c.Verify(t.Context(), somebody)
		if first.Cause != registry.CauseQuota || first.Unasked || !first.RetryAfter.Equal(midnight) {
			t.Fatalf("%+v", first)
		}
		for range 3 {
			want := registry.Answer{Outcome: registry.NoAnswer, Cause: registry.CauseQuota, RetryAfter: midnight, Unasked: true}
			if diff := cmp.Diff(want, c.Verify(t.Context(), somebody)); diff != "" {
				t.Error(diff)
			}
		}
		if o.calls != 1 || !c.State().QuotaUntil.Equal(midnight) {
			t.Errorf("%d calls, %+v", o.calls, c.State())
		}
		o.answer = func() *http.Response { return response(content(verdicts(nil))) }
		time.Sleep(time.Until(midnight) - time.Second) // a second before: waited for
		if got := c.Verify(t.Context(), somebody); got.Outcome != registry.Matched || time.Now().Before(midnight) {
			t.Errorf("%+v at %s", got, time.Now())
		}
	})
}

func TestARegistryThatAsksForQuietGetsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &office{answer: func() *http.Response {
			return &http.Response{StatusCode: 503, Header: http.Header{"Retry-After": {"3600"}}, Body: http.NoBody}
		}}
		c := o.client(nil)
		if got := c.Verify(t.Context(), somebody); got.Cause != registry.CauseBusy || got.Unasked {
			t.Fatalf("%+v", got)
		}
		o.answer = func() *http.Response { return response(content(verdicts(nil))) }
		began := time.Now()
		if diff := cmp.Diff(unasked(registry.CauseBusy), c.Verify(t.Context(), somebody)); diff != "" || o.calls != 1 {
			t.Errorf("%d calls: %s", o.calls, diff)
		}
		// One proxy's hour does not hold everybody for an hour.
		if got := c.Verify(t.Context(), somebody); got.Outcome != registry.Matched || time.Since(began) > 31*time.Second {
			t.Errorf("%+v after %s", got, time.Since(began))
		}
	})
}

func TestWhoLeavesTheLineTakesNoPlaceWithThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		cfg := inMemory(func(*http.Request) (*http.Response, error) {
			<-release
			return response(content(verdicts(nil))), nil
		})
		cfg.Concurrency = 1
		c := registry.New(cfg)
		go c.Verify(t.Context(), somebody)
		synctest.Wait()
		ctx, leave := context.WithCancel(t.Context())
		for range 5 {
			go c.Verify(ctx, somebody)
		}
		synctest.Wait()
		if s := c.State(); s.UnderWay != 1 || s.Waiting != 5 {
			t.Errorf("%+v", s)
		}
		leave()
		close(release)
		synctest.Wait()
		if s := c.State(); s.UnderWay != 0 || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
		if got := c.Verify(t.Context(), somebody); got.Outcome != registry.Matched {
			t.Errorf("%+v", got)
		}
	})
}

func TestAClientThatIsClosedSendsTheLineBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		cfg := inMemory(func(*http.Request) (*http.Response, error) {
			<-release
			return response(content(verdicts(nil))), nil
		})
		cfg.Concurrency = 1
		c := registry.New(cfg)
		answers := make(chan registry.Answer, 3)
		for range 3 {
			go func() { answers <- c.Verify(t.Context(), somebody) }()
		}
		synctest.Wait()
		began := time.Now()
		c.Close()
		for range 2 {
			if got := <-answers; !got.Unasked {
				t.Errorf("%+v", got)
			}
		}
		close(release)
		if got := <-answers; got.Outcome != registry.Matched || time.Since(began) > time.Second {
			t.Errorf("the one under way: %+v after %s", got, time.Since(began))
		}
	})
}

func TestOneBadAnswerOnAQuietDayDoesNotStopTheLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		matched := func() *http.Response { return response(content(verdicts(nil))) }
		o := &office{answer: matched}
		c := o.client(nil)
		for i := range 40 {
			o.answer = matched
			if i%10 == 9 {
				o.answer = func() *http.Response { return &http.Response{StatusCode: 503, Body: http.NoBody} }
			}
			c.Verify(t.Context(), somebody)
			time.Sleep(3 * time.Second)
		}
		if pace := c.State().PerSecond; pace < 2 {
			t.Errorf("%.1f questions a second", pace)
		}
	})
}

func TestAnIdleLineDoesNotRaiseThePace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &office{answer: func() *http.Response { return response(content(verdicts(nil))) }}
		c := o.client(nil)
		for range 60 {
			if got := c.Verify(t.Context(), somebody); got.Outcome != registry.Matched {
				t.Fatalf("%+v", got)
			}
			time.Sleep(time.Second)
		}
		if pace := c.State().PerSecond; pace != 10 {
			t.Errorf("%.1f questions a second", pace)
		}
	})
}

func TestARegistryThatOnlyBecomesSlowerKeepsItsPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var delay atomic.Int64 // milliseconds
		delay.Store(50)
		cfg := inMemory(func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Duration(delay.Load()) * time.Millisecond)
			return response(content(verdicts(nil))), nil
		})
		cfg.Pace, cfg.Concurrency = 20, 64
		c := registry.New(cfg)
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				for ctx.Err() == nil {
					c.Verify(ctx, somebody)
				}
			})
		}
		time.Sleep(time.Second)
		before := c.State().PerSecond
		delay.Store(400)
		time.Sleep(10 * time.Second)
		if after := c.State().PerSecond; after < before {
			t.Errorf("%.1f a second, before it %.1f", after, before)
		}
		stop()
		all.Wait()
	})
}
