package portal

import (
	"net/http"
	"time"

	"gelombang/identity"
	"gelombang/identity/region"
	"gelombang/internal/locale"
	"gelombang/internal/page"
)

type reviewPage struct {
	Progress *page.Progress
	Token    string
	Facts    []page.Fact
	Fields   []keptField // the form, carried to the sending
}

// reviewPage reads a form back. It carries the form in hidden fields: nothing that
// the person has not confirmed is stored.
func (p *Portal) reviewPage(lang locale.Lang, v page.Values, f identity.Form) reviewPage {
	data := reviewPage{Progress: progress(StepIdentity), Token: p.token(), Facts: p.identityFacts(lang, f)}
	for _, rule := range identityRules {
		if v.Has(rule.Name) && rule.Name != "edit" {
			data.Fields = append(data.Fields, keptField{rule.Name, v.Get(rule.Name)})
		}
	}
	return data
}

// identityFacts reads the identity data back, the numbers in 6-6-4.
func (p *Portal) identityFacts(lang locale.Lang, f identity.Form) []page.Fact {
	place := page.Plain(f.Regency)
	if r, ok := region.Lookup(f.Regency); ok {
		province, _ := region.Lookup(r.Code[:2]) // every regency's province is in the table
		place = page.Plain(r.Name + ", " + province.Name)
	}
	return []page.Fact{
		{Label: page.T("portal.identity.name"), Value: page.Plain(f.Name)},
		{Label: page.T("portal.identity.nik"), Digits: page.Digits(plainNumber(f.NIK), 0)},
		{Label: page.T("portal.identity.kk"), Digits: page.Digits(plainNumber(f.KK), 0)},
		{Label: page.T("portal.identity.born"), Value: page.T("portal.identity.born.at", "place", f.BirthPlace, "day", locale.Day(lang, noonOf(f.BirthDate)))},
		{Label: page.T("portal.identity.sex"), Value: page.T("portal.sex." + string(f.Sex))},
		{Label: page.T("portal.identity.regency"), Value: place},
		{Label: page.T("portal.identity.education"), Value: chosen(p.Programme.Education, f.Education)},
		{Label: page.T("portal.identity.employment"), Value: chosen(p.Programme.Employment, f.Employment)},
	}
}

// noonOf is a moment that lies on the day in every zone of the country.
func noonOf(d identity.Date) time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 5, 0, 0, 0, time.UTC)
}

// identitySubmit sends the form to be checked, or goes back to it.
func (p *Portal) identitySubmit(w http.ResponseWriter, req *http.Request) {
	v, err := p.form(w, req, identityRules...)
	form := typed(v)
	if err == nil && v.Has("edit") {
		p.show(w, req, "identity", p.identityPage(v))
		return
	}
	if err == nil {
		err = unconfirmed(p.Identity.Check(form), v)
	}
	if err == nil {
		form.Warned = true // every doubt there is was shown and sent again
		err = p.Identity.Submit(req.Context(), p.person(req), form)
	}
	if err != nil {
		p.identityAgain(w, req, v, err)
		return
	}
	to(w, req, "/identity/status")
}
