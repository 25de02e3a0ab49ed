package registry_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/sim/registry"
)

func TestEveryNIKLeadsBackToItsPerson(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 23, 24, 1000, 1_000_000, registry.PopulationMost}).Draw(t, "size")
		people := registry.Population(rapid.Int64().Draw(t, "seed"), size)
		who := people.At(rapid.IntRange(0, size-1).Draw(t, "index"))
		if found, ok := people.ByNIK(who.NIK); !ok || found != who {
			t.Fatalf("%+v is found as %+v, %v", who, found, ok)
		}
	})
}

func TestNoTwoPeopleShareANumber(t *testing.T) {
	t.Parallel()
	const size = 240_000
	people := registry.Population(7, size)
	niks, cards := make(map[string]int, size), map[string]int{}
	for i := range size {
		who := people.At(i)
		if other, taken := niks[who.NIK]; taken {
			t.Fatalf("%d and %d have the NIK %s", other, i, who.NIK)
		}
		if household, taken := cards[who.KK]; taken && household != who.Household {
			t.Fatalf("households %d and %d have the card %s", household, who.Household, who.KK)
		}
		niks[who.NIK], cards[who.KK] = i, who.Household
	}
	if got := size / len(cards); got != 3 {
		t.Errorf("%d to a household", got)
	}
}

// At its fullest, a district has a person for nearly every birth date and sex.
func TestTheFullestPopulationLosesNobody(t *testing.T) {
	t.Parallel()
	people := registry.Population(3, registry.PopulationMost)
	for i := 0; i < registry.PopulationMost; i += 9_973 {
		who := people.At(i)
		if found, ok := people.ByNIK(who.NIK); !ok || found.Index != i {
			t.Fatalf("%d is found as %d, %v", i, found.Index, ok)
		}
	}
}

func TestTheSamePeopleComeOutOfTheSameSeed(t *testing.T) {
	t.Parallel()
	one, same, other := registry.Population(5, 1000), registry.Population(5, 500), registry.Population(6, 1000)
	differ := 0
	for i := range 500 {
		if one.At(i) != same.At(i) {
			t.Fatalf("%+v and %+v", one.At(i), same.At(i))
		}
		if one.At(i).NIK != other.At(i).NIK {
			differ++
		}
	}
	if differ < 499 {
		t.Errorf("%d of 500 differ by the seed", differ)
	}
	// Written down, so that tests and demos may name a person and a release keeps them.
	if got := one.At(0); got.NIK+" "+got.KK+" "+got.Name != firstOfSeedFive {
		t.Errorf("%s %s %s", got.NIK, got.KK, got.Name)
	}
}

const firstOfSeedFive = "7313115908700000 7313112409169000 MARIA UTAMA"

func TestThePeopleAreAsManyOfEachKindAsPromised(t *testing.T) {
	t.Parallel()
	const size = 100_000
	people := registry.Population(11, size)
	count := map[string]int{}
	for i := range size {
		who := people.At(i)
		count["state "+who.State]++
		count["sex "+who.Sex]++
		if who.Disagrees {
			count["disagrees"]++
		}
		if who.District != who.NIK[:6] {
			count["moved"]++
		}
		if age := 2026 - who.Birth.Year(); age < 17 || age > 86 {
			t.Fatalf("%+v", who)
		}
		if !strings.HasSuffix(who.NIK, "0000") || who.KK[12] != '9' || who.Name == "" || who.BirthPlace == "" {
			t.Fatalf("%+v", who)
		}
	}
	for kind, want := range map[string]int{"disagrees": 1000, "moved": 25_000, "sex male": 50_000, "state deceased": 300,
		"state duplicate": 100, "state inactive": 200, "state not_found": 100} {
		if got := count[kind]; got < want*7/10 || got > want*13/10 {
			t.Errorf("%s: %d of %d, want about %d", kind, got, size, want)
		}
	}
}

func TestWhoIsNotInThePopulationIsNotFound(t *testing.T) {
	t.Parallel()
	people := registry.Population(5, 1000)
	who := people.At(1)
	for _, nik := range []string{"", "3174", who.NIK[:12] + "0001", "999999" + who.NIK[6:], who.NIK[:6] + "310290" + "0000",
		who.NIK[:6] + "010125" + "0000", "x" + who.NIK[1:], who.NIK + "0", registry.Population(5, 2000).At(1500).NIK} {
		if found, ok := people.ByNIK(nik); ok {
			t.Errorf("%q is %+v", nik, found)
		}
	}
}

// firstWhere finds somebody to ask about.
func firstWhere(t *testing.T, people registry.People, is func(registry.Person) bool) registry.Person {
	t.Helper()
	for i := range people.Size() {
		if who := people.At(i); is(who) {
			return who
		}
	}
	t.Fatal("nobody is like that")
	return registry.Person{}
}

func asked(who registry.Person) map[string]any {
	return map[string]any{
		"USER_ID": "pmo", "PASSWORD": "sandi", "IP_USER": "10.0.0.1", "TRESHOLD": 90, "NIK": who.NIK, "NO_KK": who.KK,
		"NAMA_LGKP": who.Name, "TMPT_LHR": strings.ToLower(who.BirthPlace), "TGL_LHR": who.Birth.Format("02-01-2006"),
		"JENIS_KLMIN": map[string]string{"male": "Laki-laki", "female": "Perempuan"}[who.Sex],
	}
}

func TestWithAPopulationEveryFieldIsCompared(t *testing.T) {
	t.Parallel()
	people := registry.Population(5, 5000)
	server := start(t, registry.Config{People: people})
	alive := firstWhere(t, people, func(p registry.Person) bool { return p.State == "" && len(p.Name) > 9 })
	if got := content(t, server, asked(alive)); got["TGL_LHR"] != "Sesuai" || got["NAMA_LGKP"] != "Sesuai (100)" || got["NO_KK"] != "Sesuai" {
		t.Errorf("%v", got)
	}
	for field, wrong := range map[string]any{"NO_KK": "3174010101059000", "NAMA_LGKP": "ORANG LAIN", "TMPT_LHR": "ATLANTIS",
		"TGL_LHR": alive.Birth.AddDate(0, 0, 1).Format("02-01-2006"), "JENIS_KLMIN": "X"} {
		q := asked(alive)
		q[field] = wrong
		for name, word := range content(t, server, q) {
			if want := name == field; name != "NIK" && (word == "Tidak Sesuai") != want {
				t.Errorf("%s is wrong: %s is %s", field, name, word)
			}
		}
	}
	slip := asked(alive)
	slip["NAMA_LGKP"] = alive.Name[:3] + "X" + alive.Name[4:]
	slip["TRESHOLD"] = 80
	if got := content(t, server, slip)["NAMA_LGKP"]; !strings.HasPrefix(got, "Sesuai") {
		t.Errorf("one letter of %s is wrong: %s", alive.Name, got)
	}
}

func TestWithAPopulationStatesAndMagicSerialsAreAnswered(t *testing.T) {
	t.Parallel()
	people := registry.Population(5, 20_000)
	server := start(t, registry.Config{People: people})
	for state, serial := range map[string]string{"deceased": "9101", "duplicate": "9102", "inactive": "9103", "not_found": "9104"} {
		who := firstWhere(t, people, func(p registry.Person) bool { return p.State == state })
		magic := asked(who)
		magic["NIK"] = who.NIK[:12] + serial
		for _, q := range []map[string]any{asked(who), magic} {
			if got := content(t, server, q)["RESPON"]; got != words[serial] {
				t.Errorf("%s: %q", state, got)
			}
		}
	}
	stranger := asked(people.At(0))
	stranger["NIK"] = woman + "0001"
	if got := content(t, server, stranger)["RESPON"]; got != words["9104"] {
		t.Errorf("a stranger: %q", got)
	}
	truth := firstWhere(t, people, func(p registry.Person) bool { return p.Disagrees && p.State == "" })
	if got := content(t, server, asked(truth)); got["TGL_LHR"] != "Sesuai" || got["JENIS_KLMIN"] != "Sesuai" {
		t.Errorf("the truth about %s does not match: %v", truth.Birth.Format(time.DateOnly), got)
	}
}
