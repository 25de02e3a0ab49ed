package review

import (
	"net/http"
	"strconv"

	"gelombang/audit"
	"gelombang/console/desk"
	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/photo"
	"gelombang/photo/ktp"
)

// photoPage is one photo beside what was typed.
type photoPage struct {
	page.Summary
	Flash    *page.Notice
	Backlog  backlogHead
	Token    string
	Seen     string // which submission stands beside the photo
	ID       int64
	Number   string
	Figure   *figure
	Why      page.Text
	Rows     []compared
	Full     bool
	Own      bool // an appeal against the reader's own decision
	Handed   []handed
	Decision page.Choices
	Skip     string
	Pass     string
}

// compared is one value, as typed and as on the card.
type compared struct {
	Label       page.Text
	Typed, Read page.Fact
	Badge       *page.Badge
	Differs     bool
}

// accept is the decision that carries no reason.
const accept = "accept"

// reviewed is what is read for one photo.
type reviewed struct {
	photo    photo.Photo
	identity identity.Record
	handed   []handed
	head     backlogHead
}

// whyPhoto says why the check left a photo to a person.
func whyPhoto(p photo.Photo) page.Text {
	switch p.Why {
	case photo.WhyDoubt:
		return page.T("console.review.why.doubt", "verdict", verdict(p.Verdict))
	case photo.WhyFailures:
		return page.T("console.review.why.failures", "n", p.Failures, "verdict", verdict(p.Verdict))
	}
	return page.T("console.review.why." + string(p.Why))
}

func verdict(v ktp.Verdict) any { return desk.Key("console.review.verdict." + string(v)) }

func (c *Area) load(req *http.Request) (r reviewed, err error) {
	err = c.Read(req, func(rx *sqldb.Rx) (err error) {
		if r.photo, err = c.Photo.Get(rx, 0, desk.Number(req)); err != nil {
			return err
		}
		if r.identity, err = c.Identity.Record(rx, r.photo.Account); err != nil {
			return err
		}
		if r.handed, err = c.handedOn(rx, photoItem(r.photo)); err != nil {
			return err
		}
		r.head, err = c.head(rx, req)
		return err
	})
	if err == nil && r.photo.State != photo.Review {
		err = fault.New(fault.Refused, photo.KeyDecided, nil)
	}
	return r, err
}

// photo shows one photo. The look is written down before anything is seen.
func (c *Area) photo(w http.ResponseWriter, req *http.Request) {
	r, err := c.load(req)
	if err == nil {
		err = c.look(req, r.photo.Account)
	}
	if err != nil {
		c.settled(w, req, err)
		return
	}
	v := c.photoPage(req, r)
	if !v.Own {
		c.seats.take(desk.Path(photoPath, r.photo.ID), desk.At(req).ID, c.Now())
	}
	v.Flash = c.Flashed(req)
	c.Show(w, req, "review/photo", v)
}

func (c *Area) photoPage(req *http.Request, r reviewed) photoPage {
	p, path := r.photo, desk.Path(photoPath, r.photo.ID)
	full := c.opened(req, revealed, p.ID)
	return photoPage{
		Backlog: r.head, Handed: r.handed, Pass: path + "/pass", Token: c.Token(), Seen: seenOf(r.identity), ID: p.ID, Number: strconv.FormatInt(p.Account, 10),
		Figure: figureOf(req, p, page.T("console.review.verdict."+string(p.Verdict))), Why: whyPhoto(p),
		Rows: comparedOf(r, full), Full: full, Own: p.Second && p.Officer == desk.At(req).ID, Decision: decisions(), Skip: nextPath + "?after=" + path,
	}
}

// seenOf tells submissions apart: what was compared must be what is decided about.
func seenOf(r identity.Record) string { return strconv.FormatInt(r.Submitted.UnixMilli(), 10) }

// decisions offers what can be said of a photo, each with what the person will read.
func decisions() page.Choices {
	c := page.Choices{Name: "decision", Label: page.T("console.review.decision"), Required: true,
		Options: []page.Option{{Value: accept, Label: page.T("console.review.accept"), Hint: reads("photo.told.accepted.text")}}}
	for _, reason := range photo.Reasons {
		c.Options = append(c.Options, page.Option{Value: string(reason), Label: page.T("console.review.decline." + string(reason)),
			Hint: reads("portal.photo.reason." + string(reason))})
	}
	return c
}

// reads quotes what the person will read.
func reads(key string) page.Text { return page.T("console.review.reads", "text", desk.Key(key)) }

func comparedOf(r reviewed, full bool) []compared {
	p, f := r.photo, r.identity.Form
	if r.identity.State == identity.None {
		return nil
	}
	name := page.Plain(desk.MaskName(f.Name))
	if full {
		name = page.Plain(f.Name)
	}
	sex := page.T("console.review.masked")
	if full {
		sex = page.T("console.review.sex." + string(f.Sex))
	}
	registry := registryBadge(r.identity)
	return []compared{
		nikRow(p, f.NIK),
		{Label: page.T("console.review.name"), Typed: page.Fact{Value: name}},
		{Label: page.T("console.person.born"), Typed: page.Fact{Value: desk.Born(f, full)}},
		{Label: page.T("console.review.sex"), Typed: page.Fact{Value: sex}},
		{Label: page.T("console.review.registry"), Typed: page.Fact{Badge: &registry}},
	}
}

func nikRow(p photo.Photo, typed string) compared {
	row := compared{Label: page.T("identity.field.nik"), Typed: page.Fact{Digits: page.Digits(typed, p.DiffersAt)}}
	if p.NIKRead != "" {
		row.Read = page.Fact{Digits: page.Digits(p.NIKRead, p.DiffersAt)}
	}
	switch p.NIKMatch {
	case ktp.Same:
		row.Badge = &page.Badge{Tone: page.Good, Text: page.T("console.review.same")}
	case ktp.Differs:
		row.Badge, row.Differs = &page.Badge{Tone: page.Look, Text: page.T("console.review.differs")}, true
	default:
		row.Badge = &page.Badge{Tone: page.Wait, Text: page.T("console.review.unread")}
	}
	return row
}

func registryBadge(r identity.Record) page.Badge {
	tones := map[identity.State]page.Tone{identity.Matched: page.Good, identity.InUse: page.Look, identity.Differs: page.Look,
		identity.Parked: page.Wait, identity.Review: page.Wait}
	tone, known := tones[r.State]
	if !known {
		tone = page.Bad
	}
	return page.Badge{Tone: tone, Text: page.T("identity.state." + string(r.State))}
}

// decidePhoto says yes or no to a photo, and leads to the next item.
func (c *Area) decidePhoto(w http.ResponseWriter, req *http.Request) {
	values, err := c.Form(w, req, page.FieldRule{Name: "decision"}, page.FieldRule{Name: "seen"})
	word := values.Get("decision")
	if err == nil && word == "" {
		err = desk.Missing("decision", "console.review.choose")
	}
	r, loadErr := c.load(req)
	switch {
	case loadErr != nil:
		c.settled(w, req, loadErr)
		return
	case err != nil:
		c.photoAgain(w, req, r, word, err)
		return
	}
	d := photo.Decision{Officer: desk.At(req).ID, Accept: word == accept, NIK: r.identity.Form.NIK}
	if !d.Accept {
		d.Reason = photo.Reason(word)
	}
	if values.Get("seen") != seenOf(r.identity) {
		err = fault.New(fault.Refused, photo.KeyCorrected, nil)
	} else {
		err = c.Photo.Decide(req.Context(), r.photo.ID, d)
	}
	switch {
	case fault.Is(err, fault.Refused):
		c.settled(w, req, err)
	case err != nil:
		c.photoAgain(w, req, r, word, err)
	case d.Accept:
		c.done(w, req, photoItem(r.photo).path, "console.review.accepted")
	default:
		c.done(w, req, photoItem(r.photo).path, "console.review.declined")
	}
}

func (c *Area) photoAgain(w http.ResponseWriter, req *http.Request, r reviewed, word string, err error) {
	v := c.photoPage(req, r)
	v.Decision.Value = word
	c.Mended(w, req, err, func(s page.Summary) {
		v.Summary = s
		c.Page.Render(w, req, http.StatusUnprocessableEntity, "review/photo", v)
	}, &v.Decision)
}

// reveal shows the values beside a card in full for a while. The person reads that it was done.
func (c *Area) reveal(w http.ResponseWriter, req *http.Request) {
	_, err := c.Form(w, req)
	var r reviewed
	if err == nil {
		r, err = c.load(req)
	}
	if err == nil {
		err = c.once(req, revealed, r.photo.ID, func(tx *sqldb.Tx) error {
			return audit.Write(tx, audit.Entry{Actor: desk.Actor(req), Action: "person.reveal", SubjectKind: "account", SubjectID: r.photo.Account})
		})
	}
	if err != nil {
		c.settled(w, req, err)
		return
	}
	desk.To(w, req, desk.Path(photoPath, r.photo.ID))
}
