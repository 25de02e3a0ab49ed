package card

import (
	"net/http"

	"gelombang/internal/fault"
	"gelombang/internal/page"
)

// lookPath answers what is to be said about one number while the form is filled in.
const lookPath = "/identity/check"

// identityLook says what sending the form would say about its numbers. It keeps
// nothing, and what it has shown still has to be sent twice to pass.
func (p *Pages) identityLook(w http.ResponseWriter, req *http.Request) {
	v, err := p.Form(w, req, identityRules...)
	if err != nil {
		p.Page.Fail(w, req, err)
		return
	}
	data, found := p.identityPage(v), aboutNumbers(p.Identity.Check(typed(v)), v)
	page.Mend(found, &data.NIK, &data.KK)
	data.point(v, found)
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
