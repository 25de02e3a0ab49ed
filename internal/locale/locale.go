// Package locale turns keys and values into the words that a person reads.
//
// Catalogs are flat YAML files, catalog.id.yaml and catalog.en.yaml, that each
// package embeds beside its own code. Load merges them and refuses a set in
// which a key is doubled, misses in one language, or names other placeholders
// in one language than in the other: what a person would see as a hole is found
// at start. The package knows no word of what the texts are about.
//
// Texts are plural-free by choice of words; both languages read well that way.
package locale

import (
	"golang.org/x/text/language"
)

// Lang is a language that every catalog is complete in.
type Lang string

const (
	// ID is Indonesian, the first language and the fallback.
	ID Lang = "id"
	// EN is English.
	EN Lang = "en"
)

// Langs is the closed list, the first language first.
var Langs = []Lang{ID, EN}

// Key is a catalog key used as a value: it is translated before it is put into a text.
type Key string

// Text is something to say: a catalog key with its values, or plain words that
// are the same in every language, such as a person's name.
type Text struct {
	Key   string
	Args  map[string]any
	Plain string // used when Key is empty
}

// Empty says that there is nothing to say.
func (t Text) Empty() bool { return t.Key == "" && t.Plain == "" }

// maxAcceptLanguage bounds what is parsed of a header that strangers write.
const maxAcceptLanguage = 256

var matcher = language.NewMatcher([]language.Tag{language.Indonesian, language.English})

// Negotiate picks a language from an Accept-Language header. Nothing usable gives ID.
func Negotiate(header string) Lang {
	if len(header) > maxAcceptLanguage {
		header = header[:maxAcceptLanguage]
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return ID
	}
	_, at, _ := matcher.Match(tags...)
	return Langs[at]
}

// Parse reads a language word as it stands in a cookie or a query.
func Parse(word string) (Lang, bool) {
	for _, lang := range Langs {
		if word == string(lang) {
			return lang, true
		}
	}
	return ID, false
}
