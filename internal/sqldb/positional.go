package sqldb

import (
	"strconv"
	"strings"
)

// positional writes $1, $2, … as ? when each stands once and in order, as in every
// multi-row statement. To SQLite $n is a name, and finding a name walks the list of
// all names before it: with 256 rows of ten columns that walk was half of the cost
// of a registration. Any other query is returned as it is; it means the same.
func positional(query string) string {
	var b strings.Builder
	next, quoted := 1, false
	for i := 0; i < len(query); i++ {
		c := query[i]
		if c == '\'' {
			quoted = !quoted
		}
		if c != '$' || quoted {
			b.WriteByte(c)
			continue
		}
		end := i + 1
		for end < len(query) && query[end] >= '0' && query[end] <= '9' {
			end++
		}
		if query[i+1:end] != strconv.Itoa(next) {
			return query
		}
		b.WriteByte('?')
		next++
		i = end - 1
	}
	return b.String()
}
