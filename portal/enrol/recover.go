package enrol

import (
	"net/http"
	"strconv"

	"gelombang/account"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/portal/desk"
)

type recoverPage struct {
	page.Summary
	Token   string
	Address page.Field
	What    page.Choices
}

// What can be missing.
const (
	forgotten = "forgotten" // the password: a code to one address is enough
	lost      = "lost"      // the other address: identity data and a wait
)

func (p *Pages) recoverPage(values page.Values) *recoverPage {
	_, wait := p.Account.Waits()
	option := func(word string) page.Option {
		return page.Option{Value: word, Label: page.T("portal.recover." + word), Hint: page.T("portal.recover."+word+".hint", "wait", wait)}
	}
	d := &recoverPage{Token: p.Token(),
		Address: page.Field{Name: "address", Label: page.T("portal.register.address"), Hint: page.T("portal.recover.address.hint"),
			Value: values.Get("address"), Autocomplete: "username", Required: true},
		What: page.Choices{Name: "what", Label: page.T("portal.recover.what"), Value: values.Get("what"), Required: true,
			Options: []page.Option{option(forgotten), option(lost)}}}
	if d.What.Value == "" {
		d.What.Value = forgotten
	}
	return d
}

func (p *Pages) recoverForm(w http.ResponseWriter, req *http.Request) {
	p.Show(w, req, "recover", p.recoverPage(nil))
}

// recover sends a code; the answer is the same for an address nobody has.
func (p *Pages) recover(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "address"}, page.FieldRule{Name: "what"})
	ask := p.Account.RequestReset
	if values.Get("what") == lost {
		ask = p.Account.RequestRecovery
	}
	challenge, err := p.askCode(w, req, values, err, ask)
	if err == nil {
		desk.To(w, req, desk.CodePath(challenge, ""))
		return
	}
	data, ok := p.recoverPage(values), false
	if data.Summary, ok = p.Mended(w, req, err, &data.Address, &data.What); ok {
		p.Wrong(w, req, "recover", data)
	}
}

type recoveryPage struct {
	page.Summary
	account.Handover
	Token   string
	NIK, KK page.Field
	Birth   page.Row
	State   page.State
}

var recoveryRules = []page.FieldRule{{Name: "nik", Max: 40}, {Name: "kk", Max: 40},
	{Name: "birth_day", Max: 2}, {Name: "birth_month", Max: 2}, {Name: "birth_year", Max: 4}}

// recoveryPage is the form for the identity data, or where the wait stands.
func (p *Pages) recoveryPage(h account.Handover, values page.Values) *recoveryPage {
	number := func(name string) page.Field {
		return page.Field{Name: name, Label: page.T("portal.identity." + name), Hint: page.T("portal.identity." + name + ".hint"),
			Value: values.Get(name), InputMode: "numeric", Autocomplete: "off", Number: true, Grouped: true, Required: true}
	}
	part := func(name, complete string, most int) page.Field {
		return page.Field{Name: name, Label: page.T("portal.identity." + name), Value: values.Get(name), InputMode: "numeric",
			Autocomplete: complete, MaxLength: most}
	}
	stem := "portal.recovery." + string(h.Stage)
	return &recoveryPage{Handover: h, Token: p.Token(), NIK: number("nik"), KK: number("kk"),
		Birth: page.Row{Name: "birth_date", Label: page.T("portal.identity.birth_date"), Hint: page.T("portal.identity.birth_date.hint"),
			Fields: []page.Field{part("birth_day", "bday-day", 2), part("birth_month", "bday-month", 2), part("birth_year", "bday-year", 4)}},
		State: page.Happened(page.T(stem+".happened"), page.T(stem+".next", "to", h.To), recoveryWhen(h))}
}

// recoveryWhen is from when a recovery can be completed: while its warning may still be on
// its way, from when at the latest.
func recoveryWhen(h account.Handover) page.Text {
	stem := "portal.recovery." + string(h.Stage)
	if h.Stage == account.Waiting && h.Latest.After(h.Due) {
		return page.T(stem+".when_open", "due", h.Due, "latest", h.Latest)
	}
	return page.T(stem+".when", "due", h.Due, "until", h.Until)
}

// Title is the heading of where the wait stands.
func (d *recoveryPage) Title() page.Text {
	return page.T("portal.recovery." + string(d.Stage) + ".title")
}

// recovery is for the browser that proved an address: what it has to do, or to wait for.
func (p *Pages) recovery(w http.ResponseWriter, req *http.Request) {
	h, err := p.recoveryOf(req)
	if err != nil {
		p.Page.Fail(w, req, err, page.Link{Href: "/recover", Text: page.T("portal.recover.title")})
		return
	}
	p.Show(w, req, "recovery", p.recoveryPage(h, nil))
}

func (p *Pages) recoveryOf(req *http.Request) (h account.Handover, err error) {
	err = p.Read(req, func(rx *sqldb.Rx) error {
		h, err = p.Account.Recovery(rx, desk.Number(req, "id"), p.Browser(req))
		return err
	})
	return h, err
}

// recoveryBegin compares the identity data. What cannot be right costs no try.
func (p *Pages) recoveryBegin(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, recoveryRules...)
	claim, wrong := stated(values)
	var begun account.Handover // the one that runs already, if there is one
	if err = desk.Together(err, wrong); err == nil {
		begun, err = p.Account.BeginRecovery(req.Context(), desk.Number(req, "id"), p.Browser(req), claim)
	}
	if err == nil {
		desk.To(w, req, desk.WavePath("/recover/", begun.ID))
		return
	}
	h, broken := p.recoveryOf(req)
	if broken != nil {
		p.Page.Fail(w, req, broken, page.Link{Href: "/recover", Text: page.T("portal.recover.title")})
		return
	}
	data, ok := p.recoveryPage(h, values), false
	if data.Summary, ok = p.Mended(w, req, err, &data.NIK, &data.KK, &data.Birth); ok {
		p.Wrong(w, req, "recovery", data)
	}
}

// numberDigits is the length of a NIK and of a KK number.
const numberDigits = 16

// stated reads the form and finds what cannot be a number or a day at all.
func stated(values page.Values) (account.RecoveryClaim, error) {
	part := func(name string) int { n, _ := strconv.Atoi(values.Get(name)); return n } // no number is no date
	born, valid := identity.NewDate(part("birth_day"), part("birth_month"), part("birth_year"))
	claim := account.RecoveryClaim{NIK: desk.PlainNumber(values.Get("nik")), KK: desk.PlainNumber(values.Get("kk")), BirthDate: born.String()}
	var wrong []fault.Field
	for _, number := range []struct{ name, digits string }{{"nik", claim.NIK}, {"kk", claim.KK}} {
		if n := len(number.digits); n != numberDigits {
			wrong = append(wrong, fault.Field{Name: number.name, Key: "portal.recover.number." + number.name, Args: fault.Args{"count": n}})
		}
	}
	if !valid {
		wrong = append(wrong, fault.Field{Name: "birth_date", Key: "portal.recover.birth_date"})
	}
	return claim, fault.InvalidFields(wrong)
}

type openedPage struct {
	State page.State
	Lost  []page.Link // where a lost address is replaced
}

// recovered comes after the wait: what to do first in an account that was got back.
func (p *Pages) recovered(w http.ResponseWriter, req *http.Request) {
	coolingOff, _ := p.Account.Waits()
	p.Show(w, req, "recovered", openedPage{
		State: page.Happened(page.T("portal.recovered.happened"), page.T("portal.recovered.next"), page.T("portal.recovered.when", "wait", coolingOff)),
		Lost:  []page.Link{{Href: "/phone", Text: page.T("portal.recovered.phone")}, {Href: "/email", Text: page.T("portal.recovered.email")}}})
}
