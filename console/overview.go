package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"gelombang/account"
	"gelombang/announce"
	"gelombang/console/ceremony"
	"gelombang/console/desk"
	"gelombang/console/review"
	"gelombang/draw"
	"gelombang/identity"
	"gelombang/internal/jobs"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/photo"
	"gelombang/report"
	"gelombang/staff"
	"gelombang/waitroom"
	"gelombang/wave"
)

// overviewPage is what there is to do, and the figures that say why.
type overviewPage struct {
	Flash   *page.Notice
	Wave    *waveHead
	At      time.Time
	Age     time.Duration
	Stale   bool
	Todo    []todo
	Stats   []stat
	Funnel  []funnelRow
	Systems []system
	Queues  []queueRow
	Curve   curve
	Next    []page.Fact
}

type waveHead struct {
	Title page.Text
	Badge page.Badge
	Href  string
}

// todo is one thing to do or to watch, the most harmful first.
type todo struct {
	Badge        page.Badge
	Strong, Text page.Text
	Link         page.Link
}

type stat struct {
	Label, Figure, Note page.Text
}

type funnelRow struct {
	Label                page.Text
	People, Lost         int64
	Reached, Lossy       string // bar widths, in percent of all
	LostAt               string
	Passed               float64 // share of the stage before
	First                bool
	Top                  page.Text
	TopShare             float64
	NoResult, NobodyLost bool
}

// system is an outside system and how it does.
type system struct {
	Name, Words page.Text
	Share       string // of the bar
	Badge       page.Badge
}

type queueRow struct {
	Name        page.Text
	Ready, Dead int64
	Wait        time.Duration
	Waits, Look bool
}

// curve draws registrations by the hour.
type curve struct {
	Path             string
	Words            page.Text
	From, Middle, To time.Time
}

// facts is everything that the overview is made of, read at one time.
type facts struct {
	now     time.Time
	wave    wave.Wave // ID 0: none is planned
	drawn   draw.Publication
	waves   []wave.Wave
	health  []jobs.Health
	figures report.Figures
	funnel  report.Funnel
	room    waitroom.State
	review  review.Backlog // zero for who has nothing to do there
	checks  identity.Health
}

func (c *Console) overview(w http.ResponseWriter, req *http.Request) {
	f, err := c.facts(req)
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	v := overviewPage{
		Flash: c.Flashed(req), At: f.figures.At, Age: f.now.Sub(f.figures.At), Stale: f.now.Sub(f.figures.At) > staleFrom,
		Todo: todos(f), Stats: stats(f), Funnel: funnelRows(f.funnel), Systems: systems(f), Queues: queues(f), Curve: curveOf(f.figures.PerHour),
	}
	if f.wave.ID != 0 {
		v.Wave = &waveHead{Title: page.T(f.wave.TitleKey()), Badge: ceremony.Badge(f.wave), Href: desk.Path("/console/waves/", f.wave.ID)}
		v.Next = ceremony.Dates(f.wave)
	}
	c.Show(w, req, "overview", v)
}

func (c *Console) facts(req *http.Request) (f facts, err error) {
	err = c.Read(req, func(rx *sqldb.Rx) (err error) {
		f.now = rx.Now()
		if f.waves, err = c.config.Wave.List(rx); err != nil {
			return err
		}
		if f.wave, err = c.config.Wave.Current(rx); desk.Absent(err) != nil {
			return err
		}
		if f.checks, err = c.config.Identity.Health(rx); err != nil {
			return err
		}
		// A wave between its closing and its release needs hands before the next one does.
		for _, one := range f.waves {
			if ceremony.Under(one) {
				f.wave = one
			}
		}
		f.drawn, err = c.config.Draw.Published(rx, f.wave.ID)
		return desk.Absent(err)
	})
	if err != nil {
		return f, err
	}
	if c.config.Room != nil {
		f.room = c.config.Room.State()
	}
	if f.health, err = c.config.Jobs.Health(req.Context()); err != nil {
		return f, err
	}
	if f.figures, err = c.config.Report.Figures(req.Context()); err != nil {
		return f, err
	}
	if desk.At(req).May(staff.ReviewDo) {
		if f.review, err = c.review.Waiting(req.Context()); err != nil {
			return f, err
		}
	}
	f.funnel, err = c.config.Report.Funnel(req.Context(), f.wave.ID)
	return f, err
}

func funnelRows(f report.Funnel) []funnelRow {
	if len(f.Rows) == 0 {
		return nil
	}
	all := float64(max(f.Rows[0].People, 1))
	rows := make([]funnelRow, len(f.Rows))
	for i, r := range f.Rows {
		rows[i] = funnelRow{
			Label: page.T("console.stage." + string(r.Stage)), People: r.People, Lost: r.Lost, First: i == 0, NobodyLost: r.Top == report.NoLoss,
			Reached: width(100 * float64(r.People) / all), LostAt: width(100 * float64(r.People) / all), Lossy: width(100 * float64(r.Lost) / all),
			NoResult: r.Top == report.NotDrawn,
		}
		if i > 0 && f.Rows[i-1].People > 0 {
			rows[i].Passed = min(float64(r.People)/float64(f.Rows[i-1].People), 1)
		}
		if r.Lost > 0 && r.Top != report.NoLoss {
			rows[i].Top, rows[i].TopShare = page.T("console.loss."+string(r.Top)), float64(r.TopCount)/float64(r.Lost)
		}
	}
	return rows
}

// width writes a bar's length for an SVG attribute.
func width(percent float64) string { return fmt.Sprintf("%.1f", min(max(percent, 0), 100)) }

func stats(f facts) []stat {
	joined, waiting, oldest := int64(0), f.figures.Parked, oldestJob(f.health)
	for _, r := range f.funnel.Rows {
		if r.Stage == report.Joined {
			joined = r.People
		}
	}
	peak := peakOf(f.figures.PerHour)
	failed := outcomes(f.figures.Messages, "")
	return []stat{
		{page.T("console.stat.minute"), count(f.figures.LastMinute), page.T("console.stat.minute.note", "n", peak.N)},
		{page.T("console.stat.joined"), count(joined), page.T("console.stat.joined.note", "n", ceremony.Places(f.wave))},
		{page.T("console.stat.parked"), count(waiting.N), page.T("console.stat.parked.note", "n", f.figures.Answers)},
		{page.T("console.stat.oldest"), page.T("console.value", "v", age(f.now, oldest)), page.T("console.stat.oldest.note", "limit", waitLook)},
		{page.T("console.stat.failed"), page.T("console.percent", "n", 100*failed.share()), page.T("console.stat.failed.note", "n", failed.failed, "of", failed.all)},
	}
}

func count(n int64) page.Text { return page.T("console.value", "v", n) }

// age is how long something waits, in whole seconds; nothing waits for no time.
func age(now, since time.Time) time.Duration {
	if since.IsZero() || since.After(now) {
		return 0
	}
	return now.Sub(since).Truncate(time.Second)
}

func oldestJob(hs []jobs.Health) (oldest time.Time) {
	for _, h := range hs {
		if !h.Oldest.IsZero() && (oldest.IsZero() || h.Oldest.Before(oldest)) {
			oldest = h.Oldest
		}
	}
	return oldest
}

func queues(f facts) []queueRow {
	rows := make([]queueRow, len(f.health))
	for i, h := range f.health {
		wait := age(f.now, h.Oldest)
		rows[i] = queueRow{Name: queueName(h.Queue), Ready: h.Ready, Dead: h.Dead, Wait: wait, Waits: !h.Oldest.IsZero(), Look: wait > waitLook}
	}
	return rows
}

// queueNames are the queues that have a name for people.
var queueNames = []string{notify.QueueName, identity.QueueName, wave.QueueName, draw.QueueName, announce.QueueName, account.QueueName, photo.QueueName, "sweep"}

func queueName(queue string) page.Text {
	if slices.Contains(queueNames, queue) {
		return page.T("console.queue." + queue)
	}
	return page.Plain(queue)
}

func peakOf(hours []report.Hour) (peak report.Hour) {
	for i, h := range hours {
		if h.N > peak.N || i == 0 {
			peak = h
		}
	}
	return peak
}

const (
	curveWidth  = 720
	curveHeight = 80
	curveTop    = 4 // the peak does not touch the edge
)

// curveOf draws hours as a hill from zero.
func curveOf(hours []report.Hour) curve {
	if len(hours) < 2 {
		return curve{}
	}
	peak := peakOf(hours)
	var b strings.Builder
	fmt.Fprintf(&b, "M0 %d", curveHeight)
	for i, h := range hours {
		y := float64(curveHeight) - float64(curveHeight-curveTop)*float64(h.N)/float64(max(peak.N, 1))
		fmt.Fprintf(&b, "L%.0f %.1f", float64(i*curveWidth)/float64(len(hours)-1), y)
	}
	fmt.Fprintf(&b, "L%d %dz", curveWidth, curveHeight)
	last := hours[len(hours)-1]
	return curve{Path: b.String(), From: hours[0].From, Middle: hours[len(hours)/2].From, To: last.From,
		Words: page.T("console.curve.words", "peak", peak.N, "at", peak.From, "now", last.N)}
}
