package page

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"gelombang/internal/fault"
)

const (
	// maxForm bounds a form's body. The longest form of ours, identity data, is
	// some 2 KB; photos are uploaded apart and never pass here.
	maxForm = 64 << 10
	// maxRunes is the longest value of a field whose rule names no other.
	maxRunes = 200
	// shownName bounds what is repeated of a field name that a stranger made up.
	shownName = 40
)

// TokenField is the hidden field of the form token; every form may carry it.
const TokenField = "form_token"

// FieldRule names a field that a form may carry.
type FieldRule struct {
	Name string
	Max  int  // runes; 0: 200
	Many bool // may come several times, as boxes of one name do
	Raw  bool // neither trimmed nor normalised: a password
}

// Values are what a form carried: known fields only, within their lengths, valid
// UTF-8, composed (NFC), without control characters and outer space.
type Values map[string][]string

// Get gives a field's value, "" when it was not sent.
func (v Values) Get(name string) string {
	if len(v[name]) == 0 {
		return ""
	}
	return v[name][0]
}

// All gives every value of a field that may come several times.
func (v Values) All(name string) []string { return v[name] }

// Has says whether a field was sent and is not empty, as a ticked box is.
func (v Values) Has(name string) bool { return v.Get(name) != "" }

// Form reads the body of a POST against its rules. Values are given even with an
// error about fields, so that the form can be shown again with what was typed.
func Form(w http.ResponseWriter, req *http.Request, rules ...FieldRule) (Values, error) {
	sent, err := Sent(w, req)
	if err != nil {
		return nil, err
	}
	return check(sent, rules)
}

// Sent is the body of a form as it came, for whoever carries it on unread. It may be
// called again: the body is read once.
func Sent(w http.ResponseWriter, req *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, fault.New(fault.Invalid, "page.form.type", nil)
	}
	req.Body = http.MaxBytesReader(w, req.Body, maxForm)
	if err := req.ParseForm(); err != nil {
		req.PostForm = nil // net/http keeps half a form, and would call it whole the next time
		return nil, unread(err)
	}
	return req.PostForm, nil
}

// unread tells a body that is too long or malformed from a connection that broke.
func unread(err error) error {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return fault.Wrap(err, fault.Invalid, "page.form.too_big")
	}
	return fault.Wrap(err, fault.Invalid, "page.form.unreadable")
}

// Query reads the address of a GET against its rules, as Form does a body.
func Query(req *http.Request, rules ...FieldRule) (Values, error) {
	sent, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "page.form.unreadable")
	}
	return check(sent, rules)
}

func check(sent url.Values, rules []FieldRule) (Values, error) {
	rules = append(slices.Clip(rules), FieldRule{Name: TokenField})
	for name := range sent {
		if !slices.ContainsFunc(rules, func(r FieldRule) bool { return r.Name == name }) {
			return nil, fault.New(fault.Invalid, "page.form.unknown_field", fault.Args{"name": cut(clean(name), shownName)})
		}
	}
	values := Values{}
	var faults []fault.Field
	for _, rule := range rules {
		if len(sent[rule.Name]) > 1 && !rule.Many {
			return nil, fault.New(fault.Invalid, "page.form.repeated", fault.Args{"name": rule.Name})
		}
		for _, raw := range sent[rule.Name] {
			value, long := rule.read(raw)
			if long {
				faults = append(faults, fault.Field{Name: rule.Name, Key: "page.form.too_long", Args: fault.Args{"max": rule.max()}})
			}
			values[rule.Name] = append(values[rule.Name], value)
		}
	}
	return values, fault.InvalidFields(faults)
}

func (r FieldRule) max() int {
	if r.Max == 0 {
		return maxRunes
	}
	return r.Max
}

// read gives the value, cut to its length, and whether it was too long.
func (r FieldRule) read(raw string) (value string, long bool) {
	value = strings.ToValidUTF8(raw, "")
	if !r.Raw {
		value = strings.TrimSpace(clean(value))
	}
	return cut(value, r.max()), utf8.RuneCountInString(value) > r.max()
}

func cut(s string, runes int) string {
	if utf8.RuneCountInString(s) <= runes {
		return s
	}
	return string([]rune(s)[:runes])
}

// clean drops what no keyboard types and no column should hold: NUL and control
// characters. Line ends become \n; text is composed, so that equal names are equal bytes.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	return norm.NFC.String(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' && c != '\t' {
			return -1
		}
		return c
	}, s))
}
