package desk

import (
	"gelombang/internal/page"
	"gelombang/wave"
)

// WhenRow is the "when" of a state: the moment on a line of its own.
func WhenRow(moment, more page.Text) page.State {
	return page.State{{Term: page.T("page.state.when"), Strong: moment, Text: more}}
}

// Announced is when the result of a wave is told.
func Announced(w wave.Wave) page.State {
	return WhenRow(page.T("portal.when.announce", "at", w.Announce), page.T("portal.when.announce.more"))
}

// Opening is when a wave opens.
func (d *Desk) Opening(w wave.Wave) page.State {
	return WhenRow(page.T("portal.when.opens", "at", w.Opens), page.T("portal.when.opens.more", "wave", d.Programme.WaveTitle(w)))
}

// When is the next moment that counts for a person.
func (d *Desk) When(c Citizen) page.State {
	switch {
	case c.Wave.ID == 0:
		return WhenRow(page.Text{}, page.T("portal.me.when.no_wave"))
	case c.Drawn():
		return nil
	case c.Joined():
		return Announced(c.Wave)
	case c.Wave.State == wave.Open:
		return WhenRow(page.T("portal.when.closes", "at", c.Wave.Closes), page.T("portal.when.same"))
	case c.Wave.State == wave.Scheduled:
		return d.Opening(c.Wave)
	}
	return WhenRow(page.Text{}, page.T("portal.me.when.closed", "wave", d.Programme.WaveTitle(c.Wave)))
}
