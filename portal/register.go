package portal

import (
	"net/http"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/page"
)

type registerPage struct {
	page.Summary
	Progress *page.Progress
	Token    string
	Address  page.Field
	Consent  page.Choice
	Seen     string // the address whose doubt was shown: sending it again passes
}

func (p *Portal) registerPage() *registerPage {
	return &registerPage{
		Progress: progress(StepAccount), Token: p.token(),
		Address: page.Field{Name: "address", Label: page.T("portal.register.address"), Hint: page.T("portal.register.address.hint"),
			Autocomplete: "username", Required: true},
		Consent: page.Choice{Name: "consent", Label: page.T("portal.register.consent"), Required: true},
	}
}

func (p *Portal) registerForm(w http.ResponseWriter, req *http.Request) {
	p.show(w, req, "register", p.registerPage())
}

// register answers the same, in the same way, whether the address is known or
// not: a message goes out in every case, and only the message says which.
func (p *Portal) register(w http.ResponseWriter, req *http.Request) {
	values, err := p.form(w, req, page.FieldRule{Name: "address"}, page.FieldRule{Name: "consent"},
		page.FieldRule{Name: "seen"}, page.FieldRule{Name: "use"})
	typed := values.Get("address")
	if values.Has("use") {
		typed = values.Get("use")
	}
	address, found := account.ParseAddress(typed)
	if err == nil {
		err = joined(unseen(found, typed, values.Get("seen")), consented(values))
	}
	var challenge int64
	var browser string
	if err == nil {
		browser = p.markBrowser(w, req)
		challenge, err = p.Account.Register(req.Context(), account.Registration{Address: address, Lang: lang(req),
			Browser: browser, ConsentVersion: p.Programme.ConsentVersion, Token: values.Get(page.TokenField)})
	}
	if err == nil {
		p.accepted(w, req, challenge, browser)
		return
	}
	data := p.registerPage()
	data.Address.Value, data.Consent.Checked = typed, values.Has("consent")
	ok := false
	if data.Summary, ok = p.mended(w, req, err, &data.Address, &data.Consent); !ok {
		return
	}
	data.Seen = suggested(&data.Address, found, typed)
	p.wrong(w, req, "register", data)
}

// accepted answers 202 with the page of the code: the message is on its way, but
// nobody has it yet. A reload sends the same form token and is the same registration.
func (p *Portal) accepted(w http.ResponseWriter, req *http.Request, challenge int64, browser string) {
	data, err := p.codePageOf(req, challenge, browser)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	w.Header().Set("Content-Location", codePath(challenge, ""))
	p.Page.Render(w, req, http.StatusAccepted, "code", data)
}

// unseen drops the doubts that were already shown for this very value.
func unseen(found []fault.Field, typed, seen string) error {
	var left []fault.Field
	for _, f := range found {
		if !f.Soft || typed != seen {
			left = append(left, f)
		}
	}
	return fault.InvalidFields(left)
}

func consented(values page.Values) error {
	if values.Has("consent") {
		return nil
	}
	return field("consent", "portal.register.consent.missing")
}

// suggested offers the address that was probably meant. It gives the value whose
// doubt is shown, so that sending it once more passes.
func suggested(in *page.Field, found []fault.Field, typed string) (seen string) {
	for _, f := range found {
		if !f.Soft {
			continue
		}
		seen = typed
		if meant, ok := f.Args["suggestion"].(string); ok {
			in.Suggest, in.SuggestText = meant, page.T("portal.register.use", "address", meant)
		}
	}
	return seen
}
