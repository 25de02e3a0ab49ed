package public

import (
	"net/http"

	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/portal/desk"
	"gelombang/wave"
)

type homePage struct {
	Name       page.Text
	Tagline    page.Text
	Wave       *waveDates
	Conditions []string
	Signed     bool
	Funnel     *funnel
}

// waveDates are the dates of one wave, as on the home page.
type waveDates struct {
	wave.Wave
	Title  page.Text
	Places int
}

func (p *Pages) dates(w wave.Wave) *waveDates {
	if w.ID == 0 {
		return nil
	}
	return &waveDates{Wave: w, Title: p.Programme.WaveTitle(w), Places: places(w)}
}

// home is the first page: what one gets, until when, who may join.
func (p *Pages) home(w http.ResponseWriter, req *http.Request) {
	data := homePage{Name: page.T(p.Programme.Name), Tagline: page.T(p.Programme.Tagline), Conditions: p.Programme.Conditions,
		Signed: p.Sessions.Subject(req.Context()) != 0}
	err := p.Read(req, func(rx *sqldb.Rx) error {
		current, err := p.Wave.Current(rx)
		data.Wave = p.dates(current)
		return desk.Absent(err)
	})
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	data.Funnel = p.funnel(req.Context())
	p.Show(w, req, "home", data)
}

func places(w wave.Wave) (n int) {
	for _, s := range w.Strata {
		n += s.Places
	}
	return n
}
