package checks

import (
	"net/http"
	"slices"
	"time"

	"gelombang/console/desk"
	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/report"
	"gelombang/staff"
)

const (
	// changesMost is how many changes of mode are shown: months of a quiet programme.
	changesMost = 30
	// plotOver is what the plot of answers covers.
	plotOver = time.Hour
)

// facts is everything that the page is made of, read at one time.
type facts struct {
	now      time.Time
	health   identity.Health
	changes  []identity.Setting
	minutes  []identity.Minute
	verdicts []report.Verdict
	names    map[int64]string
}

func (c *Area) facts(req *http.Request) (f facts, err error) {
	err = c.Read(req, func(rx *sqldb.Rx) (err error) {
		f.now = rx.Now()
		if f.health, err = c.Identity.Health(rx); err != nil {
			return err
		}
		if f.changes, err = c.Identity.Modes(rx, changesMost); err != nil {
			return err
		}
		if f.minutes, err = c.Identity.Minutes(rx, f.now.Truncate(time.Minute).Add(-plotOver)); err != nil {
			return err
		}
		f.names, err = c.Names(rx)
		return err
	})
	if err == nil {
		f.verdicts, err = c.Report.Verdicts(req.Context())
	}
	return f, err
}

type checksPage struct {
	page.Summary
	Flash    *page.Notice
	Badge    page.Badge
	Lead     page.Text // while all is as it should be
	Trouble  *page.Notice
	Set      page.Text // since when, by whom and why; empty when nothing was ever changed
	Stats    []stat
	Plot     plot
	Verdicts []verdictRow
	ByFile   bool
	Form     *form     // nil for who may only look
	Barred   page.Text // and why
	Changes  page.Timeline
}

type stat struct {
	Label, Figure, Note page.Text
	At                  time.Time // when the line is empty; zero elsewhere
}

type verdictRow struct {
	Name  page.Text
	N     int64
	Share float64
	Bar   page.Bar
}

// checks shows how identities are checked and how the registry answers.
func (c *Area) checks(w http.ResponseWriter, req *http.Request) {
	f, err := c.facts(req)
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	v := c.page(req, f)
	v.Flash = c.Flashed(req)
	if preset := identity.Mode(req.URL.Query().Get("mode")); v.Form != nil && slices.Contains(identity.Modes, preset) {
		v.Form.Mode.Value = string(preset)
	}
	c.Show(w, req, "checks/checks", v)
}

func (c *Area) page(req *http.Request, f facts) checksPage {
	h := f.health
	v := checksPage{Badge: Badge(h), Stats: stats(f), Plot: plotOf(f.now, f.minutes), Verdicts: verdictRows(f.verdicts), ByFile: h.Mode == identity.File}
	if stem := "console.checks.is." + situation(h); h.Mode == identity.Online && !h.Down {
		v.Lead = page.T(stem)
	} else {
		v.Trouble = &page.Notice{Tone: page.Warm, Title: page.T(stem), Text: page.T(stem+".text", "silent", h.Silent)}
	}
	for i, s := range f.changes {
		by := []any{"at", s.Since, "who", who(s.Staff, f.names), "reason", s.Reason}
		if i == 0 {
			v.Set = page.T("console.checks.since", by...)
		}
		v.Changes.Events = append(v.Changes.Events, page.Event{At: s.Since, Title: page.T("console.checks.to", "mode", ModeText(s.Mode)), Text: page.T("console.checks.by", by...)})
	}
	if official := desk.At(req); official.May(staff.ChecksManage) {
		v.Form = c.form(f)
	} else {
		v.Barred = page.T("console.checks.barred", "role", desk.Key("console.role."+string(official.Role)))
	}
	return v
}

// situation is how the checks go, in a word of the catalog.
func situation(h identity.Health) string {
	if h.Down {
		return "down"
	}
	return string(h.Mode)
}

var modeTones = map[identity.Mode]page.Tone{identity.Online: page.Good, identity.Park: page.Wait, identity.File: page.Look, identity.Off: page.Look}

func modeBadge(m identity.Mode) page.Badge {
	return page.Badge{Tone: modeTones[m], Text: ModeText(m)}
}

// Badge says how the checks go.
func Badge(h identity.Health) page.Badge {
	if h.Down {
		return page.Badge{Tone: page.Bad, Text: page.T("console.checks.silent")}
	}
	return modeBadge(h.Mode)
}

// ModeText names a way of checking.
func ModeText(m identity.Mode) page.Text { return page.T("console.checks.mode." + string(m)) }

func who(id int64, names map[int64]string) page.Text {
	if name, ok := names[id]; ok {
		return page.Plain(name)
	}
	if id == 0 {
		return page.T("console.actor.system")
	}
	return page.T("console.actor.staff")
}

func stats(f facts) []stat {
	h := f.health
	var all, matched int64
	for _, v := range f.verdicts {
		if all += v.N; v.State == string(identity.Matched) {
			matched = v.N
		}
	}
	hour := stat{Label: page.T("console.checks.hour"), Figure: value(all), Note: page.T("console.checks.hour.none")}
	if all > 0 {
		hour.Note = page.T("console.checks.hour.note", "n", 100*matched/all)
	}
	return []stat{
		{Label: page.T("console.checks.parked"), Figure: parked(h.Parked), Note: page.T("console.checks.parked." + string(h.Mode))},
		{Label: page.T("console.checks.pace"), Figure: value(int64(h.PerMinute)), Note: page.T("console.checks.pace.note", "n", h.Silent)},
		ends(f.now, h), hour,
	}
}

func value(n int64) page.Text { return page.T("console.value", "v", n) }

// parked says so where the line is longer than anybody counts.
func parked(n int) page.Text {
	if n >= identity.QueueMost {
		return page.T("console.checks.more", "n", identity.QueueMost)
	}
	return value(int64(n))
}

// ends says when the line is empty at the pace of now.
func ends(now time.Time, h identity.Health) stat {
	s := stat{Label: page.T("console.checks.ends"), Figure: page.Plain("–")}
	switch {
	case h.Parked == 0:
		s.Note = page.T("console.checks.ends.empty")
	case h.Mode != identity.Online:
		s.Note = page.T("console.checks.ends.rests")
	case h.Ends.IsZero():
		s.Note = page.T("console.checks.ends.unknown")
	default:
		s.Figure, s.At = page.T("console.value", "v", h.Ends.Sub(now)), h.Ends
	}
	return s
}

func verdictRows(list []report.Verdict) []verdictRow {
	var all int64
	for _, v := range list {
		all += v.N
	}
	rows := make([]verdictRow, len(list))
	for i, v := range list {
		share := float64(v.N) / float64(all)
		rows[i] = verdictRow{Name: page.T("identity.state." + v.State), N: v.N, Share: share, Bar: page.Bar{Percent: 100 * share}}
		if v.State != string(identity.Matched) {
			rows[i].Bar.Tone = page.Look
		}
	}
	return rows
}
