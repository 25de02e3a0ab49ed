package sqldb

import (
	"iter"
	"math/bits"
)

// Parts cuts rows into runs whose lengths are powers of two, the longest first, none
// longer than most. A statement's text names each of its rows, so runs of any length
// would be as many texts, each prepared anew by the engine; these are a handful.
func Parts[T any](rows []T, most int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(rows) > 0 {
			n := 1 << (bits.Len(uint(min(len(rows), most))) - 1) // #nosec G115 -- a length is not negative
			if !yield(rows[:n:n]) {
				return
			}
			rows = rows[n:]
		}
	}
}

// In writes the list of an IN condition and its arguments, numbered from first. The
// last value is repeated up to a power of two, which changes nothing but keeps the
// texts few. No values are a list that nothing is in.
func In[T any](values []T, first int) (list string, args []any) {
	if len(values) == 0 {
		return "NULL", nil
	}
	args = make([]any, 1<<bits.Len(uint(len(values)-1)))
	for i := range args {
		args[i] = values[min(i, len(values)-1)]
	}
	return List(len(args), first), args
}
