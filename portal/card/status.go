package card

import (
	"net/http"

	"gelombang/identity"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/portal/desk"
)

type statusPage struct {
	Progress *page.Progress
	Title    page.Text
	Lead     page.Text
	State    page.State
	Fields   []page.Text // what differs, and how to mend it
	Actions  page.Actions
	Queue    int
	Every    int  // seconds until the page asks for news
	Done     bool // the registry has answered: nothing more to ask for
	Facts    []page.Fact
}

// identityStatus says where the check stands, each outcome apart. Only the
// registry's own verdict is told as a "no"; silence is told as silence.
func (p *Pages) identityStatus(w http.ResponseWriter, req *http.Request) {
	c, err := p.Load(req)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	if c.Identity.State == identity.None {
		desk.To(w, req, "/identity")
		return
	}
	p.Show(w, req, "status", p.statusPage(page.LangOf(req), c))
}

func (p *Pages) statusPage(lang locale.Lang, c desk.Citizen) statusPage {
	r := c.Identity
	stem := "portal.identity." + string(r.State)
	data := statusPage{Progress: desk.Progress(desk.StepIdentity), Title: page.T(stem + ".title"), Lead: page.T(stem + ".lead"),
		Queue: r.Queue, Every: askEvery(r.Queue), Done: r.State != identity.Parked}
	data.State = page.Happened(page.T(stem+".happened"), page.T(stem+".next"), page.T(stem+".when"))
	if r.Slow() {
		data.State[0].Text = page.T("portal.identity.parked.slow")
	}
	for _, f := range r.Fields {
		data.Fields = append(data.Fields, page.T("portal.identity.differs."+string(f)))
	}
	data.Facts = p.IdentityFacts(lang, r.Form)
	data.Actions = statusActions(c)
	return data
}

const (
	// A page asks for news every askLeast seconds, and for each askAhead people before
	// it a second later, up to askMost: registries answer some tens a second, and a line
	// in which everybody asks all the time would leave no time to ask the registry.
	askLeast, askMost, askAhead = 4, 60, 100
)

func askEvery(ahead int) int { return min(askLeast+ahead/askAhead, askMost) }

// statusActions is the next step when there is one, else mending; waiting is never a dead end.
func statusActions(c desk.Citizen) page.Actions {
	mine := page.Link{Href: "/me", Text: page.T("portal.back_to_me")}
	if !c.IdentityMatched() && !c.IdentityParked() {
		return page.Actions{Button: page.T("portal.identity.mend"), Href: "/identity", Links: []page.Link{mine}}
	}
	if turn := c.Turn(); turn.Name != desk.StepResult && turn.Name != desk.StepIdentity {
		return page.Actions{Button: page.T(turn.Title + ".go"), Href: turn.Path, Links: []page.Link{mine}}
	}
	return page.Actions{Button: mine.Text, Href: mine.Href}
}
