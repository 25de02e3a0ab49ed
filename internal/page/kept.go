package page

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Kept is a form that was sent and could not be taken yet. The page carries it in
// hidden fields, so that nothing is typed twice; the server keeps nothing of it.
type Kept struct {
	Action  string
	Fields  []KeptField
	Secrets bool // something secret was sent too: it is not carried, and is typed again
}

// KeptField is one field of a form that is carried along.
type KeptField struct{ Name, Value string }

// carried are the fields that pages put into their forms themselves. A form with
// nothing else holds nothing that anybody typed.
var carried = []string{TokenField, "next"}

// secret says that a field is never written into a page: it would stay in the
// history of a browser that others use too.
func secret(name string) bool {
	return strings.HasPrefix(name, "password") || name == "totp" || name == "code"
}

// KeptOf gives what a form carried, nil when there is nothing that was typed.
func KeptOf(w http.ResponseWriter, req *http.Request) *Kept {
	if req.Method != http.MethodPost {
		return nil
	}
	sent, err := Sent(w, req)
	if err != nil {
		return nil
	}
	k := &Kept{Action: samePath(&url.URL{Path: req.URL.Path})}
	typed := false
	for name, values := range sent {
		if secret(name) {
			k.Secrets = true
			continue
		}
		for _, v := range values {
			k.Fields = append(k.Fields, KeptField{name, v})
			typed = typed || v != "" && !slices.Contains(carried, name)
		}
	}
	if !typed {
		return nil
	}
	slices.SortStableFunc(k.Fields, func(a, b KeptField) int { return strings.Compare(a.Name, b.Name) })
	return k
}
