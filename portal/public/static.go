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

type limitsPage struct {
	Rows  []limitRow
	Guard page.Text    // what is asked of unknown browsers while wrong codes rise
	Now   *page.Notice // that it is so now; nil: it is not
}

type limitRow struct {
	What page.Text
	For  page.Text // a class of people; empty: everybody
	desk.LimitRow
}

// limits publishes every limit there is, out of the policies that enforce them.
func (p *Pages) limits(w http.ResponseWriter, req *http.Request) {
	guard, rise := p.OTP.Guard(), p.OTP.Risen()
	data := limitsPage{Guard: page.T("portal.limits.rise", "most", guard.Least, "window", guard.Window, "times", guard.Times, "usual", guard.Usual, "hold", guard.Hold)}
	if rise.On {
		data.Now = &page.Notice{Tone: page.Warm, Title: page.T("portal.limits.rise.now"), Text: page.T("portal.limits.rise.until", "since", rise.Since, "until", rise.Until)}
	}
	for _, row := range p.Published() {
		shown := limitRow{What: page.T(row.Key), LimitRow: row}
		if row.Whose != "" {
			shown.For = page.T(row.Whose)
		}
		data.Rows = append(data.Rows, shown)
	}
	p.Show(w, req, "limits", data)
}
