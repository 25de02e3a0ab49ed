package desk

import (
	"net/http"
	"slices"

	"gelombang/internal/fault"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
)

// The fields of a form that the browser fills in with a passkey.
const (
	PasskeyAnswer = "answer" // what the browser made
	passkeyFailed = "failed" // why it made nothing
)

// maxAnswer bounds a browser's answer: a key and its signature are some 1 KB.
const maxAnswer = 8 << 10

// PasskeyRules are the fields of such a form, with those that its page adds.
func PasskeyRules(more ...page.FieldRule) []page.FieldRule {
	return append([]page.FieldRule{{Name: PasskeyAnswer, Max: maxAnswer, Raw: true}, {Name: passkeyFailed}}, more...)
}

// passkeyFailures is the closed list of reasons that the script gives.
var passkeyFailures = []string{"begin", "cancelled", "exists", "unsupported"}

// PasskeyFailure says why a form came without a passkey.
func PasskeyFailure(values page.Values) error {
	why := values.Get(passkeyFailed)
	if !slices.Contains(passkeyFailures, why) {
		why = "unsupported"
	}
	return fault.New(fault.Invalid, "portal.passkey.failed."+why, nil)
}

// BeginPasskey answers a page's script with what the browser needs to begin. The
// browser gets a mark, as only the one that began may finish.
func (d *Desk) BeginPasskey(w http.ResponseWriter, req *http.Request, begin func(q sqldb.Querier, values page.Values, browser string) ([]byte, error)) {
	values, err := d.Form(w, req, page.FieldRule{Name: "address"})
	var options []byte
	if err == nil {
		browser := d.MarkBrowser(w, req)
		err = d.Read(req, func(rx *sqldb.Rx) error {
			options, err = begin(rx, values, browser)
			return err
		})
	}
	if err != nil {
		d.Page.Fail(w, req, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(options) //nolint:errcheck // the person has gone; there is nobody to tell
}
