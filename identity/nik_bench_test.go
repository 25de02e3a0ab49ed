package identity_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"gelombang/identity"
	sim "gelombang/sim/registry"
)

// The people that slips are measured on, and how many of them. The seed stands in no
// other test, and nothing was tuned on it.
const (
	benchSeed   = 20261122
	benchPeople = 100_000
	benchTyping = 300 // who mistype each of their sixteen digits once
)

// truthOf is what somebody of the population states about herself.
func truthOf(who sim.Person) identity.Stated {
	birth := identity.Date{Year: who.Birth.Year(), Month: int(who.Birth.Month()), Day: who.Birth.Day()}
	return identity.Stated{Birth: birth, Sex: identity.Sex(who.Sex), Domicile: who.District[:4], KK: identity.KK(who.KK), NIK: identity.NIK(who.NIK)}
}

// tally counts what became of one kind of slip.
type tally struct{ typed, flagged, pointed, meant, misled int }

func (n *tally) add(who sim.Person, at int, findings []identity.Finding) {
	n.typed++
	if len(findings) == 0 {
		return
	}
	n.flagged++
	if findings[0].Digit == at+1 {
		n.pointed++
	}
	switch findings[0].Suggestion {
	case "":
	case who.NIK:
		n.meant++
	default:
		n.misled++
	}
}

func share(part, whole int) float64 { return 100 * float64(part) / float64(whole) }

func (n *tally) String() string {
	return fmt.Sprintf("flagged %5.1f %%   at the right digit %5.1f %%   the right NIK offered %5.1f %%   another offered %4.1f %%",
		share(n.flagged, n.typed), share(n.pointed, n.typed), share(n.meant, n.typed), share(n.misled, n.typed))
}

// slip types a number wrongly at a place; "" when it comes out right.
type slip func(nik string, at int, rng *rand.Rand) string

var slips = []struct {
	name string
	make slip
	want float64 // least share that is flagged; 0 is reported only
}{
	{"one wrong digit", func(nik string, at int, rng *rand.Rand) string {
		return nik[:at] + string('0'+(nik[at]-'0'+byte(1+rng.IntN(9)))%10) + nik[at+1:]
	}, 60},
	{"two neighbours exchanged", func(nik string, at int, _ *rand.Rand) string {
		if at == len(nik)-1 || nik[at] == nik[at+1] {
			return ""
		}
		return nik[:at] + nik[at+1:at+2] + nik[at:at+1] + nik[at+2:]
	}, 0},
	{"a digit missing", func(nik string, at int, _ *rand.Rand) string { return nik[:at] + nik[at+1:] }, 100},
	{"a digit doubled", func(nik string, at int, _ *rand.Rand) string { return nik[:at+1] + nik[at:] }, 100},
}

// The table of the slips, with and without what else is known.
func TestOneWrongDigitIsFlaggedForMostPeople(t *testing.T) {
	t.Parallel()
	people := sim.Population(benchSeed, benchPeople)
	for _, s := range slips {
		for _, known := range []string{"number alone", "birth date and sex", "and the regency"} {
			n := mistype(people, s.make, known)
			t.Logf("%-26s %-20s %s", s.name, known, &n)
			if got := share(n.flagged, n.typed); known != "number alone" && got < s.want {
				t.Errorf("%s, %s: %.1f %% flagged, want %.0f %%", s.name, known, got, s.want)
			}
		}
	}
}

func mistype(people sim.People, make slip, known string) (n tally) {
	rng := rand.New(rand.NewPCG(benchSeed, 1))
	for range benchTyping {
		who := people.At(rng.IntN(people.Size()))
		stated := identity.Stated{}
		if known != "number alone" {
			stated = truthOf(who)
			stated.NIK, stated.KK = "", ""
		}
		if known == "birth date and sex" {
			stated.Domicile = ""
		}
		for at := range len(who.NIK) {
			if typed := make(who.NIK, at, rng); typed != "" {
				_, findings := identity.ReviewNIK(typed, stated, today)
				n.add(who, at, findings)
			}
		}
	}
	return n
}

// A NIK that lawfully disagrees is doubted and never stopped; nobody else is doubted.
func TestOnlyTheNumbersThatDisagreeAreDoubted(t *testing.T) {
	t.Parallel()
	people := sim.Population(benchSeed, benchPeople)
	disagree, warned, warnedOthers, blocked, cards := 0, 0, 0, 0, 0
	for i := range people.Size() {
		who := people.At(i)
		_, findings := identity.ReviewNIK(who.NIK, truthOf(who), today)
		_, aboutKK := identity.ReviewKK(who.KK, truthOf(who), today)
		cards += len(aboutKK)
		for _, f := range findings {
			if !f.Soft {
				blocked++
			}
		}
		switch {
		case who.Disagrees && len(findings) > 0:
			warned++
		case len(findings) > 0:
			warnedOthers++
		}
		if who.Disagrees {
			disagree++
		}
	}
	t.Logf("%d people: %d disagree with their own NIK (%.2f %%), %d of them warned, %d blocked; %d of the others warned; %d family cards doubted",
		people.Size(), disagree, share(disagree, people.Size()), warned, blocked, warnedOthers, cards)
	if warned != disagree || warnedOthers != 0 || blocked != 0 || cards != 0 {
		t.Error("somebody is doubted for nothing, or stopped, or a disagreement is not seen")
	}
}

// NIK and family card number in each other's field, and the card's in both.
func TestNumbersInTheWrongFieldAreNamed(t *testing.T) {
	t.Parallel()
	people := sim.Population(benchSeed, benchPeople)
	named, typed := map[string]int{}, 0
	for i := 0; i < people.Size(); i += 50 {
		who := people.At(i)
		if who.Disagrees {
			continue
		}
		typed++
		stated := truthOf(who)
		stated.NIK, stated.KK = identity.NIK(who.KK), identity.KK(who.NIK)
		_, atNIK := identity.ReviewNIK(who.KK, stated, today)
		_, atKK := identity.ReviewKK(who.NIK, stated, today)
		if len(atNIK) == 1 && atNIK[0].Suggestion == who.NIK && len(atKK) == 1 && atKK[0].Suggestion == who.KK {
			named[atNIK[0].Key+" "+atKK[0].Key]++
		}
		stated.KK = identity.KK(who.KK)
		if _, both := identity.ReviewNIK(who.KK, stated, today); len(both) == 1 {
			named[both[0].Key]++
		}
		stated = truthOf(who)
		stated.KK = identity.KK(who.NIK)
		if _, both := identity.ReviewKK(who.NIK, stated, today); len(both) == 1 {
			named[both[0].Key]++
		}
	}
	t.Logf("%d people: %v", typed, named)
	checkSentences(t, []identity.Finding{{Key: "identity.nik.is_kk"}, {Key: "identity.nik.same_as_kk"}, {Key: "identity.kk.is_nik"}})
	for _, keys := range []string{"identity.nik.is_kk identity.kk.is_nik", "identity.nik.same_as_kk", "identity.kk.same_as_nik"} {
		if share(named[keys], typed) < 99 {
			t.Errorf("%s: %d of %d", keys, named[keys], typed)
		}
	}
}

// What was typed so far says no more and no less than the whole will say.
func TestANumberIsDoubtedAsItIsTyped(t *testing.T) {
	t.Parallel()
	stated := identity.Stated{Birth: identity.Date{Year: 1992, Month: 6, Day: 15}, Sex: identity.Female, NIK: "3174011203200000", KK: "3174015506920000"}
	for typed, want := range map[string]string{
		"": "", "31740": "", "317401": "", "317499": "identity.nik.district_unknown 0 ", "317401 5506": "",
		"317401 550692": "", "317401 550892": "identity.nik.month_differs 10 317401550692", "317401 550892 00": "identity.nik.month_differs 10 31740155069200",
		"317401 550892 0000": "identity.nik.month_differs 10 3174015506920000", "317401 550892 00000": "", "317401 x": "",
	} {
		var got []string
		for _, f := range identity.StartNIK(typed, stated, today) {
			got = append(got, fmt.Sprint(f.Key, " ", f.Digit, " ", f.Suggestion))
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	for typed, want := range map[string]string{"317401": "", "317401 310220": "identity.kk.date_impossible", "994001": "identity.kk.province_unknown"} {
		var got []string
		for _, f := range identity.StartKK(typed, stated, today) {
			got = append(got, f.Key)
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestANumberIsReadInWords(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"31740": " ", "317401": "Tebet, Kota Administrasi Jakarta Selatan  ", "317499": " ", "317401 550692": "Tebet, Kota Administrasi Jakarta Selatan 1992-06-15 female",
		"317401 150692 0000": "Tebet, Kota Administrasi Jakarta Selatan 1992-06-15 male", "910101 310292": "Merauke, Kabupaten Merauke  ",
		"317401 1506x2": "Tebet, Kota Administrasi Jakarta Selatan  ", "317401 550692 00000": " 1992-06-15 female",
	} {
		r := identity.ReadNIK(typed, today)
		if got := r.Place + " " + r.Day.String() + " " + string(r.Sex); strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	if got := identity.ReadKK("317401 120320 0000", today); got.Day.String() != "2020-03-12" || got.Sex != "" {
		t.Errorf("%+v", got)
	}
}

func BenchmarkReviewNIK(b *testing.B) {
	people := sim.Population(benchSeed, benchPeople)
	for i := 0; b.Loop(); i++ {
		who := people.At(i % benchPeople)
		at := i % len(who.NIK)
		identity.ReviewNIK(who.NIK[:at]+"7"+who.NIK[at+1:], truthOf(who), today)
	}
}
