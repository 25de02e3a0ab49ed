package portal

import (
	"net/http"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/otp"
)

// linkPage opens from a mail. It consumes nothing: programs that scan mail open
// links too. In the browser that asked it offers one button; in any other the
// six digits are typed, as only who reads the mail knows them.
func (p *Portal) linkPage(w http.ResponseWriter, req *http.Request) {
	data, err := p.linked(req)
	if err != nil {
		p.Page.Fail(w, req, err, page.Link{Href: "/register", Text: page.T("portal.register.title")},
			page.Link{Href: "/sign-in", Text: page.T("portal.nav.sign_in")})
		return
	}
	name := "link"
	if !data.SameBrowser || data.State != otp.Open {
		name, data.Elsewhere = "code", true
	}
	p.show(w, req, name, data)
}

func (p *Portal) linked(req *http.Request) (data *codePage, err error) {
	var challenge int64
	err = p.read(req, func(rx *sqldb.Rx) error {
		challenge, err = p.OTP.OpenLink(rx, req.PathValue("link"))
		return err
	})
	if err != nil {
		return nil, err
	}
	if data, err = p.codePageOf(req, challenge, p.browser(req)); err == nil {
		data.Link = req.PathValue("link")
	}
	return data, err
}

// linkConfirm is the button. It works in the browser that asked and nowhere else.
func (p *Portal) linkConfirm(w http.ResponseWriter, req *http.Request) {
	v, err := p.form(w, req, page.FieldRule{Name: "next"})
	var signed account.Signed
	if err == nil {
		signed, err = p.Account.ProveByLink(req.Context(), req.PathValue("link"), p.browser(req))
	}
	if err == nil {
		p.proved(w, req, signed, v.Get("next"))
		return
	}
	data, lost := p.linked(req)
	if lost != nil {
		p.Page.Fail(w, req, lost)
		return
	}
	if fault.Is(err, fault.Forbidden) {
		to(w, req, codePath(data.Challenge, ""))
		return
	}
	ok := false
	if data.Summary, ok = p.mended(w, req, err, &data.Code); ok {
		p.wrong(w, req, "code", data)
	}
}

// proved signs the browser in that typed the code or pressed the button, and in
// no other, and goes on with the journey.
func (p *Portal) proved(w http.ResponseWriter, req *http.Request, signed account.Signed, next string) {
	if p.person(req) != signed.Account {
		if err := p.Sessions.SignIn(req.Context(), signed.Account); err != nil {
			p.Page.Fail(w, req, err)
			return
		}
	}
	switch {
	case signed.New:
		to(w, req, "/password")
	case signed.Purpose == otp.SignIn:
		to(w, req, ours(next))
	default:
		to(w, req, "/me")
	}
}
