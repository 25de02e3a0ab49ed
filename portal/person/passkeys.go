package person

import (
	"net/http"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/session"
	"gelombang/internal/sqldb"
	"gelombang/portal/desk"
)

type passkeysPage struct {
	page.Summary
	Token    string
	Keys     []page.Fact
	Possible bool // browsers can make them for this site
}

func (p *Pages) passkeys(w http.ResponseWriter, req *http.Request) {
	p.showPasskeys(w, req, http.StatusOK, page.Summary{})
}

func (p *Pages) showPasskeys(w http.ResponseWriter, req *http.Request, status int, wrong page.Summary) {
	keys, err := p.passkeysOf(req)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	data := passkeysPage{Summary: wrong, Token: p.Token(), Possible: p.Account.HasPasskeys()}
	for _, k := range keys {
		data.Keys = append(data.Keys, passkeyFact(page.LangOf(req), k))
	}
	p.Page.Render(w, req, status, "passkeys", data)
}

func (p *Pages) passkeysOf(req *http.Request) (keys []account.Passkey, err error) {
	err = p.Read(req, func(rx *sqldb.Rx) error {
		keys, err = p.Account.Passkeys(rx, p.Person(req))
		return err
	})
	return keys, err
}

// passkeyFact is one line of the list.
func passkeyFact(lang locale.Lang, k account.Passkey) page.Fact {
	fact := page.Fact{Label: passkeyName(k), Value: page.T("portal.passkeys.unused", "made", locale.Day(lang, k.Created)),
		Change: &page.Link{Href: desk.WavePath("/passkeys/", k.ID), Text: page.T("portal.passkeys.change")}}
	if !k.Used.IsZero() {
		fact.Value = page.T("portal.passkeys.used", "made", locale.Day(lang, k.Created), "used", locale.Day(lang, k.Used))
	}
	switch {
	case k.Refused:
		fact.Badge = &page.Badge{Tone: page.Bad, Text: page.T("portal.passkeys.refused")}
	case k.Synced:
		fact.Badge = &page.Badge{Tone: page.Quiet, Text: page.T("portal.passkeys.synced")}
	}
	return fact
}

func passkeyName(k account.Passkey) page.Text {
	if k.Name == "" {
		return page.T("portal.passkeys.unnamed")
	}
	return page.Plain(k.Name)
}

// beginPasskey tells the page's script what to ask the browser for.
func (p *Pages) beginPasskey(w http.ResponseWriter, req *http.Request) {
	p.BeginPasskey(w, req, func(q sqldb.Querier, _ page.Values, browser string) ([]byte, error) {
		return p.Account.BeginPasskey(q, p.Person(req), browser)
	})
}

// addPasskey keeps what the browser made, under the name of the browser.
func (p *Pages) addPasskey(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, desk.PasskeyRules()...)
	switch {
	case err != nil:
	case values.Has(desk.PasskeyAnswer):
		_, err = p.Account.AddPasskey(req.Context(), p.Person(req), p.Browser(req), session.DeviceOf(req.UserAgent()).String(),
			[]byte(values.Get(desk.PasskeyAnswer)))
	default:
		err = p.whyNotBegun(req, desk.PasskeyFailure(values))
	}
	if err == nil {
		desk.To(w, req, "/passkeys")
		return
	}
	if wrong, ok := p.Mended(w, req, err); ok {
		p.showPasskeys(w, req, http.StatusUnprocessableEntity, wrong)
	}
}

// whyNotBegun prefers our own reason: the script knows only that there was one.
func (p *Pages) whyNotBegun(req *http.Request, told error) error {
	err := p.Read(req, func(rx *sqldb.Rx) error {
		_, err := p.Account.BeginPasskey(rx, p.Person(req), p.Browser(req))
		return err
	})
	if err != nil {
		return err
	}
	return told
}

type passkeyPage struct {
	page.Summary
	Token string
	ID    int64
	Title page.Text
	Facts []page.Fact
	Name  page.Field
}

func (p *Pages) passkey(w http.ResponseWriter, req *http.Request) {
	if data := p.onePasskey(w, req); data != nil {
		p.Show(w, req, "passkey", data)
	}
}

// onePasskey is the page of one passkey; nil when there is none such, and then the page is written.
func (p *Pages) onePasskey(w http.ResponseWriter, req *http.Request) *passkeyPage {
	keys, err := p.passkeysOf(req)
	if err != nil {
		p.Page.Fail(w, req, err)
		return nil
	}
	for _, k := range keys {
		if k.ID != desk.Number(req, "id") {
			continue
		}
		fact := passkeyFact(page.LangOf(req), k)
		fact.Label, fact.Change = page.T("portal.passkeys.one"), nil
		return &passkeyPage{Token: p.Token(), ID: k.ID, Title: passkeyName(k), Facts: []page.Fact{fact},
			Name: page.Field{Name: "name", Label: page.T("portal.passkeys.name"), Hint: page.T("portal.passkeys.name.hint"), Value: k.Name, Required: true}}
	}
	p.Page.Fail(w, req, fault.New(fault.NotFound, "account.passkey.gone", nil), page.Link{Href: "/passkeys", Text: page.T("portal.passkeys.title")})
	return nil
}

func (p *Pages) renamePasskey(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, page.FieldRule{Name: "name"})
	if err == nil {
		err = p.Account.RenamePasskey(req.Context(), p.Person(req), desk.Number(req, "id"), values.Get("name"))
	}
	if err == nil {
		desk.To(w, req, "/passkeys")
		return
	}
	data := p.onePasskey(w, req)
	if data == nil {
		return
	}
	data.Name.Value = values.Get("name")
	ok := false
	if data.Summary, ok = p.Mended(w, req, err, &data.Name); ok {
		p.Wrong(w, req, "passkey", data)
	}
}

func (p *Pages) removePasskey(w http.ResponseWriter, req *http.Request) {
	_, err := p.Form(w, req)
	if err == nil {
		err = p.Account.RemovePasskey(req.Context(), p.Person(req), desk.Number(req, "id"))
	}
	if desk.Absent(err) != nil { // removed twice is removed
		p.Page.Fail(w, req, err)
		return
	}
	desk.To(w, req, "/passkeys")
}
