package drawtest

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"gelombang/announce"
	"gelombang/application"
	"gelombang/draw"
	"gelombang/eligibility"
	"gelombang/internal/locale"
	"gelombang/wave"
)

// Plans are two waves of six days, twelve days apart.
func Plans(now time.Time, pMin float64) []wave.Plan {
	terms := wave.Terms{
		Strata: []wave.Stratum{
			{Name: "jawa", Title: "Jawa", Places: 12, Reserve: 4, Provinces: []string{"31", "32", "33", "34", "35", "36"}},
			{Name: "lain", Title: "Lainnya", Places: 8, Reserve: 3, Else: true},
		},
		HouseholdCap: 2, CountEarlier: true, Approvals: 2, PMin: pMin, Delay: 10 * time.Minute,
	}
	const day = 24 * time.Hour
	var plans []wave.Plan
	for i := range 2 {
		opens := now.Add(time.Duration(i) * 12 * day)
		name := fmt.Sprint(i + 1)
		plans = append(plans, wave.Plan{Name: name, Title: "Gelombang " + name, Opens: opens, Closes: opens.Add(6 * day),
			Settle: day, Announce: opens.Add(11 * day), Terms: terms})
	}
	return plans
}

// Rules are those of the programme.
func Rules(t *testing.T) *eligibility.Rules {
	t.Helper()
	facts := []eligibility.Fact{
		{Name: "age", Kind: eligibility.Int}, {Name: "identity", Kind: eligibility.String}, {Name: "phone_proven", Kind: eligibility.Bool},
		{Name: "recipient_before", Kind: eligibility.Bool}, {Name: "statement_citizen", Kind: eligibility.Bool},
	}
	rule := func(name, when string, step eligibility.Step) eligibility.Rule {
		return eligibility.Rule{Name: name, Expr: when, Reason: "rule." + name, Step: step}
	}
	rs, err := eligibility.Compile(facts, []eligibility.Rule{
		rule("citizen", `statement_citizen`, eligibility.StepStatements),
		rule("age", `age >= 18 && age <= 64`, eligibility.StepIdentity),
		rule("never_recipient", `!recipient_before`, eligibility.StepNone),
		rule("phone", `phone_proven`, eligibility.StepPhone),
		rule("identity", `identity in ["matched", "parked"]`, eligibility.StepIdentity),
	})
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// Texts are what a programme file would bring.
var Texts = fstest.MapFS{
	"catalog.id.yaml": {Data: []byte(texts)},
	"catalog.en.yaml": {Data: []byte(texts)},
}

const texts = `
wave.1: "Gelombang 1"
wave.2: "Gelombang 2"
stratum.1.jawa: "Jawa"
stratum.1.lain: "Lainnya"
rule.citizen: "citizen"
rule.age: "age"
rule.never_recipient: "never"
rule.phone: "phone"
rule.identity: "identity"
`

// Catalog loads the words of the nouns that lead to a draw.
func Catalog(t *testing.T) *locale.Catalog {
	t.Helper()
	c, err := locale.Load(nil, Texts, wave.Catalog, application.Catalog, draw.Catalog, announce.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	c.OnMissing(func(lang locale.Lang, key string) { t.Errorf("%s: no text %s", lang, key) })
	return c
}
