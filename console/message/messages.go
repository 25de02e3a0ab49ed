package message

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gelombang/audit"
	"gelombang/console/desk"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/staff"
)

// messagesMost is one page of the log.
const messagesMost = 50

type messagesPage struct {
	Channel, State page.Select
	Messages       []Row
	Older          string // the next page; "" when this is the last
	Filtered       bool
}

// Row is one message in a list.
type Row struct {
	ID       int64
	Channel  page.Text
	To       string
	Kind     page.Text
	Key      string
	Provider string
	At       time.Time
	Badge    page.Badge
	Took     time.Duration // from queuing to the last word; 0 while it is under way
}

func (c *Area) messages(w http.ResponseWriter, req *http.Request) {
	f, values, err := filterOf(req)
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	var list []notify.Status
	err = c.Read(req, func(rx *sqldb.Rx) (err error) {
		list, err = c.Notify.Newest(rx, f)
		return err
	})
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	v := messagesPage{Channel: choose("channel", notify.Channels, f.Channel, "console.channel."), State: choose("state", notify.States, f.State, "console.message."),
		Filtered: f.Channel != "" || f.State != "" || f.Before != 0}
	for _, m := range list {
		v.Messages = append(v.Messages, RowOf(m))
	}
	if len(list) == messagesMost {
		values.Set("before", strconv.FormatInt(list[len(list)-1].ID, 10))
		v.Older = "/console/messages?" + values.Encode()
	}
	c.Show(w, req, "message/messages", v)
}

// filterOf reads the filters. A word that is none picks everything: addresses are
// typed, shared and cut short.
func filterOf(req *http.Request) (notify.Filter, url.Values, error) {
	values, err := page.Query(req, page.FieldRule{Name: "channel"}, page.FieldRule{Name: "state"}, page.FieldRule{Name: "before"})
	if err != nil {
		return notify.Filter{}, nil, err
	}
	f := notify.Filter{Channel: notify.Channel(values.Get("channel")), State: notify.State(values.Get("state")), Most: messagesMost}
	if !slices.Contains(notify.Channels, f.Channel) {
		f.Channel = ""
	}
	if !slices.Contains(notify.States, f.State) {
		f.State = ""
	}
	if before, err := strconv.ParseInt(values.Get("before"), 10, 64); err == nil && before > 0 {
		f.Before = before
	}
	return f, req.URL.Query(), nil
}

func choose[T ~string](name string, words []T, chosen T, prefix string) page.Select {
	s := page.Select{Name: name, Label: page.T("console.filter." + name), Value: string(chosen), Empty: page.T("console.filter.all")}
	for _, word := range words {
		s.Options = append(s.Options, page.Option{Value: string(word), Label: page.T(prefix + string(word))})
	}
	return s
}

// RowOf makes a message readable.
func RowOf(m notify.Status) Row {
	r := Row{ID: m.ID, Channel: page.T("console.channel." + string(m.Channel)), To: m.To, Kind: KindOf(m.Key), Key: m.Key,
		Provider: m.Provider, At: m.Created, Badge: Badge(m)}
	if !slices.Contains([]notify.State{notify.Queued, notify.Sending}, m.State) {
		r.Took = m.Since.Sub(m.Created)
	}
	return r
}

// kinds are the nouns that send messages; a text key begins with its noun.
var kinds = []string{"otp", "account", "identity", "application", "announce"}

// KindOf says what a message is about.
func KindOf(textKey string) page.Text {
	noun, _, _ := strings.Cut(textKey, ".")
	if !slices.Contains(kinds, noun) {
		noun = "other"
	}
	return page.T("console.kind." + noun)
}

// Badge is a message's state in a word.
func Badge(m notify.Status) page.Badge {
	tones := map[notify.State]page.Tone{notify.Queued: page.Wait, notify.Sending: page.Wait, notify.Accepted: page.Good,
		notify.Confirmed: page.Good, notify.Failed: page.Bad, notify.Unconfirmed: page.Look}
	text := page.T("console.message." + string(m.State))
	if m.State == notify.Failed {
		text = page.T("console.failed." + string(m.Reason))
	}
	return page.Badge{Tone: tones[m.State], Text: text}
}

type messagePage struct {
	Row      Row
	Facts    []page.Fact
	Timeline page.Timeline
	Person   string // the file of whom it was for, when this official may ask for it
}

// message is one message; that it was looked at is in the audit log.
func (c *Area) message(w http.ResponseWriter, req *http.Request) {
	var m notify.Status
	err := c.DB.Write(req.Context(), func(tx *sqldb.Tx) (err error) {
		if m, err = c.Notify.Status(tx, desk.Number(req)); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Actor: desk.Actor(req), Action: "message.look", SubjectKind: "message", SubjectID: m.ID})
	})
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	v := messagePage{Row: RowOf(m), Timeline: deliveryOf(m), Facts: []page.Fact{
		{Label: page.T("console.message.to"), Value: page.Plain(m.To)},
		{Label: page.T("console.message.kind"), Value: KindOf(m.Key)},
		{Label: page.T("console.message.key"), Value: page.Plain(m.Key), Number: true},
		{Label: page.T("console.message.provider"), Value: page.Plain(m.Provider)},
		{Label: page.T("console.message.tries"), Value: page.T("console.value", "v", m.Attempts)},
	}}
	if m.Owner != 0 && desk.At(req).May(staff.PersonSee) {
		v.Person = desk.Path("/console/people/", m.Owner)
	}
	c.Show(w, req, "message/message", v)
}

// deliveryOf is a message's way, oldest first.
func deliveryOf(m notify.Status) page.Timeline {
	t := page.Timeline{Clock: true}
	for _, e := range m.Events {
		one := page.Event{At: e.At, Title: page.T("notify.event." + string(e.State))}
		if e.Detail == notify.TryAgain || e.Detail == notify.Delayed {
			one.Title = page.T("notify.event." + e.Detail)
		}
		if e.Reason != notify.NoReason {
			one.State, one.Text = page.Failed, page.T("console.failed."+string(e.Reason))
		}
		t.Events = append(t.Events, one)
	}
	return t
}
