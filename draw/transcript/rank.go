package transcript

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
)

// place is a participant during the walk, kept small: there are millions.
type place struct {
	key     Digest
	entry   int32
	stratum int32
	rank    int32
	outcome Outcome
}

// Rank orders the entries in state "in" by their keys, and walks up twice: the
// first walk fills the quotas, the second the reserves with what places the
// households have left. Both walks go over all strata at once, so a household
// with people in two strata is not decided by which stratum comes first.
// Results are by stratum, then rank; every stratum of the header has a cut-off.
func Rank(h Header, households []Household, entries []Entry, seed Digest) ([]Result, []Cutoff) {
	places, cutoffs := rankPlaces(h, households, entries, seed)
	results := make([]Result, len(places))
	for i, p := range places {
		results[i] = p.result(h, entries)
	}
	return results, cutoffs
}

func (p place) result(h Header, entries []Entry) Result {
	return Result{
		Stratum:    h.Strata[p.stratum].ID,
		Rank:       int(p.rank),
		Commitment: entries[p.entry].Commitment,
		Outcome:    p.outcome,
	}
}

func rankPlaces(h Header, households []Household, entries []Entry, seed Digest) ([]place, []Cutoff) {
	places := participants(h, entries, seed)
	cutoffs := make([]Cutoff, len(h.Strata))
	for i := range places {
		c := &cutoffs[places[i].stratum]
		c.Participants++
		places[i].rank = int32(c.Participants) //nolint:gosec // below maxLeaves
	}
	left := newPlacesLeft(h.HouseholdCap, households)
	for i := range places {
		selectPlace(&places[i], h, &cutoffs[places[i].stratum], left, entries)
	}
	for i := range places {
		reservePlace(&places[i], h, &cutoffs[places[i].stratum], left, entries)
	}
	for i := range cutoffs {
		cutoffs[i].Stratum = h.Strata[i].ID
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.stratum != b.stratum {
			return int(a.stratum - b.stratum)
		}
		return int(a.rank - b.rank)
	})
	return places, cutoffs
}

// participants gives the entries that take part, ascending by key. Equal keys
// would need a collision of SHA-256; the commitment settles even that.
func participants(h Header, entries []Entry, seed Digest) []place {
	index := make(map[string]int32, len(h.Strata))
	for i, s := range h.Strata {
		index[s.ID] = int32(i) //nolint:gosec // below maxStrata
	}
	count := 0
	for _, e := range entries {
		if e.State == StateIn {
			count++
		}
	}
	mac := hmac.New(sha256.New, seed[:])
	places := make([]place, 0, count)
	for i, e := range entries {
		if e.State == StateIn {
			places = append(places, place{key: rankKey(mac, e.Commitment), entry: int32(i), stratum: index[e.Stratum]}) //nolint:gosec // below maxLeaves
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		if c := bytes.Compare(a.key[:], b.key[:]); c != 0 {
			return c
		}
		return entries[a.entry].Commitment.Compare(entries[b.entry].Commitment)
	})
	return places
}

func selectPlace(p *place, h Header, c *Cutoff, left *placesLeft, entries []Entry) {
	if c.Selected == h.Strata[p.stratum].Quota {
		return
	}
	p.outcome = HouseholdFull
	if left.take(entries[p.entry].Household) {
		p.outcome = Selected
		c.Selected++
		c.LastSelected = int(p.rank)
	}
}

// reservePlace gives a reserve place, which holds a place of the household:
// whoever is called up later never brings the household above its cap.
func reservePlace(p *place, h Header, c *Cutoff, left *placesLeft, entries []Entry) {
	switch {
	case p.outcome != "":
	case c.Reserve == h.Strata[p.stratum].Reserve:
		p.outcome = NotSelected
	case left.take(entries[p.entry].Household):
		p.outcome = Reserve
		c.Reserve++
		c.LastReserve = int(p.rank)
	default:
		p.outcome = HouseholdFull
	}
}

// placesLeft counts down the places of the households that took one or had fewer from the start.
type placesLeft struct {
	limit int
	left  map[Digest]int
}

func newPlacesLeft(limit int, households []Household) *placesLeft {
	left := make(map[Digest]int, len(households))
	for _, h := range households {
		left[h.Tag] = h.Left
	}
	return &placesLeft{limit: limit, left: left}
}

func (p *placesLeft) take(household Digest) bool {
	if p.limit == 0 {
		return true
	}
	left, known := p.left[household]
	if !known {
		left = p.limit
	}
	if left == 0 {
		return false
	}
	p.left[household] = left - 1
	return true
}
