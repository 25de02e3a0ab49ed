package account

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/ccojocar/zxcvbn-go"
	"github.com/ccojocar/zxcvbn-go/match"
	"github.com/ccojocar/zxcvbn-go/matching"
	"golang.org/x/text/unicode/norm"
)

// weak is why a password would soon be guessed.
type weak string

// The closed list of reasons. Each has a sentence in the catalog that ends in a way out.
const (
	weakCommon   weak = "common"   // on every guesser's list
	weakRepeat   weak = "repeat"   // the same characters again and again
	weakDigits   weak = "digits"   // a NIK, a phone, a date: written on papers
	weakOwn      weak = "own"      // around the person's own address
	weakKeyboard weak = "keyboard" // neighbours on the keyboard
	weakSequence weak = "sequence" // abcd, 4321
	weakName     weak = "name"
	weakWord     weak = "word"
	weakDate     weak = "date"
	weakSimple   weak = "simple" // short, without a pattern
)

const (
	// estimatedMost bounds the work of an estimate, which grows with the square of the
	// length. What is strong so far does not get weaker by what follows.
	estimatedMost = 48
	// ownLeast is the shortest part of an address that says something about its owner.
	ownLeast = 3
	// swapBits is what @ for a and 0 for o adds: guessers know both ways to write a word.
	swapBits = 1
	// dateBits counts the days of a century, yearBits its years.
	dateBits = 15
	yearBits = 7
)

// weakness says why a password would soon be guessed; "" when it would not. It counts
// the guesses of somebody who knows words, names, keyboards and dates, as zxcvbn does.
func weakness(password string, own []string) weak {
	typed, about := plain(password), ownWords(own)
	switch {
	case commonPassword(typed):
		return weakCommon
	case repeats(typed):
		return weakRepeat
	case strings.Trim(typed, "0123456789 -./+") == "":
		return weakDigits
	}
	bits, why := math.Inf(1), weakSimple
	for _, r := range readings(typed) {
		if b, w := r.estimate(about); b < bits {
			bits, why = b, w
		}
	}
	if bits >= bitsLeast {
		return ""
	}
	return why
}

// plain writes a password in ASCII for the estimate: accents dropped, other scripts as
// something just as varied.
func plain(password string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r >= ' ' && r <= '~':
			return r
		}
		return '!' + r%('~'-'!')
	}, norm.NFKD.String(password))
}

// ownWords are the parts of the person's addresses.
func ownWords(own []string) []string {
	var words []string
	for _, address := range own {
		local, _, _ := strings.Cut(strings.ToLower(address), "@")
		local = strings.TrimPrefix(local, "+"+country)
		words = append(words, local)
		words = append(words, strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) })...)
	}
	return slices.DeleteFunc(words, func(w string) bool { return len(w) < ownLeast })
}

// reading is one way in which a guesser may see a password.
type reading struct {
	text  string
	bits  float64 // of what was taken out of it
	dated bool
}

// moments are the dates and the years that people put into passwords, and the bits of one.
var moments = []struct {
	written *regexp.Regexp
	bits    float64
}{
	{longest(`(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])((19|20)\d\d|\d\d)|\d{1,2}[-/. ]\d{1,2}[-/. ]((19|20)\d\d|\d\d)`), dateBits},
	{longest(`(19|20)\d\d`), yearBits},
}

func longest(expression string) *regexp.Regexp {
	re := regexp.MustCompile(expression)
	re.Longest()
	return re
}

var swapped = strings.NewReplacer("4", "a", "@", "a", "3", "e", "1", "i", "!", "i", "0", "o", "5", "s", "$", "s", "7", "t")

// readings are the password as it is and without its dates, each as typed and with its
// swapped letters put back.
func readings(typed string) []reading {
	out := []reading{{text: typed}}
	for _, m := range moments {
		if n := len(m.written.FindAllStringIndex(typed, -1)); n > 0 {
			out = append(out, reading{text: m.written.ReplaceAllString(typed, ""), bits: float64(n) * m.bits, dated: true})
		}
	}
	for _, r := range slices.Clone(out) {
		if back := swapped.Replace(r.text); back != r.text {
			out = append(out, reading{text: back, bits: r.bits + swapBits, dated: r.dated})
		}
	}
	return out
}

// estimate gives the bits that a guesser has to get right, and the pattern that most of
// the reading follows. The library's own ways with dates and swapped letters are left
// out: the first miss dates at the end, the second take seconds on a made-up password.
func (r reading) estimate(about []string) (bits float64, why weak) {
	why = weakSimple
	if r.dated {
		why = weakDate
	}
	text := r.text[:min(len(r.text), estimatedMost)]
	found := zxcvbn.PasswordStrength(text, slices.Concat(about, guessedWords()),
		matching.FilterL33tMatcher, matching.FilterDateSepMatcher, matching.FilterDateWithoutSepMatcher)
	longest := 0
	for _, m := range found.MatchSequence {
		if w := reason(m, about); w != "" && len(m.Token) > longest {
			longest, why = len(m.Token), w
		}
	}
	return found.Entropy + r.bits, why
}

// reason names the pattern of one part; "" for a part without one.
func reason(m match.Match, about []string) weak {
	switch m.Pattern {
	case "spatial":
		return weakKeyboard
	case "sequence":
		return weakSequence
	case "repeat":
		return weakRepeat
	case "dictionary":
		return listed(m, about)
	}
	return ""
}

func listed(m match.Match, about []string) weak {
	switch m.DictionaryName {
	case "user_inputs":
		if slices.Contains(about, strings.ToLower(m.Token)) {
			return weakOwn
		}
		return weakWord
	case "MaleNames", "FemaleNames", "Surname":
		return weakName
	case "Passwords":
		return weakCommon
	}
	return weakWord
}
