package wait_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"html"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/portal/desk"
	"gelombang/portal/wait"
	"gelombang/waitroom"
)

var (
	calm = waitroom.Load{Commit: 10 * time.Millisecond}
	busy = waitroom.Load{Commit: 150 * time.Millisecond} // neither low nor over
	over = waitroom.Load{Queue: 1500 * time.Millisecond}
)

// hall is the waiting room's pages over a real room, before a form of a few lines.
type hall struct {
	t          *testing.T
	url        string
	clock      *sqldbtest.Clock
	room       *waitroom.Room
	desk       *desk.Desk
	load       atomic.Pointer[waitroom.Load]
	registered atomic.Pointer[page.Values] // the last one that came through
}

// perSecond is how many places a second are called in a hall.
const perSecond = 10

func newHall(t *testing.T, engine sqldb.Engine, openings ...time.Duration) *hall {
	t.Helper()
	h := &hall{t: t, clock: sqldbtest.NewClock()}
	h.load.Store(&calm)
	keys, err := seal.New(h.clock.Now())
	h.must(err)
	policy := waitroom.DefaultPolicy
	policy.Start, policy.Most, policy.Rise = perSecond, perSecond, 0
	var hours []time.Time
	for _, in := range openings {
		hours = append(hours, h.clock.Now().Add(in))
	}
	h.room, err = waitroom.New(waitroom.Config{DB: sqldbtest.Open(t, engine, h.clock), MAC: mac, Now: h.clock.Now, Policy: policy, Openings: hours,
		Load: func() waitroom.Load { return *h.load.Load() }})
	h.must(err)
	t.Cleanup(h.room.Close)
	h.desk = desk.New(desk.Config{Page: h.renderer(), Keys: keys, Room: h.room, Now: h.clock.Now})
	h.serve(&wait.Pages{Desk: h.desk})
	return h
}

func mac(b []byte) []byte {
	h := hmac.New(sha256.New, []byte("a key of the tests"))
	h.Write(b)
	return h.Sum(nil)
}

func (h *hall) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) renderer() *page.Renderer {
	programme := fstest.MapFS{}
	for _, name := range []string{"catalog.id.yaml", "catalog.en.yaml"} {
		programme[name] = &fstest.MapFile{Data: []byte(`programme.help_hours: "Senin–Jumat"` + "\n" + `programme.name: "Contoh"`)}
	}
	c, err := locale.Load(nil, page.Words, os.DirFS(".."), waitroom.Catalog, programme)
	h.must(err)
	c.Globals(map[string]any{"programme": "Contoh"})
	c.OnMissing(func(lang locale.Lang, key string) { h.t.Errorf("%s misses %s", lang, key) })
	r, err := page.New(page.Config{Catalog: c, Templates: []fs.FS{wait.Templates()}, Layout: page.Portal, Globals: map[string]string{"brand": "Contoh"},
		PublicURL: "http://contoh.example.com", Now: h.clock.Now, Log: slog.New(slog.DiscardHandler)})
	h.must(err)
	return r
}

// serve mounts the routes as the house does, with a form behind the gate.
func (h *hall) serve(p *wait.Pages) {
	routes := append(p.Routes(), page.Route{Method: http.MethodGet, Pattern: "/register", Auth: page.Public, Class: page.Newcomer, Handle: p.Gate(h.form)},
		page.Route{Method: http.MethodPost, Pattern: "/register", Auth: page.Public, Class: page.Newcomer, Handle: p.Gate(h.register)},
		page.Route{Method: http.MethodGet, Pattern: "/me", Auth: page.Public, Handle: said("inside")},
		page.Route{Method: http.MethodGet, Pattern: "/{$}", Auth: page.Public, Class: page.Always, Handle: said("home")})
	mux := http.NewServeMux()
	h.must(page.Mount(mux, routes, func(r page.Route) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler { return p.Shed(r.Class, p.Page.Fail, next) }
	}))
	front, err := p.Page.Front(mux, nil)
	h.must(err)
	all := http.NewServeMux()
	all.Handle("/", front)
	all.Handle("GET "+wait.StatusPath, wait.Status(h.room))
	server := httptest.NewServer(all)
	h.t.Cleanup(server.Close)
	h.url = server.URL
}

func said(words string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<h1>"+words+"</h1>") }
}

func (h *hall) form(w http.ResponseWriter, req *http.Request) {
	h.writeForm(w, req.URL.Query().Get("pass"))
}

func (h *hall) writeForm(w io.Writer, pass string) {
	_, _ = fmt.Fprintf(w, `<h1>form</h1><form method="post" action="/register"><input name="form_token" value="%s"><input name="pass" value="%s"><input name="address"></form>`,
		h.desk.Token(), html.EscapeString(pass))
}

// register takes a form with an address, and shows one without again.
func (h *hall) register(w http.ResponseWriter, req *http.Request) {
	values, err := h.desk.Form(w, req, page.FieldRule{Name: "address"}, page.FieldRule{Name: "skill", Many: true}, page.FieldRule{Name: "pass"})
	if err != nil {
		h.desk.Page.Fail(w, req, err)
		return
	}
	if values.Get("address") == "" {
		w.WriteHeader(http.StatusUnprocessableEntity)
		h.writeForm(w, values.Get("pass"))
		return
	}
	h.registered.Store(&values)
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, "<h1>accepted</h1>")
}

// beat lets so many seconds pass, one at a time.
func (h *hall) beat(seconds int) {
	h.t.Helper()
	for range seconds {
		h.clock.Add(time.Second)
		h.must(h.room.Beat(h.t.Context()))
	}
}

// later lets a long time pass at once.
func (h *hall) later(d time.Duration) {
	h.t.Helper()
	h.clock.Add(d - time.Second)
	h.beat(1)
}

// crowded makes a crowd of load with people waiting, so that nobody goes straight in.
func (h *hall) crowded(people int) {
	h.t.Helper()
	h.load.Store(&over)
	h.beat(3)
	h.load.Store(&busy)
	for range people {
		h.room.Arrive()
	}
	h.beat(1)
	if s := h.room.State(); !s.Engaged || s.Issued != int64(people) {
		h.t.Fatalf("%+v", s)
	}
}
