package card

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/photo"
	"gelombang/portal/desk"
)

// A photo is uploaded apart from the form, so that a line that breaks costs no more than
// what was under way: the core of tus 1.0, with a beginning that is a form of ours.
const (
	uploadPath = "/photo/upload"
	tusVersion = "1.0.0"
	tusPart    = "application/offset+octet-stream"

	resumable    = "Tus-Resumable"
	uploadLength = "Upload-Length"
	uploadOffset = "Upload-Offset"
)

// uploadBegin makes room for a photo of so many bytes. The same file by the same form is
// the same upload.
func (p *Pages) uploadBegin(w http.ResponseWriter, req *http.Request) {
	c, ok := p.photographed(w, req)
	if !ok {
		return
	}
	values, err := p.Form(w, req, page.FieldRule{Name: "size", Max: 20}, page.FieldRule{Name: "digest", Max: digestMost})
	var u photo.Upload
	if err == nil {
		u, err = p.Photo.Begin(req.Context(), c.Account.ID, sending(values, values.Get("digest")), desk.NumberOf(values.Get("size")))
	}
	if err != nil {
		p.uploadFails(w, req, err)
		return
	}
	w.Header().Set("Location", desk.WavePath(uploadPath+"/", u.ID))
	stands(w, u, http.StatusCreated)
}

// uploadStands answers HEAD: how much has arrived.
func (p *Pages) uploadStands(w http.ResponseWriter, req *http.Request) {
	if p.Photo == nil || req.Method != http.MethodHead {
		p.Page.NotFound().ServeHTTP(w, req)
		return
	}
	var u photo.Upload
	err := p.Read(req, func(rx *sqldb.Rx) (err error) {
		u, err = p.Photo.Upload(rx, p.Person(req), desk.Number(req, "id"))
		return err
	})
	if err != nil {
		p.uploadFails(w, req, err)
		return
	}
	stands(w, u, http.StatusOK)
}

// uploadGoOn takes what follows at an offset. What arrived of a body that breaks off is
// kept.
func (p *Pages) uploadGoOn(w http.ResponseWriter, req *http.Request) {
	if p.Photo == nil {
		p.Page.NotFound().ServeHTTP(w, req)
		return
	}
	at, bad := strconv.ParseInt(req.Header.Get(uploadOffset), 10, 64)
	if kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err != nil || kind != tusPart || bad != nil || at < 0 {
		p.uploadFails(w, req, fault.New(fault.Invalid, "page.form.type", nil))
		return
	}
	u, err := p.Photo.Append(req.Context(), p.Person(req), desk.Number(req, "id"), at, req.Body)
	switch {
	case errors.Is(err, photo.ErrMoved):
		stands(w, u, http.StatusConflict)
	case errors.Is(err, io.ErrUnexpectedEOF): // nobody is there to hear it
		w.WriteHeader(http.StatusBadRequest)
	case err != nil:
		p.uploadFails(w, req, err)
	default:
		stands(w, u, http.StatusNoContent)
	}
}

func stands(w http.ResponseWriter, u photo.Upload, status int) {
	h := w.Header()
	h.Set(resumable, tusVersion)
	h.Set(uploadLength, strconv.FormatInt(u.Size, 10))
	h.Set(uploadOffset, strconv.FormatInt(u.Received, 10))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
}

// uploadFails answers the script, which goes by the status alone: it sends the form as a
// whole when the reason is the person's to read.
func (p *Pages) uploadFails(w http.ResponseWriter, req *http.Request, err error) {
	w.Header().Set(resumable, tusVersion)
	p.Page.Fail(w, req, err)
}
