package public

import (
	"mime"
	"net/http"
	"slices"
	"strconv"

	"gelombang/draw"
	"gelombang/draw/transcript"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/portal/desk"
	"gelombang/wave"
)

type drawsPage struct{ Waves []drawLine }

type drawLine struct {
	Title page.Text
	State page.Text
	wave.Wave
}

// draws lists every wave there is or will be.
func (p *Pages) draws(w http.ResponseWriter, req *http.Request) {
	var data drawsPage
	err := p.Read(req, func(rx *sqldb.Rx) error {
		waves, err := p.Wave.List(rx)
		for _, one := range waves {
			data.Waves = append(data.Waves, drawLine{Title: p.Programme.WaveTitle(one), State: stateOf(one), Wave: one})
		}
		return err
	})
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	p.Show(w, req, "draws", data)
}

func stateOf(w wave.Wave) page.Text { return page.T("wave.state." + string(w.State)) }

type drawPage struct {
	wave.Wave
	Title      page.Text
	Status     page.Text
	Void       page.Text
	Times      []page.Fact
	Root       string
	Listed     int
	Checkpoint string
	Rows       []stratumRow
	Command    string
	Published  bool
	Drawn      bool
}

type stratumRow struct {
	Title           page.Text
	Places, Reserve int
	Cut             *transcript.Cutoff
}

// draw shows all that a stranger needs to check one draw.
func (p *Pages) draw(w http.ResponseWriter, req *http.Request) {
	var one wave.Wave
	var public draw.Publication
	err := p.Read(req, func(rx *sqldb.Rx) (err error) {
		if one, err = p.Wave.Get(rx, desk.Number(req, "wave")); err != nil {
			return err
		}
		public, err = p.Draw.Published(rx, one.ID)
		return desk.Absent(err)
	})
	if err != nil {
		p.Page.Fail(w, req, err, page.Link{Href: "/draws", Text: page.T("portal.draw.back")})
		return
	}
	p.Show(w, req, "draw", p.drawPage(one, public))
}

func (p *Pages) drawPage(one wave.Wave, public draw.Publication) drawPage {
	data := drawPage{Wave: one, Title: p.Programme.WaveTitle(one), Status: stateOf(one),
		Published: !public.Frozen.IsZero(), Drawn: one.State == wave.Released}
	if data.Published {
		data.Root, data.Listed, data.Checkpoint = public.Root.String(), public.Listed, public.Checkpoint
		data.Command = "gelombang draw verify " + bundleName(one) + " --root " + data.Root
	}
	if one.State == wave.Void {
		data.Void = page.T("wave.void." + string(one.VoidReason))
	}
	data.Times = []page.Fact{
		{Label: page.T("portal.draw.closes"), At: one.Closes},
		{Label: page.T("portal.draw.freeze"), At: one.FreezeBy},
		{Label: page.T("portal.draw.announce"), At: one.Announce},
	}
	if one.Round != 0 {
		data.Times = append(data.Times, page.Fact{Label: page.T("portal.draw.round"),
			Value: page.T("portal.draw.round.text", "round", strconv.FormatInt(one.Round, 10), "at", one.RoundAt)})
	}
	for _, s := range one.Strata {
		row := stratumRow{Title: p.Programme.StratumTitle(one, s.Name), Places: s.Places, Reserve: s.Reserve}
		// The cut-offs are there before the release, for staff only.
		if at := slices.IndexFunc(public.Cutoffs, func(c transcript.Cutoff) bool { return c.Stratum == s.Name }); data.Drawn && at >= 0 {
			row.Cut = &public.Cutoffs[at]
		}
		data.Rows = append(data.Rows, row)
	}
	return data
}

func bundleName(w wave.Wave) string { return "wave-" + w.Name + ".draw" }

// bundle gives the file: the frozen list before the release, the whole draw after it.
func (p *Pages) bundle(w http.ResponseWriter, req *http.Request) {
	var one wave.Wave
	err := p.Read(req, func(rx *sqldb.Rx) (err error) {
		one, err = p.Wave.Get(rx, desk.Number(req, "wave"))
		return err
	})
	file := &attachment{ResponseWriter: w, name: bundleName(one)}
	if err == nil {
		err = p.Draw.Bundle(req.Context(), one.ID, file)
	}
	if err != nil && !file.begun {
		p.Page.Fail(w, req, err, page.Link{Href: "/draws", Text: page.T("portal.draw.back")})
	}
}

// attachment declares a file with its first byte, so that an error before it is
// still a page. After it the connection is cut short, which a verifier notices.
type attachment struct {
	http.ResponseWriter
	name  string
	begun bool
}

func (a *attachment) Write(b []byte) (int, error) {
	if !a.begun {
		a.begun = true
		a.Header().Set("Content-Type", "text/plain; charset=utf-8")
		a.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.name}))
		a.Header().Set("X-Content-Type-Options", "nosniff")
	}
	return a.ResponseWriter.Write(b)
}
