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
	Claim    *claim    // the form around the actions, for whoever may ask for a NIK
	Reason   string    // an official's, why the data was not passed on
	Appeal   *appeal   // the form that asks for a second look
	Line     page.Text // who is asked about before, when the line is known
	Pace     page.Text // how fast it moves
	Every    int       // seconds until the page asks for news
	Done     bool      // the registry has answered: nothing more to ask for
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
		Every: askEvery(r.Queue), Done: r.State != identity.Parked && r.State != identity.Review}
	if r.State == identity.Parked && r.Mode == identity.Off { // nothing is under way
		data.Title, data.Done = page.T(stem+".off.title"), true
	}
	data.Line, data.Pace = lineOf(r)
	data.State = stateOf(stem, r)
	for _, f := range r.Fields {
		data.Fields = append(data.Fields, page.T("portal.identity.differs."+string(f)))
	}
	data.Facts = p.IdentityFacts(lang, r.Form)
	data.Actions = statusActions(c)
	switch {
	case r.State == identity.InUse:
		data.State, data.Actions, data.Claim = p.claimState(stem, r), p.claimActions(r), p.claimOf(r)
	case r.State == identity.Declined:
		data.State, data.Reason, data.Appeal = declinedState(stem, r), r.Reason, p.appealOf(r)
	case r.State == identity.Review && r.Second:
		data.State = secondState(stem)
	}
	return data
}

// stateOf says what happened. How everybody is checked, and silence, are told as such.
func stateOf(stem string, r identity.Record) page.State {
	happened, next, when := stem+".happened", stem+".next", stem+".when"
	switch {
	case r.State != identity.Parked:
	case r.Mode == identity.Park || r.Mode == identity.File:
		happened, when = stem+"."+string(r.Mode), stem+"."+string(r.Mode)+".when"
	case r.Mode == identity.Off:
		happened, next, when = stem+".off", stem+".off.next", stem+".off.when"
	case r.Slow():
		happened = stem + ".slow"
	}
	return page.Happened(page.T(happened), page.T(next), page.T(when))
}

// lineOf tells how many are before somebody who waits to be asked about, and when that
// is over at the pace that was measured. Beyond what was counted no time is promised.
func lineOf(r identity.Record) (before, pace page.Text) {
	if r.Queue == 0 || r.Mode != identity.Online {
		return before, pace
	}
	if r.Queue >= identity.QueueMost {
		return page.T("portal.identity.queue.many", "n", identity.QueueMost), pace
	}
	if !r.Expected.IsZero() {
		pace = page.T("portal.identity.pace", "n", r.PerMinute, "at", r.Expected)
	}
	return page.T("portal.identity.queue", "n", r.Queue), pace
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
