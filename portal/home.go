package portal

import (
	"net/http"

	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/wave"
)

type homePage struct {
	Name       page.Text
	Tagline    page.Text
	Wave       *waveDates
	Conditions []string
	Signed     bool
}

// waveDates are the dates of one wave, as on the home page.
type waveDates struct {
	wave.Wave
	Title  page.Text
	Places int
}

func (p *Portal) dates(w wave.Wave) *waveDates {
	if w.ID == 0 {
		return nil
	}
	return &waveDates{Wave: w, Title: p.Programme.waveTitle(w), Places: places(w)}
}

// home is the first page: what one gets, until when, who may join.
func (p *Portal) home(w http.ResponseWriter, req *http.Request) {
	data := homePage{Name: page.T(p.Programme.Name), Tagline: page.T(p.Programme.Tagline), Conditions: p.Programme.Conditions,
		Signed: p.Sessions.Subject(req.Context()) != 0}
	err := p.read(req, func(rx *sqldb.Rx) error {
		current, err := p.Wave.Current(rx)
		data.Wave = p.dates(current)
		return absent(err)
	})
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	p.show(w, req, "home", data)
}
