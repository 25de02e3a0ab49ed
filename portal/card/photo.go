package card

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"gelombang/internal/blob"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/photo"
	"gelombang/portal/desk"
	"gelombang/wave"
)

const (
	photoField = "photo"
	// checkEvery is how many seconds the page lets pass before it asks for news: a check
	// takes one or two.
	checkEvery = 2
)

type photoPage struct {
	page.Summary
	Every       int // seconds until the page asks for news; 0: there is none to come
	Title, Lead page.Text
	State       page.State
	Typed, Read []page.Group // the two numbers, when they differ
	Mend        *page.Link
	Next        *page.Actions
	Ask         page.Text // the button that has a person look; empty: nothing to ask
	Photo       int64
	Sending     *page.Field // where another is chosen; nil while one is being checked
	Folded      bool        // it is not what the page is about
	Token       string
	Rules       []photoRule
	Cut         []mark // on the picture of the card: the corners that are cut off
	Seen        bool   // the picture is still here
	Until       page.Text
}

// photoForm says what became of the photo, and takes another.
func (p *Pages) photoForm(w http.ResponseWriter, req *http.Request) {
	c, ok := p.photographed(w, req)
	if !ok {
		return
	}
	data := p.photoPage(c)
	if c.Photo.State == photo.Refused {
		data.Summary, _ = page.Mend(desk.Field(photoField, badKey(c.Photo)), data.Sending)
	}
	p.showPhoto(w, req, http.StatusOK, data)
}

// photographed reads who asks. Whoever has not sent a NIK yet goes to the step whose turn
// it is; where no photo is asked for there is no such page.
func (p *Pages) photographed(w http.ResponseWriter, req *http.Request) (c desk.Citizen, ok bool) {
	if p.Photo == nil {
		p.Page.NotFound().ServeHTTP(w, req)
		return c, false
	}
	c, err := p.Load(req)
	switch {
	case err != nil:
		p.Page.Fail(w, req, err)
	case !c.PhotoOpen():
		desk.To(w, req, c.Turn().Path)
	default:
		return c, true
	}
	return c, false
}

func (p *Pages) showPhoto(w http.ResponseWriter, req *http.Request, status int, data *photoPage) {
	page.AllowCamera(w)
	p.Page.Render(w, req, status, "photo", data)
}

func (p *Pages) photoPage(c desk.Citizen) *photoPage {
	ph := c.Photo
	stem := "portal.photo." + string(ph.State)
	data := &photoPage{Title: page.T(stem + ".title"), Lead: page.T(stem + ".lead"), Photo: ph.ID, Token: p.Token(), Rules: photoRules(ph), Cut: cutMarks(ph),
		Seen: ph.State != photo.None && ph.State != photo.Lost && ph.Gone.IsZero(), Until: photoUntil(c.Wave)}
	switch {
	case ph.State == photo.Declined:
		data.Lead = page.T("portal.photo.reason." + string(ph.Reason))
	case ph.State == photo.None && c.PhotoNeeded():
		data.Lead = page.T("portal.photo.needed")
	}
	if ph.State != photo.None {
		data.State = p.photoState(stem, c)
	}
	if ph.State == photo.Checking {
		data.Every = checkEvery
		return data
	}
	data.Sending = &page.Field{Name: photoField, Label: page.T("portal.photo.choose"), Hint: page.T("portal.photo.choose.hint")}
	if ph.State != photo.None {
		data.Sending.Label = page.T("portal.photo.choose.again")
	}
	data.act(c)
	return data
}

// photoState is what happened, what is next, and when.
func (p *Pages) photoState(stem string, c desk.Citizen) page.State {
	ph, happened, next := c.Photo, page.T(stem+".happened", "at", c.Photo.Since), page.T(stem+".next")
	switch {
	case ph.State == photo.Review:
		happened = page.T("portal.photo.why." + string(ph.Why))
	case ph.State == photo.Accepted && ph.Officer != 0:
		happened = page.T("portal.photo.accepted.officer", "at", ph.Since)
	}
	switch {
	case ph.State == photo.Declined && ph.Second:
		next = page.T("portal.photo.declined.again")
	case ph.State == photo.Differs && c.IdentityMatched():
		next = page.T("portal.photo.differs.matched")
	}
	return page.Happened(happened, next, page.T(stem+".when", "gone", ph.Since.Add(p.Photo.Policy().KeepFor)))
}

// act chooses the one thing to do: another photo, the NIK, a look, or the next step.
func (d *photoPage) act(c desk.Citizen) {
	switch c.Photo.State {
	case photo.Accepted, photo.Review:
		next := statusActions(c)
		d.Next, d.Folded = &next, true
	case photo.Differs:
		d.Folded, d.Ask = true, page.T("portal.photo.ask.nik")
		d.Typed = page.Digits(desk.PlainNumber(c.Identity.Form.NIK), c.Photo.DiffersAt)
		d.Read = page.Digits(c.Photo.NIKRead, c.Photo.DiffersAt)
		if !c.IdentityMatched() { // what the registry has confirmed is not to be mended
			d.Mend = &page.Link{Href: "/identity", Text: page.T("portal.photo.mend")}
		}
	case photo.Declined:
		if !c.Photo.Second {
			d.Ask = page.T("portal.photo.ask.appeal")
		}
	}
}

func photoUntil(w wave.Wave) page.Text {
	if w.State == wave.Open {
		return page.T("portal.photo.until", "at", w.Closes)
	}
	return page.T("portal.photo.any_time")
}

// photoSend takes a whole photo in one form: what browsers without a script send, and
// what the script falls back to.
func (p *Pages) photoSend(w http.ResponseWriter, req *http.Request) {
	c, ok := p.photographed(w, req)
	if !ok {
		return
	}
	values, file, err := p.FormWithFile(w, req, photoField, p.Photo.Policy().SizeMost)
	if err == nil {
		digest := sha256.Sum256(file)
		_, err = p.Photo.Send(req.Context(), c.Account.ID, sending(values, hex.EncodeToString(digest[:])), file)
	}
	if err == nil {
		desk.To(w, req, desk.PhotoPath)
		return
	}
	if fault.Is(err, fault.Unavailable) {
		p.Page.Fail(w, req, err, page.Link{Href: desk.PhotoPath, Text: page.T("portal.photo.back")}, page.Link{Href: "/me", Text: page.T("portal.back_to_me")})
		return
	}
	data := p.photoPage(c)
	var field page.Input = &page.Field{}
	if data.Sending != nil {
		field = data.Sending
	}
	if data.Summary, ok = p.Mended(w, req, err, field); ok {
		data.Folded = false
		p.showPhoto(w, req, http.StatusUnprocessableEntity, data)
	}
}

// digestMost is how much of a file's digest tells it apart from what else is sent by the
// same form, in hexadecimal digits.
const digestMost = 32

// sending names what is sent: the same file by the same form is one photo, however often
// and by whichever way it comes, and another file chosen on the same page is another.
func sending(v page.Values, digest string) string {
	return v.Get(page.TokenField) + "-" + digest[:min(len(digest), digestMost)]
}

// photoPicture shows people the picture they sent, and nobody keeps it.
func (p *Pages) photoPicture(w http.ResponseWriter, req *http.Request) {
	c, ok := p.photographed(w, req)
	if !ok {
		return
	}
	if c.Photo.State == photo.None {
		p.Page.NotFound().ServeHTTP(w, req)
		return
	}
	picture, err := p.Photo.Picture(req.Context(), c.Photo)
	if errors.Is(err, blob.ErrNone) {
		err = fault.New(fault.NotFound, photo.KeyNotYours, nil)
	}
	if err != nil {
		p.Page.Fail(w, req, err, page.Link{Href: desk.PhotoPath, Text: page.T("portal.photo.back")})
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // a file of a stranger's making is only ever a picture
	h.Set("Content-Type", pictureType(picture))
	w.Write(picture) //nolint:errcheck // the person has gone; there is nobody to tell
}

func pictureType(picture []byte) string {
	if kind := http.DetectContentType(picture); kind == "image/jpeg" || kind == "image/png" {
		return kind
	}
	return "application/octet-stream"
}

// photoAsk has a person look at what the check or an official said.
func (p *Pages) photoAsk(w http.ResponseWriter, req *http.Request) {
	if p.Photo == nil {
		p.Page.NotFound().ServeHTTP(w, req)
		return
	}
	values, err := p.Form(w, req, page.FieldRule{Name: photoField, Max: 20})
	if err == nil {
		err = p.Photo.Ask(req.Context(), p.Person(req), desk.NumberOf(values.Get(photoField)))
	}
	if err != nil {
		p.Page.Fail(w, req, err, page.Link{Href: desk.PhotoPath, Text: page.T("portal.photo.back")})
		return
	}
	desk.To(w, req, desk.PhotoPath)
}
