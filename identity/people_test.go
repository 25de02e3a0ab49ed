package identity_test

import (
	"fmt"
	"os"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"gelombang/identity"
	"gelombang/identity/region"
)

// person is somebody whose NIK agrees with all that is stated.
type person struct {
	nik    identity.NIK
	stated identity.Stated
}

var districts = sync.OnceValue(func() []region.Region {
	var all []region.Region
	for _, p := range region.Provinces() {
		for _, r := range region.Regencies(p.Code) {
			all = append(all, region.Districts(r.Code)...)
		}
	}
	return all
})

// somePerson makes a person of 17 to 80 years by a source of choices below n.
func somePerson(pick func(n int) int) person {
	born := time.Date(1946, 8, 8, 0, 0, 0, 0, time.UTC).AddDate(0, 0, pick(63*365))
	birth, _ := identity.NewDate(born.Day(), int(born.Month()), born.Year())
	district := districts()[pick(len(districts()))].Code
	stated := identity.Stated{Birth: birth, Sex: identity.Male, Domicile: district[:4]}
	day := birth.Day
	if pick(2) == 1 {
		stated.Sex, day = identity.Female, day+40
	}
	digits := fmt.Sprintf("%s%02d%02d%02d%04d", district, day, birth.Month, birth.Year%100, 1+pick(60))
	return person{identity.NIK(digits), stated}
}

func drawPerson(t *rapid.T) person {
	return somePerson(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
}

func withDigit(nik identity.NIK, at int, digit byte) identity.NIK {
	changed := []byte(nik)
	changed[at] = digit
	return identity.NIK(changed)
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// checkSentences fails for a finding that a catalog cannot say with its arguments.
func checkSentences(t *testing.T, findings []identity.Finding) {
	t.Helper()
	for _, language := range []string{"id", "en"} {
		sentences := catalog(t, language)
		for _, f := range findings {
			sentence, ok := sentences[f.Key]
			if !ok {
				t.Errorf("%s: no sentence for %s", language, f.Key)
			}
			for _, m := range placeholder.FindAllStringSubmatch(sentence, -1) {
				if _, ok := f.Args[m[1]]; !ok {
					t.Errorf("%s: %s wants %s, the finding has %v", language, f.Key, m[0], f.Args)
				}
			}
		}
	}
}

func catalog(t *testing.T, language string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("catalog." + language + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var sentences map[string]string
	if err := yaml.Unmarshal(raw, &sentences); err != nil {
		t.Fatal(err)
	}
	return sentences
}
