package card

import (
	"net/http"

	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/portal/desk"
)

// appealPath takes the wish for a second look, after an official's "no".
const appealPath = "/identity/appeal"

// appeal is the form by which somebody has another official look, once.
type appeal struct {
	Action, Token string
}

func (p *Pages) appealOf(r identity.Record) *appeal {
	if r.State != identity.Declined || r.Second {
		return nil
	}
	return &appeal{Action: appealPath, Token: p.Token()}
}

// declinedState says what an official decided, and whether the second look is left.
func declinedState(stem string, r identity.Record) page.State {
	happened, next, when := stem+".happened", stem+".next", stem+".when"
	if r.Second {
		happened, next = stem+".again.happened", stem+".again.next"
	}
	return page.Happened(page.T(happened, "at", r.StateSince), page.T(next), page.T(when))
}

// secondState says that another official looks, because the person asked for it.
func secondState(stem string) page.State {
	return page.Happened(page.T(stem+".second.happened"), page.T(stem+".second.next"), page.T(stem+".when"))
}

// appealAsk has another official look.
func (p *Pages) appealAsk(w http.ResponseWriter, req *http.Request) {
	_, err := p.Form(w, req)
	if err == nil {
		err = p.Identity.Appeal(req.Context(), p.Person(req))
	}
	if err != nil {
		p.Page.Fail(w, req, err, page.Link{Href: statusPath, Text: page.T("portal.claim.back")}, page.Link{Href: "/me", Text: page.T("portal.back_to_me")})
		return
	}
	desk.To(w, req, statusPath)
}
