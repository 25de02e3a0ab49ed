// Package wait is where newcomers wait when more come than the house bears: the gate
// before registering, the page of a place in the line, and the answer of a house that
// is full. Who waits costs a page now and then and nothing else: the place stands in a
// ticket, in a cookie or in the address. The room itself, and every decision, is waitroom.
package wait

import (
	"embed"
	"io/fs"
	"net/http"

	"gelombang/internal/page"
	"gelombang/portal/desk"
	"gelombang/waitroom"
)

//go:embed *.html
var templates embed.FS

// Templates are the pages of this room.
func Templates() fs.FS { return templates }

// Pages answers the requests of this room.
type Pages struct{ *desk.Desk }

// Routes lists the addresses of this room. The status document is not among them: it
// is served before everything else, by Status.
func (p *Pages) Routes() []page.Route {
	return []page.Route{
		{Method: http.MethodGet, Pattern: waitingPath, Auth: page.Public, Class: page.Always, Handle: p.show},
		{Method: http.MethodPost, Pattern: waitingPath, Auth: page.Public, Class: page.Always, Handle: p.enter},
	}
}

const (
	waitingPath  = "/waiting"
	registerPath = "/register"
)

// StatusPath is where the document for all who wait is.
const StatusPath = "/waiting/status"

// Status gives it: prebuilt, without a cookie, a session or a log line, so that a million
// who wait and ask are served beside those who register. Anything between us and them
// may keep it for two seconds.
func Status(room *waitroom.Room) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "public, max-age=2")
		h.Set("X-Content-Type-Options", "nosniff")
		w.Write(room.Status()) //nolint:errcheck // the person has gone; there is nobody to tell
	}
}

// engaged says whether a crowd is there.
func (p *Pages) engaged() bool { return p.Room != nil && p.Room.State().Engaged }

// show is the page of a place. Who needs none is led on, and a place that was missed
// is replaced by one at the end of the line.
func (p *Pages) show(w http.ResponseWriter, req *http.Request) {
	if _, admitted := p.pass(req); admitted || !p.engaged() {
		desk.To(w, req, registerPath+query(req, passName))
		return
	}
	t := p.ticket(req)
	place := p.Room.Look(t.text)
	switch place.Standing {
	case waitroom.Stranger:
		desk.To(w, req, registerPath)
	case waitroom.Missed:
		p.line(w, req, "missed")
	default:
		data := p.waitPage(t, place)
		data.Again = req.URL.Query().Has("missed")
		p.Show(w, req, "waiting", data)
	}
}

// enter is the button of who was called. Pressed too early or too late it leads back
// to the place.
func (p *Pages) enter(w http.ResponseWriter, req *http.Request) {
	values, err := page.Form(w, req, page.FieldRule{Name: ticketName})
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	t := p.ticket(req)
	if sent := values.Get(ticketName); sent != t.text {
		t = ticket{text: sent}
	}
	if _, admitted := p.pass(req); admitted || !p.engaged() || p.Room.Look(t.text).Standing != waitroom.Called {
		desk.To(w, req, t.path())
		return
	}
	pass, err := p.Room.Enter(req.Context(), t.text)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	p.keepPass(w, pass)
	if t.kept {
		desk.To(w, req, registerPath)
		return
	}
	desk.To(w, req, registerPath+"?"+passName+"="+pass)
}

// line gives a place at the end of the line.
func (p *Pages) line(w http.ResponseWriter, req *http.Request, because string) {
	t := p.arrive(w)
	path := t.path()
	if because != "" {
		path += "&" + because + "=yes"
	}
	desk.To(w, req, path)
}
