package portal

import (
	"net/http"
	"net/url"
	"strings"

	"gelombang/internal/page"
	"gelombang/internal/session"
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
				page.Link{Href: "/draws", Text: page.T("portal.nav.draws")},
				page.Link{Href: "/limits", Text: page.T("portal.nav.limits")},
				page.Link{Href: "/privacy", Text: page.T("portal.nav.privacy")}),
			Note: page.T("portal.nav.note", "organiser", key("programme.organiser")),
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
			p.signedOut(w, req)
		default:
			to(w, req, "/sign-in?next="+url.QueryEscape(req.URL.RequestURI()))
		}
	})
}

// person is the account of a request behind Guard, 0 elsewhere.
func (p *Portal) person(req *http.Request) int64 { return p.Sessions.Subject(req.Context()) }

// ours keeps a "next" address inside this site: a path, never "//host" or a scheme.
func ours(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/me"
	}
	return next
}
