package wait

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/portal/desk"
	"gelombang/waitroom"
)

// finishing is how long ago a form may have been shown for its sender to be finishing a
// step: longer than it takes to fill it, and too short to gather forms for the hour.
const finishing = 15 * time.Minute

// givingBack is how long an answer waits until a use is given back; after that it is
// given back all the same, unseen.
const givingBack = time.Second

// Gate stands before the pages of newcomers. While a crowd is there it lets through who
// has a pass, who began before the crowd did, and who finds nobody waiting; all others
// get a place in the line.
func (p *Pages) Gate(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		switch {
		case !p.engaged():
			next(w, req)
		case req.Method == http.MethodPost:
			p.gatePost(w, req, next)
		default:
			p.gateGet(w, req, next)
		}
	}
}

func (p *Pages) gateGet(w http.ResponseWriter, req *http.Request, next http.HandlerFunc) {
	if _, admitted := p.pass(req); admitted {
		next(w, req)
		return
	}
	t := p.ticket(req)
	if p.Room.Look(t.text).Standing != waitroom.Stranger {
		desk.To(w, req, t.path())
		return
	}
	if pass := p.straight(w, req); pass != "" {
		next(w, passed(req, pass))
		return
	}
	p.line(w, req, "")
}

// gatePost counts a registration by its pass. Whoever must wait keeps what was typed on
// the page of the place, and sends it from there: that is the press of the button too.
func (p *Pages) gatePost(w http.ResponseWriter, req *http.Request, next http.HandlerFunc) {
	sent, err := page.Sent(w, req)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	pass, err := p.use(w, req, sent.Get(page.TokenField))
	switch {
	case fault.Is(err, fault.Limited):
		p.drop(w, req, pass)
		sent.Del(passName)
		p.Page.Fail(w, req, err, page.Link{Href: registerPath, Text: page.T("portal.wait.again")})
	case err != nil:
		p.Page.Fail(w, req, err)
	case pass == "":
		p.mustWait(w, req)
	default:
		sent.Set(passName, pass) // for the page that shows the form again, to browsers without cookies
		p.counted(w, req, pass, next)
	}
}

// use counts one registration by the pass of who sends a form; there is none for who
// must wait. A form from before the crowd that is used up is like any other.
func (p *Pages) use(w http.ResponseWriter, req *http.Request, token string) (string, error) {
	if pass, admitted := p.pass(req); admitted {
		return pass, p.Room.Use(req.Context(), pass)
	}
	if p.begun(token) {
		if pass, err := p.useForm(w, req, token); !fault.Is(err, fault.Limited) {
			return pass, err
		}
	}
	pass, err := p.admit(w, req)
	if err != nil || pass == "" {
		return "", err
	}
	return pass, p.Room.Use(req.Context(), pass)
}

func (p *Pages) useForm(w http.ResponseWriter, req *http.Request, token string) (string, error) {
	pass, err := p.Room.EnterForm(req.Context(), token)
	if err == nil {
		err = p.Room.Use(req.Context(), pass)
	}
	if err == nil {
		p.keepPass(w, pass)
	}
	return pass, err
}

// begun says that a form was shown just now, and before the crowd if there is one: its
// sender is finishing a step. Who got a form during the crowd got it by a pass.
func (p *Pages) begun(token string) bool {
	before := p.Now()
	if p.engaged() {
		before = p.Room.State().Began
	}
	return p.Begun(token, before, finishing)
}

// drop takes a pass that is used up out of the way of another one, and with it the
// ticket that would give the same pass again.
func (p *Pages) drop(w http.ResponseWriter, req *http.Request, pass string) {
	p.keep(w, passName, "", -time.Second)
	if p.Room.Opened(p.ticket(req).text, pass) {
		p.keep(w, ticketName, "", -time.Second)
	}
}

// counted gives a use back when no registration came of it: a slip of the pen or an
// outage of ours costs nobody one.
func (p *Pages) counted(w http.ResponseWriter, req *http.Request, pass string, next http.HandlerFunc) {
	a := &answer{ResponseWriter: w}
	defer func() {
		if a.status == http.StatusAccepted {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), givingBack)
		defer cancel()
		_ = p.Room.Unuse(ctx, pass) // lost, it costs one registration of many
	}()
	next(a, req)
}

// answer knows the status that was answered.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// admit gives the pass of who may send a form now, "" for who must wait.
func (p *Pages) admit(w http.ResponseWriter, req *http.Request) (string, error) {
	if pass, admitted := p.pass(req); admitted {
		return pass, nil
	}
	t := p.ticket(req)
	switch p.Room.Look(t.text).Standing {
	case waitroom.Called:
		pass, err := p.Room.Enter(req.Context(), t.text)
		if err == nil {
			p.keepPass(w, pass)
		}
		return pass, err
	case waitroom.Stranger:
		return p.straight(w, req), nil
	}
	return "", nil
}

// straight admits while nobody waits. When the database cannot be asked there is a
// place in the line instead.
func (p *Pages) straight(w http.ResponseWriter, req *http.Request) string {
	pass, ok, err := p.Room.Straight(req.Context())
	if err != nil {
		slog.WarnContext(req.Context(), "wait.straight", "request", page.RequestIDOf(req), "error", err)
	}
	if err != nil || !ok {
		return ""
	}
	p.keepPass(w, pass)
	return pass
}

// passed is the request with its pass in the address, where the form finds it for
// browsers without cookies.
func passed(req *http.Request, pass string) *http.Request {
	out, at := *req, *req.URL
	values := at.Query()
	values.Set(passName, pass)
	at.RawQuery = values.Encode()
	out.URL = &at
	return &out
}

// mustWait answers a form that came too early with the page of its place.
func (p *Pages) mustWait(w http.ResponseWriter, req *http.Request) {
	t := p.ticket(req)
	place := p.Room.Look(t.text)
	again := place.Standing == waitroom.Missed
	if again || place.Standing == waitroom.Stranger {
		t = p.arrive(w)
		place = p.Room.Look(t.text)
	}
	kept := page.KeptOf(w, req)
	if kept == nil {
		desk.To(w, req, t.path())
		return
	}
	kept.Action = registerPath + "?" + ticketName + "=" + url.QueryEscape(t.text)
	data := p.waitPage(t, place)
	data.Kept, data.Again, data.Refresh = kept, again, 0
	w.Header().Set("Retry-After", seconds(max(place.Wait, time.Second)))
	p.Page.Render(w, req, http.StatusServiceUnavailable, "waiting", data)
}
