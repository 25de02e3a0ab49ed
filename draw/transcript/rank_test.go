package transcript_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "gelombang/draw/transcript"
)

type draw struct {
	header     Header
	households []Household
	entries    []Entry
	seed       Digest
	results    []Result
	cutoffs    []Cutoff
}

func anyDraw(t *rapid.T) draw {
	seed := rapid.Uint64().Draw(t, "seed")
	h, households, entries := randomScene(seed, rapid.IntRange(1, 200).Draw(t, "entries"), rapid.IntRange(1, 5).Draw(t, "strata"))
	d := draw{header: h, households: households, entries: entries, seed: digest("seed", seed)}
	d.results, d.cutoffs = Rank(h, households, entries, d.seed)
	return d
}

func (d draw) householdOf() map[Digest]Digest {
	of := make(map[Digest]Digest)
	for _, e := range d.entries {
		of[e.Commitment] = e.Household
	}
	return of
}

func TestNoHouseholdTakesMoreThanItHasLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDraw(t)
		taken, of := map[Digest]int{}, d.householdOf()
		for _, r := range d.results {
			if r.Outcome == Selected || r.Outcome == Reserve {
				taken[of[r.Commitment]]++
			}
		}
		for tag, n := range taken {
			left := d.header.HouseholdCap
			if i := slices.IndexFunc(d.households, func(h Household) bool { return h.Tag == tag }); i >= 0 {
				left = d.households[i].Left
			}
			if d.header.HouseholdCap > 0 && n > left {
				t.Fatalf("household %s took %d of %d places", tag, n, left)
			}
		}
	})
}

func TestQuotasAndReservesAreNeverExceededNorWasted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDraw(t)
		for i, c := range d.cutoffs {
			s, count := d.header.Strata[i], map[Outcome]int{}
			for _, r := range d.results {
				if r.Stratum == s.ID {
					count[r.Outcome]++
				}
			}
			if count[Selected] != c.Selected || count[Reserve] != c.Reserve || c.Selected > s.Quota || c.Reserve > s.Reserve {
				t.Fatalf("stratum %+v, cutoff %+v, counted %v", s, c, count)
			}
			if count[NotSelected] > 0 && (c.Selected < s.Quota || c.Reserve < s.Reserve) {
				t.Fatalf("places of stratum %+v were left while %d went away", s, count[NotSelected])
			}
		}
	})
}

func TestRanksAreThoseOfEveryParticipantAndNobodyElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDraw(t)
		var in, ranked []Digest
		for _, e := range d.entries {
			if e.State == StateIn {
				in = append(in, e.Commitment)
			}
		}
		last := Result{}
		for _, r := range d.results {
			if r.Stratum == last.Stratum && r.Rank != last.Rank+1 || r.Stratum != last.Stratum && r.Rank != 1 {
				t.Fatalf("%+v follows %+v", r, last)
			}
			ranked, last = append(ranked, r.Commitment), r
		}
		slices.SortFunc(ranked, Digest.Compare)
		if !slices.Equal(in, ranked) {
			t.Fatal("somebody has no rank, or has one without taking part")
		}
	})
}

func TestNobodyIsTakenBehindSomeoneNotSelected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDraw(t)
		for i, c := range d.cutoffs {
			for _, r := range d.results {
				if r.Stratum != d.header.Strata[i].ID {
					continue
				}
				if r.Outcome == NotSelected && (r.Rank < c.LastSelected || r.Rank < c.LastReserve) {
					t.Fatalf("%+v was passed over: %+v", r, c)
				}
				if r.Outcome == Reserve && r.Rank < c.LastSelected {
					t.Fatalf("%+v stands before the last one selected: %+v", r, c)
				}
			}
		}
	})
}

func TestAWithdrawnEntryChangesNobodysOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDraw(t)
		more := append(slices.Clone(d.entries), Entry{
			Commitment: digest("late"), Household: d.entries[0].Household,
			Stratum: d.entries[0].Stratum, State: rapid.SampledFrom(EntryStates[1:]).Draw(t, "state"),
		})
		results, cutoffs := Rank(d.header, d.households, more, d.seed)
		if diff := cmp.Diff(d.results, results) + cmp.Diff(d.cutoffs, cutoffs); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestOrderOfTheListsDoesNotMatter(t *testing.T) {
	t.Parallel()
	h := fixedHeader()
	households, entries := scene(h, 30)
	straight, err := Freeze(h, households, entries, operator("key"))
	if err != nil {
		t.Fatal(err)
	}
	again, backwards := scene(h, 30)
	slices.Reverse(backwards)
	slices.Reverse(h.Strata)
	turned, err := Freeze(h, again, backwards, operator("key"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(straight, turned); diff != "" {
		t.Fatal(diff)
	}
}

func TestReserveNeverTakesTheHouseholdPlaceOfSomeoneSelected(t *testing.T) {
	t.Parallel()
	h := fixedHeader()
	h.HouseholdCap = 1
	h.Strata = []Stratum{{ID: "11", Name: "Aceh", Quota: 0, Reserve: 1}, {ID: "12", Name: "Sumatera Utara", Quota: 1}}
	entries := []Entry{
		{Commitment: digest(1), Household: digest("family"), Stratum: "11", State: StateIn},
		{Commitment: digest(2), Household: digest("family"), Stratum: "12", State: StateIn},
	}
	for n := range 20 {
		results, _ := Rank(h, nil, entries, digest("seed", n))
		if results[0].Outcome != HouseholdFull || results[1].Outcome != Selected {
			t.Fatalf("seed %d: %+v", n, results)
		}
	}
}
