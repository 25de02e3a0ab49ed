package locale

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

type pieceKind uint8

const (
	pieceWords pieceKind = iota
	pieceValue
	pieceBold
	pieceBoldEnd
)

type piece struct {
	kind pieceKind
	text string // the words, or the placeholder's name
}

// text is a catalog entry taken apart once, at start.
type text struct {
	pieces []piece
	names  []string // placeholders, sorted, each once
}

var special = regexp.MustCompile(`\*\*|\{[a-z][a-z0-9_]*\}`)

func parseText(words string) (text, error) {
	var t text
	var faults []error
	bold := false
	rest := words
	for at := nextSpecial(rest); at != nil; at = nextSpecial(rest) {
		t.words(rest[:at[0]])
		if mark := rest[at[0]:at[1]]; mark == "**" {
			t.pieces = append(t.pieces, piece{kind: boldPiece(bold)})
			bold = !bold
		} else {
			t.value(strings.Trim(mark, "{}"))
		}
		rest = rest[at[1]:]
	}
	t.words(rest)
	if bold {
		faults = append(faults, errors.New("bold is not closed"))
	}
	for _, p := range t.pieces {
		if p.kind == pieceWords && strings.ContainsAny(p.text, "{}") {
			faults = append(faults, fmt.Errorf("stray brace in %q", p.text))
		}
	}
	slices.Sort(t.names)
	t.names = slices.Compact(t.names)
	return t, errors.Join(faults...)
}

// nextSpecial finds the next mark or value. Most texts have none, and a catalog of some
// thousand of them is parsed at each start.
func nextSpecial(words string) []int {
	if !strings.ContainsAny(words, "*{") {
		return nil
	}
	return special.FindStringIndex(words)
}

func boldPiece(open bool) pieceKind {
	if open {
		return pieceBoldEnd
	}
	return pieceBold
}

func (t *text) words(s string) {
	if s != "" {
		t.pieces = append(t.pieces, piece{kind: pieceWords, text: s})
	}
}

func (t *text) value(name string) {
	t.pieces = append(t.pieces, piece{kind: pieceValue, text: name})
	t.names = append(t.names, name)
}
