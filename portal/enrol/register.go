package enrol

import (
	"net/http"

	"gelombang/account"
	"gelombang/internal/page"
	"gelombang/portal/desk"
)

type registerPage struct {
	page.Summary
	Progress *page.Progress
	Token    string
	Address  page.Field
	Consent  page.Choice
	Seen     string // the address whose doubt was shown: sending it again passes
}

func (p *Pages) registerPage() *registerPage {
	return &registerPage{
		Progress: desk.Progress(desk.StepAccount), Token: p.Token(),
		Address: page.Field{Name: "address", Label: page.T("portal.register.address"), Hint: page.T("portal.register.address.hint"),
			Autocomplete: "username", Required: true},
		Consent: page.Choice{Name: "consent", Label: page.T("portal.register.consent"), Required: true},
	}
}

func (p *Pages) registerForm(w http.ResponseWriter, req *http.Request) {
	p.Show(w, req, "register", p.registerPage())
}

// register answers the same, in the same way, whether the address is known or
// not: a message goes out in every case, and only the message says which.
func (p *Pages) register(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "address"}, page.FieldRule{Name: "consent"},
		page.FieldRule{Name: "seen"}, page.FieldRule{Name: "use"})
	typed := values.Get("address")
	if values.Has("use") {
		typed = values.Get("use")
	}
	address, found := account.ParseAddress(typed)
	if err == nil {
		err = desk.Together(desk.Unseen(found, typed, values.Get("seen")), consented(values))
	}
	var challenge int64
	var browser string
	if err == nil {
		browser = p.MarkBrowser(w, req)
		challenge, err = p.Account.Register(req.Context(), account.Registration{Address: address, Lang: desk.Lang(req),
			Browser: browser, ConsentVersion: p.Programme.ConsentVersion, Token: values.Get(page.TokenField)})
	}
	if err == nil {
		p.accepted(w, req, challenge, browser)
		return
	}
	data := p.registerPage()
	data.Address.Value, data.Consent.Checked = typed, values.Has("consent")
	ok := false
	if data.Summary, ok = p.Mended(w, req, err, &data.Address, &data.Consent); !ok {
		return
	}
	data.Seen = desk.Suggested(&data.Address, found, typed)
	p.Wrong(w, req, "register", data)
}

// accepted answers 202 with the page of the code: the message is on its way, but
// nobody has it yet. A reload sends the same form token and is the same registration.
func (p *Pages) accepted(w http.ResponseWriter, req *http.Request, challenge int64, browser string) {
	data, err := p.codePageOf(req, challenge, browser)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	w.Header().Set("Content-Location", desk.CodePath(challenge, ""))
	p.Page.Render(w, req, http.StatusAccepted, "code", data)
}

func consented(values page.Values) error {
	if values.Has("consent") {
		return nil
	}
	return desk.Field("consent", "portal.register.consent.missing")
}
