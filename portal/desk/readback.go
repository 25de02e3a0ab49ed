package desk

import (
	"net/http"

	"gelombang/account"
	"gelombang/internal/page"
)

// What a form with a typed address carries beside it.
const (
	readField   = "read"   // the value that was read back to its owner
	seenField   = "seen"   // the value whose doubt was shown
	useField    = "use"    // the value that was probably meant, by its button
	changeField = "change" // the button of the read-back that goes back to the form
)

// compared bounds a field that is held against the address and never shown: what is too
// long is said of the address alone.
const compared = 64 << 10

// AddressRules are the fields of a form that asks for an address.
func AddressRules(more ...page.FieldRule) []page.FieldRule {
	return append([]page.FieldRule{{Name: "address"}, {Name: readField, Max: compared}, {Name: seenField, Max: compared},
		{Name: useField}, {Name: changeField}}, more...)
}

// Typed is the address that a form sends. Values are made to carry it, so that they are
// shown again as its owner sees them.
func Typed(values page.Values) string {
	if values.Has(useField) { // its button spelled it
		values["address"], values[readField] = values[useField], values[useField]
		delete(values, useField)
	}
	return values.Get("address")
}

// ReadBackOf shows beneath a field how its value was understood, or leaves room for the
// script to do so while it is typed. Sending the value on unchanged is the answer that
// it is right.
func ReadBackOf(of string, typed string, address account.Address) *page.ReadBack {
	r := &page.ReadBack{For: of, Operators: account.PrefixHints()}
	if address.Value == "" {
		return r
	}
	read := address.ReadBack()
	r.Shown, r.Local, r.Domain, r.Number, r.Operator = typed, read.Local, read.Domain, read.Number, read.Operator
	return r
}

// readBackPage asks "is this right?", with everything that was typed.
type readBackPage struct {
	Progress *page.Progress
	Action   string
	Token    string
	Carried  []page.KeptField
	Read     *page.ReadBack
	To       string
}

// Changing says that the owner of an address wants to mend it after reading it.
func Changing(values page.Values) bool { return values.Has(changeField) }

// Unread says that nobody has looked at this very address as we understood it: no
// script showed it, and nothing may be sent before somebody does.
func Unread(values page.Values) bool { return values.Get(readField) != values.Get("address") }

// ReadBack shows an address as it was understood, and carries on what was typed. The
// form keeps its token: it is still the same one.
func (d *Desk) ReadBack(w http.ResponseWriter, req *http.Request, action string, progress *page.Progress, values page.Values, address account.Address) {
	typed := values.Get("address")
	data := &readBackPage{Progress: progress, Action: action, Token: values.Get(page.TokenField), Read: ReadBackOf("", typed, address), To: address.ReadBack().String()}
	if values.Get(seenField) != typed {
		delete(values, seenField)
	}
	for _, name := range []string{"address", "consent", seenField, "pass"} {
		if values.Has(name) {
			data.Carried = append(data.Carried, page.KeptField{Name: name, Value: values.Get(name)})
		}
	}
	d.Show(w, req, "readback", data)
}
