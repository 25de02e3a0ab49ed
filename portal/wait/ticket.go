package wait

import (
	"net/http"
	"net/url"
	"time"
)

const (
	// The cookies, fields and parts of an address that carry a place and an admission.
	ticketName = "ticket"
	passName   = "pass"
	// ticketAge is longer than any crowd lasts.
	ticketAge = 24 * time.Hour
)

// ticket is a place as a request carries it.
type ticket struct {
	text string
	kept bool // in the browser's cookie, so that the address needs none
}

// path is the page of the place.
func (t ticket) path() string {
	if t.kept {
		return waitingPath
	}
	return waitingPath + "?" + ticketName + "=" + url.QueryEscape(t.text)
}

// ticket reads the place out of the cookie, else out of the address: whoever opens
// somebody else's address keeps a place of their own.
func (p *Pages) ticket(req *http.Request) ticket {
	if text := cookie(req, ticketName); text != "" {
		return ticket{text, true}
	}
	return ticket{text: req.URL.Query().Get(ticketName)}
}

// arrive makes a ticket. The address carries it too until the cookie came back once.
func (p *Pages) arrive(w http.ResponseWriter) ticket {
	text := p.Room.Arrive()
	p.keep(w, ticketName, text, ticketAge)
	return ticket{text: text}
}

// pass finds a pass that admits now: in the cookie, in the address, or in a form that
// was read.
func (p *Pages) pass(req *http.Request) (pass string, admitted bool) {
	if p.Room == nil {
		return "", false
	}
	for _, pass := range []string{cookie(req, passName), req.URL.Query().Get(passName), req.PostForm.Get(passName)} {
		if _, admitted := p.Room.Admitted(pass); admitted {
			return pass, true
		}
	}
	return "", false
}

func (p *Pages) keepPass(w http.ResponseWriter, pass string) {
	if until, ok := p.Room.Admitted(pass); ok {
		p.keep(w, passName, pass, max(time.Second, until.Sub(p.Now())))
	}
}

func (p *Pages) keep(w http.ResponseWriter, name, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(age.Seconds()),
		Secure: p.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func cookie(req *http.Request, name string) string {
	if c, err := req.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}

// query carries one part of an address on to the next one.
func query(req *http.Request, name string) string {
	if v := req.URL.Query().Get(name); v != "" {
		return "?" + name + "=" + url.QueryEscape(v)
	}
	return ""
}
