package place

import (
	"mime"
	"net/http"

	"gelombang/application"
	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/portal/desk"
	"gelombang/wave"
)

type receiptPage struct {
	Title, Lead page.Text
	Facts       []page.Fact
	State       page.State
	WaveID      int64
	Code        string
	QR          square
	Signed      string
	Live        bool // takes part, and may still leave
	Again       bool // left, and may still come back
	Result      bool // there is an outcome to see
}

// placeOf reads the person's place in the wave of the address. What is not theirs
// is not there.
func (p *Pages) placeOf(req *http.Request) (place application.Place, name string, err error) {
	err = p.Read(req, func(rx *sqldb.Rx) error {
		if place, err = p.Application.Place(rx, p.Person(req), desk.Number(req, "wave")); err != nil {
			return err
		}
		record, err := p.Identity.Record(rx, p.Person(req))
		name = record.Form.Name
		return err
	})
	return place, name, err
}

// receipt shows the proof of joining. It prints alone.
func (p *Pages) receipt(w http.ResponseWriter, req *http.Request) {
	place, name, err := p.placeOf(req)
	if err != nil {
		p.Page.Fail(w, req, err, page.Link{Href: "/me", Text: page.T("portal.back_to_me")})
		return
	}
	data, err := p.receiptPage(place, name)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	p.Show(w, req, "receipt", data)
}

func (p *Pages) receiptPage(place application.Place, name string) (data receiptPage, err error) {
	title := p.Programme.WaveTitle(place.Wave)
	data = receiptPage{Title: page.T("portal.receipt.title", "wave", title), Lead: page.T("portal.receipt.lead"),
		WaveID: place.Wave.ID, Code: place.Code(), Signed: place.Signed,
		Live: place.State == application.Joined && place.Settled.IsZero(),
		Facts: []page.Fact{
			{Label: page.T("portal.receipt.name"), Value: page.Plain(name)},
			{Label: page.T("portal.receipt.nik"), Value: page.Plain(identity.NIK(place.Receipt.NIK).Mask()), Number: true},
			{Label: page.T("portal.receipt.joined"), At: place.Joined},
			{Label: page.T("portal.join.stratum"), Value: p.Programme.StratumTitle(place.Wave, place.Stratum)},
		},
		State: append(page.Happened(page.T("portal.receipt.happened"), page.T("portal.receipt.next"), page.Text{}),
			desk.Announced(place.Wave)...)}
	if place.State == application.Withdrawn {
		data.Title, data.Lead = page.T("portal.receipt.title.withdrawn", "wave", title), page.T("portal.receipt.lead.withdrawn")
		data.State, data.Again = nil, place.Wave.State == wave.Open
	}
	if place.Wave.State == wave.Released || place.State == application.Refused || place.State == application.Carried {
		data.Title, data.Lead = page.T("portal.receipt.title.over", "wave", title), page.T("portal.receipt.lead.over")
		data.State, data.Result = nil, true
	}
	data.QR, err = p.proof(place)
	return data, err
}

// receiptFile is the signed text for its holder to keep.
func (p *Pages) receiptFile(w http.ResponseWriter, req *http.Request) {
	place, _, err := p.placeOf(req)
	if err != nil {
		p.Page.Fail(w, req, err, page.Link{Href: "/me", Text: page.T("portal.back_to_me")})
		return
	}
	name := "receipt-" + place.Receipt.Wave + ".txt"
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write([]byte(place.Signed)) //nolint:errcheck // the person has gone; there is nobody to tell
}

type withdrawPage struct {
	page.Summary
	Token  string
	WaveID int64
	Title  page.Text
}

func (p *Pages) withdrawPage(place application.Place) *withdrawPage {
	return &withdrawPage{Token: p.Token(), WaveID: place.Wave.ID, Title: p.Programme.WaveTitle(place.Wave)}
}

func (p *Pages) withdrawForm(w http.ResponseWriter, req *http.Request) {
	place, _, err := p.placeOf(req)
	switch {
	case err != nil:
		p.Page.Fail(w, req, err, page.Link{Href: "/me", Text: page.T("portal.back_to_me")})
	case place.State != application.Joined:
		desk.To(w, req, desk.WavePath("/receipt/", place.Wave.ID))
	default:
		p.Show(w, req, "withdraw", p.withdrawPage(place))
	}
}

// withdraw takes the place back. Sent twice, the second finds it done.
func (p *Pages) withdraw(w http.ResponseWriter, req *http.Request) {
	_, err := p.Form(w, req)
	place, _, missing := p.placeOf(req)
	if missing != nil {
		p.Page.Fail(w, req, missing)
		return
	}
	if err == nil && place.State != application.Withdrawn {
		err = p.Application.Withdraw(req.Context(), p.Person(req), place.Wave.ID)
	}
	if err == nil {
		desk.To(w, req, desk.WavePath("/receipt/", place.Wave.ID))
		return
	}
	data, ok := p.withdrawPage(place), false
	if data.Summary, ok = p.Mended(w, req, err); ok {
		p.Wrong(w, req, "withdraw", data)
	}
}
