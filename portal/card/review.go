package card

import (
	"net/http"
	"slices"

	"gelombang/identity"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/portal/desk"
)

type reviewPage struct {
	Progress *page.Progress
	Token    string
	Facts    []page.Fact
	Fields   []page.KeptField // the form, carried to the sending
}

// reviewPage reads a form back. It carries the form in hidden fields: nothing that
// the person has not confirmed is stored.
func (p *Pages) reviewPage(lang locale.Lang, v page.Values, f identity.Form) reviewPage {
	data := reviewPage{Progress: desk.Progress(desk.StepIdentity), Token: p.Token(), Facts: p.IdentityFacts(lang, f)}
	if says := saysFact(lang, identity.ReadNIK(f.NIK, identity.DateAt(p.Now()))); says != nil {
		data.Facts = slices.Insert(data.Facts, 2, *says) // below the NIK
	}
	for _, rule := range identityRules {
		if v.Has(rule.Name) && rule.Name != "edit" {
			data.Fields = append(data.Fields, page.KeptField{Name: rule.Name, Value: v.Get(rule.Name)})
		}
	}
	return data
}

// saysFact reads the NIK out: who checks digits sees only digits, and a slip may lead to
// a region that exists.
func saysFact(lang locale.Lang, r identity.Reading) *page.Fact {
	key := "portal.identity.says.male"
	if r.Sex == identity.Female {
		key = "portal.identity.says.female"
	}
	if r.Place == "" || !r.Day.Valid() {
		return nil
	}
	return &page.Fact{Label: page.T("portal.identity.says"), Value: page.T(key, "place", r.Place, "day", desk.DayOf(lang, r.Day))}
}

// identitySubmit sends the form to be checked, or goes back to it.
func (p *Pages) identitySubmit(w http.ResponseWriter, req *http.Request) {
	v, err := p.Form(w, req, identityRules...)
	form := typed(v)
	if err == nil && v.Has("edit") {
		p.Show(w, req, "identity", p.identityPage(v))
		return
	}
	if err == nil {
		err = unconfirmed(p.Identity.Check(form), v)
	}
	if err == nil {
		form.Warned = true // every doubt there is was shown and sent again
		err = p.Identity.Submit(req.Context(), p.Person(req), form)
	}
	if err != nil {
		p.identityAgain(w, req, v, err)
		return
	}
	desk.To(w, req, "/identity/status")
}
