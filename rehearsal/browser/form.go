package browser

import (
	"bytes"
	"slices"
	"strings"
)

// Cookies are the few that the site sets. A slice of pairs beats a map here: a
// million people carry one each.
type Cookies []cookie

type cookie struct{ name, value string }

// kept are the names that a browser of ours keeps; their text is shared. The session's
// is another one over https.
var kept = []string{"browser", "session", "__Host-session", "ticket", "pass"}

// set takes one Set-Cookie header. An empty value takes the cookie away.
func (j *Cookies) set(header []byte) {
	pair, _, _ := bytes.Cut(header, []byte(";"))
	name, value, _ := bytes.Cut(pair, []byte("="))
	at := slices.IndexFunc(kept, func(known string) bool { return string(name) == known })
	if at < 0 {
		return
	}
	*j = slices.DeleteFunc(*j, func(c cookie) bool { return c.name == kept[at] })
	if len(value) > 0 {
		*j = append(*j, cookie{kept[at], string(value)})
	}
}

func (j *Cookies) header(out []byte) []byte {
	for i, c := range *j {
		if i == 0 {
			out = append(out, "Cookie: "...)
		} else {
			out = append(out, "; "...)
		}
		out = append(out, c.name...)
		out = append(out, '=')
		out = append(out, c.value...)
	}
	if len(*j) > 0 {
		out = append(out, "\r\n"...)
	}
	return out
}

// Token finds the token of the first form of a page.
func Token(page []byte) string { return FieldValue(page, "form_token") }

// FieldValue reads the value of a hidden field, by search: parsing pages would cost
// more than the server spends on making them.
func FieldValue(page []byte, name string) string {
	mark := `name="` + name + `" value="`
	at := bytes.Index(page, []byte(mark))
	if at < 0 {
		return ""
	}
	return upToQuote(page[at+len(mark):])
}

// Attribute reads an attribute where it first stands on a page.
func Attribute(page []byte, name string) string {
	_, rest, _ := bytes.Cut(page, []byte(name+`="`))
	return upToQuote(rest)
}

func upToQuote(rest []byte) string {
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return ""
	}
	return string(rest[:end])
}

// FirstOption is the first choice of a list that is not "please choose".
func FirstOption(page []byte, name string) string {
	_, list, found := bytes.Cut(page, []byte(`name="`+name+`"`))
	if !found {
		return ""
	}
	const mark = `<option value="`
	for {
		at := bytes.Index(list, []byte(mark))
		if at < 0 {
			return ""
		}
		list = list[at+len(mark):]
		if value := upToQuote(list); value != "" {
			return value
		}
	}
}

// Questions are the names of a page's radio buttons, in their order.
func Questions(page []byte) (names []string) {
	const mark = `type="radio"`
	for {
		at := bytes.Index(page, []byte(mark))
		if at < 0 {
			return names
		}
		page = page[at+len(mark):]
		tag, _, _ := bytes.Cut(page, []byte(">"))
		_, after, _ := bytes.Cut(tag, []byte(`name="`))
		if name := upToQuote(after); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
}

// Form encodes pairs of name and value.
func Form(pairs ...string) []byte {
	var out []byte
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			out = append(out, '&')
		}
		out = append(out, pairs[i]...)
		out = append(out, '=')
		out = escape(out, pairs[i+1])
	}
	return out
}

const hexDigits = "0123456789ABCDEF"

func escape(out []byte, value string) []byte {
	for i := range len(value) {
		b := value[i]
		switch {
		case b == ' ':
			out = append(out, '+')
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', strings.IndexByte("-._~", b) >= 0:
			out = append(out, b)
		default:
			out = append(out, '%', hexDigits[b>>4], hexDigits[b&15])
		}
	}
	return out
}
