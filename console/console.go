// Package console is what officials see: what to do now, the waves and their
// draws, one person's file, the messages, how identities are checked, and the jobs
// that stopped.
//
// Every address names a permission, and the guard asks for it. A person's file is
// opened only with a reason, masked, and each look is in the audit log that the
// person can read. Handlers call one verb of a noun and redirect; the package
// decides nothing and knows no SQL.
package console

import (
	"embed"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gelombang/account"
	"gelombang/announce"
	"gelombang/application"
	"gelombang/console/ceremony"
	"gelombang/console/checks"
	"gelombang/console/desk"
	"gelombang/console/message"
	"gelombang/console/person"
	"gelombang/console/review"
	"gelombang/draw"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/page"
	"gelombang/internal/seal"
	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/photo"
	"gelombang/report"
	"gelombang/staff"
	"gelombang/waitroom"
	"gelombang/wave"
)

// Catalog holds the sentences of these pages, for locale.Load.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// Templates are the pages, for page.Config.
//
//go:embed *.html */*.html
var Templates embed.FS

// Config names what the console stands on. Every field but Secure, Room and Photo is needed.
type Config struct {
	Page        *page.Renderer // with this package's Templates and Frame
	DB          *sqldb.DB
	Keys        *seal.Keys
	Sessions    *session.Sessions // of realm "console"
	Staff       *staff.Service
	Account     *account.Service
	Identity    *identity.Service
	Notify      *notify.Service
	Wave        *wave.Service
	Application *application.Service
	Draw        *draw.Service
	Announce    *announce.Service
	Jobs        *jobs.Queue
	Report      *report.Service
	Room        *waitroom.Room // where newcomers wait; nil: there is none
	Photo       *photo.Service // pictures of identity cards; nil: the programme asks for none
	Secure      bool           // cookies over https only
	Now         func() time.Time
}

// Console answers the officials' requests.
type Console struct {
	*desk.Desk
	config Config
	areas  []interface{ Routes() []page.Route }
	review *review.Area
}

// New makes the console.
func New(c Config) *Console {
	d := &desk.Desk{Page: c.Page, DB: c.DB, Sessions: c.Sessions, Staff: c.Staff, Now: c.Now,
		Tokens: page.NewTokens(c.Keys.CookieMAC("console.form"))}
	queue := &review.Area{Desk: d, Identity: c.Identity, Photo: c.Photo}
	return &Console{Desk: d, config: c, review: queue, areas: []interface{ Routes() []page.Route }{
		&ceremony.Area{Desk: d, Wave: c.Wave, Draw: c.Draw, Announce: c.Announce, Report: c.Report},
		&person.Area{Desk: d, Account: c.Account, Identity: c.Identity, Notify: c.Notify, Wave: c.Wave, Application: c.Application},
		&message.Area{Desk: d, Notify: c.Notify}, queue,
		&checks.Area{Desk: d, Identity: c.Identity, Report: c.Report},
	}}
}

// Routes lists every address with the permission that it takes.
func (c *Console) Routes() []page.Route {
	const get, post = http.MethodGet, http.MethodPost
	routes := []page.Route{
		{Method: get, Pattern: "/console/sign-in", Auth: page.Public, Handle: c.signInForm},
		{Method: post, Pattern: "/console/sign-in", Auth: page.Public, Handle: c.signIn},
		desk.Route(get, "/console", staff.OverviewSee, c.overview),
		desk.Route(get, "/console/{$}", staff.OverviewSee, func(w http.ResponseWriter, req *http.Request) { desk.To(w, req, "/console") }),
		desk.Route(get, "/console/sign-out", staff.OverviewSee, c.signOutForm),
		desk.Route(post, "/console/sign-out", staff.OverviewSee, c.signOut),
		desk.Route(get, "/console/jobs", staff.OverviewSee, c.deadJobs),
		desk.Route(post, "/console/jobs/{id}/redrive", staff.JobRedrive, c.redrive),
	}
	for _, area := range c.areas {
		routes = append(routes, area.Routes()...)
	}
	return routes
}

// Guard lets officials with the route's permission through. The account is read at
// each request, so that closing one or changing its role takes effect at once.
func (c *Console) Guard(r page.Route) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if r.Auth != page.Staff {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			who, err := c.whoIs(req)
			switch {
			case err != nil:
				c.Page.Fail(w, req, err)
			case who.ID == 0:
				desk.To(w, req, "/console/sign-in?next="+url.QueryEscape(back(req)))
			case !who.May(staff.Permission(r.Permission)):
				req = desk.Seated(req, who)
				c.Page.Fail(w, req, fault.New(fault.Forbidden, "console.forbidden", fault.Args{"role": roleText(who.Role)}))
			default:
				c.seat(w, req, who, next)
			}
		})
	}
}

// seat shows a page to an official, with what waits for them beside it.
func (c *Console) seat(w http.ResponseWriter, req *http.Request, who staff.Staff, next http.Handler) {
	req = desk.Seated(req, who)
	if who.May(staff.ReviewDo) {
		b, err := c.review.Waiting(req.Context())
		if err != nil {
			c.Page.Fail(w, req, err)
			return
		}
		req = desk.Waited(req, b.N)
	}
	next.ServeHTTP(w, req)
}

// whoIs gives the official that the session names; nobody when there is none, or
// when the account was closed meanwhile.
func (c *Console) whoIs(req *http.Request) (who staff.Staff, err error) {
	id := c.Sessions.Subject(req.Context())
	if id == 0 {
		return staff.Staff{}, nil
	}
	err = c.Read(req, func(rx *sqldb.Rx) (err error) {
		who, err = c.Staff.Get(rx, id)
		return err
	})
	if fault.Is(err, fault.NotFound) || err == nil && !who.Active() {
		return staff.Staff{}, c.Sessions.SignOut(req.Context())
	}
	return who, err
}

// back is where to go after signing in: this page, or the console when it was a form.
func back(req *http.Request) string {
	if req.Method == http.MethodGet {
		return req.URL.RequestURI()
	}
	return "/console"
}

// ours keeps a "next" address inside the console.
func ours(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || strings.ContainsAny(next, "\\\r\n\t") ||
		(u.Path != "/console" && !strings.HasPrefix(u.Path, "/console/")) {
		return "/console"
	}
	return next
}

// Frame is what stands around every page: the areas that this official may enter.
func Frame(req *http.Request) page.Frame {
	who := desk.At(req)
	f := page.Frame{Home: "/console"}
	if who.ID == 0 {
		return f
	}
	for _, area := range []struct {
		path, key  string
		permission staff.Permission
	}{
		{"/console", "console.nav.overview", staff.OverviewSee},
		{"/console/waves", "console.nav.waves", staff.WaveSee},
		{"/console/people", "console.nav.people", staff.PersonSee},
		{"/console/messages", "console.nav.messages", staff.MessageSee},
		{reviewPath, "console.nav.review", staff.ReviewDo},
		{checks.Path, "console.nav.checks", staff.OverviewSee},
		{"/console/jobs", "console.nav.jobs", staff.OverviewSee},
	} {
		if who.May(area.permission) {
			f.Nav = append(f.Nav, page.Link{Href: area.path, Text: page.T(area.key), Current: within(req.URL.Path, area.path), Count: countOf(req, area.path)})
		}
	}
	f.Who = []page.Text{page.Plain(who.Name), page.T("console.role." + string(who.Role))}
	f.Foot = []page.Link{{Href: "/console/sign-out", Text: page.T("console.sign_out")}}
	return f
}

const reviewPath = "/console/review"

// countOf is how many wait in an area, for those that count.
func countOf(req *http.Request, area string) int64 {
	if area != reviewPath {
		return 0
	}
	return desk.Waiting(req)
}

func within(path, area string) bool {
	return path == area || area != "/console" && strings.HasPrefix(path, area+"/")
}
