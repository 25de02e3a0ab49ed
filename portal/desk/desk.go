// Package desk is what all pages of the citizen stand on: the services, who is
// there and how far they have come, forms and their tokens, and where a request
// goes next. It has no page of its own. The order of the journey stands in one
// table, steps.go.
package desk

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gelombang/account"
	"gelombang/application"
	"gelombang/draw"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/seal"
	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
	"gelombang/photo"
	"gelombang/report"
	"gelombang/waitroom"
	"gelombang/wave"
)

// Config names what the portal stands on. Every field is needed, but for Funnel,
// Deliveries, Room and Photo.
type Config struct {
	Page        *page.Renderer
	DB          *sqldb.DB // for read snapshots only
	Keys        *seal.Keys
	Sessions    *session.Sessions
	Account     *account.Service
	OTP         *otp.Service
	Notify      *notify.Service
	Identity    *identity.Service
	Wave        *wave.Service
	Application *application.Service
	Draw        *draw.Service
	Programme   Programme
	Published   func() []LimitRow         // what /limits lists
	Funnel      Funnel                    // how far everybody has come, on the first page; nil: not shown
	Deliveries  func() *report.Deliveries // how codes arrive, out of memory; nil, or a nil answer: not counted yet
	Room        *waitroom.Room            // where newcomers wait when too many come; nil: nobody ever waits
	Photo       *photo.Service            // pictures of identity cards; nil: the programme asks for none
	Secure      bool                      // cookies over https only
	Now         func() time.Time
}

// Desk serves the pages of all rooms.
type Desk struct {
	Config
	tokens page.Tokens
}

// formAge is how long a form that stays open may still be sent: a day, as a draft is kept.
const formAge = 24 * time.Hour

// New makes the desk.
func New(c Config) *Desk {
	return &Desk{Config: c, tokens: page.NewTokens(c.Keys.CookieMAC("portal.form"))}
}

// Show writes a page.
func (d *Desk) Show(w http.ResponseWriter, req *http.Request, name string, data any) {
	d.Page.Render(w, req, http.StatusOK, name, data)
}

// Fresh writes a form that nobody has filled in: it is the same for all who may see it
// but for its token, and for what key tells apart, so that its template runs once.
func (d *Desk) Fresh(w http.ResponseWriter, req *http.Request, name string, key any, data func(token string) any) {
	if req.URL.RawQuery != "" {
		d.Show(w, req, name, data(d.Token()))
		return
	}
	d.Page.Stamp(w, req, http.StatusOK, page.Stamp{Name: name, Key: key, Values: []string{d.Token()},
		Data: func(m page.Marks) any { return data(m[0].String()) }})
}

// Mended puts err's messages on the inputs; when err is not the person's to mend
// it writes the error page and the caller is done.
func (d *Desk) Mended(w http.ResponseWriter, req *http.Request, err error, inputs ...page.Input) (page.Summary, bool) {
	summary, ok := page.Mend(err, inputs...)
	if !ok {
		d.Page.Fail(w, req, err, d.otherwise(req, err)...)
	}
	return summary, ok
}

// otherwise is what else can be done while a limit is closed.
func (d *Desk) otherwise(req *http.Request, err error) []page.Link {
	if !fault.Is(err, fault.Limited) {
		return nil
	}
	way := page.Link{Href: "/sign-in", Text: page.T("portal.nav.sign_in")}
	if d.Person(req) != 0 {
		way = page.Link{Href: "/me", Text: page.T("portal.back_to_me")}
	}
	return []page.Link{way, {Href: "/limits", Text: page.T("portal.nav.limits.all")}}
}

// Wrong shows a form again with what was typed.
func (d *Desk) Wrong(w http.ResponseWriter, req *http.Request, name string, data any) {
	d.Page.Render(w, req, http.StatusUnprocessableEntity, name, data)
}

// Form reads a posted form and its token. Values are there even with an error,
// unless the request was no form of ours at all.
func (d *Desk) Form(w http.ResponseWriter, req *http.Request, rules ...page.FieldRule) (page.Values, error) {
	values, err := page.Form(w, req, rules...)
	if err != nil {
		return values, err
	}
	return values, d.tokens.Check(values.Get(page.TokenField), d.Now(), formAge)
}

// FormWithFile reads a posted form that carries one file, and its token.
func (d *Desk) FormWithFile(w http.ResponseWriter, req *http.Request, name string, most int64, rules ...page.FieldRule) (page.Values, []byte, error) {
	values, file, err := page.FormWithFile(w, req, name, most, rules...)
	if err != nil {
		return values, nil, err
	}
	return values, file, d.tokens.Check(values.Get(page.TokenField), d.Now(), formAge)
}

// Read opens one snapshot for all that a page shows.
func (d *Desk) Read(req *http.Request, fn func(rx *sqldb.Rx) error) error {
	return d.DB.Read(req.Context(), fn)
}

// Passing says that a page may be the same for everybody who asks so: nobody is
// signed in, and nothing stands in the address.
func (d *Desk) Passing(req *http.Request) bool { return d.Person(req) == 0 && req.URL.RawQuery == "" }

// Token is a fresh token for a form on this page.
func (d *Desk) Token() string { return d.tokens.New(d.Now()) }

// Begun says that a form was shown before t, and no longer than within ago: whoever
// sends it is finishing a step.
func (d *Desk) Begun(token string, t time.Time, within time.Duration) bool {
	return d.tokens.Check(token, d.Now(), within) == nil && d.Shown(token).Before(t)
}

// Shown is when the form with this token was shown.
func (d *Desk) Shown(token string) time.Time { return d.tokens.Shown(token) }

// Lang is the language that messages to this person are written in.
func Lang(req *http.Request) string { return string(page.LangOf(req)) }

// To redirects after a POST; the address is always one of ours.
func To(w http.ResponseWriter, req *http.Request, path string) {
	http.Redirect(w, req, path, http.StatusSeeOther)
}

// Absent treats "there is none" as an answer.
func Absent(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// Together makes one Invalid error out of several, so that a form is mended in one go.
func Together(errs ...error) error {
	var fields []fault.Field
	for _, err := range errs {
		if err == nil {
			continue
		}
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid || len(f.Fields) == 0 {
			return err
		}
		fields = append(fields, f.Fields...)
	}
	return fault.InvalidFields(fields)
}

// Field makes an error of one field.
func Field(name, key string) error {
	return fault.InvalidFields([]fault.Field{{Name: name, Key: key}})
}

var errNotPerson = errors.New("portal: an account route was reached without an account")

// Person is the account of a request behind Guard, 0 elsewhere.
func (d *Desk) Person(req *http.Request) int64 { return d.Sessions.Subject(req.Context()) }

// maxNext is the longest address that is gone back to. Forms carry it in a hidden
// field, where nobody could mend one that is too long.
const maxNext = 200

// Ours keeps a "next" address inside this site: a path, never "//host" or a scheme.
func Ours(next string) string {
	u, err := url.Parse(next)
	if err != nil || len(next) > maxNext || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/me"
	}
	return next
}

// CodePath is the page of a code, and where to go after it.
func CodePath(challenge int64, next string) string {
	path := WavePath("/code/", challenge)
	if next != "" && next != "/me" {
		path += "?next=" + url.QueryEscape(next)
	}
	return path
}

// HintKey keeps the operator of the number just typed, to be read back beside the code.
const HintKey = "operator"

// Undelivered says why a message failed.
func Undelivered(r notify.Reason) page.Text {
	if r == notify.NoReason {
		return page.T("portal.reason.none")
	}
	return page.T("portal.reason." + string(r))
}
