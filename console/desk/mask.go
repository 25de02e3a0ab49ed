package desk

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gelombang/identity"
	"gelombang/internal/page"
)

// What an official sees of a value without a reason: enough to know that it is the
// one the caller means, too little to use it.

// MaskName leaves the first name and the initial of the second.
func MaskName(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return ""
	}
	if len(words) == 1 {
		return initial(words[0])
	}
	return words[0] + " " + initial(words[1])
}

func initial(word string) string {
	first, _ := utf8.DecodeRuneInString(word)
	return string(first) + "•••••"
}

// Born says when and where somebody was born; masked, only the month and the century.
func Born(f identity.Form, full bool) page.Text {
	d := f.BirthDate
	if !d.Valid() {
		return page.T("console.none")
	}
	month := Key("console.month." + fmt.Sprintf("%02d", d.Month))
	if full {
		return page.T("console.person.born.full", "place", f.BirthPlace, "day", fmt.Sprint(d.Day), "month", month, "year", fmt.Sprint(d.Year))
	}
	return page.T("console.person.born.masked", "month", month, "century", fmt.Sprint(d.Year/100))
}
