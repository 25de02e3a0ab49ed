package console_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"github.com/pquerna/otp/totp"
	"golang.org/x/net/html"

	"gelombang/account"
	"gelombang/announce"
	"gelombang/application"
	"gelombang/audit"
	"gelombang/console"
	"gelombang/draw"
	"gelombang/draw/drawtest"
	"gelombang/identity"
	"gelombang/identity/registry"
	"gelombang/internal/blob"
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
	"gelombang/report"
	registrysim "gelombang/sim/registry"
	"gelombang/staff"
	"gelombang/wave"
)

const (
	pass   = "ombak tenang sekali"
	secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
)

// scene is the console over the real services, with two waves and a registry.
type scene struct {
	t        *testing.T
	url      string
	world    *drawtest.World
	keys     *seal.Keys
	staff    *staff.Service
	account  *account.Service
	otp      *otp.Service
	identity *identity.Service
	notify   *notify.Service
	photo    *photo.Service
	worker   *jobs.Worker
	registry *registrysim.Server
	routes   []page.Route
}

// mailer takes every message but those to a full mailbox.
type mailer struct{}

func (mailer) Send(_ context.Context, o notify.Outgoing) (notify.Sent, error) {
	if strings.HasPrefix(o.To, "penuh") {
		return notify.Sent{}, &notify.SendError{Permanent: true, Reason: notify.MailboxFull, Err: fmt.Errorf("552")}
	}
	return notify.Sent{Provider: "jalur A", Ref: o.Ref}, nil
}

func newScene(t *testing.T) *scene {
	t.Helper()
	clock := sqldbtest.NewClock()
	return newSceneOn(t, sqldbtest.Open(t, sqldb.SQLite, clock), clock)
}

func newSceneOn(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) *scene {
	t.Helper()
	s := &scene{t: t}
	var err error
	s.keys, err = seal.New(clock.Now())
	s.must(err)
	s.world = drawtest.New(t, db, clock, drawtest.Options{})
	s.people()
	s.serve()
	return s
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// words are read once for all scenes.
var words = sync.OnceValues(func() (*locale.Catalog, error) {
	return locale.Load(nil, page.Words, drawtest.Texts, notify.Catalog, otp.Catalog, account.Catalog, identity.Catalog, photo.Catalog, os.DirFS("../portal"),
		wave.Catalog, application.Catalog, draw.Catalog, announce.Catalog, staff.Catalog, console.Catalog)
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

// people makes the nouns around one person.
func (s *scene) people() {
	w, catalog := s.world, s.catalog()
	passwords := password.New(password.Config{})
	s.staff = staff.NewService(staff.Config{DB: w.DB, Keys: s.keys, Passwords: passwords})
	s.notify = notify.New(notify.Config{DB: w.DB, Keys: s.keys, Jobs: w.Jobs, PublicURL: "https://contoh.example.com",
		Texts:     func(lang, key string, args map[string]any) string { return catalog.Text(locale.Lang(lang), key, args) },
		Providers: map[notify.Channel][]notify.Provider{notify.Email: {{Name: "jalur A", Sender: mailer{}}}, notify.SMS: {{Name: "jalur A", Sender: mailer{}, Price: 350}}},
		Fill:      func(q sqldb.Querier, ref int64) (map[string]string, error) { return s.otp.Code(q, ref) },
		OnFailed:  func(tx *sqldb.Tx, ref int64) error { return s.otp.OnFailed(tx, ref) },
		Spend:     notify.SpendPolicy{Hour: 40_000, Day: 100_000}})
	var err error
	s.otp, err = otp.New(otp.Config{DB: w.DB, Keys: s.keys, Notify: s.notify})
	s.must(err)
	s.account, err = account.New(account.Config{DB: w.DB, Keys: s.keys, Jobs: w.Jobs, Codes: s.otp, Passwords: passwords})
	s.must(err)
	s.t.Cleanup(s.account.Close)
	s.registry, err = registrysim.Start(registrysim.Config{User: "user", Password: "secret", Now: w.Clock.Now})
	s.must(err)
	s.t.Cleanup(func() { _ = s.registry.Close(context.WithoutCancel(s.t.Context())) })
	s.identity = identity.New(identity.Config{DB: w.DB, Keys: s.keys, Jobs: w.Jobs, Now: w.Clock.Now,
		Registry:  registry.New(registry.Config{URL: s.registry.URL(), Agency: "test", User: "user", Password: "secret", Now: w.Clock.Now}),
		Education: []string{"primary"}, Employment: []string{"job_seeker"},
		PhoneProvenOf: func(q sqldb.Querier, id int64) (bool, error) {
			a, err := s.account.Get(q, id)
			return a.PhoneProven, err
		},
		CardShowsNIK: func(q sqldb.Querier, id int64) (bool, error) {
			p, err := s.photo.Current(q, id)
			return p.ShowsNIK(), err
		},
		OnChange: func(tx *sqldb.Tx, id int64, _ identity.State) error { return s.photo.NIKChanged(tx, id) }})
	store, err := blob.Open(s.t.TempDir())
	s.must(err)
	s.photo = photo.New(photo.Config{DB: w.DB, Keys: s.keys, Jobs: w.Jobs, Store: store,
		NIKOf: func(q sqldb.Querier, id int64) (string, error) {
			f, err := s.identity.Facts(q, id)
			return string(f.NIK), err
		}})
	s.worker = jobs.NewWorker(w.Jobs, jobs.Config{Slots: map[string]int{notify.QueueName: 4, identity.QueueName: 1, account.QueueName: 1, photo.QueueName: 1, "test": 1}})
	for _, handlers := range []map[string]jobs.Handler{s.notify.Handlers(), s.identity.Handlers(), s.account.Handlers(), s.photo.Handlers()} {
		for kind, h := range handlers {
			s.worker.Handle(kind, h)
		}
	}
}

func (s *scene) serve() {
	w := s.world
	sessions := session.New(session.Config{DB: w.DB, Realm: "console", Cookie: "console", Lifetime: 12 * time.Hour, Now: w.Clock.Now})
	renderer, err := page.New(page.Config{Catalog: s.catalog(), Templates: []fs.FS{console.Templates}, Layout: page.Console, Frame: console.Frame,
		Globals: map[string]string{"brand": "Program Contoh"}, Now: w.Clock.Now, Log: slog.New(slog.DiscardHandler)})
	s.must(err)
	c := console.New(console.Config{Page: renderer, DB: w.DB, Keys: s.keys, Sessions: sessions, Staff: s.staff, Account: s.account,
		Identity: s.identity, Notify: s.notify, Wave: w.Waves, Application: w.Apps, Draw: w.Draws, Announce: w.Announce, Jobs: w.Jobs, Photo: s.photo,
		Report: report.New(report.Config{DB: w.DB, Now: w.Clock.Now}), Now: w.Clock.Now})
	s.routes = c.Routes()
	mux := http.NewServeMux()
	s.must(page.Mount(mux, s.routes, c.Guard))
	mux.Handle("GET /assets/", renderer.AssetHandler())
	mux.Handle("/", renderer.NotFound())
	front, err := renderer.Front(sessions.Middleware(mux), nil)
	s.must(err)
	server := httptest.NewServer(front)
	s.t.Cleanup(server.Close)
	s.url = server.URL
}

// work runs what is due for the people of the scene.
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

// hire makes an official; the address is the role's.
func (s *scene) hire(role staff.Role) int64 {
	s.t.Helper()
	added, err := s.staff.Add(s.t.Context(), staff.New{Email: string(role) + "@example.com", Name: "Petugas " + string(role), Role: role, Password: pass, TOTPSecret: secret})
	s.must(err)
	return added.ID
}

// desk hires an official and signs them in.
func (s *scene) desk(role staff.Role) *browser {
	s.t.Helper()
	s.hire(role)
	b := s.browser()
	b.signIn(string(role)+"@example.com").expect(http.StatusOK, "/console")
	return b
}

func (s *scene) code() string {
	s.t.Helper()
	code, err := totp.GenerateCode(secret, s.world.Clock.Now())
	s.must(err)
	return code
}

const (
	raniMail  = "rani@example.com"
	raniPhone = "+6281234567890"
	raniNIK   = "3201014107900001"
)

var raniForm = identity.Form{Name: "Rani Citra Lestari", NIK: raniNIK, KK: "3201010101100001", BirthPlace: "Bogor",
	BirthDate: identity.Date{Year: 1990, Month: 7, Day: 1}, Sex: identity.Female, Regency: "3201", District: "320101",
	Education: "primary", Employment: "job_seeker", Warned: true}

// rani has a proven e-mail and phone, and a matched identity.
func (s *scene) rani() int64 {
	s.t.Helper()
	ctx := s.t.Context()
	id := s.newcomer(raniMail, "form")
	phone, err := s.account.AddContact(ctx, id, address(s.t, raniPhone), "id", "peramban")
	s.must(err)
	_, err = s.account.Prove(ctx, phone, s.codeOf(phone), "peramban")
	s.must(err)
	s.must(s.identity.Submit(ctx, id, raniForm))
	s.work()
	return id
}

func (s *scene) newcomer(mail, token string) int64 {
	s.t.Helper()
	ctx := s.t.Context()
	view, err := s.account.Register(ctx, account.Registration{Address: address(s.t, mail), Lang: "id", Browser: "peramban", ConsentVersion: "1", Token: token})
	s.must(err)
	signed, err := s.account.Prove(ctx, view.Challenge, s.codeOf(view.Challenge), "peramban")
	s.must(err)
	return signed.Account
}

func (s *scene) codeOf(challenge int64) (code string) {
	s.t.Helper()
	s.work() // its message goes out first
	s.must(s.world.DB.Read(s.t.Context(), func(rx *sqldb.Rx) error {
		words, err := s.otp.Code(rx, challenge)
		code = words["code"]
		return err
	}))
	return code
}

func address(t *testing.T, typed string) account.Address {
	t.Helper()
	a, faults := account.ParseAddress(typed)
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	return a
}

// deeds are the audit log about a subject, the newest first, as "action reason".
func (s *scene) deeds(kind string, id int64) (out []string) {
	s.t.Helper()
	s.must(s.world.DB.Read(s.t.Context(), func(rx *sqldb.Rx) error {
		list, err := audit.OfSubject(rx, kind, id, 50)
		for _, e := range list {
			out = append(out, strings.TrimSpace(e.Action+" "+e.Reason))
		}
		return err
	}))
	return out
}

// browser is an official's browser.
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

type screen struct {
	t      *testing.T
	status int
	header http.Header
	path   string
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
	s := screen{t: b.t, status: res.StatusCode, header: res.Header, path: res.Request.URL.Path, body: string(body), root: root}
	if req.Header.Get("Live-Part") == "" && strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		s.sound()
	}
	return s
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

// send fills the form of a screen and sends it.
func (b *browser) send(on screen, action string, pairs ...string) screen {
	b.t.Helper()
	form := cascadia.Query(on.root, cascadia.MustCompile(fmt.Sprintf("form[action=%q]", action)))
	if form == nil {
		b.t.Fatalf("%s (%d) has no form %s: %s", on.path, on.status, action, on.words("main"))
	}
	values := url.Values{}
	for _, in := range cascadia.QueryAll(form, cascadia.MustCompile("input:not([type=radio])")) {
		values.Set(attr(in, "name"), attr(in, "value"))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return b.post(action, values)
}

func (b *browser) signIn(email string) screen {
	b.t.Helper()
	return b.send(b.get("/console/sign-in"), "/console/sign-in", "email", email, "password", pass, "code", b.code())
}

func (s screen) expect(status int, path string) screen {
	s.t.Helper()
	if s.status != status || s.path != path {
		s.t.Fatalf("got %d %s, want %d %s: %s", s.status, s.path, status, path, s.words("main"))
	}
	return s
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (s screen) count(selector string) int {
	return len(cascadia.QueryAll(s.root, cascadia.MustCompile(selector)))
}

// words are the text of everything that matches, spaces evened out.
func (s screen) words(selector string) string {
	var b strings.Builder
	for _, n := range cascadia.QueryAll(s.root, cascadia.MustCompile(selector)) {
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				b.WriteString(d.Data + " ")
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// says checks the words of a selector.
func (s screen) says(selector, want string) {
	s.t.Helper()
	if got := s.words(selector); got != want {
		s.t.Errorf("%s %s: %q, want %q", s.path, selector, got, want)
	}
}

// holds checks that the words of a selector contain others, or do not.
func (s screen) holds(selector, part string, want bool) {
	s.t.Helper()
	if got := s.words(selector); strings.Contains(got, part) != want {
		s.t.Errorf("%s %s: contains %q is not %v: %q", s.path, selector, part, want, got)
	}
}

// sound checks what every page owes: one h1, a title, no hole, nothing inline,
// labels on inputs, names on tables.
func (s screen) sound() {
	s.t.Helper()
	if s.count("h1") != 1 || s.words("title") == "" || s.count("main") != 1 {
		s.t.Errorf("%s: %d h1, title %q", s.path, s.count("h1"), s.words("title"))
	}
	if strings.Contains(s.body, "⟦") || strings.Contains(s.body, "%!") || s.count("[style], script:not([src]), style, [onclick]") != 0 {
		s.t.Errorf("%s: a hole, or something inline:\n%s", s.path, s.words("main"))
	}
	for _, in := range cascadia.QueryAll(s.root, cascadia.MustCompile("input:not([type=hidden]):not([type=radio]), select")) {
		if s.count(fmt.Sprintf("label[for=%q]", attr(in, "id"))) != 1 {
			s.t.Errorf("%s: input %s has no label", s.path, attr(in, "name"))
		}
	}
	for _, table := range cascadia.QueryAll(s.root, cascadia.MustCompile(".scroll")) {
		if attr(table, "aria-label") == "" || attr(table, "tabindex") != "0" {
			s.t.Errorf("%s: a table that scrolls has no name or cannot be reached", s.path)
		}
	}
}

// attr reads an attribute of the first match.
func (s screen) attr(selector, name string) string {
	s.t.Helper()
	n := cascadia.Query(s.root, cascadia.MustCompile(selector))
	if n == nil {
		s.t.Fatalf("%s: no %s in %s", s.path, selector, s.words("main"))
	}
	return attr(n, name)
}

func (s screen) href(selector string) string { s.t.Helper(); return s.attr(selector, "href") }

// failing queues mails to mailboxes that are full.
func (s *scene) failing(tx *sqldb.Tx, n int) error {
	ms := make([]notify.Message, n)
	for i := range ms {
		ms[i] = notify.Message{Channel: notify.Email, To: fmt.Sprintf("penuh%d@example.com", i), Key: "identity.told.matched", Lang: "id"}
	}
	_, err := s.notify.Queue(tx, ms...)
	return err
}
