package enrol

import (
	"net/http"

	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/portal/desk"
)

// signInPasskeyBegin tells the page's script what to ask the browser for.
func (p *Pages) signInPasskeyBegin(w http.ResponseWriter, req *http.Request) {
	p.BeginPasskey(w, req, func(q sqldb.Querier, values page.Values, browser string) ([]byte, error) {
		return p.Account.BeginPasskeySignIn(q, values.Get("address"), browser)
	})
}

// signInPasskey signs in whose passkey answered; no address is needed.
func (p *Pages) signInPasskey(w http.ResponseWriter, req *http.Request) {
	values, err := p.Form(w, req, desk.PasskeyRules(page.FieldRule{Name: "next"}, page.FieldRule{Name: "kept", Max: maxKept, Raw: true})...)
	var person int64
	switch {
	case err != nil:
	case values.Has(desk.PasskeyAnswer):
		person, err = p.Account.SignInByPasskey(req.Context(), p.Browser(req), []byte(values.Get(desk.PasskeyAnswer)))
	default:
		err = desk.PasskeyFailure(values)
	}
	p.enter(w, req, person, err, values)
}

// toSignIn answers whoever comes back to where a passkey was sent to.
func toSignIn(w http.ResponseWriter, req *http.Request) { desk.To(w, req, "/sign-in") }
