package ceremony

import (
	"net/http"
	"slices"
	"time"

	"gelombang/announce"
	"gelombang/audit"
	"gelombang/console/desk"
	"gelombang/draw"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/report"
	"gelombang/wave"
)

type wavePage struct {
	Flash  *page.Notice
	Title  page.Text
	Badge  page.Badge
	Room   page.Text
	Void   page.Text
	Track  []track
	Live   bool // something goes on by itself
	Steps  []page.Step
	More   []page.Link // verbs that are not the step's own
	Gate   *gate
	Dates  []page.Fact
	Strata []stratum
	Log    []desk.Deed
	Draw   string // the public page of the draw
}

// track is one state in the life of a wave.
type track struct {
	State page.StepState
	Label page.Text
	At    time.Time // zero: not known
}

type stratum struct {
	Title                    page.Text
	Places, Reserve          int
	Drawn                    bool
	Of, Selected, LastChosen int
}

func (c *Area) wave(w http.ResponseWriter, req *http.Request) {
	v, err := c.wavePage(req)
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	c.Show(w, req, "ceremony/wave", v)
}

func (c *Area) wavePage(req *http.Request) (v wavePage, err error) {
	var one wave.Wave
	var p draw.Publication
	var deeds []audit.Entry
	var told announce.Progress
	names := map[int64]string{}
	err = c.Read(req, func(rx *sqldb.Rx) (err error) {
		if one, err = c.Wave.Get(rx, desk.Number(req)); err != nil {
			return err
		}
		if p, err = c.Draw.Published(rx, one.ID); desk.Absent(err) != nil {
			return err
		}
		if p.Wave.ID == 0 { // not frozen yet: the officials' values stand alone
			if p.Officials, err = c.Draw.Officials(rx, one.ID); err != nil {
				return err
			}
		}
		if told, err = c.Announce.Progress(rx, one.ID); err != nil {
			return err
		}
		if deeds, err = audit.OfSubject(rx, "wave", one.ID, desk.DeedsMost); err != nil {
			return err
		}
		names, err = c.Names(rx)
		return err
	})
	if err != nil {
		return v, err
	}
	joined, err := c.joined(req, one, p)
	if err != nil {
		return v, err
	}
	v = wavePage{
		Flash: c.Flashed(req), Title: page.T(one.TitleKey()), Badge: Badge(one),
		Room:  page.T("console.wave.room", "places", Places(one), "joined", joined),
		Track: trackOf(one, p), Live: Under(one) || one.State == wave.Open || !told.Started.IsZero() && told.Finished.IsZero(), Steps: c.ceremony(req, one, p, told, names),
		Gate: gateOf(p), Dates: Dates(one), Strata: strata(one, p), Log: desk.DeedsOf(deeds, names),
	}
	v.More = c.more(req, one, p)
	if one.State == wave.Void {
		v.Void = page.T("wave.void." + string(one.VoidReason))
	}
	if p.Wave.ID != 0 {
		v.Draw = desk.Path("/draws/", one.ID)
	}
	return v, nil
}

// joined is how many take part: exact once the list is frozen, live before.
func (c *Area) joined(req *http.Request, w wave.Wave, p draw.Publication) (int64, error) {
	if p.Wave.ID != 0 {
		return int64(p.TakingPart), nil
	}
	f, err := c.Report.Funnel(req.Context(), w.ID)
	if err != nil {
		return 0, err
	}
	for _, r := range f.Rows {
		if r.Stage == report.Joined {
			return r.People, nil
		}
	}
	return 0, nil
}

// lives are the states of a wave that all goes well with, in their order.
var lives = []wave.State{wave.Scheduled, wave.Open, wave.Settling, wave.Frozen, wave.Drawn, wave.Released}

func trackOf(w wave.Wave, p draw.Publication) []track {
	times := map[wave.State]time.Time{wave.Open: w.Opens, wave.Settling: w.Closes, wave.Frozen: p.Frozen, wave.Drawn: p.Ran, wave.Released: p.Released}
	if p.Frozen.IsZero() {
		times[wave.Frozen] = w.FreezeBy
	}
	if p.Released.IsZero() {
		times[wave.Released] = w.Announce
	}
	here := slices.Index(lives, w.State) // -1 when void: nothing is done, nothing ahead
	out := make([]track, len(lives))
	for i, s := range lives {
		out[i] = track{State: page.StepAhead, Label: page.T("console.track." + string(s)), At: times[s]}
		switch {
		case i < here || w.State == wave.Released:
			out[i].State = page.StepDone
		case i == here:
			out[i].State = page.StepNow
		}
	}
	return out
}

func strata(w wave.Wave, p draw.Publication) []stratum {
	out := make([]stratum, len(w.Strata))
	for i, s := range w.Strata {
		out[i] = stratum{Title: page.T(w.StratumKey(s.Name)), Places: s.Places, Reserve: s.Reserve}
		for _, cut := range p.Cutoffs {
			if cut.Stratum == s.Name {
				out[i].Drawn, out[i].Of, out[i].Selected, out[i].LastChosen = true, cut.Participants, cut.Selected, cut.LastSelected
			}
		}
	}
	return out
}

// Places is how many a wave has in all.
func Places(w wave.Wave) (n int) {
	for _, s := range w.Strata {
		n += s.Places
	}
	return n
}

// Badge is a wave's state in a word.
func Badge(w wave.Wave) page.Badge {
	tones := map[wave.State]page.Tone{wave.Open: page.Good, wave.Settling: page.Wait, wave.Frozen: page.Wait, wave.Drawn: page.Look, wave.Void: page.Bad}
	tone, ok := tones[w.State]
	if !ok {
		tone = page.Quiet
	}
	return page.Badge{Tone: tone, Text: page.T("wave.state." + string(w.State))}
}

// Dates are what a wave's calendar says.
func Dates(w wave.Wave) []page.Fact {
	list := []page.Fact{
		{Label: page.T("console.date.opens"), At: w.Opens}, {Label: page.T("console.date.closes"), At: w.Closes},
		{Label: page.T("console.date.settled"), At: w.SettledBy}, {Label: page.T("console.date.freeze"), At: w.FreezeBy},
	}
	if !w.RoundAt.IsZero() {
		list = append(list, page.Fact{Label: page.T("console.date.round"), At: w.RoundAt})
	}
	return append(list, page.Fact{Label: page.T("console.date.announce"), At: w.Announce})
}

// Under says that a wave's draw is under way.
func Under(w wave.Wave) bool {
	return w.State == wave.Settling || w.State == wave.Frozen || w.State == wave.Drawn
}
