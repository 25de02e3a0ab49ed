package public

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"gelombang/internal/page"
	"gelombang/report"
)

// statusOld is from when on the page says that its figures could not be renewed: they
// are counted every ten seconds.
const statusOld = time.Minute

// statusPage tells how codes arrive and how identities are checked. It is made from
// memory alone.
type statusPage struct {
	Counted bool // since the start, at least once
	Old     bool
	At      time.Time
	Age     time.Duration
	Lead    page.Text
	Checks  *checksPart
	From    time.Time // of the bars of the last day
	Days    time.Time // of the bars of the last days
	Lines   []statusLine
}

// statusLine is one channel and operator.
type statusLine struct {
	Name       page.Text
	Badge      page.Badge
	Stuck      bool // nothing is taken by the providers
	Day, Month plot
	Now, Today report.Share
	Before     report.Share
	Hours      []statusRow
	DayRows    []statusRow
}

// statusRow is one row of the table that says what the bars say.
type statusRow struct {
	From time.Time
	report.Share
}

// status is served while the database is away: it asks nobody.
func (p *Pages) status(w http.ResponseWriter, req *http.Request) {
	data := statusPage{}
	if d := p.deliveries(); d != nil {
		data = statusPage{Counted: true, At: d.At, Age: p.Now().Sub(d.At), From: d.Quarters, Days: d.Days, Lead: statusLead(d.Lines), Checks: checksOf(d.Checks)}
		if data.Old = data.Age >= statusOld; data.Old && data.Checks != nil {
			data.Checks.First = false // that they are old goes before what they say
		}
		for _, line := range d.Lines {
			data.Lines = append(data.Lines, lineOf(d, line))
		}
	}
	p.Show(w, req, "status_codes", data)
}

func (p *Pages) deliveries() *report.Deliveries {
	if p.Deliveries == nil {
		return nil
	}
	return p.Deliveries()
}

// statusLead is the whole page in a sentence.
func statusLead(lines []report.Delivery) page.Text {
	worse, judged := 0, 0
	for _, line := range lines {
		if line.Operator == "" {
			continue // its operators speak for it
		}
		switch line.Standing() {
		case report.Slower, report.Poor:
			worse++
			judged++
		case report.Usual:
			judged++
		}
	}
	switch {
	case len(lines) == 0:
		return page.T("portal.status.lead.none")
	case judged == 0:
		return page.T("portal.status.lead.few")
	case worse == 0:
		return page.T("portal.status.lead.usual")
	}
	return page.T("portal.status.lead.worse", "n", worse, "of", judged)
}

var standingTones = map[report.Standing]page.Tone{report.Few: page.Quiet, report.Usual: page.Good, report.Slower: page.Look, report.Poor: page.Bad}

func lineOf(d *report.Deliveries, line report.Delivery) statusLine {
	standing := line.Standing()
	return statusLine{
		Name:  lineName(line),
		Badge: page.Badge{Tone: standingTones[standing], Text: page.T("portal.status." + string(standing))},
		Stuck: line.Now.Sent == 0 && standing == report.Poor,
		Day:   plotOf(line, line.Quarters), Month: plotOf(line, line.Days),
		Now: line.Now, Today: line.Today, Before: line.Before,
		Hours: byHour(d.Quarters, line.Quarters), DayRows: byDay(d.Days, line.Days),
	}
}

func lineName(line report.Delivery) page.Text {
	operator := page.T("portal.status.all." + line.Channel)
	if line.Operator != "" {
		operator = page.T("notify.operator." + line.Operator)
	}
	return page.T("portal.status.line", "channel", page.T("portal.channel."+line.Channel), "operator", operator)
}

// byHour adds up the quarters of each clock hour, the newest first.
func byHour(from time.Time, quarters []report.Share) []statusRow {
	var rows []statusRow
	for at := len(quarters) - 1; at >= 0; at-- {
		hour := from.Add(time.Duration(at) * 15 * time.Minute).Truncate(time.Hour)
		if len(rows) == 0 || !rows[len(rows)-1].From.Equal(hour) {
			rows = append(rows, statusRow{From: hour})
		}
		row := &rows[len(rows)-1]
		row.Sent, row.Soon = row.Sent+quarters[at].Sent, row.Soon+quarters[at].Soon
	}
	return rows
}

func byDay(from time.Time, days []report.Share) []statusRow {
	rows := make([]statusRow, len(days))
	for at, share := range days {
		rows[len(days)-1-at] = statusRow{From: from.AddDate(0, 0, at), Share: share}
	}
	return rows
}

// plot is a row of bars as the paths of an SVG, one path per colour: a page of many
// bars stays small, and needs no style of its own.
type plot struct {
	Width             int
	Usual, Slow, Poor string
	Least             float64 // the lowest bar, for those who hear the page
	Any               bool
}

// plotHeight is the height of a bar that stands for all, and plotLeast of one that
// stands for nobody: it must be seen that something was sent.
const (
	plotHeight = 10.0
	plotLeast  = 0.4
)

func plotOf(line report.Delivery, shares []report.Share) plot {
	var usual, slow, poor strings.Builder
	drawn := plot{Width: len(shares), Least: 1}
	for at, share := range shares {
		if share.Sent == 0 {
			continue
		}
		path := &usual
		switch line.Judge(share) {
		case report.Slower:
			path = &slow
		case report.Poor:
			path = &poor
		}
		drawn.Any, drawn.Least = true, min(drawn.Least, share.Of())
		height := max(plotLeast, plotHeight*share.Of())
		fmt.Fprintf(path, "M%d 10v-%.1fh.7v%.1fz", at, height, height)
	}
	drawn.Usual, drawn.Slow, drawn.Poor = usual.String(), slow.String(), poor.String()
	return drawn
}

// statusFor is for how long a copy of the figures is good: as long as they stay the same.
const statusFor = "public, max-age=10"

type statusFile struct {
	At       *time.Time   `json:"at"` // null: not counted since the start
	Until    *time.Time   `json:"until"`
	Quarters *time.Time   `json:"quarters_from"`
	Days     *time.Time   `json:"days_from"`
	Lines    []statusData `json:"lines"`
	Checks   *checksData  `json:"checks"`
}

// statusData is one line; each pair is the codes sent and those that came within a minute.
type statusData struct {
	Channel  string     `json:"channel"`
	Operator string     `json:"operator"` // "" is all of the channel
	State    string     `json:"state"`
	Now      [2]int64   `json:"now"`
	Today    [2]int64   `json:"today"`
	Quarters [][2]int64 `json:"quarters"`
	Days     [][2]int64 `json:"days"`
}

// statusJSON is the same for programs, of whatever site.
func (p *Pages) statusJSON(w http.ResponseWriter, _ *http.Request) {
	file := statusFile{Lines: []statusData{}}
	if d := p.deliveries(); d != nil {
		file.At, file.Until, file.Quarters, file.Days = utc(d.At), utc(d.Until), utc(d.Quarters), utc(d.Days)
		file.Checks = checksDataOf(d.Checks)
		for _, line := range d.Lines {
			file.Lines = append(file.Lines, statusData{line.Channel, line.Operator, string(line.Standing()),
				pair(line.Now), pair(line.Today), pairs(line.Quarters), pairs(line.Days)})
		}
	}
	head := w.Header()
	head.Set("Content-Type", "application/json")
	head.Set("Cache-Control", statusFor)
	head.Set("Access-Control-Allow-Origin", "*")
	head.Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(file) // the one who asked has gone; there is nobody to tell
}

func utc(t time.Time) *time.Time {
	t = t.UTC()
	return &t
}

func pair(s report.Share) [2]int64 { return [2]int64{s.Sent, s.Soon} }

func pairs(shares []report.Share) [][2]int64 {
	list := make([][2]int64, len(shares))
	for at, s := range shares {
		list[at] = pair(s)
	}
	return list
}
