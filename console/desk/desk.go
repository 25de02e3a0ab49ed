// Package desk is what the areas of the console share: who sits at it, forms and
// their tokens, notices, and how the audit log reads.
package desk

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"gelombang/audit"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/staff"
)

// Desk is one console's share in every area.
type Desk struct {
	Page     *page.Renderer
	DB       *sqldb.DB
	Sessions *session.Sessions
	Staff    *staff.Service
	Tokens   page.Tokens
	Now      func() time.Time
}

// Route is an address that takes a permission.
func Route(method, pattern string, p staff.Permission, h http.HandlerFunc) page.Route {
	return page.Route{Method: method, Pattern: pattern, Auth: page.Staff, Permission: string(p), Handle: h}
}

// official is the context's key for who is at the desk.
type official struct{}

// At is the official of a request behind Guard.
func At(req *http.Request) staff.Staff {
	s, _ := req.Context().Value(official{}).(staff.Staff)
	return s
}

// Actor is the official as the audit log names them.
func Actor(req *http.Request) audit.Actor { return audit.Staff(At(req).ID) }

// Seated puts an official at the desk of a request.
func Seated(req *http.Request, who staff.Staff) *http.Request {
	return req.WithContext(context.WithValue(req.Context(), official{}, who))
}

// waiting is the context's key for how many wait at the review desk.
type waiting struct{}

// Waited says how many wait at the review desk while a request is answered.
func Waited(req *http.Request, n int64) *http.Request {
	return req.WithContext(context.WithValue(req.Context(), waiting{}, n))
}

// Waiting is what Waited said, 0 elsewhere.
func Waiting(req *http.Request) int64 {
	n, _ := req.Context().Value(waiting{}).(int64)
	return n
}

// formAge is how long a form that stays open may still be sent: a working day.
const formAge = 12 * time.Hour

// Form reads a posted form and its token.
func (d *Desk) Form(w http.ResponseWriter, req *http.Request, rules ...page.FieldRule) (page.Values, error) {
	values, err := page.Form(w, req, rules...)
	if err != nil {
		return values, err
	}
	return values, d.Tokens.Check(values.Get(page.TokenField), d.Now(), formAge)
}

// Token makes the token of a form that is shown now.
func (d *Desk) Token() string { return d.Tokens.New(d.Now()) }

// Read opens one snapshot for all that a page shows.
func (d *Desk) Read(req *http.Request, fn func(rx *sqldb.Rx) error) error {
	return d.DB.Read(req.Context(), fn)
}

// Show writes a page.
func (d *Desk) Show(w http.ResponseWriter, req *http.Request, name string, data any) {
	d.Page.Render(w, req, http.StatusOK, name, data)
}

// Mended shows a form again with what is wrong with it; any other error gets its
// own page.
func (d *Desk) Mended(w http.ResponseWriter, req *http.Request, err error, again func(page.Summary), inputs ...page.Input) {
	summary, ok := page.Mend(err, inputs...)
	if !ok {
		d.Page.Fail(w, req, err)
		return
	}
	again(summary)
}

// Flash says something on the next page of this official.
func (d *Desk) Flash(req *http.Request, key string) {
	d.Sessions.Put(req.Context(), "flash", key)
}

// Flashed takes what Flash said.
func (d *Desk) Flashed(req *http.Request) *page.Notice {
	key := d.Sessions.Pop(req.Context(), "flash")
	if key == "" {
		return nil
	}
	return &page.Notice{Tone: page.Good, Text: page.T(key), Live: true}
}

// To leads on after a form.
func To(w http.ResponseWriter, req *http.Request, path string) {
	http.Redirect(w, req, path, http.StatusSeeOther)
}

// Number reads an id out of a path; 0 when it is none.
func Number(req *http.Request) int64 {
	id, err := strconv.ParseInt(req.PathValue("id"), 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}

// Path is an address that ends in an id.
func Path(prefix string, id int64) string { return prefix + strconv.FormatInt(id, 10) }

// Absent treats "there is none" as an answer.
func Absent(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// Missing makes the error of an empty field.
func Missing(field, key string) error {
	return fault.InvalidFields([]fault.Field{{Name: field, Key: key}})
}

// Key makes a catalog key a value of another text.
func Key(k string) locale.Key { return locale.Key(k) }

// Short shows a digest by its ends; the whole is on the public page.
func Short(hex string) string {
	if len(hex) < 16 {
		return hex
	}
	return hex[:4] + " " + hex[4:8] + " … " + hex[len(hex)-4:]
}
