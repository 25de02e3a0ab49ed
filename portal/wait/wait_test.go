package wait_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/waitroom"
)

// both runs a test on both engines, with cookies and without.
func both(t *testing.T, test func(t *testing.T, engine sqldb.Engine, cookies bool)) {
	t.Helper()
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		for name, cookies := range map[string]bool{"with cookies": true, "without cookies": false} {
			t.Run(string(engine)+" "+name, func(t *testing.T) {
				t.Parallel()
				test(t, engine, cookies)
			})
		}
	}
}

func TestACalmHouseLetsEverybodyRegisterAtOnce(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.beat(1)
	v := h.visitor(true)
	v.press(v.get("/register").expect(200, "/register", "form"), "address", "rani").expect(202, "/register", "accepted")
	v.get("/waiting").expect(200, "/register", "form")
}

func TestANewcomerWaitsIsCalledAndRegistersSeveralPeople(t *testing.T) {
	both(t, func(t *testing.T, engine sqldb.Engine, cookies bool) {
		h := newHall(t, engine)
		h.crowded(50)
		v := h.visitor(cookies)
		place := v.get("/register").expect(200, "/waiting", waiting)
		if n, err := strconv.Atoi(place.words("[data-say=ahead]")); err != nil || n < 1 || n > 50 {
			t.Errorf("%s people ahead", place.words("[data-say=ahead]"))
		}
		if again := v.get(place.at.RequestURI()); again.words("[data-say=place]") != place.words("[data-say=place]") || again.words("[data-say=place]") == "" {
			t.Errorf("place %s became %s", place.words("[data-say=place]"), again.words("[data-say=place]"))
		}
		h.beat(10)
		turn := v.get(place.at.RequestURI()).expect(200, "/waiting", called)
		if turn.count(".button:not(.quiet)") != 1 || turn.count("noscript") != 0 || turn.count(".countdown[data-left]") != 1 {
			t.Errorf("not one button and the time left: %s", turn.words("main"))
		}
		form := v.press(turn).expect(200, "/register", "form")
		for _, address := range []string{"rani", "budi"} {
			v.press(form, "address", address).expect(202, "/register", "accepted")
			if got := h.registered.Load().Get("address"); got != address {
				t.Errorf("%s came through as %s", address, got)
			}
			form = v.get(form.at.RequestURI()).expect(200, "/register", "form")
		}
	})
}

func TestWhoIsNotCalledDoesNotGetInByThePressOfTheButton(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.crowded(500)
	v := h.visitor(true)
	place := v.get("/register").expect(200, "/waiting", waiting)
	v.press(place).expect(200, "/waiting", waiting)
	v.get("/register").expect(200, "/waiting", waiting)
	v.post("/waiting", url.Values{"ticket": {"made up"}}).expect(200, "/waiting", waiting)
}

func TestWhoComesBeforeTheHourSeesTheHourAndAClock(t *testing.T) {
	both(t, func(t *testing.T, engine sqldb.Engine, cookies bool) {
		h := newHall(t, engine, 10*time.Minute)
		h.beat(1)
		v := h.visitor(cookies)
		early := v.get("/register").expect(200, "/waiting", waiting)
		if got := early.words(".countdown[data-left='599']"); got != "9.59" {
			t.Errorf("the clock says %q", got)
		}
		if early.count("[data-before]") != 2 || early.count("[data-after]:not([hidden])") != 0 {
			t.Errorf("a place is shown before there is one: %s", early.words("main"))
		}
		for range 99 {
			h.room.Arrive()
		}
		h.later(10 * time.Minute)
		h.beat(5)
		late := v.get(early.at.RequestURI())
		if late.words("h1") == called {
			return // drawn to the front
		}
		late.expect(200, "/waiting", waiting)
		if late.count("[data-before]") != 0 || late.count("[data-after][hidden]") != 0 || late.words("[data-say=place]") == "0" {
			t.Errorf("no place after the hour: %s", late.words("main"))
		}
	})
}

func TestACopiedTicketOpensOnePlace(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.crowded(50)
	v := h.visitor(false)
	place := v.get("/register").expect(200, "/waiting", waiting)
	h.beat(10)
	turn := v.get(place.at.RequestURI()).expect(200, "/waiting", called)
	passes := map[string]bool{}
	for range 5 {
		passes[h.visitor(false).press(turn).expect(200, "/register", "form").at.Query().Get("pass")] = true
	}
	if len(passes) != 1 || passes[""] {
		t.Errorf("one ticket opened %d places: %v", len(passes), passes)
	}
}

func TestAPassIsForSoManyRegistrationsAndThenSaysSo(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.crowded(50)
	v := h.visitor(true)
	v.get("/register")
	h.beat(10)
	form := v.press(v.get("/waiting").expect(200, "/waiting", called))
	for range waitroom.DefaultPolicy.UsesMost {
		v.press(v.get("/register"), "address", "rani").expect(202, "/register", "accepted")
	}
	refused := v.press(form, "address", "budi")
	if refused.status != http.StatusTooManyRequests || refused.header.Get("Retry-After") == "" || attr(refused.one("input[name=address]"), "value") != "budi" {
		t.Errorf("%d: %s", refused.status, refused.words("main"))
	}
	if next := v.get(attr(refused.one("a.button"), "href")); next.words("h1") == "form" { // straight in, as nobody waits any more
		v.press(next, "address", "budi").expect(202, "/register", "accepted")
	}
}

func TestAFormBegunBeforeTheCrowdGoesThrough(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.beat(1)
	v := h.visitor(true)
	form := v.get("/register").expect(200, "/register", "form")
	old := v.get("/register")
	h.crowded(500)
	v.press(form, "address", "rani").expect(202, "/register", "accepted")
	h.later(15 * time.Minute)
	v.press(old, "address", "budi").expect(503, "/register", waiting)
}

func TestAFormThatMustWaitKeepsWhatWasTypedAndIsSentWhenCalled(t *testing.T) {
	both(t, func(t *testing.T, engine sqldb.Engine, cookies bool) {
		h := newHall(t, engine)
		h.crowded(50)
		v := h.visitor(cookies)
		typed := url.Values{"form_token": {h.desk.Token()}, "address": {`Ra"ni`}, "skill": {"a", "b"}}
		wait := v.post("/register", typed).expect(503, "/register", waiting)
		if n, err := strconv.Atoi(wait.header.Get("Retry-After")); err != nil || n < 1 {
			t.Errorf("Retry-After is %q", wait.header.Get("Retry-After"))
		}
		if wait.count("noscript") != 0 || wait.count("form input") != 4 || wait.count("live-turn form button") != 1 {
			t.Errorf("what was typed would be lost: %s", wait.words("main"))
		}
		number := wait.words("[data-say=place]")
		if wait = v.press(wait).expect(503, "/register", waiting); wait.words("[data-say=place]") != number {
			t.Errorf("place %s became %s", number, wait.words("[data-say=place]"))
		}
		h.beat(10)
		v.press(wait).expect(202, "/register", "accepted")
		if got := *h.registered.Load(); got.Get("address") != `Ra"ni` || len(got.All("skill")) != 2 {
			t.Errorf("came through as %v", got)
		}
	})
}

func TestAMissedPlaceIsReplacedAtTheEndAndThePageSaysSo(t *testing.T) {
	both(t, func(t *testing.T, engine sqldb.Engine, cookies bool) {
		h := newHall(t, engine)
		h.crowded(50)
		v := h.visitor(cookies)
		place := v.get("/register").expect(200, "/waiting", waiting)
		for range 500 {
			h.room.Arrive()
		}
		h.beat(12)
		v.get(place.at.RequestURI()).expect(200, "/waiting", called)
		h.later(15 * time.Minute)
		again := v.get(place.at.RequestURI()).expect(200, "/waiting", waiting)
		if again.words(".notice h2") != "Giliran yang tadi sudah lewat" || again.count(".notice") != 1 {
			t.Errorf("says %s", again.words("main"))
		}
		if !cookies && again.at.Query().Get("ticket") == place.at.Query().Get("ticket") {
			t.Error("the ticket is the old one")
		}
	})
}

func TestATicketOfAnEarlierCrowdIsReplaced(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.crowded(500)
	v := h.visitor(false)
	place := v.get("/register").expect(200, "/waiting", waiting)
	h.load.Store(&calm)
	h.beat(120)
	v.get(place.at.RequestURI()).expect(200, "/register", "form")
	h.crowded(500)
	if again := v.get(place.at.RequestURI()).expect(200, "/waiting", waiting); again.at.Query().Get("ticket") == place.at.Query().Get("ticket") {
		t.Error("the ticket of the earlier crowd is still one")
	}
}

func TestWithoutAScriptThePageComesAgainAtTimesThatDiffer(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.crowded(500)
	times := map[string]bool{}
	for range 20 {
		after := h.visitor(false).get("/register").refresh()
		if n, err := strconv.Atoi(after); err != nil || n < 15 || n > 40 {
			t.Fatalf("comes again after %q", after)
		}
		times[after] = true
	}
	if len(times) < 5 {
		t.Errorf("twenty people come at %d times", len(times))
	}
}

func TestEverybodyWhoWaitsReadsTheSameSmallDocument(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.crowded(500)
	res, err := http.Get(h.url + "/waiting/status")
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	var doc struct {
		Engaged   bool  `json:"engaged"`
		Episode   int64 `json:"episode"`
		PerMinute int64 `json:"per_minute"`
	}
	h.must(json.NewDecoder(res.Body).Decode(&doc))
	if !doc.Engaged || doc.PerMinute == 0 || res.ContentLength > 250 {
		t.Errorf("%+v in %d bytes", doc, res.ContentLength)
	}
	if res.Header.Get("Cache-Control") != "public, max-age=2" || res.Header.Get("X-Request-Id") != "" || len(res.Cookies()) != 0 {
		t.Errorf("%v", res.Header)
	}
	v := h.visitor(true)
	if got := attr(v.get("/register").one("live-turn"), "data-episode"); got != strconv.FormatInt(doc.Episode, 10) {
		t.Errorf("the page is of crowd %s, the document of %d", got, doc.Episode)
	}
}

func TestThePageOfAPlaceIsWholeInEnglish(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.crowded(20_000)
	v := h.visitor(true)
	v.lang = "en"
	place := v.get("/register").expect(200, "/waiting", "You are in the waiting room")
	if place.words("[data-say=ahead]") != "19,990" && place.words("[data-say=ahead]") != "20,000" {
		t.Errorf("%s ahead", place.words("[data-say=ahead]"))
	}
	if place.count(".state strong [data-say=end]") != 1 {
		t.Errorf("half an hour's wait offers no time to come back: %s", place.words(".state"))
	}
}
