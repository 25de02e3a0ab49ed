package account

import (
	_ "embed"
	"strings"
	"sync"
)

// commonText lists passwords that a guesser tries first here, one a line, in lower
// case and of eight characters or more.
//
//go:embed common_passwords.txt
var commonText string

// guessedText lists words and names that guessers here put together, and that lists from
// elsewhere do not have.
//
//go:embed guessed_words.txt
var guessedText string

var commonPasswords = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(commonText) {
		set[word] = true
	}
	return set
})

// guessedWords are the words, and what remains of the common passwords without the
// digits at their end; the likeliest first.
var guessedWords = sync.OnceValue(func() []string {
	words := strings.Fields(guessedText)
	for _, common := range strings.Fields(commonText) {
		if stem := strings.TrimRight(common, "0123456789"); len(stem) >= ownLeast && stem != common {
			words = append(words, stem)
		}
	}
	return words
})

// commonPassword finds listed words, whatever their case and with a mark at the end.
func commonPassword(password string) bool {
	typed := strings.ToLower(password)
	return commonPasswords()[typed] || commonPasswords()[strings.TrimRight(typed, "!.?*#@")]
}

// repeats finds a single character or two repeated.
func repeats(s string) bool {
	kinds := map[rune]bool{}
	for _, r := range s {
		kinds[r] = true
	}
	return len(kinds) <= 2
}
