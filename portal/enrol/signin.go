package enrol

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/portal/desk"
)

type signInPage struct {
	page.Summary
	Token    string
	Next     string
	Kept     string // what was being sent when the session had ended
	Address  page.Field
	Password page.Field
	Passkeys bool // browsers can make them for this site
}

// maxKept bounds a form that is carried through signing in: the longest of ours
// is some 2 KB.
const maxKept = 8 << 10

func (p *Pages) signInPage(next, kept string) *signInPage {
	return &signInPage{Token: p.Token(), Next: next, Kept: kept, Passkeys: p.Account.HasPasskeys(),
		Address: page.Field{Name: "address", Label: page.T("portal.register.address"), Autocomplete: "username", Required: true},
		Password: page.Field{Name: "password", Type: "password", Label: page.T("portal.sign_in.password"),
			Autocomplete: "current-password", Required: true}}
}

func (p *Pages) signInForm(w http.ResponseWriter, req *http.Request) {
	next := desk.Ours(req.URL.Query().Get("next"))
	if p.Person(req) != 0 {
		desk.To(w, req, next)
		return
	}
	p.Show(w, req, "signin", p.signInPage(next, ""))
}

func (p *Pages) signIn(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "address"}, page.FieldRule{Name: "password", Max: maxPassword, Raw: true},
		page.FieldRule{Name: "next"}, page.FieldRule{Name: "kept", Max: maxKept, Raw: true})
	var person int64
	if err == nil {
		person, err = p.Account.SignIn(req.Context(), values.Get("address"), values.Get("password"), p.Browser(req))
	}
	p.enter(w, req, person, err, values)
}

// enter goes on with somebody who has signed in, or says on the sign-in page what was wrong.
func (p *Pages) enter(w http.ResponseWriter, req *http.Request, person int64, err error, values page.Values) {
	if err == nil {
		p.MarkBrowser(w, req)
		err = p.Sessions.SignIn(req.Context(), person)
	}
	next, kept := desk.Ours(values.Get("next")), values.Get("kept")
	switch {
	case fault.Is(err, fault.Limited):
		p.Page.Fail(w, req, err, page.Link{Href: "/sign-in/code", Text: page.T("portal.sign_in.code")},
			page.Link{Href: "/limits", Text: page.T("portal.nav.limits.all")})
	case err != nil:
		p.signInAgain(w, req, err, values)
	case kept != "":
		p.resume(w, req, next, kept)
	default:
		desk.To(w, req, next)
	}
}

func (p *Pages) signInAgain(w http.ResponseWriter, req *http.Request, err error, values page.Values) {
	data, ok := p.signInPage(desk.Ours(values.Get("next")), values.Get("kept")), false
	data.Address.Value = values.Get("address")
	if data.Summary, ok = p.Mended(w, req, err, &data.Address, &data.Password); ok {
		p.Wrong(w, req, "signin", data)
	}
}

// SignedOut answers a POST whose session has ended: the sign-in page, with the
// form carried along. Passwords are not carried.
func (p *Pages) SignedOut(w http.ResponseWriter, req *http.Request) {
	req.Body = http.MaxBytesReader(w, req.Body, maxKept)
	kept := ""
	if err := req.ParseForm(); err == nil && !req.PostForm.Has("password") {
		kept = req.PostForm.Encode()
	}
	data := p.signInPage(req.URL.Path, kept)
	data.Items = []page.Problem{{Text: page.T("portal.sign_in.ended"), Doubt: true}}
	p.Page.Render(w, req, http.StatusUnauthorized, "signin", data)
}

type resumePage struct {
	Action string
	Fields []page.KeptField
}

// resume offers to send what was being sent before. It is a form with one button:
// what the person does not see is never sent in their name.
func (p *Pages) resume(w http.ResponseWriter, req *http.Request, action, kept string) {
	values, err := url.ParseQuery(kept)
	if err != nil {
		desk.To(w, req, action)
		return
	}
	data := resumePage{Action: action}
	for name, list := range values {
		for _, value := range list {
			data.Fields = append(data.Fields, page.KeptField{Name: name, Value: value})
		}
	}
	slices.SortFunc(data.Fields, func(a, b page.KeptField) int { return strings.Compare(a.Name, b.Name) })
	p.Show(w, req, "resume", data)
}

type signInCodePage struct {
	page.Summary
	Token   string
	Next    string
	Address page.Field
}

func (p *Pages) signInCodePage(next string) *signInCodePage {
	return &signInCodePage{Token: p.Token(), Next: next, Address: page.Field{Name: "address",
		Label: page.T("portal.register.address"), Hint: page.T("portal.sign_in.code.hint"), Autocomplete: "username", Required: true}}
}

func (p *Pages) signInCodeForm(w http.ResponseWriter, req *http.Request) {
	p.Show(w, req, "signin_code", p.signInCodePage(desk.Ours(req.URL.Query().Get("next"))))
}

// signInCode sends a code; the answer is the same for an address nobody has.
func (p *Pages) signInCode(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "address"}, page.FieldRule{Name: "next"})
	address, found := account.ParseAddress(values.Get("address"))
	if err == nil {
		err = fault.InvalidFields(slices.DeleteFunc(found, func(f fault.Field) bool { return f.Soft }))
	}
	next := desk.Ours(values.Get("next"))
	var challenge int64
	if err == nil {
		challenge, err = p.Account.RequestCode(req.Context(), address, desk.Lang(req), p.MarkBrowser(w, req))
	}
	if err == nil {
		desk.To(w, req, desk.CodePath(challenge, next))
		return
	}
	data, ok := p.signInCodePage(next), false
	data.Address.Value = values.Get("address")
	if data.Summary, ok = p.Mended(w, req, err, &data.Address); ok {
		p.Wrong(w, req, "signin_code", data)
	}
}

func (p *Pages) signOut(w http.ResponseWriter, req *http.Request) {
	if _, err := p.Form(w, req); err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	if err := p.Sessions.SignOut(req.Context()); err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	desk.To(w, req, "/")
}
