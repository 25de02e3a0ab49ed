package person

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"gelombang/account"
	"gelombang/application"
	"gelombang/audit"
	"gelombang/console/desk"
	"gelombang/console/message"
	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/wave"
)

// The most of each that a file shows; the newest come first.
const (
	eventsMost  = 40
	lettersMost = 25
	looksShown  = 25
)

// personPage is one person's file.
type personPage struct {
	page.Summary
	Flash    *page.Notice
	Token    string
	ID       int64
	Number   string
	Name     page.Text
	Badge    page.Badge
	Say      page.Text // what can be told to who calls
	Steps    []page.Step
	Timeline page.Timeline
	Contacts []page.Fact
	Identity []page.Fact
	Places   []place
	Letters  []message.Row
	Looks    []desk.Deed
	Full     bool
	Reason   page.Field
}

type place struct {
	Wave   page.Text
	Badge  page.Badge
	Reason page.Text
	At     time.Time
	Code   string
}

// person is everything that is read for a file.
type person struct {
	account    account.Account
	identity   identity.Record
	statements application.Statements
	places     []application.Place
	wave       wave.Wave
	history    []account.Happening
	checks     []identity.Happening
	letters    []notify.Status
	looks      []audit.Entry
	names      map[int64]string
}

// person shows a file to whoever gave a reason; anybody else is asked for one.
func (c *Area) person(w http.ResponseWriter, req *http.Request) {
	id := desk.Number(req)
	reason := c.reasonFor(req, id)
	if reason == "" {
		c.askReason(w, req, http.StatusOK, nil, "")
		return
	}
	v, err := c.file(req, reason, c.revealed(req, id))
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	v.Flash = c.Flashed(req)
	c.Show(w, req, "person/person", v)
}

// file notes the look, then reads what is looked at. full is the reason for seeing
// the values unmasked, "" for masked.
func (c *Area) file(req *http.Request, reason, full string) (personPage, error) {
	p, err := c.load(req.Context(), desk.Number(req), desk.Actor(req), reason, full)
	if err != nil {
		return personPage{}, err
	}
	v := personPage{
		Token: c.Token(), ID: p.account.ID, Number: strconv.FormatInt(p.account.ID, 10), Name: nameOf(p, full != ""), Badge: stuckBadge(p), Say: sayOf(p),
		Steps: journey(p), Timeline: timelineOf(p), Contacts: contactsOf(p.account, full != ""), Identity: identityOf(p.identity, full != ""),
		Looks: desk.DeedsOf(p.looks, p.names), Full: full != "", Reason: desk.ReasonField(),
	}
	for _, one := range p.places {
		v.Places = append(v.Places, placeOf(one))
	}
	for _, m := range p.letters {
		v.Letters = append(v.Letters, message.RowOf(m))
	}
	return v, nil
}

// load writes the look down before it reads: nothing is seen that was not logged.
func (c *Area) load(ctx context.Context, id int64, who audit.Actor, reason, full string) (p person, err error) {
	err = c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if p.account, err = c.Account.Get(tx, id); err != nil {
			return err
		}
		return noteLook(tx, who, id, reason, full)
	})
	if err != nil {
		return p, err
	}
	err = c.DB.Read(ctx, func(rx *sqldb.Rx) error { return c.fill(rx, &p, id) })
	return p, err
}

func (c *Area) fill(rx *sqldb.Rx, p *person, id int64) (err error) {
	if p.identity, err = c.Identity.Record(rx, id); err != nil {
		return err
	}
	if p.statements, _, err = c.Application.Statements(rx, id); err != nil {
		return err
	}
	if p.places, err = c.Application.Places(rx, id); err != nil {
		return err
	}
	if p.wave, err = c.Wave.Current(rx); desk.Absent(err) != nil {
		return err
	}
	p.wave = waveOf(p.places, p.wave)
	if p.history, err = c.Account.History(rx, id, eventsMost); err != nil {
		return err
	}
	if p.checks, err = c.Identity.History(rx, id, eventsMost); err != nil {
		return err
	}
	if p.letters, err = c.Notify.OfOwner(rx, id, lettersMost); err != nil {
		return err
	}
	if p.looks, err = audit.OfSubject(rx, "account", id, looksShown); err != nil {
		return err
	}
	p.names, err = c.Names(rx)
	return err
}

// waveOf is the wave that the person's way is about: an open one, else the one that
// they took part in last.
func waveOf(places []application.Place, current wave.Wave) wave.Wave {
	i := slices.IndexFunc(places, func(p application.Place) bool { return p.State == application.Joined })
	if i < 0 || current.State == wave.Open {
		return current
	}
	return places[i].Wave
}

func placeOf(p application.Place) place {
	tones := map[application.State]page.Tone{application.Joined: page.Good, application.Carried: page.Look, application.Refused: page.Bad}
	tone, ok := tones[p.State]
	if !ok {
		tone = page.Quiet
	}
	out := place{Wave: page.T(p.Wave.TitleKey()), Badge: page.Badge{Tone: tone, Text: page.T("application.state." + string(p.State))},
		At: p.Joined, Code: desk.Short(p.Code())}
	if p.Reason != "" {
		out.Reason = page.T(p.Reason)
	}
	return out
}

// timelineOf puts everything that happened to a person in one order, the newest first.
func timelineOf(p person) page.Timeline {
	var t page.Timeline
	for _, h := range p.history {
		args := make(map[string]any, len(h.Args))
		for name, value := range h.Args {
			args[name] = value
		}
		t.Events = append(t.Events, page.Event{At: h.At, Title: page.Text{Key: h.Key, Args: args}})
	}
	for _, h := range p.checks {
		t.Events = append(t.Events, page.Event{At: h.At, Title: page.T(h.Key)})
	}
	for _, m := range p.letters {
		t.Events = append(t.Events, letterEvent(m))
	}
	for _, one := range p.places {
		t.Events = append(t.Events, page.Event{At: one.Joined, Title: page.T("console.person.joined", "wave", desk.Key(one.Wave.TitleKey()))})
		if !one.Settled.IsZero() && one.State != application.Joined {
			t.Events = append(t.Events, page.Event{At: one.Settled, State: page.Failed, Title: page.T("application.state." + string(one.State))})
		}
	}
	slices.SortStableFunc(t.Events, func(a, b page.Event) int { return b.At.Compare(a.At) })
	return t
}

func letterEvent(m notify.Status) page.Event {
	e := page.Event{At: m.Since, Title: page.T("console.person.message", "channel", desk.Key("console.channel."+string(m.Channel)), "kind", message.KindOf(m.Key)),
		Text: message.Badge(m).Text}
	if m.State == notify.Failed {
		e.State = page.Failed
	}
	return e
}
