package person

import (
	"net/http"

	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/portal/desk"
)

// otherSessions is what the form sends to end all but the one that it is sent from.
const otherSessions = "others"

type sessionsPage struct {
	Token    string
	Sessions []sessionRow
	Others   string // the value that ends them; "" when there are none
}

// sessionRow is one place where the person is signed in.
type sessionRow struct {
	ID     string // "" for this one
	Device page.Text
	When   page.Text
}

func (p *Pages) sessions(w http.ResponseWriter, req *http.Request) {
	data := sessionsPage{Token: p.Token()}
	err := p.Read(req, func(rx *sqldb.Rx) error {
		list, err := p.Sessions.List(req.Context(), rx)
		for _, s := range list {
			data.Sessions = append(data.Sessions, sessionRowOf(page.LangOf(req), s))
		}
		if len(list) > 1 {
			data.Others = otherSessions
		}
		return err
	})
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	p.Show(w, req, "sessions", data)
}

func sessionRowOf(lang locale.Lang, s session.Session) sessionRow {
	row := sessionRow{ID: s.ID, Device: page.Plain(s.Device.String()),
		When: page.T("portal.sessions.when", "since", locale.Day(lang, s.Since), "seen", locale.Day(lang, s.Seen))}
	if s.Device == (session.Device{}) {
		row.Device = page.T("portal.sessions.unknown")
	}
	if s.Here {
		row.ID, row.When = "", page.T("portal.sessions.since", "since", locale.Day(lang, s.Since))
	}
	return row
}

// endSession ends one other session, or all of them.
func (p *Pages) endSession(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "session"})
	switch id := values.Get("session"); {
	case err != nil:
	case id == otherSessions:
		err = p.Sessions.EndOthers(req.Context())
	default:
		err = p.Sessions.End(req.Context(), id)
	}
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	desk.To(w, req, "/sessions")
}
