package ktp

import (
	"cmp"
	"slices"
)

// Outside names the card's corners that lie more than a share of its width outside
// the upright picture; a negative share also names those nearer than that to its
// edge. A corner is called by where it is seen: top_left, top_right, bottom_left or
// bottom_right, in this order.
func (s Shot) Outside(share float64) (names []string) {
	corners := slices.Clone(s.Corners[:])
	slices.SortFunc(corners, func(a, b Point) int { return cmp.Compare(a.Y, b.Y) })
	for row, pair := range [2][]Point{corners[:2], corners[2:]} {
		slices.SortFunc(pair, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
		for column, c := range pair {
			if max(-c.X, -c.Y, c.X-float64(s.Width), c.Y-float64(s.Height)) > share*s.CardWidth {
				names = append(names, [2]string{"top", "bottom"}[row]+"_"+[2]string{"left", "right"}[column])
			}
		}
	}
	return names
}
