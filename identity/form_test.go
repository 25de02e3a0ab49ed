package identity_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/identity"
)

// checker is a service of which only the form's rules are used.
func checker() *identity.Service {
	return identity.New(identity.Config{
		Education: []string{"none", "primary"}, Employment: []string{"job_seeker"},
		Now: func() time.Time { return time.Date(2026, 8, 3, 2, 0, 0, 0, time.UTC) },
	})
}

func TestEveryFieldOfTheFormHasItsRule(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(f *identity.Form)
		want   string // field key; "" is nothing to say
	}{
		{"fine", func(*identity.Form) {}, ""},
		{"no name", func(f *identity.Form) { f.Name = " " }, "name identity.name.missing"},
		{"one letter", func(f *identity.Form) { f.Name = "S" }, "name identity.name.length"},
		{"two letters", func(f *identity.Form) { f.Name = "Su" }, ""},
		{"100 letters", func(f *identity.Form) { f.Name = strings.Repeat("é", 100) }, ""},
		{"101 letters", func(f *identity.Form) { f.Name = strings.Repeat("é", 101) }, "name identity.name.length"},
		{"marks of cards", func(f *identity.Form) { f.Name = "H. M. Nur’aini Al-Fikri, S.E." }, ""},
		{"a digit", func(f *identity.Form) { f.Name = "S1ti" }, "name identity.name.letters"},
		{"a tag", func(f *identity.Form) { f.Name = "<b>Siti" }, "name identity.name.letters"},
		{"broken UTF-8", func(f *identity.Form) { f.Name = "Siti\xff" }, "name identity.name.letters"},
		{"marks alone", func(f *identity.Form) { f.Name = "--" }, "name identity.name.missing"},
		{"no birth place", func(f *identity.Form) { f.BirthPlace = "" }, "birth_place identity.birth_place.missing"},
		{"60 letters of place", func(f *identity.Form) { f.BirthPlace = strings.Repeat("a", 60) }, ""},
		{"61 letters of place", func(f *identity.Form) { f.BirthPlace = strings.Repeat("a", 61) }, "birth_place identity.birth_place.length"},
		{"a digit in the place", func(f *identity.Form) { f.BirthPlace = "Bogor 2" }, "birth_place identity.birth_place.letters"},
		{"no birth date", func(f *identity.Form) { f.BirthDate = identity.Date{} }, "birth_date identity.birth_date.missing"},
		{"31 June", func(f *identity.Form) { f.BirthDate.Day, f.BirthDate.Month = 31, 6 }, "birth_date identity.birth_date.impossible"},
		{"tomorrow", func(f *identity.Form) { f.BirthDate = identity.Date{Year: 2026, Month: 8, Day: 4} }, "birth_date identity.birth_date.future"},
		{"120 years", func(f *identity.Form) { f.BirthDate.Year = 1905; f.BirthDate.Month = 12; f.NIK = "3201014112050001" }, ""},
		{"121 years", func(f *identity.Form) { f.BirthDate.Year = 1905 }, "birth_date identity.birth_date.too_old"},
		{"no sex", func(f *identity.Form) { f.Sex = "" }, "sex identity.sex.missing"},
		{"another sex", func(f *identity.Form) { f.Sex = "x" }, "sex identity.sex.missing"},
		{"no regency", func(f *identity.Form) { f.Regency, f.District = "", "" }, "regency identity.regency.missing"},
		{"a province", func(f *identity.Form) { f.Regency, f.District = "32", "" }, "regency identity.regency.unknown"},
		{"no such regency", func(f *identity.Form) { f.Regency, f.District = "3299", "" }, "regency identity.regency.unknown"},
		{"a very long regency", func(f *identity.Form) { f.Regency = strings.Repeat("3", 1<<20) }, "regency identity.regency.unknown"},
		{"no district", func(f *identity.Form) { f.District = "" }, ""},
		{"a district elsewhere", func(f *identity.Form) { f.District = "317401" }, "district identity.district.unknown"},
		{"half a district", func(f *identity.Form) { f.District = "32" }, "district identity.district.unknown"},
		{"no education", func(f *identity.Form) { f.Education = "" }, "education identity.education.missing"},
		{"unknown employment", func(f *identity.Form) { f.Employment = "king" }, "employment identity.employment.missing"},
		{"no NIK", func(f *identity.Form) { f.NIK = "" }, "nik identity.nik.missing"},
		{"a short KK", func(f *identity.Form) { f.KK = "3201" }, "kk identity.kk.too_short"},
		{"NIK and KK exchanged", func(f *identity.Form) { f.NIK, f.KK = f.KK, f.NIK }, "nik identity.nik.is_kk soft; kk identity.kk.is_nik soft"},
		{"NIK is the KK", func(f *identity.Form) { f.NIK = f.KK }, "nik identity.nik.same_as_kk soft"},
		{"KK is the NIK", func(f *identity.Form) { f.KK = f.NIK }, "kk identity.kk.same_as_nik soft"},
		{"month differs", func(f *identity.Form) { f.BirthDate.Month = 8 }, "nik identity.nik.month_differs soft"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := form("0001")
			test.change(&f)
			var said []string
			for _, found := range checker().Check(f) {
				line := found.Name + " " + found.Key
				if found.Soft {
					line += " soft"
				}
				said = append(said, line)
				checkSentences(t, []identity.Finding{{Key: found.Key, Args: found.Args}})
			}
			if got := strings.Join(said, "; "); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestAllIsSaidAtOnceInTheOrderOfThePage(t *testing.T) {
	t.Parallel()
	names := fieldNames(checker().Check(identity.Form{}))
	want := []string{"name", "nik", "kk", "birth_place", "birth_date", "sex", "regency", "education", "employment"}
	if !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
}

func TestAListOfChoicesThatIsEmptyIsNotAskedFor(t *testing.T) {
	t.Parallel()
	plain := identity.New(identity.Config{Now: time.Now})
	f := form("0001")
	f.Education, f.Employment = "", ""
	if found := plain.Check(f); found != nil {
		t.Errorf("%+v", found)
	}
	f.Education = "primary"
	if found := plain.Check(f); !slices.Equal(fieldNames(found), []string{"education"}) {
		t.Errorf("%+v", found)
	}
}

func TestEveryWordExistsInBothLanguages(t *testing.T) {
	t.Parallel()
	indonesian, english := catalog(t, "id"), catalog(t, "en")
	for key := range maps.Keys(english) {
		if placeholders(indonesian[key]) != placeholders(english[key]) {
			t.Errorf("%s: %q and %q", key, indonesian[key], english[key])
		}
	}
	wanted := slices.Concat(stateKeys(), messageKeys(),
		[]string{"identity.already_matched", "identity.corrections", "identity.state.none", "identity.state.parked.slow",
			"identity.reason_missing", "identity.mode_unknown", "identity.not_held", "identity.not_in_use"})
	for _, key := range wanted {
		if indonesian[key] == "" || english[key] == "" {
			t.Errorf("no words for %s", key)
		}
	}
	if len(indonesian) != len(english) {
		t.Errorf("%d Indonesian words, %d English", len(indonesian), len(english))
	}
}

func placeholders(sentence string) string {
	found := placeholder.FindAllString(sentence, -1)
	slices.Sort(found)
	return strings.Join(slices.Compact(found), "")
}

func stateKeys() (keys []string) {
	for _, st := range append(slices.Clone(identity.States), identity.Review) {
		if st == identity.None {
			continue
		}
		name := "identity.state." + string(st)
		keys = append(keys, name, name+".happened", name+".next", name+".when")
		if st != identity.Parked {
			keys = append(keys, "identity.history."+string(st))
		}
	}
	return append(keys, "identity.history.submitted", "identity.history.corrected", "identity.history.nik_tried",
		"identity.history.admitted", "identity.history.waived", "identity.history.moved", "identity.history.given")
}

func messageKeys() (keys []string) {
	for _, told := range []string{"matched", "differs", "person_state", "not_found", "in_use", "nik_tried", "review", "declined", "moved", "given"} {
		name := "identity.told." + told
		keys = append(keys, name+".subject", name+".text", name+".sms")
	}
	return keys
}

// oneSMS is what a single message holds beside its mark: more is split and paid twice.
var oneSMS = regexp.MustCompile(`^[ -~]{1,148}$`)

func TestMessagesFitOneSMSAndNameNobody(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"id", "en"} {
		sentences := catalog(t, language)
		for _, key := range messageKeys() {
			if strings.HasSuffix(key, ".sms") && !oneSMS.MatchString(sentences[key]) {
				t.Errorf("%s %s: %q", language, key, sentences[key])
			}
			if placeholders(sentences[key]) != "" {
				t.Errorf("%s %s takes values: %q", language, key, sentences[key])
			}
		}
	}
}

func TestWaitingBlamesNobody(t *testing.T) {
	t.Parallel()
	sentences := catalog(t, "id")
	if !strings.Contains(sentences["identity.state.parked.next"], "Tidak ada yang perlu Anda lakukan") ||
		!strings.Contains(sentences["identity.state.parked.slow"], "Layanan data kependudukan sedang lambat") {
		t.Error("who waits is not told that there is nothing to do, or that the service is slow")
	}
	blame := regexp.MustCompile(`(?i)salah|keliru|perbaiki|tidak sama|berbeda|periksa|wrong|mistake|mend|differ|check`)
	for _, language := range []string{"id", "en"} {
		for key, sentence := range catalog(t, language) {
			if strings.HasPrefix(key, "identity.state.parked") && blame.MatchString(sentence) {
				t.Errorf("%s %s: %q", language, key, sentence)
			}
		}
	}
}
