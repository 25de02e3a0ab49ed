package enrol

import (
	"net/http"

	"gelombang/internal/page"
	"gelombang/portal/desk"
)

type passwordPage struct {
	page.Summary
	Token    string
	Changing bool
	Password page.Field
	Skip     string
	Passkeys bool // may be had instead
}

// maxPassword is the longest password that is read; the account's own rule is about its content.
const maxPassword = 128

func (p *Pages) passwordPage(c desk.Citizen) *passwordPage {
	return &passwordPage{Token: p.Token(), Changing: c.Account.HasPassword, Skip: c.Turn().Path, Passkeys: p.Account.HasPasskeys(),
		Password: page.Field{Name: "password", Type: "password", Label: page.T("portal.password.label"),
			Hint: page.T("portal.password.hint"), Autocomplete: "new-password", Required: true}}
}

func (p *Pages) passwordForm(w http.ResponseWriter, req *http.Request) {
	c, err := p.Load(req)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	data := p.passwordPage(c)
	p.Fresh(w, req, "password", passwordKey{data.Changing, data.Skip}, func(token string) any {
		data.Token = token
		return data
	})
}

// passwordKey is all in which one page to set a password differs from another.
type passwordKey struct {
	changing bool
	skip     string
}

func (p *Pages) password(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "password", Max: maxPassword, Raw: true})
	if err == nil {
		err = p.Account.SetPassword(req.Context(), p.Person(req), values.Get("password"))
	}
	c, broken := p.Load(req)
	if broken != nil {
		p.Page.Fail(w, req, broken)
		return
	}
	if err == nil {
		err = p.Sessions.SignIn(req.Context(), c.Account.ID) // the new password ended all sessions, this one too
	}
	if err == nil {
		desk.To(w, req, c.Turn().Path)
		return
	}
	data, ok := p.passwordPage(c), false
	if data.Summary, ok = p.Mended(w, req, err, &data.Password); ok {
		p.Wrong(w, req, "password", data)
	}
}
