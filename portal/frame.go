package portal

import (
	"net/http"
	"net/url"

	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/session"
	"gelombang/portal/desk"
)

// Frame gives the renderer what stands around every page: who is signed in
// decides the two links in the masthead.
func Frame(sessions *session.Sessions) func(*http.Request) page.Frame {
	return func(req *http.Request) page.Frame {
		mine := page.Link{Href: "/sign-in", Text: page.T("portal.nav.sign_in")}
		if sessions.Subject(req.Context()) != 0 {
			mine = page.Link{Href: "/me", Text: page.T("portal.nav.me")}
		}
		return page.Frame{
			Nav: current(req, mine, page.Link{Href: "/help", Text: page.T("portal.nav.help")}),
			Foot: current(req,
				page.Link{Href: "/message", Text: page.T("portal.home.from_us")},
				page.Link{Href: "/status", Text: page.T("portal.nav.status")},
				page.Link{Href: "/draws", Text: page.T("portal.nav.draws")},
				page.Link{Href: "/limits", Text: page.T("portal.nav.limits")},
				page.Link{Href: "/privacy", Text: page.T("portal.nav.privacy")}),
			Note: page.T("portal.nav.note", "organiser", locale.Key("programme.organiser")),
		}
	}
}

func current(req *http.Request, links ...page.Link) []page.Link {
	for at := range links {
		links[at].Current = req.URL.Path == links[at].Href
	}
	return links
}

// Guard lets only signed-in people through to account routes. A GET is sent to
// the sign-in page and comes back; a POST is answered by the sign-in page with
// what was typed kept inside, so that a session that ended costs nobody a form.
func (p *Portal) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case p.Sessions.Subject(req.Context()) != 0:
			next.ServeHTTP(w, req)
		case req.Method == http.MethodPost:
			p.enrol.SignedOut(w, req)
		default:
			desk.To(w, req, "/sign-in?next="+url.QueryEscape(req.URL.RequestURI()))
		}
	})
}
