// Package region knows the codes of Indonesia's provinces, regencies, cities
// and districts.
//
// The table is the union of every published edition of the public code lists.
// A code that the newest edition no longer has is kept and marked Retired: it
// stays valid for ever inside the numbers that were issued under it. The table
// is a fact, not a gate: it may lag behind the ministry's, so a code it does not
// know is a reason to ask, never a reason to refuse.
package region

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ./generate -out codes.tsv

// Level is the tier of an administrative region.
type Level string

const (
	Province Level = "province" // two digits
	Regency  Level = "regency"  // four digits; a city is a regency by another name
	District Level = "district" // six digits
)

// Region is one code of the table.
type Region struct {
	Code    string // digits only: 31, 3174, 317401
	Name    string // official form: Jawa Barat, Kabupaten Bogor, Kota Bandung
	Level   Level
	Retired bool // no longer issued; still valid in numbers that carry it
}

//go:embed codes.tsv
var codes string

var table = sync.OnceValue(func() []Region { return parse(codes) })

// Lookup finds the region of a code of two, four or six digits.
func Lookup(code string) (Region, bool) {
	all := table()
	i, found := slices.BinarySearchFunc(all, code, byCode)
	if !found {
		return Region{}, false
	}
	return all[i], true
}

// Provinces lists today's provinces by name.
func Provinces() []Region { return within("", Province) }

// Regencies lists today's regencies and cities of a province by name.
func Regencies(province string) []Region {
	if len(province) != len("31") {
		return nil
	}
	return within(province, Regency)
}

// Districts lists today's districts of a regency or city by name.
func Districts(regency string) []Region {
	if len(regency) != len("3174") {
		return nil
	}
	return within(regency, District)
}

// within copies the current regions of a level whose code starts with prefix.
// The table is sorted by code, so they all stand in one run.
func within(prefix string, level Level) []Region {
	all := table()
	start, _ := slices.BinarySearchFunc(all, prefix, byCode)
	var found []Region
	for _, r := range all[start:] {
		if !strings.HasPrefix(r.Code, prefix) {
			break
		}
		if r.Level == level && !r.Retired {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b Region) int { return strings.Compare(a.Name, b.Name) })
	return found
}

func byCode(r Region, code string) int { return strings.Compare(r.Code, code) }

// parse reads lines of "code TAB name [TAB retired]", sorted by code. Names stay
// substrings of the embedded text, so the table costs little beyond it.
func parse(text string) []Region {
	found := make([]Region, 0, strings.Count(text, "\n"))
	for line := range strings.Lines(text) {
		code, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		name, mark, _ := strings.Cut(rest, "\t")
		found = append(found, Region{Code: code, Name: name, Level: levelOf(code), Retired: mark == "retired"})
	}
	return found
}

func levelOf(code string) Level {
	switch len(code) {
	case len("31"):
		return Province
	case len("3174"):
		return Regency
	default:
		return District
	}
}
