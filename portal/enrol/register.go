package enrol

import (
	"net/http"
	"strconv"

	"gelombang/account"
	"gelombang/internal/page"
	"gelombang/notify"
	"gelombang/otp"
	"gelombang/portal/desk"
)

type registerPage struct {
	page.Summary
	Progress *page.Progress
	Token    string
	Pass     string // of the waiting room, for browsers without cookies
	Address  page.Field
	Consent  page.Choice
	Seen     string // the address whose doubt was shown: sending it again passes
}

func (p *Pages) registerPage() *registerPage {
	return &registerPage{
		Progress: desk.Progress(desk.StepAccount), Token: p.Token(),
		Address: page.Field{Name: "address", Label: page.T("portal.register.address"), Hint: page.T("portal.register.address.hint"),
			Autocomplete: "username", Required: true, Read: desk.ReadBackOf("address", "", account.Address{})},
		Consent: page.Choice{Name: "consent", Label: page.T("portal.register.consent"), Required: true},
	}
}

func (p *Pages) registerForm(w http.ResponseWriter, req *http.Request) {
	if p.Passing(req) {
		p.Fresh(w, req, "register", nil, func(token string) any {
			data := p.registerPage()
			data.Token = token
			return data
		})
		return
	}
	data := p.registerPage()
	data.Pass = req.URL.Query().Get("pass")
	p.Show(w, req, "register", data)
}

// register answers the same, in the same way, whether the address is known or
// not: a message goes out in every case, and only the message says which.
func (p *Pages) register(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, desk.AddressRules(page.FieldRule{Name: "consent"}, page.FieldRule{Name: "pass"})...)
	typed := desk.Typed(values)
	address, found := account.ParseAddress(typed)
	found = append(found, p.Account.Doubts(req.Context(), address)...)
	if err == nil && desk.Changing(values) {
		p.Show(w, req, "register", p.registerAgain(values, address))
		return
	}
	if err == nil {
		err = desk.Together(desk.Unseen(found, typed, values.Get("seen")), consented(values))
	}
	if err == nil && desk.Unread(values) {
		p.ReadBack(w, req, "/register", desk.Progress(desk.StepAccount), values, address)
		return
	}
	var view otp.View
	if err == nil {
		browser := p.MarkBrowser(w, req)
		view, err = p.Account.Register(req.Context(), account.Registration{Address: address, Lang: desk.Lang(req),
			Browser: browser, ConsentVersion: p.Programme.ConsentVersion, Token: values.Get(page.TokenField),
			Shown: p.Shown(values.Get(page.TokenField))})
	}
	if err == nil {
		p.accepted(w, req, view)
		return
	}
	data, ok := p.registerAgain(values, address), false
	if data.Summary, ok = p.Mended(w, req, err, &data.Address, &data.Consent); !ok {
		return
	}
	data.Seen = desk.Suggested(&data.Address, found, typed)
	p.Wrong(w, req, "register", data)
}

// registerAgain is the form with what was typed, and how the address was understood.
func (p *Pages) registerAgain(values page.Values, address account.Address) *registerPage {
	data, typed := p.registerPage(), values.Get("address")
	data.Address.Value, data.Consent.Checked, data.Pass = typed, values.Has("consent"), values.Get("pass")
	data.Address.Read = desk.ReadBackOf("address", typed, address)
	return data
}

// accepted answers 202 with the page of the code: the message is on its way, but
// nobody has it yet. A reload sends the same form token and is the same registration;
// where that took up an earlier form's challenge, it is a question for that one again.
func (p *Pages) accepted(w http.ResponseWriter, req *http.Request, view otp.View) {
	w.Header().Set("Content-Location", desk.CodePath(view.Challenge, ""))
	if !p.Passing(req) || !justSent(view) {
		p.Page.Render(w, req, http.StatusAccepted, "code", p.codePageFor(req, view))
		return
	}
	p.Page.Stamp(w, req, http.StatusAccepted, page.Stamp{
		Name: "code", Key: sentKey{view.Expires.Unix(), view.ResendAt.Unix(), view.Channel, view.TriesLeft, view.SendsLeft},
		Values: []string{strconv.FormatInt(view.Challenge, 10), p.Token(), view.To},
		Where:  func(m page.Marks) string { return desk.CodePath(int64(m[0]), "") },
		Data: func(m page.Marks) any {
			view.Challenge, view.To = int64(m[0]), m[2].String()
			data := p.codePageFor(req, view)
			data.Token = m[1].String()
			return data
		},
	})
}

// sentKey is all that the page of a code says to somebody who just registered, beside
// the challenge and the address. Times are told by the second.
type sentKey struct {
	expires, resend int64
	channel         notify.Channel
	tries, sends    int
}

// justSent says that nothing has happened to a challenge but that its message was queued.
func justSent(v otp.View) bool {
	return v.State == otp.Open && v.SameBrowser && v.GuessesOpen.IsZero() && v.Message.State == notify.Queued && len(v.Message.Events) == 1
}

func consented(values page.Values) error {
	if values.Has("consent") {
		return nil
	}
	return desk.Field("consent", "portal.register.consent.missing")
}
