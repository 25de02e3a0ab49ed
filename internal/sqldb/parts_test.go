package sqldb_test

import (
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gelombang/internal/sqldb"
)

func TestPartsAreTheRowsInOrderAndOfFewLengths(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Int(), 0, 700).Draw(t, "rows")
		most := rapid.IntRange(1, 300).Draw(t, "most")
		var back []int
		for part := range sqldb.Parts(rows, most) {
			if bits.OnesCount(uint(len(part))) != 1 || len(part) > most {
				t.Fatalf("a part of %d, most %d", len(part), most)
			}
			back = append(back, part...)
		}
		if !slices.Equal(back, rows) {
			t.Fatalf("%v came back as %v", rows, back)
		}
	})
}
