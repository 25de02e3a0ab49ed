package wait_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/waitroom"
)

func TestLoadIsShedInOrder(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.beat(1)
	stranger := h.visitor(true)
	for _, c := range []struct {
		name                string
		load                waitroom.Load
		new, inside, always int
	}{
		{"calm", calm, 200, 200, 200},
		{"busy", busy, 200, 200, 200},
		{"newcomers are sent away", waitroom.Load{Commit: 2 * time.Second}, 503, 200, 200},
		{"those inside too", waitroom.Load{Commit: 5 * time.Second}, 503, 503, 200},
		{"calm again", calm, 200, 200, 200},
	} {
		h.load.Store(&c.load)
		for path, want := range map[string]int{"/register": c.new, "/me": c.inside, "/": c.always, "/waiting/status": 200} {
			got := stranger.get(path)
			if got.status != want {
				t.Errorf("%s: %s answers %d, want %d", c.name, path, got.status, want)
			}
			if n, err := strconv.Atoi(got.header.Get("Retry-After")); want == 503 && (err != nil || n < 1 || n > 90 || got.words("h1") != full) {
				t.Errorf("%s: %s says %q, come back in %d", c.name, path, got.words("h1"), n)
			}
		}
	}
}

func TestWhoWasLetInGoesBeforeWhoWasNot(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.crowded(50)
	v := h.visitor(true)
	v.get("/register").expect(200, "/waiting", waiting)
	h.beat(10)
	v.press(v.get("/waiting").expect(200, "/waiting", called)).expect(200, "/register", "form")
	h.load.Store(&waitroom.Load{Commit: 2 * time.Second})
	v.get("/register").expect(200, "/register", "form")
	h.visitor(true).get("/register").expect(503, "/register", full)
	h.visitor(true).get("/waiting").expect(503, "/register", full)
}

func TestWhoSendsAFormGoesBeforeWhoAsksForOne(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.beat(1)
	v := h.visitor(false)
	form, old := v.get("/register").expect(200, "/register", "form"), v.get("/register")
	h.clock.Add(time.Minute)
	h.load.Store(&waitroom.Load{Commit: 2 * time.Second})
	v.get("/register").expect(503, "/register", full)
	v.press(form, "address", "rani").expect(202, "/register", "accepted")
	h.clock.Add(15 * time.Minute)
	v.press(old, "address", "rani").expect(503, "/register", full)
	v.press(old, "form_token", "made up").expect(503, "/register", full)
}

func TestAFormThatIsShedKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := newHall(t, sqldb.SQLite)
	h.beat(1)
	v := h.visitor(true)
	form := v.get("/register").expect(200, "/register", "form")
	h.load.Store(&waitroom.Load{Commit: 5 * time.Second})
	busy := v.press(form, "address", "rani").expect(503, "/register", full)
	if busy.count(".button") != 1 || attr(busy.one("form"), "action") != "/register" {
		t.Errorf("not one way forward: %s", busy.words("main"))
	}
	secret := v.post("/register", url.Values{"address": {"rani"}, "password": {"rahasia"}, "code": {"123456"}})
	if secret.status != http.StatusServiceUnavailable || secret.count("form input") != 1 {
		t.Errorf("%d, carries %d fields", secret.status, secret.count("form input"))
	}
	h.load.Store(&calm)
	v.press(busy).expect(202, "/register", "accepted")
	if got := h.registered.Load().Get("address"); got != "rani" {
		t.Errorf("came through as %q", got)
	}
}
