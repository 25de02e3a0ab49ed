package region_test

import (
	"slices"
	"strings"
	"testing"

	"gelombang/identity/region"
)

func TestLookupFindsEveryLevel(t *testing.T) {
	t.Parallel()
	cases := []struct {
		code string
		want region.Region
	}{
		{"32", region.Region{Code: "32", Name: "Jawa Barat", Level: region.Province}},
		{"3273", region.Region{Code: "3273", Name: "Kota Bandung", Level: region.Regency}},
		{"317401", region.Region{Code: "317401", Name: "Tebet", Level: region.District}},
		{"352922", region.Region{Code: "352922", Name: "Ra'as", Level: region.District}},
		// Moved to a province of their own in 2022: the old codes live on inside NIKs.
		{"9271", region.Region{Code: "9271", Name: "Kota Sorong", Level: region.Regency, Retired: true}},
		{"920101", region.Region{Code: "920101", Name: "Makbon", Level: region.District, Retired: true}},
		{"9101", region.Region{Code: "9101", Name: "Kabupaten Merauke", Level: region.Regency, Retired: true}},
		{"910101", region.Region{Code: "910101", Name: "Merauke", Level: region.District, Retired: true}},
	}
	for _, c := range cases {
		if got, ok := region.Lookup(c.code); !ok || got != c.want {
			t.Errorf("Lookup(%q) = %+v, %v; want %+v", c.code, got, ok, c.want)
		}
	}
}

func TestLookupOfNoCodeFindsNothing(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"", "3", "00", "99", "317", "3100", "31740", "317499", "3174010", "31.74", "ab", "zzzzzz"} {
		if got, ok := region.Lookup(code); ok {
			t.Errorf("Lookup(%q) = %+v; want nothing", code, got)
		}
	}
}

func TestListsAreCurrentSortedAndComplete(t *testing.T) {
	t.Parallel()
	provinces := region.Provinces()
	if len(provinces) != 38 {
		t.Fatalf("%d provinces; want the 38 that exist since 2022", len(provinces))
	}
	checkList(t, "", provinces)
	regencies, districts := 0, 0
	for _, p := range provinces {
		of := region.Regencies(p.Code)
		checkList(t, p.Code, of)
		regencies += len(of)
		for _, r := range of {
			within := region.Districts(r.Code)
			checkList(t, r.Code, within)
			districts += len(within)
		}
	}
	if regencies != 514 || districts < 7_200 {
		t.Errorf("%d regencies and %d districts; want 514 and over 7,200", regencies, districts)
	}
}

func checkList(t *testing.T, parent string, list []region.Region) {
	t.Helper()
	if len(list) == 0 {
		t.Errorf("nothing within %q", parent)
	}
	if !slices.IsSortedFunc(list, func(a, b region.Region) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("the list within %q is not sorted by name", parent)
	}
	for _, r := range list {
		if r.Retired || !strings.HasPrefix(r.Code, parent) || len(r.Code) != len(parent)+2 {
			t.Errorf("within %q: %+v", parent, r)
		}
		if r.Name == "" || r.Name != strings.TrimSpace(r.Name) || strings.ContainsAny(r.Name, "\"\t") {
			t.Errorf("name %q of %s", r.Name, r.Code)
		}
	}
}

func TestListsWithinNothingAreEmpty(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"", "3", "99", "317401"} {
		if got := region.Regencies(code); len(got) != 0 {
			t.Errorf("Regencies(%q) has %d", code, len(got))
		}
		if got := region.Districts(code); len(got) != 0 {
			t.Errorf("Districts(%q) has %d", code, len(got))
		}
	}
}

func TestChangingAListDoesNotChangeTheTable(t *testing.T) {
	t.Parallel()
	region.Regencies("31")[0].Name = "changed"
	if again := region.Regencies("31")[0].Name; again == "changed" {
		t.Error("the table was changed through a list")
	}
}
