package person

import (
	"net/http"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/portal/desk"
)

// contactStep is one kind of contact that is added to an account and proven.
type contactStep struct {
	Step                   desk.Step // "" when it is not a step of the journey
	Page                   string
	Label, Hint, Complete  string
	InputMode, Title, Lead string
	parse                  func(typed string) (account.Address, []fault.Field)
	proven                 func(account.Account) string // the proven one, masked elsewhere
	channel                notify.Channel
}

var phoneStep = contactStep{Step: desk.StepPhone, Page: "/phone", channel: notify.SMS, Label: "portal.phone.label", Hint: "portal.phone.hint",
	Complete: "tel", InputMode: "tel", Title: "portal.phone.title", Lead: "portal.phone.lead",
	parse: account.ParsePhone, proven: func(a account.Account) string { return provenOnly(a.Phone, a.PhoneProven) }}

var emailStep = contactStep{Page: "/email", channel: notify.Email, Label: "portal.email.label", Hint: "portal.email.hint",
	Complete: "email", InputMode: "email", Title: "portal.email.title", Lead: "portal.email.lead",
	parse: account.ParseAddress, proven: func(a account.Account) string { return provenOnly(a.Email, a.EmailProven) }}

func provenOnly(value string, proven bool) string {
	if proven {
		return value
	}
	return ""
}

type contactPage struct {
	page.Summary
	contactStep
	Progress *page.Progress
	Token    string
	Proven   string
	Address  page.Field
	Seen     string
	Cooling  *page.Notice // the last change can still be taken back; no other is made before
}

func (p *Pages) contactPage(s contactStep, a account.Account) *contactPage {
	data := &contactPage{contactStep: s, Token: p.Token(), Proven: s.proven(a),
		Address: page.Field{Name: "address", Label: page.T(s.Label), Hint: page.T(s.Hint),
			Autocomplete: s.Complete, InputMode: s.InputMode, Required: true, Read: desk.ReadBackOf("address", "", account.Address{})}}
	data.Progress = s.progress()
	return data
}

func (s contactStep) progress() *page.Progress {
	if s.Step == "" {
		return nil
	}
	return desk.Progress(s.Step)
}

func (p *Pages) contactForm(s contactStep) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		c, err := p.Load(req)
		if err != nil {
			p.Page.Fail(w, req, err)
			return
		}
		data := p.contactPage(s, c.Account)
		if data.Cooling, err = p.cooling(req, s.channel); err != nil {
			p.Page.Fail(w, req, err)
			return
		}
		if data.Proven != "" {
			p.Show(w, req, "contact", data)
			return
		}
		p.Fresh(w, req, "contact", nil, func(token string) any {
			data.Token = token
			return data
		})
	}
}

// cooling tells of a change that can still be taken back.
func (p *Pages) cooling(req *http.Request, channel notify.Channel) (notice *page.Notice, err error) {
	err = p.Read(req, func(rx *sqldb.Rx) error {
		open, err := p.Account.Open(rx, p.Person(req))
		for _, h := range open {
			if h.Kind == account.ContactChange && h.Channel == channel {
				notice = &page.Notice{Tone: page.Look, Title: page.T("portal.contact.cooling"),
					Text: page.T("portal.contact.cooling.text", "from", h.From, "due", h.Due)}
			}
		}
		return err
	})
	return notice, err
}

// contact sends a code to the new address. The old one stays until the new one is proven.
func (p *Pages) contact(s contactStep) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		values, err := p.Form(w, req, desk.AddressRules()...)
		typed := desk.Typed(values)
		address, found := s.parse(typed)
		found = append(found, p.Account.Doubts(req.Context(), address)...)
		if err == nil && !desk.Changing(values) {
			err = desk.Unseen(found, typed, values.Get("seen"))
		}
		switch {
		case err == nil && desk.Changing(values):
			p.contactAgain(w, req, s, typed, address, nil, nil)
			return
		case err == nil && desk.Unread(values):
			p.ReadBack(w, req, s.Page, s.progress(), values, address)
			return
		}
		var challenge int64
		if err == nil {
			challenge, err = p.Account.AddContact(req.Context(), p.Person(req), address, desk.Lang(req), p.MarkBrowser(w, req))
		}
		if err == nil {
			p.Sessions.Put(req.Context(), desk.HintKey, account.PhoneHint(address))
			desk.To(w, req, desk.CodePath(challenge, ""))
			return
		}
		p.contactAgain(w, req, s, typed, address, found, err)
	}
}

func (p *Pages) contactAgain(w http.ResponseWriter, req *http.Request, s contactStep, typed string, address account.Address, found []fault.Field, err error) {
	c, broken := p.Load(req)
	if broken != nil {
		p.Page.Fail(w, req, broken)
		return
	}
	data, ok := p.contactPage(s, c.Account), false
	data.Address.Value, data.Address.Read = typed, desk.ReadBackOf("address", typed, address)
	if err == nil {
		p.Show(w, req, "contact", data)
		return
	}
	if data.Summary, ok = p.Mended(w, req, err, &data.Address); !ok {
		return
	}
	data.Seen = desk.Suggested(&data.Address, found, typed)
	p.Wrong(w, req, "contact", data)
}
