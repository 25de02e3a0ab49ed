package enrol

import (
	"net/http"
	"net/url"

	"gelombang/account"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/otp"
	"gelombang/portal/desk"
)

// secondPage asks for one more proof: why, which ones there are, and until when.
type secondPage struct {
	page.Summary
	account.Second
	Token     string
	Next      string
	State     page.State
	Countdown *page.Countdown // until the rise may be over; nil: it is
	Actions   page.Actions
}

func (p *Pages) secondPage(s account.Second, next string) *secondPage {
	d := &secondPage{Second: s, Token: p.Token(), Next: next, Actions: waysOn(s, next), Countdown: page.CountdownTo(p.Now(), s.Until)}
	when := page.T("portal.second.when", "kept", s.Kept)
	if d.Countdown == nil {
		when = page.T("portal.second.when.over")
	}
	d.State = page.Happened(page.T("portal.second.happened"), page.T("portal.second.next"), when)
	return d
}

// waysOn are the proofs that are left, a code to the other address first: nobody has to
// remember anything for it.
func waysOn(s account.Second, next string) page.Actions {
	var links []page.Link
	if s.Password {
		links = append(links, page.Link{Href: "/sign-in?next=" + url.QueryEscape(next), Text: page.T("portal.second.password")})
	}
	if s.Passkey {
		links = append(links, page.Link{Href: "/sign-in?next=" + url.QueryEscape(next), Text: page.T("portal.second.passkey")})
	}
	if s.Code != "" {
		return page.Actions{Button: page.T("portal.second.code", "to", s.Code), Links: links}
	}
	if len(links) == 0 { // the account lost its other proof meanwhile
		return page.Actions{Button: page.T("portal.sign_in.code"), Href: "/sign-in/code?next=" + url.QueryEscape(next)}
	}
	return page.Actions{Button: links[0].Text, Href: links[0].Href, Links: links[1:]}
}

func (p *Pages) secondForm(w http.ResponseWriter, req *http.Request) {
	next := desk.Ours(req.URL.Query().Get("next"))
	if p.Person(req) != 0 {
		desk.To(w, req, next)
		return
	}
	s, err := p.secondOf(req)
	if err != nil {
		p.Page.Fail(w, req, err, signInAgain()...)
		return
	}
	p.Show(w, req, "second", p.secondPage(s, next))
}

func (p *Pages) secondOf(req *http.Request) (s account.Second, err error) {
	err = p.Read(req, func(rx *sqldb.Rx) error {
		s, err = p.Account.SecondOf(rx, p.Browser(req))
		return err
	})
	return s, err
}

// secondCode sends a code to the other address, which the account names itself: nothing is
// typed, so nothing can be tried out.
func (p *Pages) secondCode(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "next"})
	next := desk.Ours(values.Get("next"))
	var challenge int64
	if err == nil {
		challenge, err = p.Account.RequestSecond(req.Context(), desk.Lang(req), p.Browser(req))
	}
	if err == nil {
		desk.To(w, req, desk.CodePath(challenge, next))
		return
	}
	s, lost := p.secondOf(req)
	if lost != nil {
		p.Page.Fail(w, req, lost, signInAgain()...)
		return
	}
	data, ok := p.secondPage(s, next), false
	if data.Summary, ok = p.Mended(w, req, err); ok {
		p.Wrong(w, req, "second", data)
	}
}

func signInAgain() []page.Link {
	return []page.Link{{Href: "/sign-in", Text: page.T("portal.nav.sign_in")}, {Href: "/limits", Text: page.T("portal.nav.limits.all")}}
}

// toSecond goes on with somebody whose code was right and is not enough now.
func (p *Pages) toSecond(w http.ResponseWriter, req *http.Request, purpose otp.Purpose, next string) {
	if purpose == otp.Reset {
		next = "/password"
	}
	desk.To(w, req, "/sign-in/second?next="+url.QueryEscape(desk.Ours(next)))
}
