package portal

import (
	"cmp"
	"net/http"
	"slices"

	"gelombang/audit"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/wave"
)

const (
	newestMost = 6   // happenings on the person's page
	allMost    = 200 // on the page of all of them
)

type mePage struct {
	Lead     page.Text
	State    page.State
	Steps    []page.Step
	Timeline page.Timeline
	Token    string
	Name     string
	Earlier  []page.Link // results of other waves
}

// me says what happened, what is next and when; then the steps; then everything else.
func (p *Portal) me(w http.ResponseWriter, req *http.Request) {
	data := mePage{Token: p.token()}
	err := p.read(req, func(rx *sqldb.Rx) error {
		c, err := p.citizen(rx, p.person(req))
		if err != nil {
			return err
		}
		data.Name, data.Steps = c.Identity.Form.Name, c.tasks()
		data.Lead, data.State = p.lead(c), p.state(c)
		data.Earlier = p.earlier(c)
		data.Timeline, err = p.happenings(rx, c, newestMost)
		return err
	})
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	p.show(w, req, "me", data)
}

// lead is the one sentence on top: what is left to do.
func (p *Portal) lead(c citizen) page.Text {
	return page.T("portal.me.lead."+string(c.stage()), "wave", p.Programme.waveTitle(c.Wave))
}

// The stages beside the steps.
const (
	stageClosed Step = "wait"  // ready to join, but no wave is open
	stageDrawn  Step = "drawn" // the result is out
)

// stage is the turn, with the join step told apart by what the wave allows.
func (c citizen) stage() Step {
	switch turn := c.turn().Name; {
	case turn == StepJoin && c.Wave.State != wave.Open:
		return stageClosed
	case turn == StepResult && c.drawn():
		return stageDrawn
	default:
		return turn
	}
}

// state is "what happened, next, when" for where the person stands.
func (p *Portal) state(c citizen) page.State {
	stage := string(c.stage())
	happened := page.T("portal.me.happened." + stage)
	if c.identityParked() {
		happened = page.T("portal.me.happened.parked")
	}
	return append(page.Happened(happened, page.T("portal.me.next."+stage), page.Text{}), p.when(c)...)
}

// whenRow is the "when" of a state: the moment on a line of its own.
func whenRow(moment, more page.Text) page.State {
	return page.State{{Term: page.T("page.state.when"), Strong: moment, Text: more}}
}

func announced(w wave.Wave) page.State {
	return whenRow(page.T("portal.when.announce", "at", w.Announce), page.T("portal.when.announce.more"))
}

func (p *Portal) opening(w wave.Wave) page.State {
	return whenRow(page.T("portal.when.opens", "wave", p.Programme.waveTitle(w), "at", w.Opens), page.T("portal.when.same"))
}

func (p *Portal) when(c citizen) page.State {
	switch {
	case c.Wave.ID == 0:
		return whenRow(page.Text{}, page.T("portal.me.when.no_wave"))
	case c.drawn():
		return nil
	case c.joined():
		return announced(c.Wave)
	case c.Wave.State == wave.Open:
		return whenRow(page.T("portal.when.closes", "at", c.Wave.Closes), page.T("portal.when.same"))
	case c.Wave.State == wave.Scheduled:
		return p.opening(c.Wave)
	}
	return whenRow(page.Text{}, page.T("portal.me.when.closed", "wave", p.Programme.waveTitle(c.Wave)))
}

// earlier links to the waves before the running one.
func (p *Portal) earlier(c citizen) []page.Link {
	var links []page.Link
	for _, place := range c.Places {
		if place.Wave.ID != c.Wave.ID {
			links = append(links, page.Link{Href: wavePath("/result/", place.Wave.ID), Text: p.Programme.waveTitle(place.Wave)})
		}
	}
	return links
}

type messagesPage struct{ Timeline page.Timeline }

// messages lists all that happened, including who opened this person's file.
func (p *Portal) messages(w http.ResponseWriter, req *http.Request) {
	var data messagesPage
	err := p.read(req, func(rx *sqldb.Rx) error {
		c, err := p.citizen(rx, p.person(req))
		if err == nil {
			data.Timeline, err = p.happenings(rx, c, allMost)
		}
		return err
	})
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	p.show(w, req, "messages", data)
}

// happenings merges what the nouns know about one account, newest first.
func (p *Portal) happenings(q sqldb.Querier, c citizen, most int) (page.Timeline, error) {
	id := c.Account.ID
	own, err := p.Account.History(q, id, most)
	if err != nil {
		return page.Timeline{}, err
	}
	checks, err := p.Identity.History(q, id, most)
	if err != nil {
		return page.Timeline{}, err
	}
	sent, err := p.Notify.OfOwner(q, id, most)
	if err != nil {
		return page.Timeline{}, err
	}
	looks, err := audit.OfSubject(q, "account", id, most)
	if err != nil {
		return page.Timeline{}, err
	}
	var events []page.Event
	for _, h := range own {
		events = append(events, page.Event{At: h.At, Text: page.Text{Key: h.Key, Args: anyArgs(h.Args)}})
	}
	for _, h := range checks {
		events = append(events, page.Event{At: h.At, Text: page.T(h.Key)})
	}
	for _, m := range sent {
		events = append(events, messageEvent(m))
	}
	for _, e := range looks {
		events = append(events, lookEvent(e))
	}
	for _, place := range c.Places {
		events = append(events, page.Event{At: place.Joined, Text: page.T("portal.event.joined", "wave", p.Programme.waveTitle(place.Wave))})
	}
	slices.SortStableFunc(events, func(a, b page.Event) int { return cmp.Compare(b.At.UnixMilli(), a.At.UnixMilli()) })
	return page.Timeline{Events: events[:min(len(events), most)]}, nil
}

func anyArgs(args map[string]string) map[string]any {
	out := make(map[string]any, len(args))
	for name, value := range args {
		out[name] = value
	}
	return out
}

// messageEvent tells one message by where it stands now.
func messageEvent(m notify.Status) page.Event {
	e := page.Event{At: m.Created, Text: page.T("portal.event.message."+string(m.State), "channel", key("portal.channel."+string(m.Channel)), "to", m.To)}
	if m.State == notify.Failed {
		e.State, e.Title = page.Failed, reasonOf(m.Reason)
	}
	return e
}

// lookEvent tells that somebody, or something, touched the person's file.
func lookEvent(e audit.Entry) page.Event {
	stem := "portal.event.look." + e.Actor.Kind
	if e.Reason == "" {
		return page.Event{At: e.At, Text: page.T(stem)}
	}
	return page.Event{At: e.At, Text: page.T(stem+".why", "reason", e.Reason)}
}
