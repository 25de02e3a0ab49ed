package card

import (
	"net/http"
	"time"

	"gelombang/identity"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/portal/desk"
)

const (
	// lookPath answers what is to be said about one number while the form is filled in.
	lookPath = "/identity/check"
	// typingField names the number that is being typed: what is missing from it is no
	// finding yet.
	typingField = "typing"
)

// identityLook says what sending the form would say about its numbers, and reads them
// out. It keeps nothing, and what it has shown still has to be sent twice to pass.
func (p *Pages) identityLook(w http.ResponseWriter, req *http.Request) {
	v, err := p.Form(w, req, identityRules...)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	look := p.Identity.Check
	if v.Has(typingField) {
		look = p.Identity.CheckTyping
	}
	data, found := p.identityPage(v), aboutNumbers(look(typed(v)), v)
	page.Mend(found, &data.NIK, &data.KK)
	data.point(v, found)
	data.read(page.LangOf(req), p.Now())
	p.Show(w, req, "identity", data)
}

// aboutNumbers keeps what was found about the numbers that were typed.
func aboutNumbers(found []fault.Field, v page.Values) error {
	var kept []fault.Field
	for _, f := range found {
		if (f.Name == "nik" || f.Name == "kk") && v.Has(f.Name) {
			kept = append(kept, f)
		}
	}
	return fault.InvalidFields(kept)
}

// read says what the numbers mean, unless another number was probably meant: a slip that
// leads to a region that exists is seen by nobody but the person.
func (d *identityPage) read(lang locale.Lang, now time.Time) {
	today := identity.DateAt(now)
	if len(d.NIK.Notes) == 0 {
		says := identity.ReadNIK(d.NIK.Value, today)
		d.NIK.Notes = append(readPlace(says), readDay(lang, bornKeys[says.Sex], says.Day)...)
	}
	if len(d.KK.Notes) == 0 {
		says := identity.ReadKK(d.KK.Value, today)
		d.KK.Notes = append(readPlace(says), readDay(lang, "portal.identity.reads.issued", says.Day)...)
	}
}

var bornKeys = map[identity.Sex]string{
	identity.Female: "portal.identity.reads.female",
	identity.Male:   "portal.identity.reads.male",
}

func readPlace(r identity.Reading) []page.Note {
	if r.Place == "" {
		return nil
	}
	return []page.Note{{Text: page.T("portal.identity.reads.place", "place", r.Place)}}
}

func readDay(lang locale.Lang, key string, day identity.Date) []page.Note {
	if !day.Valid() {
		return nil
	}
	return []page.Note{{Text: page.T(key, "day", desk.DayOf(lang, day))}}
}
