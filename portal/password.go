package portal

import (
	"net/http"

	"gelombang/internal/page"
)

type passwordPage struct {
	page.Summary
	Token    string
	Changing bool
	Password page.Field
	Skip     string
}

// maxPassword is the longest password that is read; the account's own rule is about its content.
const maxPassword = 128

func (p *Portal) passwordPage(c citizen) *passwordPage {
	return &passwordPage{Token: p.token(), Changing: c.Account.HasPassword, Skip: c.turn().Path,
		Password: page.Field{Name: "password", Type: "password", Label: page.T("portal.password.label"),
			Hint: page.T("portal.password.hint"), Autocomplete: "new-password", Required: true}}
}

func (p *Portal) passwordForm(w http.ResponseWriter, req *http.Request) {
	c, err := p.load(req)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	p.show(w, req, "password", p.passwordPage(c))
}

func (p *Portal) password(w http.ResponseWriter, req *http.Request) {
	values, err := p.form(w, req, page.FieldRule{Name: "password", Max: maxPassword, Raw: true})
	if err == nil {
		err = p.Account.SetPassword(req.Context(), p.person(req), values.Get("password"))
	}
	c, broken := p.load(req)
	if broken != nil {
		p.Page.Fail(w, req, broken)
		return
	}
	if err == nil {
		to(w, req, c.turn().Path)
		return
	}
	data, ok := p.passwordPage(c), false
	if data.Summary, ok = p.mended(w, req, err, &data.Password); ok {
		p.wrong(w, req, "password", data)
	}
}
