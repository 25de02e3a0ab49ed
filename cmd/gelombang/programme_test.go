package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/eligibility"
)

func TestTheDefaultProgrammeIsWhatTheFileSays(t *testing.T) {
	t.Parallel()
	carried, err := DefaultProgramme()
	if err != nil {
		t.Fatal(err)
	}
	read, err := LoadProgramme(filepath.Join("..", "..", "programme.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(read.Texts(), carried.Texts()); diff != "" {
		t.Error(diff)
	}
	if carried.Location().String() != "Asia/Jakarta" || carried.Rules().Fingerprint() != read.Rules().Fingerprint() {
		t.Error("the binary carries another programme than the file")
	}
}

func TestTheDefaultProgrammeHasAnOpenWaveAtItsFirstStart(t *testing.T) {
	t.Parallel()
	p := mustDefault(t)
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	first, second := p.Waves[0], p.Waves[1]
	if !first.Opens.Resolve(now).Before(now) || !first.Closes.Resolve(now).Equal(now.Add(6*day)) {
		t.Errorf("opens %v, closes %v", first.Opens.Resolve(now), first.Closes.Resolve(now))
	}
	if second.Opens.Resolve(now).Before(first.Announce.Resolve(now)) {
		t.Error("the second wave opens before the first is announced")
	}
	for _, w := range p.Waves {
		places := 0
		for _, s := range w.Strata {
			places += s.Places
		}
		if places != 200_000 {
			t.Errorf("wave %s has %d places", w.Name, places)
		}
	}
}

func TestPrakerjaAdmitsAndRefusesAsAnnounced(t *testing.T) {
	t.Parallel()
	p := mustDefault(t)
	tests := map[string]struct {
		change  map[string]any
		refused string
		step    eligibility.Step
	}{
		"all is right":              {nil, "", ""},
		"parked at the registry":    {map[string]any{"identity": "parked"}, "", ""},
		"64 years":                  {map[string]any{"age": 64}, "", ""},
		"17 years":                  {map[string]any{"age": 17}, "age", eligibility.StepIdentity},
		"65 years":                  {map[string]any{"age": 65}, "age", eligibility.StepIdentity},
		"no citizen":                {map[string]any{"statement_citizen": false}, "citizen", eligibility.StepStatements},
		"a student":                 {map[string]any{"statement_in_formal_education": true}, "not_in_formal_education", eligibility.StepStatements},
		"a village head":            {map[string]any{"statement_excluded_office": true}, "no_excluded_office", eligibility.StepStatements},
		"a recipient":               {map[string]any{"recipient_before": true}, "never_recipient", eligibility.StepNone},
		"no phone":                  {map[string]any{"phone_proven": false}, "phone", eligibility.StepPhone},
		"data that do not match":    {map[string]any{"identity": "differs"}, "identity", eligibility.StepIdentity},
		"e-mail is not a condition": {map[string]any{"email_proven": false}, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts := map[string]any{"age": 30, "identity": "matched", "phone_proven": true, "recipient_before": false,
				"statement_citizen": true, "statement_in_formal_education": false, "statement_excluded_office": false}
			for k, v := range tt.change {
				facts[k] = v
			}
			want := eligibility.Verdict{Eligible: tt.refused == ""}
			if tt.refused != "" {
				want.Refused = []eligibility.Refusal{{Rule: tt.refused, Reason: "rule." + tt.refused, Step: tt.step}}
			}
			got, err := p.Rules().Evaluate(t.Context(), facts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if text := p.Texts()["id"]["rule."+tt.refused]; tt.refused != "" && text == "" {
				t.Error("the refusal has no text")
			}
		})
	}
}

func TestAnotherProgrammeSharesNothingWithTheDefault(t *testing.T) {
	t.Parallel()
	desa, err := LoadProgramme("testdata/desa.yaml")
	if err != nil {
		t.Fatal(err)
	}
	prakerja := mustDefault(t)
	own := desa.Texts()["id"]
	for key, text := range prakerja.Texts()["id"] {
		if text != "Lainnya" && own[key] == text {
			t.Errorf("%s is %q in both", key, text)
		}
	}
	got, err := desa.Rules().Evaluate(t.Context(), map[string]any{
		"statement_village_letter": true, "statement_other_grant": false,
		"domicile_province": "31", "sex": "male", "age": 70, "employment": "artisan"})
	if err != nil {
		t.Fatal(err)
	}
	want := eligibility.Verdict{Refused: []eligibility.Refusal{
		{Rule: "near", Reason: "rule.near", Step: eligibility.StepProfile},
		{Rule: "women_or_farmers", Reason: "rule.women_or_farmers", Step: eligibility.StepNone}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if desa.Wording["id"]["portal.home.title"] != "Hibah pelatihan warga" || desa.Location().String() != "Asia/Makassar" {
		t.Error("wording or zone were not read")
	}
	wave := desa.Waves[0]
	if wave.Settle != 72*time.Hour || !wave.Opens.Absolute.Equal(time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("settle %v, opens %v", wave.Settle, wave.Opens)
	}
	if diff := cmp.Diff([]string{"33"}, wave.Strata[0].Provinces); diff != "" || !wave.Strata[1].Else {
		t.Errorf("strata %+v", wave.Strata)
	}
}

func mustDefault(t *testing.T) *Programme {
	t.Helper()
	p, err := DefaultProgramme()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAllSlipsAreToldAtOnceInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	text := readFile(t, "testdata/desa.yaml")
	for _, change := range [][2]string{{"expect: true", "expect: maybe"}, {"places: 120", "places: 0"},
		{"digits: 8", "digits: 99"}, {"when: statement_village_letter", "when: nobody"}} {
		text = strings.Replace(text, change[0], change[1], 1)
	}
	_, err := parseProgramme("desa.yaml", []byte(text))
	if err == nil {
		t.Fatal("was not noticed")
	}
	got := regexp.MustCompile(`(?m)^desa\.yaml:\d+:\d+: `).ReplaceAllString(err.Error(), "")
	want := "statements[0].expect: must be true or false\n" +
		"eligibility[0].when: column 1 of the rule: undeclared reference to 'nobody'\n" +
		"waves[0].strata[0].places: must be at least 1\n" +
		"limits.code.digits: must be at most 8"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWavesStandInLine(t *testing.T) {
	t.Parallel()
	text := readFile(t, "../../programme.yaml")
	_, err := parseProgramme("p.yaml", []byte(strings.Replace(text, "opens: now+12d", "opens: now+5d", 1)))
	if err == nil || !strings.Contains(err.Error(), "waves[1].opens: must not be before the wave above it closes") {
		t.Errorf("said %v", err)
	}
}

func TestEveryProvinceNeedsAStratum(t *testing.T) {
	t.Parallel()
	text := readFile(t, "../../programme.yaml")
	_, err := parseProgramme("p.yaml", []byte(strings.Replace(text, `["81", "82"]`, `["81"]`, 1)))
	want := "waves[0].strata: no stratum for the provinces 82; list them or add one with else: true"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("said %v", err)
	}
	if len(provinces) != 38 {
		t.Errorf("%d provinces", len(provinces))
	}
}

func TestWhatIsNotAProgrammeIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"nothing":         {"", "p.yaml:1:1: must be one YAML document"},
		"only a comment":  {"# soon\n", "p.yaml:1:1: must be one YAML document"},
		"two documents":   {"name: 1\n---\nname: 2\n", "p.yaml:1:1: must be one YAML document"},
		"a list":          {"- 1\n", "p.yaml:1:3: must be a group of fields"},
		"broken":          {"name: {id: x\nb: [", "p.yaml:"},
		"a key twice":     {"tagline: 1\ntagline: 2\n", "p.yaml:2:1: mapping key \"tagline\" already defined"},
		"an unknown name": {"name: *nobody\n", "p.yaml:1:7: name: refers to &nobody, which is not above it"},
		"too large":       {strings.Repeat("#", maxProgrammeBytes+1), "p.yaml: 1048577 bytes, the limit is 1048576"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseProgramme("p.yaml", []byte(tt.text))
			if err == nil || !strings.Contains("\n"+err.Error(), "\n"+tt.want) {
				t.Errorf("said %v, want %s", err, tt.want)
			}
		})
	}
}

func TestAFileThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	if _, err := LoadProgramme("testdata/none.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("said %v", err)
	}
}

func TestBlindOddsCountGuessesOverAllCodes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ digits, guesses, want int }{
		{6, 10, 100_000}, {6, 100, 10_000}, {4, 1, 10_000}, {4, 5, 2_000}, {8, 30, 3_333_333}, {4, 0, 0}, {1, 100, 1},
	} {
		if got := blindOdds(tt.digits, tt.guesses); got != tt.want {
			t.Errorf("%d digits, %d guesses: 1 in %d, want %d", tt.digits, tt.guesses, got, tt.want)
		}
	}
}

func TestSpansReadBackAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(1, 90*24*3600).Draw(t, "seconds")) * time.Second
		if got, err := parseSpan(spanText(d)); err != nil || got != d {
			t.Fatalf("%v as %s reads %v, %v", d, spanText(d), got, err)
		}
		days := rapid.IntRange(1, 400).Draw(t, "days")
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		m, err := parseMoment(fmt.Sprintf("now-%dd", days))
		if err != nil || !m.Resolve(now).Equal(now.AddDate(0, 0, -days)) {
			t.Fatalf("now-%dd is %v, %v", days, m.Resolve(now), err)
		}
	})
}

func FuzzProgramme(f *testing.F) {
	for _, path := range []string{"testdata/desa.yaml", "../../programme.yaml"} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("waves: &a [*a]"))
	f.Add([]byte("name: {id: !!str x}\n? [a]\n: b"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parseProgramme("p.yaml", text)
		if (p == nil) == (err == nil) {
			t.Fatal("neither a programme nor an error")
		}
		if err != nil && !strings.HasPrefix(err.Error(), "p.yaml:") {
			t.Fatalf("without a place: %v", err)
		}
	})
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
