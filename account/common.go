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

var commonPasswords = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(commonText) {
		set[word] = true
	}
	return set
})

// commonPassword finds listed words, whatever their case and with a mark at the end,
// and a single character or two repeated.
func commonPassword(password string) bool {
	typed := strings.ToLower(password)
	return commonPasswords()[typed] || commonPasswords()[strings.TrimRight(typed, "!.?*#@")] || repeats(typed)
}

func repeats(s string) bool {
	kinds := map[rune]bool{}
	for _, r := range s {
		kinds[r] = true
	}
	return len(kinds) <= 2
}
