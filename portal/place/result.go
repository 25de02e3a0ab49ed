package place

import (
	"net/http"
	"strconv"

	"gelombang/application"
	"gelombang/draw"
	"gelombang/draw/transcript"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/portal/desk"
	"gelombang/wave"
)

type resultPage struct {
	Title, Lead page.Text
	Scale       *scale
	State       page.State
	Facts       []page.Fact
	WaveID      int64
	Code        string
	Drawn       bool
	Action      page.Actions
}

// scale is the picture of a rank beside the cut-off, on a line 328 wide.
type scale struct {
	Label, Words   page.Text
	Rank, Last, Of int
	Cut, You       float64
}

const scaleWidth = 328

func scaleOf(label page.Text, rank, last, of int) *scale {
	at := func(n int) float64 {
		x := float64(n) / float64(max(of, 1)) * scaleWidth
		return float64(int(min(x, scaleWidth)*10)) / 10
	}
	return &scale{Label: label, Rank: rank, Last: last, Of: of, Cut: at(last), You: min(max(at(rank), 7), scaleWidth-7),
		Words: page.T("portal.result.scale", "rank", rank, "last", last, "of", of)}
}

// standing is a place with what the draw gave to it.
type standing struct {
	place   application.Place
	outcome draw.Outcome // zero while there is none
	next    wave.Wave    // to join next; ID 0: none planned
}

func (p *Pages) standing(req *http.Request, q sqldb.Querier) (s standing, err error) {
	if s.place, err = p.Application.Place(q, p.Person(req), desk.Number(req, "wave")); err != nil {
		return s, err
	}
	if s.place.Wave.State == wave.Released && s.place.State == application.Joined {
		if s.outcome, err = p.Draw.Outcome(q, s.place.ID); err != nil {
			return s, err
		}
	}
	s.next, _, err = p.Wave.Next(q, s.place.Wave)
	return s, err
}

// word is the stem of the page's texts: what became of the place.
func (s standing) word() string {
	switch {
	case s.place.State != application.Joined:
		return string(s.place.State)
	case s.place.Wave.State == wave.Void:
		return "void"
	case s.place.Wave.State != wave.Released:
		return "waiting"
	}
	return string(s.outcome.Outcome)
}

// result shows rank and cut-off first, the same way for everybody.
func (p *Pages) result(w http.ResponseWriter, req *http.Request) {
	var s standing
	err := p.Read(req, func(rx *sqldb.Rx) (err error) {
		s, err = p.standing(req, rx)
		return err
	})
	if err != nil {
		p.Page.Fail(w, req, err, page.Link{Href: "/me", Text: page.T("portal.back_to_me")})
		return
	}
	p.Show(w, req, "result", p.resultPage(s))
}

func (p *Pages) resultPage(s standing) resultPage {
	place, got := s.place, s.outcome
	stem, title := "portal.result."+s.word(), p.Programme.WaveTitle(place.Wave)
	stratum := p.Programme.StratumTitle(place.Wave, place.Stratum)
	said := func(key string) page.Text {
		return page.T(stem+key, "wave", title, "stratum", stratum, "rank", got.Rank, "last", got.Cutoff,
			"last_reserve", got.ReserveCutoff, "cap", place.Wave.HouseholdCap)
	}
	data := resultPage{Title: said(".title"), Lead: said(".lead"), WaveID: place.Wave.ID, Code: place.Code(),
		Drawn: got.Outcome != "", Action: page.Actions{Button: page.T("portal.nav.me"), Href: "/me"}}
	happened := said(".happened")
	switch {
	case place.Reason != "":
		happened = page.T(place.Reason)
	case s.word() == "void":
		happened = page.T("wave.void." + string(place.Wave.VoidReason))
	}
	data.State = append(page.Happened(happened, said(".next"), page.Text{}), p.again(s)...)
	if data.Drawn {
		data.Scale = scaleOf(page.T("portal.result.rank", "stratum", stratum), got.Rank, got.Cutoff, got.Of)
		data.Facts = []page.Fact{
			{Label: page.T("portal.result.round"), Value: page.T("portal.result.round.text", "round", strconv.FormatInt(place.Wave.Round, 10), "at", place.Wave.RoundAt)},
			{Label: page.T("portal.result.region"), Value: page.T("portal.result.region.text", "stratum", stratum, "last", got.Cutoff, "of", got.Of)},
		}
	}
	return data
}

// again says when there is another chance, or when this one is decided.
func (p *Pages) again(s standing) page.State {
	switch {
	case s.word() == "waiting":
		return desk.Announced(s.place.Wave)
	case s.outcome.Outcome == transcript.Selected || s.next.ID == 0:
		return nil
	case s.next.State == wave.Open:
		return desk.WhenRow(page.T("portal.when.closes", "at", s.next.Closes), page.T("portal.when.open.more", "wave", p.Programme.WaveTitle(s.next)))
	}
	return p.Opening(s.next)
}
