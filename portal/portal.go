// Package portal is what a citizen sees: making an account, proving a contact,
// identity, statements, joining, the result, and the public pages around them.
//
// A page is a handler with its template beside it. Handlers read in one
// snapshot, call one verb of a noun, and redirect; what a verb refuses is shown
// where it can be mended, with everything that was typed. The order of the
// journey stands in one table, steps.go. The package decides nothing, knows no
// SQL, and consumes nothing by a GET.
package portal

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"time"

	"gelombang/account"
	"gelombang/application"
	"gelombang/draw"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/seal"
	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
	"gelombang/wave"
)

// Catalog holds the sentences of these pages, for locale.Load.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

//go:embed *.html parts/*.html
var templates embed.FS

// Pages are the templates, for page.Config.
func Pages() []fs.FS { return []fs.FS{templates} }

// Config names what the portal stands on. Every field is needed.
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
	Published   func() []LimitRow // what /limits lists
	Secure      bool              // cookies over https only
	Now         func() time.Time
}

// Portal answers the citizen's requests.
type Portal struct {
	Config
	tokens page.Tokens
}

// formAge is how long a form that stays open may still be sent: a day, as a draft is kept.
const formAge = 24 * time.Hour

// New makes the portal. Its pages are rendered by a renderer whose Templates are
// Pages and whose Frame is Frame.
func New(c Config) *Portal {
	return &Portal{Config: c, tokens: page.NewTokens(c.Keys.CookieMAC("portal.form"))}
}

// Routes lists every address with who may call it. Account routes go behind Guard.
func (p *Portal) Routes() []page.Route {
	const get, post = http.MethodGet, http.MethodPost
	return []page.Route{
		{Method: get, Pattern: "/{$}", Auth: page.Public, Handle: p.home},
		{Method: get, Pattern: "/help", Auth: page.Public, Handle: p.help},
		{Method: get, Pattern: "/privacy", Auth: page.Public, Handle: p.privacy},
		{Method: get, Pattern: "/limits", Auth: page.Public, Handle: p.limits},
		{Method: get, Pattern: "/draws", Auth: page.Public, Handle: p.draws},
		{Method: get, Pattern: "/draws/{wave}", Auth: page.Public, Handle: p.draw},
		{Method: get, Pattern: "/draws/{wave}/bundle", Auth: page.Public, Handle: p.bundle},

		{Method: get, Pattern: "/register", Auth: page.Public, Handle: p.registerForm},
		{Method: post, Pattern: "/register", Auth: page.Public, Handle: p.register},
		{Method: get, Pattern: "/code/{id}", Auth: page.Public, Handle: p.codePage},
		{Method: post, Pattern: "/code/{id}", Auth: page.Public, Handle: p.codeCheck},
		{Method: post, Pattern: "/code/{id}/resend", Auth: page.Public, Handle: p.codeResend},
		{Method: get, Pattern: "/link/{link}", Auth: page.Public, Handle: p.linkPage},
		{Method: post, Pattern: "/link/{link}", Auth: page.Public, Handle: p.linkConfirm},
		{Method: get, Pattern: "/sign-in", Auth: page.Public, Handle: p.signInForm},
		{Method: post, Pattern: "/sign-in", Auth: page.Public, Handle: p.signIn},
		{Method: get, Pattern: "/sign-in/code", Auth: page.Public, Handle: p.signInCodeForm},
		{Method: post, Pattern: "/sign-in/code", Auth: page.Public, Handle: p.signInCode},
		{Method: post, Pattern: "/sign-out", Auth: page.Public, Handle: p.signOut},

		{Method: get, Pattern: "/password", Auth: page.Account, Handle: p.passwordForm},
		{Method: post, Pattern: "/password", Auth: page.Account, Handle: p.password},
		{Method: get, Pattern: "/me", Auth: page.Account, Handle: p.me},
		{Method: get, Pattern: "/messages", Auth: page.Account, Handle: p.messages},
		{Method: get, Pattern: "/phone", Auth: page.Account, Handle: p.contactForm(phoneStep)},
		{Method: post, Pattern: "/phone", Auth: page.Account, Handle: p.contact(phoneStep)},
		{Method: get, Pattern: "/email", Auth: page.Account, Handle: p.contactForm(emailStep)},
		{Method: post, Pattern: "/email", Auth: page.Account, Handle: p.contact(emailStep)},
		{Method: get, Pattern: "/identity", Auth: page.Account, Handle: p.identityForm},
		{Method: post, Pattern: "/identity", Auth: page.Account, Handle: p.identityCheck},
		{Method: post, Pattern: "/identity/review", Auth: page.Account, Handle: p.identitySubmit},
		{Method: get, Pattern: "/identity/status", Auth: page.Account, Handle: p.identityStatus},
		{Method: get, Pattern: "/statements", Auth: page.Account, Handle: p.statementsForm},
		{Method: post, Pattern: "/statements", Auth: page.Account, Handle: p.statements},
		{Method: get, Pattern: "/join", Auth: page.Account, Handle: p.joinForm},
		{Method: post, Pattern: "/join", Auth: page.Account, Handle: p.join},
		{Method: get, Pattern: "/receipt/{wave}", Auth: page.Account, Handle: p.receipt},
		{Method: get, Pattern: "/receipt/{wave}/file", Auth: page.Account, Handle: p.receiptFile},
		{Method: get, Pattern: "/withdraw/{wave}", Auth: page.Account, Handle: p.withdrawForm},
		{Method: post, Pattern: "/withdraw/{wave}", Auth: page.Account, Handle: p.withdraw},
		{Method: get, Pattern: "/result/{wave}", Auth: page.Account, Handle: p.result},
	}
}

// show writes a page of this package.
func (p *Portal) show(w http.ResponseWriter, req *http.Request, name string, data any) {
	p.Page.Render(w, req, http.StatusOK, name, data)
}

// mended puts err's messages on the inputs; when err is not the person's to mend
// it writes the error page and the caller is done.
func (p *Portal) mended(w http.ResponseWriter, req *http.Request, err error, inputs ...page.Input) (page.Summary, bool) {
	summary, ok := page.Mend(err, inputs...)
	if !ok {
		p.Page.Fail(w, req, err, p.otherwise(req, err)...)
	}
	return summary, ok
}

// otherwise is what else can be done while a limit is closed.
func (p *Portal) otherwise(req *http.Request, err error) []page.Link {
	if !fault.Is(err, fault.Limited) {
		return nil
	}
	way := page.Link{Href: "/sign-in", Text: page.T("portal.nav.sign_in")}
	if p.person(req) != 0 {
		way = page.Link{Href: "/me", Text: page.T("portal.back_to_me")}
	}
	return []page.Link{way, {Href: "/limits", Text: page.T("portal.nav.limits.all")}}
}

// wrong shows a form again with what was typed.
func (p *Portal) wrong(w http.ResponseWriter, req *http.Request, name string, data any) {
	p.Page.Render(w, req, http.StatusUnprocessableEntity, name, data)
}

// form reads a posted form and its token. Values are there even with an error,
// unless the request was no form of ours at all.
func (p *Portal) form(w http.ResponseWriter, req *http.Request, rules ...page.FieldRule) (page.Values, error) {
	values, err := page.Form(w, req, rules...)
	if err != nil {
		return values, err
	}
	return values, p.tokens.Check(values.Get(page.TokenField), p.Now(), formAge)
}

// read opens one snapshot for all that a page shows.
func (p *Portal) read(req *http.Request, fn func(rx *sqldb.Rx) error) error {
	return p.DB.Read(req.Context(), fn)
}

func (p *Portal) token() string { return p.tokens.New(p.Now()) }

// lang is the language that messages to this person are written in.
func lang(req *http.Request) string { return string(page.LangOf(req)) }

// to redirects after a POST; the address is always one of ours.
func to(w http.ResponseWriter, req *http.Request, path string) {
	http.Redirect(w, req, path, http.StatusSeeOther)
}

// absent treats "there is none" as an answer.
func absent(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// joined makes one Invalid error out of several, so that a form is mended in one go.
func joined(errs ...error) error {
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

// field makes an error of one field.
func field(name, key string) error {
	return fault.InvalidFields([]fault.Field{{Name: name, Key: key}})
}

var errNotPerson = errors.New("portal: an account route was reached without an account")

func key(k string) locale.Key { return locale.Key(k) }
