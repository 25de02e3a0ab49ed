package card

import (
	"net/http"

	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/portal/desk"
)

const (
	statusPath = "/identity/status"
	claimPath  = "/identity/claim"
)

// claim is the form by which somebody says that a NIK is theirs which another account
// holds. The number is masked: what is asked for is plain from the page around it.
type claim struct {
	Action, Token, NIK string
}

// claimOf offers the form to whom it can help: the registry matched every field, and an
// accepted photo of their card shows the NIK.
func (p *Pages) claimOf(r identity.Record) *claim {
	if r.State != identity.InUse || !r.CardShows || r.Asked {
		return nil
	}
	return &claim{Action: claimPath, Token: p.Token(), NIK: masked(desk.PlainNumber(r.Form.NIK))}
}

// masked leaves the province, the regency and the last two digits.
func masked(nik string) string {
	const from, to = 4, 14
	if len(nik) < to {
		return ""
	}
	return nik[:from] + "•• •••••• ••" + nik[to:]
}

// claimActions is the way on for whoever's NIK is another account's.
func (p *Pages) claimActions(r identity.Record) page.Actions {
	mine := page.Link{Href: "/me", Text: page.T("portal.back_to_me")}
	mend := page.Link{Href: "/identity", Text: page.T("portal.identity.mend")}
	switch {
	case r.Asked:
		return page.Actions{Button: mine.Text, Href: mine.Href, Quiet: true}
	case r.CardShows:
		return page.Actions{Button: page.T("portal.claim.button"), Links: []page.Link{mend, mine}}
	case p.Photo != nil:
		return page.Actions{Button: page.T("portal.claim.photo"), Href: desk.PhotoPath, Links: []page.Link{mend, mine}}
	}
	return page.Actions{Button: mend.Text, Href: mend.Href, Links: []page.Link{mine}}
}

// claimState says where a claim stands.
func (p *Pages) claimState(stem string, r identity.Record) page.State {
	happened, next, when := stem+".happened", stem+".next", stem+".when"
	switch {
	case r.Asked:
		happened, next, when = stem+".asked.happened", stem+".asked.next", stem+".asked.when"
	case r.CardShows:
		next = stem + ".shown.next"
	case p.Photo != nil:
		next = stem + ".unshown.next"
	}
	return page.Happened(page.T(happened), page.T(next), page.T(when))
}

// claimAsk has an official look whose the NIK is.
func (p *Pages) claimAsk(w http.ResponseWriter, req *http.Request) {
	_, err := p.Form(w, req)
	if err == nil {
		err = p.Identity.AskClaim(req.Context(), p.Person(req))
	}
	if err != nil {
		p.Page.Fail(w, req, err, page.Link{Href: statusPath, Text: page.T("portal.claim.back")}, page.Link{Href: "/me", Text: page.T("portal.back_to_me")})
		return
	}
	desk.To(w, req, statusPath)
}

// toStatus answers whoever signs in again after asking.
func toStatus(w http.ResponseWriter, req *http.Request) { desk.To(w, req, statusPath) }
