package portal

import (
	"net/http"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/page"
)

// contactStep is one kind of contact that is added to an account and proven.
type contactStep struct {
	Step                   Step // "" when it is not a step of the journey
	Page                   string
	Label, Hint, Complete  string
	InputMode, Title, Lead string
	parse                  func(typed string) (account.Address, []fault.Field)
	proven                 func(account.Account) string // the proven one, masked elsewhere
}

var phoneStep = contactStep{Step: StepPhone, Page: "/phone", Label: "portal.phone.label", Hint: "portal.phone.hint",
	Complete: "tel", InputMode: "tel", Title: "portal.phone.title", Lead: "portal.phone.lead",
	parse: account.ParsePhone, proven: func(a account.Account) string { return provenOnly(a.Phone, a.PhoneProven) }}

var emailStep = contactStep{Page: "/email", Label: "portal.email.label", Hint: "portal.email.hint",
	Complete: "email", InputMode: "email", Title: "portal.email.title", Lead: "portal.email.lead",
	parse: account.ParseAddress, proven: func(a account.Account) string { return provenOnly(a.Email, a.EmailProven) }}

func provenOnly(value string, proven bool) string {
	if proven {
		return value
	}
	return ""
}

// hintKey keeps the operator of the number just typed, to be read back beside the code.
const hintKey = "operator"

type contactPage struct {
	page.Summary
	contactStep
	Progress *page.Progress
	Token    string
	Proven   string
	Address  page.Field
	Seen     string
}

func (p *Portal) contactPage(s contactStep, a account.Account) *contactPage {
	data := &contactPage{contactStep: s, Token: p.token(), Proven: s.proven(a),
		Address: page.Field{Name: "address", Label: page.T(s.Label), Hint: page.T(s.Hint),
			Autocomplete: s.Complete, InputMode: s.InputMode, Required: true}}
	if s.Step != "" {
		data.Progress = progress(s.Step)
	}
	return data
}

func (p *Portal) contactForm(s contactStep) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		c, err := p.load(req)
		if err != nil {
			p.Page.Fail(w, req, err)
			return
		}
		p.show(w, req, "contact", p.contactPage(s, c.Account))
	}
}

// contact sends a code to the new address. The old one stays until the new one is proven.
func (p *Portal) contact(s contactStep) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		values, err := p.form(w, req, page.FieldRule{Name: "address"}, page.FieldRule{Name: "seen"}, page.FieldRule{Name: "use"})
		typed := values.Get("address")
		if values.Has("use") {
			typed = values.Get("use")
		}
		address, found := s.parse(typed)
		if err == nil {
			err = unseen(found, typed, values.Get("seen"))
		}
		var challenge int64
		if err == nil {
			challenge, err = p.Account.AddContact(req.Context(), p.person(req), address, lang(req), p.markBrowser(w, req))
		}
		if err == nil {
			p.Sessions.Put(req.Context(), hintKey, account.PhoneHint(address))
			to(w, req, codePath(challenge, ""))
			return
		}
		p.contactAgain(w, req, s, typed, found, err)
	}
}

func (p *Portal) contactAgain(w http.ResponseWriter, req *http.Request, s contactStep, typed string, found []fault.Field, err error) {
	c, broken := p.load(req)
	if broken != nil {
		p.Page.Fail(w, req, broken)
		return
	}
	data, ok := p.contactPage(s, c.Account), false
	data.Address.Value = typed
	if data.Summary, ok = p.mended(w, req, err, &data.Address); !ok {
		return
	}
	data.Seen = suggested(&data.Address, found, typed)
	p.wrong(w, req, "contact", data)
}
