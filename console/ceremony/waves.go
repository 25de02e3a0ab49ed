package ceremony

import (
	"net/http"
	"time"

	"gelombang/console/desk"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/wave"
)

type wavesPage struct{ Waves []waveRow }

type waveRow struct {
	Href          string
	Title         page.Text
	Badge         page.Badge
	Opens, Closes time.Time
	Places        int
}

func (c *Area) waves(w http.ResponseWriter, req *http.Request) {
	var list []wave.Wave
	err := c.Read(req, func(rx *sqldb.Rx) (err error) {
		list, err = c.Wave.List(rx)
		return err
	})
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	var v wavesPage
	for _, one := range list {
		v.Waves = append(v.Waves, waveRow{Href: desk.Path("/console/waves/", one.ID), Title: page.T(one.TitleKey()), Badge: Badge(one),
			Opens: one.Opens, Closes: one.Closes, Places: Places(one)})
	}
	c.Show(w, req, "ceremony/waves", v)
}
