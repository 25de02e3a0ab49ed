package enrol

import (
	"net/http"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/otp"
	"gelombang/portal/desk"
)

// linkPage opens from a mail. It consumes nothing: programs that scan mail open
// links too. In the browser that asked it offers one button; in any other the
// six digits are typed, as only who reads the mail knows them.
func (p *Pages) linkPage(w http.ResponseWriter, req *http.Request) {
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
	p.Show(w, req, name, data)
}

func (p *Pages) linked(req *http.Request) (data *codePage, err error) {
	var challenge int64
	err = p.Read(req, func(rx *sqldb.Rx) error {
		challenge, err = p.OTP.OpenLink(rx, req.PathValue("link"))
		return err
	})
	if err != nil {
		return nil, err
	}
	if data, err = p.codePageOf(req, challenge, p.Browser(req)); err == nil {
		data.Link = req.PathValue("link")
	}
	return data, err
}

// linkConfirm is the button. It works in the browser that asked and nowhere else.
func (p *Pages) linkConfirm(w http.ResponseWriter, req *http.Request) {
	v, err := p.Form(w, req, page.FieldRule{Name: "next"})
	var signed account.Signed
	if err == nil {
		signed, err = p.Account.ProveByLink(req.Context(), req.PathValue("link"), p.Browser(req))
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
		desk.To(w, req, desk.CodePath(data.Challenge, ""))
		return
	}
	ok := false
	if data.Summary, ok = p.Mended(w, req, err, &data.Code); ok {
		p.Wrong(w, req, "code", data)
	}
}

// proved signs the browser in that typed the code or pressed the button, and in
// no other, and goes on with the journey.
func (p *Pages) proved(w http.ResponseWriter, req *http.Request, signed account.Signed, next string) {
	if signed.Second {
		p.toSecond(w, req, signed.Purpose, next)
		return
	}
	if signed.Account == 0 { // a recovery: nobody is signed in before its wait is over
		desk.To(w, req, desk.WavePath("/recover/", signed.Handover))
		return
	}
	if p.Person(req) != signed.Account {
		if err := p.Sessions.SignIn(req.Context(), signed.Account); err != nil {
			p.Page.Fail(w, req, err)
			return
		}
	}
	switch {
	case signed.New, signed.Purpose == otp.Reset:
		desk.To(w, req, "/password")
	case signed.Purpose == otp.Recover:
		desk.To(w, req, "/recover/done")
	case signed.Purpose == otp.Undo:
		desk.To(w, req, "/undo/done")
	case signed.Purpose == otp.SignIn:
		desk.To(w, req, desk.Ours(next))
	default:
		desk.To(w, req, "/me")
	}
}
