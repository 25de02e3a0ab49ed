package public

import (
	"net/http"

	"gelombang/internal/page"
	"gelombang/portal/desk"
)

type helpPage struct {
	Organiser, Hours page.Text
	Mail, Phone      string
}

func (p *Pages) help(w http.ResponseWriter, req *http.Request) {
	p.Show(w, req, "help", helpPage{
		Organiser: page.T(p.Programme.Organiser), Hours: page.T(p.Programme.HelpHours), Mail: p.Programme.HelpMail, Phone: p.Programme.HelpPhone})
}

// privacy says what is kept, how long, and who looked.
func (p *Pages) privacy(w http.ResponseWriter, req *http.Request) {
	p.Show(w, req, "privacy", struct{ Signed bool }{p.Person(req) != 0})
}

type limitsPage struct{ Rows []limitRow }

type limitRow struct {
	What page.Text
	desk.LimitRow
}

// limits publishes every limit there is, out of the policies that enforce them.
func (p *Pages) limits(w http.ResponseWriter, req *http.Request) {
	var data limitsPage
	for _, row := range p.Published() {
		data.Rows = append(data.Rows, limitRow{page.T(row.Key), row})
	}
	p.Show(w, req, "limits", data)
}
