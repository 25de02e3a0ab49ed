package wait_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/waitroom"
)

var usesMost = waitroom.DefaultPolicy.UsesMost

// admitted gives the form of somebody who waited and was called.
func (v *visitor) admitted() screen {
	v.t.Helper()
	v.crowded(50)
	place := v.get("/register").expect(200, "/waiting", waiting)
	v.beat(10)
	return v.press(v.get(place.at.RequestURI()).expect(200, "/waiting", called)).expect(200, "/register", "form")
}

func TestAFormFromBeforeTheCrowdOpensOnePlace(t *testing.T) {
	both(t, func(t *testing.T, engine sqldb.Engine, cookies bool) {
		h := newHall(t, engine)
		h.beat(1)
		v := h.visitor(cookies)
		form := v.get("/register").expect(200, "/register", "form")
		h.crowded(50)
		var last screen
		passed := 0
		for i := range 50 {
			last = v.press(form, "address", "rani"+strconv.Itoa(i))
			switch {
			case last.status == http.StatusAccepted:
				passed++
			case last.status == http.StatusServiceUnavailable && last.words("h1") == waiting:
			case last.status == http.StatusTooManyRequests && strings.Contains(last.words("main"), "20 pendaftaran"):
			default:
				t.Fatalf("%d: %d %s", i, last.status, last.words("main"))
			}
		}
		if passed != usesMost {
			t.Errorf("one form from before the crowd registered %d", passed)
		}
		last.expect(503, "/register", waiting)
		h.beat(15)
		v.press(last).expect(202, "/register", "accepted")
		if got := h.registered.Load().Get("address"); got != "rani49" {
			t.Errorf("%s came through", got)
		}
	})
}

func TestAFormFromBeforeTheCrowdMayBeCorrected(t *testing.T) {
	both(t, func(t *testing.T, engine sqldb.Engine, cookies bool) {
		h := newHall(t, engine)
		h.beat(1)
		v := h.visitor(cookies)
		form := v.get("/register").expect(200, "/register", "form")
		h.crowded(500)
		again := v.press(form).expect(422, "/register", "form")
		v.press(again, "address", "rani").expect(202, "/register", "accepted")
	})
}

func TestOnlyARegistrationCountsAsAUseOfAPass(t *testing.T) {
	both(t, func(t *testing.T, engine sqldb.Engine, cookies bool) {
		h := newHall(t, engine)
		v := h.visitor(cookies)
		form := v.admitted()
		for range usesMost + 5 {
			form = v.press(form).expect(422, "/register", "form")
		}
		for range usesMost {
			v.press(form, "address", "rani").expect(202, "/register", "accepted")
		}
		if more := v.press(form, "address", "budi"); more.status != http.StatusTooManyRequests {
			t.Errorf("one more was answered %d", more.status)
		}
	})
}

func TestFormsSentTogetherDoNotExceedAPass(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			h := newHall(t, engine)
			v := h.visitor(false)
			form := v.admitted()
			pass := form.at.Query().Get("pass")
			var accepted atomic.Int64
			send := func(address string) {
				res, err := http.PostForm(h.url+"/register", url.Values{"form_token": {h.desk.Token()}, "pass": {pass}, "address": {address}})
				if err != nil {
					t.Error(err)
					return
				}
				_ = res.Body.Close()
				if res.StatusCode == http.StatusAccepted {
					accepted.Add(1)
				}
			}
			var all sync.WaitGroup
			for range 2 * usesMost {
				all.Go(func() { send("rani") })
				all.Go(func() { send("") })
			}
			all.Wait()
			if n := accepted.Load(); n > int64(usesMost) {
				t.Fatalf("%d registered by one pass", n)
			}
			for range usesMost { // those that were not taken are given back, and may still be used
				send("budi")
			}
			if n := accepted.Load(); n != int64(usesMost) {
				t.Errorf("%d registered by one pass in the end", n)
			}
		})
	}
}

func TestAUsedUpPassLeadsToANewPlace(t *testing.T) {
	both(t, func(t *testing.T, engine sqldb.Engine, cookies bool) {
		h := newHall(t, engine)
		v := h.visitor(cookies)
		form := v.admitted()
		for range usesMost {
			v.press(form, "address", "rani").expect(202, "/register", "accepted")
		}
		for range 100 {
			h.room.Arrive()
		}
		h.beat(1)
		usedUp := v.press(form, "address", "budi")
		if usedUp.status != http.StatusTooManyRequests {
			t.Fatalf("%d: %s", usedUp.status, usedUp.words("main"))
		}
		link := attr(usedUp.one("a.button"), "href")
		place := v.get(link).expect(200, "/waiting", waiting)
		kept := v.press(usedUp).expect(503, "/register", waiting)
		if cookies && kept.words("[data-say=place]") != place.words("[data-say=place]") {
			t.Errorf("place %s became %s", place.words("[data-say=place]"), kept.words("[data-say=place]"))
		}
		h.beat(15)
		v.press(kept).expect(202, "/register", "accepted")
		if got := h.registered.Load().Get("address"); got != "budi" {
			t.Errorf("%s came through", got)
		}
	})
}

func TestAPassThatIsUsedUpCostsNobodyAnotherPlace(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.beat(1)
	v := h.visitor(true)
	form := v.get("/register").expect(200, "/register", "form")
	h.crowded(500)
	number := v.get("/register").expect(200, "/waiting", waiting).words("[data-say=place]")
	for range usesMost {
		v.press(form, "address", "rani").expect(202, "/register", "accepted")
	}
	if usedUp := v.press(form, "address", "budi"); usedUp.status != http.StatusTooManyRequests {
		t.Fatalf("%d: %s", usedUp.status, usedUp.words("main"))
	}
	if got := v.get("/waiting").expect(200, "/waiting", waiting).words("[data-say=place]"); got != number {
		t.Errorf("place %s became %s", number, got)
	}
}

func TestAFormShownDuringTheCrowdIsNobodysWayPastTheLoad(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.beat(1)
	v := h.visitor(false)
	old := v.get("/register").expect(200, "/register", "form")
	h.clock.Add(time.Second)
	h.crowded(500)
	h.load.Store(&waitroom.Load{Commit: 2 * time.Second})
	token := h.desk.Token()
	h.clock.Add(time.Second)
	v.post("/register", url.Values{"form_token": {token}, "address": {"budi"}}).expect(503, "/register", full)
	v.press(old, "address", "rani").expect(202, "/register", "accepted")
}
