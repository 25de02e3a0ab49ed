package public_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"gelombang/account"
	"gelombang/identity"
	"gelombang/internal/jobs"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/seal"
	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
	"gelombang/portal"
	"gelombang/report"
)

// scene is the public pages over a real database that a test may take away.
type scene struct {
	t      *testing.T
	clock  *sqldbtest.Clock
	db     *sqldb.DB
	notify *notify.Service
	told   *report.Deliveries
	url    string
}

const programme = `programme.help_hours: "Senin–Jumat"
programme.organiser: "Kementerian Contoh"
`

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, clock: sqldbtest.NewClock()}
	s.db = sqldbtest.Open(t, sqldb.SQLite, s.clock)
	keys, err := seal.New(s.clock.Now())
	s.must(err)
	words := fstest.MapFS{"catalog.id.yaml": {Data: []byte(programme)}, "catalog.en.yaml": {Data: []byte(programme)}}
	catalog, err := locale.Load(nil, page.Words, portal.Catalog, account.Catalog, notify.Catalog, words)
	s.must(err)
	catalog.Globals(map[string]any{"programme": "Program Contoh"})
	catalog.OnMissing(func(lang locale.Lang, key string) { t.Errorf("%s misses %s", lang, key) })
	s.notify = notify.New(notify.Config{DB: s.db, Keys: keys, Jobs: jobs.NewQueue(s.db), PublicURL: "https://contoh.example.com"})
	sessions := session.New(session.Config{DB: s.db, Realm: "portal", Cookie: "session", Lifetime: time.Hour, Now: s.clock.Now})
	renderer, err := page.New(page.Config{Catalog: catalog, Templates: portal.Pages(), Layout: page.Portal, Frame: portal.Frame(sessions),
		Globals: map[string]string{"brand": "Program Contoh"}, Now: s.clock.Now, Log: slog.New(slog.DiscardHandler)})
	s.must(err)
	p := portal.New(portal.Config{Page: renderer, DB: s.db, Keys: keys, Sessions: sessions, Notify: s.notify, Now: s.clock.Now,
		Deliveries: func() *report.Deliveries { return s.told }})
	mux := http.NewServeMux()
	s.must(page.Mount(mux, p.Routes(), func(r page.Route) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			if r.Held {
				return sessions.Visitors(next, renderer.Hold(next))
			}
			return sessions.Middleware(next)
		}
	}))
	front, err := renderer.Front(mux, nil)
	s.must(err)
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// screen is an answer.
type screen struct {
	status int
	header http.Header
	body   string
	root   *html.Node
}

func (s *scene) do(req *http.Request) screen {
	s.t.Helper()
	res, err := http.DefaultClient.Do(req)
	s.must(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	s.must(err)
	root, err := html.Parse(strings.NewReader(string(body)))
	s.must(err)
	return screen{res.StatusCode, res.Header, string(body), root}
}

func (s *scene) get(path, lang string) screen {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	s.must(err)
	req.Header.Set("Accept-Language", lang)
	return s.do(req)
}

func (s *scene) ask(mark string) screen {
	s.t.Helper()
	form := url.Values{"mark": {mark}}.Encode()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/message", strings.NewReader(form))
	s.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(req)
}

func (p screen) all(selector string) []*html.Node {
	return cascadia.QueryAll(p.root, cascadia.MustCompile(selector))
}

func (p screen) words(selector string) string {
	var b strings.Builder
	for _, n := range p.all(selector) {
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				b.WriteString(d.Data + " ")
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// busy is a day of SMS: one operator as usual, another late since half an hour ago.
func (s *scene) busy() *report.Deliveries {
	now := s.clock.Now()
	line := func(operator string, share report.Share) report.Delivery {
		d := report.Delivery{Channel: "sms", Operator: operator, Now: share, Today: report.Share{Sent: 4000, Soon: 3800}, Before: report.Share{Sent: 100_000, Soon: 95_000},
			Quarters: make([]report.Share, 96), Days: make([]report.Share, 30)}
		for at := range d.Quarters {
			d.Quarters[at] = report.Share{Sent: 100, Soon: 95}
		}
		d.Quarters[3], d.Quarters[95] = report.Share{}, share
		for at := range d.Days {
			d.Days[at] = report.Share{Sent: 3000, Soon: 2850}
		}
		return d
	}
	return &report.Deliveries{At: now, Until: now, Quarters: now.Add(-24 * time.Hour), Days: now.Add(-29*24*time.Hour - 9*time.Hour),
		Lines: []report.Delivery{line("", report.Share{Sent: 200, Soon: 110}), line("telkomsel", report.Share{Sent: 100, Soon: 95}), line("xl", report.Share{Sent: 100, Soon: 12})}}
}

func TestTheStatusPageTellsEachOperatorInBarsAndInATable(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.told = s.busy()
	p := s.get("/status", "id")
	if p.status != 200 || len(p.all("h1")) != 1 {
		t.Fatalf("%d %s", p.status, p.body)
	}
	if lead := p.words("main .lead"); !strings.Contains(lead, "1 dari 2") {
		t.Errorf("the lead says %s", lead)
	}
	lines := p.all(".channels:first-of-type li")
	if len(lines) != 3 || p.words(".channels li:nth-child(3) .badge") != "Terlambat" || p.words(".channels li:nth-child(2) .badge") != "Seperti biasa" {
		t.Errorf("%d lines: %s", len(lines), p.words(".channels"))
	}
	if said := p.words(".channels li:nth-child(3)"); !strings.Contains(said, "12 % dari 100") || !strings.Contains(said, "95 % dari 4.000") {
		t.Errorf("the late operator: %s", said)
	}
	if bars := p.all("svg.hours[role=img][aria-label]"); len(bars) != 6 || len(p.all("svg.hours path.bad")) != 1 || len(p.all("svg.hours path.look")) != 1 {
		t.Errorf("%d plots, %d with a bad bar", len(bars), len(p.all("svg.hours path.bad")))
	}
	if rows := p.all("details:last-of-type tbody tr"); len(rows) != 24+30 {
		t.Errorf("the table has %d rows", len(rows))
	}
	if len(p.all("main [style], main script, main style")) != 0 {
		t.Error("the page carries its own style or script")
	}
	if n := len(p.body); n > 256<<10 {
		t.Errorf("%d bytes are too long to be held", n)
	}
}

func TestTheStatusIsServedWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	for _, cookie := range []string{"", "a session that nobody can read"} {
		s := newScene(t)
		s.told = s.busy()
		s.must(s.db.Close())
		s.clock.Add(7 * time.Minute)
		for _, path := range []string{"/status", "/status.json", "/message"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
			s.must(err)
			if cookie != "" {
				req.AddCookie(&http.Cookie{Name: "session", Value: url.QueryEscape(cookie)})
			}
			p := s.do(req)
			if p.status != 200 {
				t.Errorf("%s answers %d", path, p.status)
			}
			if path == "/status" && (!strings.Contains(p.words(".notice"), "7 menit") || len(p.all(".channels li")) != 3 || len(p.all("main .lead")) != 0) {
				t.Errorf("its age is not said: %s", p.words("main"))
			}
		}
	}
}

func TestAStartWithoutADatabaseSaysThatNothingIsCounted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, lang := range []string{"id", "en"} {
		if p := s.get("/status", lang); p.status != 200 || len(p.all(".channels")) != 0 || p.words("main .lead") == "" {
			t.Errorf("%d: %s", p.status, p.words("main"))
		}
	}
	var file struct {
		At    *time.Time
		Lines []any
	}
	s.must(json.Unmarshal([]byte(s.get("/status.json", "id").body), &file))
	if file.At != nil || file.Lines == nil || len(file.Lines) != 0 {
		t.Errorf("%+v", file)
	}
}

func TestTheStatusFileIsForProgramsOfAnySite(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.told = s.busy()
	p := s.get("/status.json", "id")
	var file struct {
		At    time.Time
		Lines []struct {
			Channel, Operator, State string
			Now                      [2]int64
			Quarters, Days           [][2]int64
		}
	}
	s.must(json.Unmarshal([]byte(p.body), &file))
	if !file.At.Equal(s.clock.Now()) || len(file.Lines) != 3 {
		t.Fatalf("%+v", file)
	}
	if xl := file.Lines[2]; xl.Operator != "xl" || xl.State != "poor" || xl.Now != [2]int64{100, 12} || len(xl.Quarters) != 96 || len(xl.Days) != 30 {
		t.Errorf("%+v", xl)
	}
	if h := p.header; h.Get("Content-Type") != "application/json" || h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Cache-Control"), "max-age=10") {
		t.Errorf("%v", h)
	}
	if n := len(p.body); n > 10_000 {
		t.Errorf("three lines take %d bytes", n)
	}
}

func TestTheStatusTellsHowIdentitiesAreChecked(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.told = s.busy()
	if p := s.get("/status", "id"); len(p.all(".checks")) != 0 {
		t.Errorf("told without being asked: %s", p.words(".checks"))
	}
	since := identity.Setting{Mode: identity.Park, Since: s.clock.Now()}
	for _, c := range []struct {
		health   identity.Health
		lang     string
		degraded bool
		words    string
	}{
		{identity.Health{Setting: identity.Setting{Mode: identity.Online}}, "id", false, "Pencocokan data kependudukan Berjalan Tidak ada yang menunggu jawaban."},
		{identity.Health{Setting: identity.Setting{Mode: identity.Online}, Parked: 1204, PerMinute: 40}, "en", false, "Checks at the civil registry Running 1,204 people wait for an answer; about 40 answers come a minute."},
		{identity.Health{Setting: identity.Setting{Mode: identity.Online}, Parked: 7, Silent: 3, Down: true}, "en", true,
			"Checks at the civil registry No answer yet. The civil registry does not answer at the moment; 7 people wait. Your data are safe and we keep asking. Do not send again."},
		{identity.Health{Setting: since, Parked: 7}, "id", true,
			"Pencocokan data kependudukan Dijeda. Pencocokan sedang dijeda; 7 orang menunggu. Data Anda aman. Kabarnya kami kirim setelah pencocokan dibuka lagi. Sejak Senin, 3 Agustus 2026, 09.00 WIB."},
	} {
		s.clock.Add(time.Minute) // the page before is kept for a moment
		s.told = s.busy()
		s.told.Checks = c.health
		p := s.get("/status", c.lang)
		if got := p.words(".checks"); got != c.words {
			t.Errorf("%q, want %q", got, c.words)
		}
		if above := len(p.all(".checks ~ .channels")) == 1; above != c.degraded || len(p.all(".checks")) != 1 {
			t.Errorf("%s: above the codes is %v", c.words, above)
		}
	}
}

func TestTheStatusFileTellsHowIdentitiesAreChecked(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.told = s.busy()
	s.told.Checks = identity.Health{Setting: identity.Setting{Mode: identity.File, Since: s.clock.Now()}, Parked: 7}
	var file struct {
		Checks struct {
			Mode    string
			Since   time.Time
			Answers bool
			Waiting int
		}
	}
	s.must(json.Unmarshal([]byte(s.get("/status.json", "id").body), &file))
	if c := file.Checks; c.Mode != "file" || !c.Since.Equal(s.clock.Now()) || !c.Answers || c.Waiting != 7 {
		t.Errorf("%+v", file)
	}
}

func TestEveryWordOfTheStatusHasItsSentence(t *testing.T) {
	t.Parallel()
	catalog, err := locale.Load(nil, portal.Catalog, notify.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	need := func(key string) {
		if !catalog.Has(key) {
			t.Errorf("%s is missing", key)
		}
	}
	for _, mode := range append(slices.Clone(identity.Modes), "down") {
		need("portal.status.checks." + string(mode))
		need("portal.status.checks." + string(mode) + ".text")
	}
	for _, standing := range report.Standings {
		need("portal.status." + string(standing))
	}
	for _, channel := range notify.Channels {
		need("portal.status.all." + string(channel))
		need("portal.message.to." + string(channel))
		for _, operator := range notify.Operators(channel) {
			need("notify.operator." + operator)
		}
	}
}
