package person

import (
	"cmp"
	"net/http"
	"slices"

	"gelombang/audit"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/portal/desk"
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
	Changing bool        // an address or a recovery, which may not be the person's doing
}

// me says what happened, what is next and when; then the steps; then everything else.
func (p *Pages) me(w http.ResponseWriter, req *http.Request) {
	data := mePage{Token: p.Token()}
	err := p.Read(req, func(rx *sqldb.Rx) error {
		c, err := p.CitizenOf(rx, p.Person(req))
		if err != nil {
			return err
		}
		data.Name, data.Steps = c.Identity.Form.Name, c.Tasks()
		data.Lead, data.State = p.lead(c), p.state(c)
		data.Earlier = p.earlier(c)
		open, err := p.Account.Open(rx, c.Account.ID)
		if err != nil {
			return err
		}
		data.Changing = len(open) > 0
		data.Timeline, err = p.happenings(rx, c, newestMost)
		return err
	})
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	p.Show(w, req, "me", data)
}

// lead is the one sentence on top: what is left to do.
func (p *Pages) lead(c desk.Citizen) page.Text {
	return page.T("portal.me.lead."+string(c.Stage()), "wave", p.Programme.WaveTitle(c.Wave))
}

// state is "what happened, next, when" for where the person stands.
func (p *Pages) state(c desk.Citizen) page.State {
	stage := string(c.Stage())
	happened := page.T("portal.me.happened." + stage)
	switch {
	case c.IdentityParked():
		happened = page.T("portal.me.happened.parked")
	case c.IdentityRefused():
		happened = page.T("identity.history." + string(c.Identity.State))
	}
	return append(page.Happened(happened, page.T("portal.me.next."+stage), page.Text{}), p.When(c)...)
}

// earlier links to the waves before the running one.
func (p *Pages) earlier(c desk.Citizen) []page.Link {
	var links []page.Link
	for _, place := range c.Places {
		if place.Wave.ID != c.Wave.ID {
			links = append(links, page.Link{Href: desk.WavePath("/result/", place.Wave.ID), Text: p.Programme.WaveTitle(place.Wave)})
		}
	}
	return links
}

type messagesPage struct{ Timeline page.Timeline }

// messages lists all that happened, including who opened this person's file.
func (p *Pages) messages(w http.ResponseWriter, req *http.Request) {
	var data messagesPage
	err := p.Read(req, func(rx *sqldb.Rx) error {
		c, err := p.CitizenOf(rx, p.Person(req))
		if err == nil {
			data.Timeline, err = p.happenings(rx, c, allMost)
		}
		return err
	})
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	p.Show(w, req, "messages", data)
}

// happenings merges what the nouns know about one account, newest first.
func (p *Pages) happenings(q sqldb.Querier, c desk.Citizen, most int) (page.Timeline, error) {
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
	events, err := p.photoEvents(q, id, most)
	if err != nil {
		return page.Timeline{}, err
	}
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
		events = append(events, page.Event{At: place.Joined, Text: page.T("portal.event.joined", "wave", p.Programme.WaveTitle(place.Wave))})
	}
	slices.SortStableFunc(events, func(a, b page.Event) int { return cmp.Compare(b.At.UnixMilli(), a.At.UnixMilli()) })
	return page.Timeline{Events: events[:min(len(events), most)]}, nil
}

// photoEvents tells what became of the photos, when the programme asks for them.
func (p *Pages) photoEvents(q sqldb.Querier, account int64, most int) (events []page.Event, err error) {
	if p.Photo == nil {
		return nil, nil
	}
	photos, err := p.Photo.History(q, account, most)
	for _, h := range photos {
		events = append(events, page.Event{At: h.At, Text: page.T(h.Key)})
	}
	return events, err
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
	e := page.Event{At: m.Created, Text: page.T("portal.event.message."+string(m.State), "channel", locale.Key("portal.channel."+string(m.Channel)), "to", m.To)}
	if m.State == notify.Failed {
		e.State, e.Title = page.Failed, desk.Undelivered(m.Reason)
	}
	return e
}

// deeds are what officials do that has words of its own; the reason of a photo's decision
// stands on the photo's page.
var deeds = map[string]string{
	"photo.look":     "portal.event.photo.look",
	"photo.accept":   "portal.event.photo.decided",
	"photo.decline":  "portal.event.photo.decided",
	"identity.claim": "portal.event.claim",
	"identity.take":  "portal.event.claim.look",

	"identity.decline": "portal.event.decline",
	"identity.appeal":  "portal.event.appeal",
	"review.pass":      "portal.event.handed",
}

// lookEvent tells that somebody, or something, touched the person's file.
func lookEvent(e audit.Entry) page.Event {
	if key, own := deeds[e.Action]; own {
		return page.Event{At: e.At, Text: page.T(key, "reason", e.Reason)}
	}
	stem := "portal.event.look." + e.Actor.Kind
	if e.Reason == "" {
		return page.Event{At: e.At, Text: page.T(stem)}
	}
	return page.Event{At: e.At, Text: page.T(stem+".why", "reason", e.Reason)}
}
