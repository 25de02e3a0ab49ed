package enrol

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/portal/desk"
)

// undoPage lets a change be taken back: by an address, by a mail's link, or, for who is
// signed in, by one button for each.
type undoPage struct {
	page.Summary
	Token   string
	Link    string    // the part of the mail's link that names the change
	Named   *undoRow  // what it names
	Rows    []undoRow // all that can be taken back, for who is signed in
	Here    bool      // somebody is signed in
	Address page.Field
	Lead    page.Text
}

// undoRow is one change.
type undoRow struct {
	ID   int64
	Open bool
	Text page.Text
	When page.Text
}

func undoRowOf(h account.Handover) undoRow {
	stem := "portal.undo." + string(h.Kind)
	row := undoRow{ID: h.ID, Open: h.Stage == account.Waiting || h.Stage == account.Ripe,
		Text: page.T(stem, "from", h.From, "to", h.To), When: page.T(stem+".when", "due", h.Due)}
	if !row.Open {
		row.When = page.T("portal.undo.over")
	}
	return row
}

func (p *Pages) undoPage(values page.Values) *undoPage {
	coolingOff, _ := p.Account.Waits()
	return &undoPage{Token: p.Token(), Lead: page.T("portal.undo.lead", "wait", coolingOff), Address: page.Field{Name: "address", Label: page.T("portal.register.address"),
		Hint: page.T("portal.undo.address.hint"), Value: values.Get("address"), Autocomplete: "username", Required: true}}
}

func (p *Pages) undoForm(w http.ResponseWriter, req *http.Request) {
	data := p.undoPage(nil)
	if p.Person(req) != 0 {
		if err := p.changes(req, data); err != nil {
			p.Page.Fail(w, req, err)
			return
		}
	}
	p.Show(w, req, "undo", data)
}

// changes lists what the person who is signed in can take back.
func (p *Pages) changes(req *http.Request, data *undoPage) error {
	data.Here = true
	return p.Read(req, func(rx *sqldb.Rx) error {
		open, err := p.Account.Open(rx, p.Person(req))
		for _, h := range open {
			data.Rows = append(data.Rows, undoRowOf(h))
		}
		return err
	})
}

// askCode sends a code to a typed address; the answer is the same for one nobody has.
func (p *Pages) askCode(w http.ResponseWriter, req *http.Request, values page.Values, err error,
	ask func(ctx context.Context, a account.Address, lang, browser string) (int64, error)) (int64, error) {
	address, found := account.ParseAddress(values.Get("address"))
	if err == nil {
		err = fault.InvalidFields(slices.DeleteFunc(found, func(f fault.Field) bool { return f.Soft }))
	}
	if err != nil {
		return 0, err
	}
	return ask(req.Context(), address, desk.Lang(req), p.MarkBrowser(w, req))
}

func (p *Pages) undo(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "address"})
	challenge, err := p.askCode(w, req, values, err, p.Account.RequestUndo)
	if err == nil {
		desk.To(w, req, desk.CodePath(challenge, ""))
		return
	}
	data, ok := p.undoPage(values), false
	if data.Summary, ok = p.Mended(w, req, err, &data.Address); ok {
		p.Wrong(w, req, "undo", data)
	}
}

// undoLink opens from a mail. It shows what is changing, and changes nothing.
func (p *Pages) undoLink(w http.ResponseWriter, req *http.Request) {
	data, err := p.named(req)
	if err != nil {
		p.Page.Fail(w, req, err, page.Link{Href: "/undo", Text: page.T("portal.undo.title")})
		return
	}
	p.Show(w, req, "undo", data)
}

func (p *Pages) named(req *http.Request) (*undoPage, error) {
	var h account.Handover
	err := p.Read(req, func(rx *sqldb.Rx) (err error) {
		h, err = p.Account.Warned(rx, req.PathValue("link"))
		return err
	})
	row, data := undoRowOf(h), p.undoPage(nil)
	data.Link, data.Named = req.PathValue("link"), &row
	return data, err
}

// undoByLink sends a code to where the link was sent. A program that presses the buttons
// of a mail gets no further.
func (p *Pages) undoByLink(w http.ResponseWriter, req *http.Request) {
	_, err := p.Form(w, req)
	var challenge int64
	if err == nil {
		challenge, err = p.Account.RequestUndoByLink(req.Context(), req.PathValue("link"), desk.Lang(req), p.MarkBrowser(w, req))
	}
	if err == nil {
		desk.To(w, req, desk.CodePath(challenge, ""))
		return
	}
	data, broken := p.named(req)
	if broken != nil {
		p.Page.Fail(w, req, broken, page.Link{Href: "/undo", Text: page.T("portal.undo.title")})
		return
	}
	ok := false
	if data.Summary, ok = p.Mended(w, req, err); ok {
		p.Wrong(w, req, "undo", data)
	}
}

// undoHere takes a change back for who is signed in. When it ends every session, this one
// is opened again.
func (p *Pages) undoHere(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "change"})
	person := p.Person(req)
	if err == nil {
		id, _ := strconv.ParseInt(values.Get("change"), 10, 64) // no number is no change
		err = p.Account.Undo(req.Context(), person, id)
	}
	if err == nil {
		if err = p.Sessions.SignIn(req.Context(), person); err == nil {
			desk.To(w, req, "/undo/done")
			return
		}
	}
	data := p.undoPage(nil)
	if broken := p.changes(req, data); broken != nil {
		p.Page.Fail(w, req, broken)
		return
	}
	ok := false
	if data.Summary, ok = p.Mended(w, req, err); ok {
		p.Wrong(w, req, "undo", data)
	}
}

func (p *Pages) undone(w http.ResponseWriter, req *http.Request) {
	p.Show(w, req, "undone", openedPage{
		State: page.Happened(page.T("portal.undone.happened"), page.T("portal.undone.next"), page.T("portal.undone.when"))})
}
