package registry

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// Shape is how a registry words its questions and answers. Closed list.
type Shape string

const (
	Dukcapil Shape = "dukcapil" // the default
	Plain    Shape = "plain"
)

// Shapes is the closed list.
var Shapes = []Shape{Dukcapil, Plain}

// wording is one shape: what is asked, where, and what an answer means. read gets
// every answer that arrived whole, whatever its status.
type wording interface {
	endpoint(c Config) string
	question(c Config, q Query) (any, bool)
	sign(req *http.Request, c Config)
	read(status int, body []byte, q Query, threshold int) Answer
}

var wordings = map[Shape]wording{"": dukcapil{}, Dukcapil: dukcapil{}, Plain: simple{}}

// repeats says that an object of an answer has a key twice, in whatever case: which of
// the two is meant, nobody can know. A decoder would silently take the last.
func repeats(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	return repeatsIn(d)
}

func repeatsIn(d *json.Decoder) bool {
	opened, err := d.Token()
	if err != nil {
		return true
	}
	switch opened {
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			key, _ := d.Token()
			name, _ := key.(string)
			name = strings.ToUpper(name)
			if seen[name] || repeatsIn(d) {
				return true
			}
			seen[name] = true
		}
	case json.Delim('['):
		for d.More() {
			if repeatsIn(d) {
				return true
			}
		}
	default:
		return false
	}
	_, err = d.Token()
	return err != nil
}
