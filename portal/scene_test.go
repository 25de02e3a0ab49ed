package portal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"gelombang/account"
	"gelombang/application"
	"gelombang/audit"
	"gelombang/draw"
	"gelombang/draw/transcript"
	"gelombang/eligibility"
	"gelombang/identity"
	"gelombang/identity/registry"
	"gelombang/internal/jobs"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/password"
	"gelombang/internal/seal"
	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
	"gelombang/otp"
	"gelombang/photo"
	"gelombang/portal"
	beaconsim "gelombang/sim/beacon"
	registrysim "gelombang/sim/registry"
	"gelombang/wave"
)

// scene is the portal over the real services, a real database and a simulated registry.
type scene struct {
	t           testing.TB
	url         string
	listener    net.Listener
	site        string // the same server under the name that passkeys are bound to
	db          *sqldb.DB
	clock       *sqldbtest.Clock
	worker      *jobs.Worker
	registry    *registrysim.Server
	keys        *seal.Keys
	account     *account.Service
	otp         *otp.Service
	notify      *notify.Service
	identity    *identity.Service
	waves       *wave.Service
	application *application.Service
	draw        *draw.Service
	mailbox     *mailbox
	funnel      portal.Funnel
	photo       *photo.Service
	store       *moody
	needsPhoto  bool
}

// mailbox keeps what was sent, newest last, by address.
type mailbox struct {
	mu   sync.Mutex
	sent map[string][]notify.Outgoing
}

func (m *mailbox) Send(_ context.Context, o notify.Outgoing) (notify.Sent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent[o.To] = append(m.sent[o.To], o)
	return notify.Sent{Provider: "test", Ref: o.Ref}, nil
}

// newScene makes a scene; changes come between its services and its pages.
func newScene(t testing.TB, changes ...func(*scene)) *scene {
	t.Helper()
	clock := sqldbtest.NewClock()
	s := &scene{t: t, clock: clock, db: sqldbtest.Open(t, sqldb.SQLite, clock), mailbox: &mailbox{sent: map[string][]notify.Outgoing{}}}
	var err error
	if s.keys, err = seal.New(clock.Now()); err != nil {
		t.Fatal(err)
	}
	s.registry, err = registrysim.Start(registrysim.Config{User: "user", Password: "secret", Now: clock.Now})
	s.must(err)
	t.Cleanup(func() { _ = s.registry.Close(context.WithoutCancel(t.Context())) })
	s.listener, err = net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	s.site = fmt.Sprintf("http://localhost:%d", s.listener.Addr().(*net.TCPAddr).Port)
	s.services()
	for _, change := range changes {
		change(s)
	}
	s.serve()
	return s
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) services() {
	queue := jobs.NewQueue(s.db)
	catalog := s.catalog()
	s.notify = notify.New(notify.Config{DB: s.db, Keys: s.keys, Jobs: queue, PublicURL: "https://contoh.example.com",
		Texts:     func(lang, key string, args map[string]any) string { return catalog.Text(locale.Lang(lang), key, args) },
		Providers: map[notify.Channel][]notify.Provider{notify.Email: {{Name: "test", Sender: s.mailbox}}, notify.SMS: {{Name: "test", Sender: s.mailbox}}},
		Fill:      func(q sqldb.Querier, ref int64) (map[string]string, error) { return s.otp.Code(q, ref) },
		OnFailed:  func(tx *sqldb.Tx, ref int64) error { return s.otp.OnFailed(tx, ref) }})
	var err error
	s.otp, err = otp.New(otp.Config{DB: s.db, Keys: s.keys, Notify: s.notify})
	s.must(err)
	s.account, err = account.New(account.Config{Passwords: password.New(password.Config{}), DB: s.db, Keys: s.keys, Jobs: queue, Codes: s.otp,
		Site: s.site, SiteName: "Program Contoh",
		OnPhoneProven: func(tx *sqldb.Tx, id int64) error { return s.identity.PhoneProven(tx, id) },
		Tell:          s.notify.Queue,
		Mail:          account.Mail{Resolver: domains{}, To: s.notify.To, Fail: s.notify.Fail},
		Disposable:    account.Disposable{Domains: []string{"throw.example"}},
		IdentityMatches: func(q sqldb.Querier, id int64, c account.RecoveryClaim) (bool, error) {
			f, err := s.identity.Facts(q, id)
			return f.State != identity.None && c == account.RecoveryClaim{NIK: string(f.NIK), KK: string(f.KK), BirthDate: f.BirthDate.String()}, err
		}})
	s.must(err)
	s.t.Cleanup(s.account.Close)
	client := registry.New(registry.Config{URL: s.registry.URL(), Agency: "test", User: "user", Password: "secret", Now: s.clock.Now})
	s.identity = identity.New(identity.Config{DB: s.db, Keys: s.keys, Jobs: queue, Registry: client, Now: s.clock.Now,
		Education: []string{"none", "primary"}, Employment: []string{"job_seeker"},
		PhoneProvenOf: func(q sqldb.Querier, id int64) (bool, error) {
			a, err := s.account.Get(q, id)
			return a.PhoneProven, err
		},
		CardShowsNIK: func(q sqldb.Querier, id int64) (bool, error) {
			p, err := s.photo.Current(q, id)
			return p.ShowsNIK(), err
		},
		OnChange: func(tx *sqldb.Tx, id int64, st identity.State) error {
			return errors.Join(s.photo.NIKChanged(tx, id), s.application.IdentityChanged(tx, id, st))
		}})
	s.photos(queue)
	s.waveServices(queue)
	s.worker = jobs.NewWorker(queue, jobs.Config{Slots: map[string]int{notify.QueueName: 4, identity.QueueName: 4,
		account.QueueName: 1, account.DomainQueue: 2, photo.QueueName: 1, wave.QueueName: 1, draw.QueueName: 1}})
	for _, handlers := range []map[string]jobs.Handler{s.notify.Handlers(), s.identity.Handlers(), s.account.Handlers(), s.photo.Handlers(), s.waves.Handlers(), s.draw.Handlers()} {
		for kind, h := range handlers {
			s.worker.Handle(kind, h)
		}
	}
}

func (s *scene) waveServices(queue *jobs.Queue) {
	beacon, err := beaconsim.Start(beaconsim.Config{Now: s.clock.Now, Genesis: s.clock.Now().Add(-time.Hour)})
	s.must(err)
	s.t.Cleanup(func() { _ = beacon.Close(context.WithoutCancel(s.t.Context())) })
	signer, err := transcript.NewSigner("contoh.example.com", s.keys.ReceiptKey())
	s.must(err)
	s.waves = wave.New(wave.Config{DB: s.db, Jobs: queue, Rules: rules(s.t), Chain: chainOf(beacon),
		OnClose: func(tx *sqldb.Tx, w wave.Wave) error { return s.draw.Schedule(tx, w) }})
	s.application = application.New(application.Config{DB: s.db, Keys: s.keys, Waves: s.waves, Signer: signer,
		Statements: []string{"citizen"}, Identity: s.identity.Facts,
		Proven: func(q sqldb.Querier, id int64) (bool, bool, error) {
			a, err := s.account.Get(q, id)
			return a.EmailProven, a.PhoneProven, err
		}})
	s.draw = draw.New(draw.Config{DB: s.db, Jobs: queue, Waves: s.waves, Signer: signer, Beacon: draw.Relays{URLs: []string{beacon.URL()}, Client: http.DefaultClient},
		Dir: s.t.TempDir(), Settle: s.application.Settle, Received: s.application.Received,
		Entries: func(ctx context.Context, id int64, visit func(draw.Entry) error) error {
			return s.application.Entries(ctx, id, func(e application.Entry) error { return visit(draw.Entry(e)) })
		}})
	now := s.clock.Now()
	s.must(s.waves.Plan(s.t.Context(), []wave.Plan{{Name: "1", Title: "Gelombang 1", Opens: now.Add(-time.Hour), Closes: now.Add(6 * 24 * time.Hour),
		Settle: time.Hour, Announce: now.Add(10 * 24 * time.Hour),
		Terms: wave.Terms{Strata: []wave.Stratum{{Name: "all", Title: "Semua", Places: 1, Reserve: 1, Else: true}}, HouseholdCap: 2, Approvals: 1, PMin: 0.001, Delay: 10 * time.Second}}}))
	s.must(s.waves.Open(s.t.Context(), s.wave().ID, audit.Staff(1)))
}

func rules(t testing.TB) string {
	t.Helper()
	compiled, err := eligibility.Compile([]eligibility.Fact{{Name: "statement_citizen", Kind: eligibility.Bool},
		{Name: "identity", Kind: eligibility.String}, {Name: "phone_proven", Kind: eligibility.Bool}}, []eligibility.Rule{
		{Name: "citizen", Expr: "statement_citizen", Reason: "rule.citizen", Step: eligibility.StepStatements},
		{Name: "phone", Expr: "phone_proven", Reason: "rule.phone", Step: eligibility.StepPhone},
		{Name: "identity", Expr: `identity in ["matched", "parked"]`, Reason: "rule.identity", Step: eligibility.StepIdentity}})
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Source()
}

func chainOf(b *beaconsim.Server) transcript.Chain {
	return transcript.Chain{Hash: b.ChainHash(), Scheme: transcript.Scheme, PublicKey: b.PublicKeyHex(),
		GenesisS: b.Genesis().Unix(), PeriodS: int64(b.Period().Seconds()), Demo: true}
}

func (s *scene) wave() (w wave.Wave) {
	s.t.Helper()
	s.must(s.db.Read(s.t.Context(), func(rx *sqldb.Rx) (err error) {
		w, err = s.waves.Current(rx)
		return err
	}))
	return w
}

const programmeID = `programme.name: "Program Contoh"
programme.organiser: "Kementerian Contoh"
programme.tagline: "Membiayai pelatihan."
programme.help_hours: "Senin–Jumat"
programme.condition_1: "18–64 tahun"
statement.citizen: "Saya warga negara Indonesia."
education.none: "Tidak tamat SD"
education.primary: "SD"
employment.job_seeker: "Mencari kerja"
rule.citizen: "Untuk warga negara Indonesia."
rule.phone: "Ponsel belum terbukti."
rule.identity: "Data belum cocok."
wave.1: "Gelombang 1"
stratum.1.all: "Seluruh negeri"
`

// words are read once for all scenes.
var words = sync.OnceValues(func() (*locale.Catalog, error) {
	programme := fstest.MapFS{"catalog.id.yaml": {Data: []byte(programmeID)}, "catalog.en.yaml": {Data: []byte(programmeID)}}
	return locale.Load(nil, page.Words, portal.Catalog, otp.Catalog, account.Catalog, identity.Catalog, photo.Catalog, wave.Catalog,
		application.Catalog, draw.Catalog, notify.Catalog, programme)
})

func (s *scene) catalog() *locale.Catalog {
	s.t.Helper()
	all, err := words()
	s.must(err)
	c := all.Clone()
	c.Globals(map[string]any{"programme": "Program Contoh"})
	c.OnMissing(func(lang locale.Lang, key string) { s.t.Errorf("%s misses %s", lang, key) })
	return c
}

func (s *scene) serve() {
	catalog := s.catalog()
	sessions := session.New(session.Config{DB: s.db, Realm: "portal", Cookie: "session", Lifetime: 24 * time.Hour, Now: s.clock.Now})
	renderer, err := page.New(page.Config{Catalog: catalog, Templates: portal.Pages(), Layout: page.Portal, Frame: portal.Frame(sessions),
		Globals: map[string]string{"brand": "Program Contoh"}, PublicURL: "http://contoh.example.com", Now: s.clock.Now,
		Log: slog.New(slog.DiscardHandler)})
	s.must(err)
	p := portal.New(portal.Config{Page: renderer, DB: s.db, Keys: s.keys, Sessions: sessions, Account: s.account, OTP: s.otp,
		Notify: s.notify, Identity: s.identity, Wave: s.waves, Application: s.application, Draw: s.draw, Photo: s.photo, Now: s.clock.Now,
		Programme: portal.Programme{Name: "programme.name", Tagline: "programme.tagline", Organiser: "programme.organiser", HelpHours: "programme.help_hours",
			Conditions: []string{"programme.condition_1"}, Statements: []portal.Choice{{Name: "citizen", Key: "statement.citizen"}},
			Education:  []portal.Choice{{Name: "none", Key: "education.none"}, {Name: "primary", Key: "education.primary"}},
			Employment: []portal.Choice{{Name: "job_seeker", Key: "employment.job_seeker"}}, ConsentVersion: "1", PhotoRequired: s.needsPhoto, Has: catalog.Has},
		Funnel: func(ctx context.Context) ([]portal.FunnelRow, time.Time, error) {
			if s.funnel == nil {
				return nil, time.Time{}, nil
			}
			return s.funnel(ctx)
		},
		Published: func() []portal.LimitRow {
			var rows []portal.LimitRow
			for _, l := range s.otp.Limits() {
				rows = append(rows, portal.LimitRow{Key: l.Key, Most: l.Most, Window: l.Window})
			}
			return rows
		}})
	mux := http.NewServeMux()
	s.must(page.Mount(mux, p.Routes(), func(r page.Route) func(http.Handler) http.Handler {
		if r.Auth == page.Account {
			return p.Guard
		}
		return func(h http.Handler) http.Handler { return h }
	}))
	mux.Handle("GET /assets/", renderer.AssetHandler())
	mux.Handle("/", renderer.NotFound())
	front, err := renderer.Front(sessions.Middleware(mux), nil)
	s.must(err)
	server := &httptest.Server{Listener: s.listener, Config: &http.Server{Handler: front, ReadHeaderTimeout: time.Minute}}
	server.Start()
	s.t.Cleanup(server.Close)
	s.url = server.URL
}

// work runs every job that is due.
func (s *scene) work() {
	s.t.Helper()
	for range 20 {
		n, err := s.worker.RunDue(s.t.Context(), 100)
		s.must(err)
		if n == 0 {
			return
		}
	}
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// code sends what is waiting and reads the newest code that reached an address.
func (s *scene) code(to string) string {
	s.t.Helper()
	return sixDigits.FindString(s.letter(to).Text)
}

func (s *scene) letter(to string) notify.Outgoing {
	s.t.Helper()
	s.work()
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	list := s.mailbox.sent[to]
	if len(list) == 0 {
		s.t.Fatalf("nothing was sent to %s", to)
	}
	return list[len(list)-1]
}

// browser is a person's browser: cookies, redirects, forms as the page gives them.
type browser struct {
	*scene
	client *http.Client
	lang   string
}

func (s *scene) browser() *browser {
	jar, err := cookiejar.New(nil)
	s.must(err)
	return &browser{scene: s, client: &http.Client{Jar: jar}, lang: "id"}
}

// screen is a page as it arrived.
type screen struct {
	t      testing.TB
	status int
	path   string
	header http.Header
	body   string
	root   *html.Node
}

func (b *browser) do(req *http.Request) screen {
	b.t.Helper()
	req.Header.Set("Accept-Language", b.lang)
	res, err := b.client.Do(req)
	b.must(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	b.must(err)
	root, err := html.Parse(strings.NewReader(string(body)))
	b.must(err)
	return screen{t: b.t, status: res.StatusCode, path: res.Request.URL.Path, header: res.Header, body: string(body), root: root}
}

func (b *browser) get(path string) screen {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	b.must(err)
	return b.do(req)
}

func (b *browser) post(path string, values url.Values) screen {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, strings.NewReader(values.Encode()))
	b.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

// send fills the first form that has every named field and sends it.
func (b *browser) send(on screen, action string, pairs ...string) screen {
	b.t.Helper()
	return b.post(action, on.form(action, pairs...))
}

func (s screen) form(action string, pairs ...string) url.Values {
	s.t.Helper()
	form := cascadia.Query(s.root, cascadia.MustCompile(fmt.Sprintf("form[action=%q]", action)))
	if form == nil {
		s.t.Fatalf("%s (%d): no form %s in %s", s.path, s.status, action, s.words("main"))
	}
	values := url.Values{}
	for _, in := range cascadia.QueryAll(form, cascadia.MustCompile("input,select")) {
		kind, name := attr(in, "type"), attr(in, "name")
		switch {
		case in.Data == "select":
			if chosen := cascadia.Query(in, cascadia.MustCompile("option[selected]")); chosen != nil {
				values.Set(name, attr(chosen, "value"))
			}
		case (kind == "radio" || kind == "checkbox") && !has(in, "checked"):
		default:
			values.Set(name, attr(in, "value"))
		}
	}
	for at := 0; at+1 < len(pairs); at += 2 {
		values.Set(pairs[at], pairs[at+1])
		if pairs[at] == "address" && values.Has("read") { // as the script does, which shows how it is understood
			values.Set("read", pairs[at+1])
		}
	}
	return values
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func (s screen) count(selector string) int {
	return len(cascadia.QueryAll(s.root, cascadia.MustCompile(selector)))
}

func (s screen) attr(selector, name string) string {
	if n := cascadia.Query(s.root, cascadia.MustCompile(selector)); n != nil {
		return attr(n, name)
	}
	return ""
}

// words are the text of the first match, spaces evened out.
func (s screen) words(selector string) string {
	n := cascadia.Query(s.root, cascadia.MustCompile(selector))
	if n == nil {
		return ""
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// sound checks what every page owes: one h1, a title, no hole, nothing inline.
func (s screen) sound() {
	s.t.Helper()
	if s.count("h1") != 1 || s.words("title") == "" {
		s.t.Errorf("%s: %d h1, title %q", s.path, s.count("h1"), s.words("title"))
	}
	if strings.Contains(s.body, "⟦") || strings.Contains(s.body, "%!") || s.count("[style], script:not([src]), [onclick]") != 0 {
		s.t.Errorf("%s: a hole, or something inline", s.path)
	}
	for _, in := range cascadia.QueryAll(s.root, cascadia.MustCompile("input:not([type=hidden]), select")) {
		id := attr(in, "id")
		if id != "" && s.count(fmt.Sprintf("label[for=%q]", id)) == 0 && (in.Parent == nil || in.Parent.Data != "label") {
			s.t.Errorf("%s: %s has no label", s.path, id)
		}
	}
}

// expect checks status and path, and that the page is sound.
func (s screen) expect(status int, path string) screen {
	s.t.Helper()
	if s.status != status || s.path != path {
		s.t.Fatalf("at %s with %d, want %s with %d: %s", s.path, s.status, path, status, s.words("main"))
	}
	s.sound()
	return s
}
