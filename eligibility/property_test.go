package eligibility_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/eligibility"
	"gelombang/internal/fault"
)

var exprs = []string{
	`age >= 18 && age <= 64`, `citizen`, `!office`, `citizen && !office`, `citizen || age > 60`,
	`province in ["33", "34"]`, `skills.exists(s, s == "a") || citizen`, `age > 20 ? citizen : office`,
}

func drawRules(t *rapid.T) *eligibility.Rules {
	var rules []eligibility.Rule
	for i, e := range rapid.SliceOfN(rapid.SampledFrom(exprs), 0, 6).Draw(t, "exprs") {
		rules = append(rules, rule("r"+string(rune('a'+i)), e))
	}
	rs, err := eligibility.Compile(facts, rules)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func drawFacts(t *rapid.T) map[string]any {
	return map[string]any{
		"age":      rapid.IntRange(0, 90).Draw(t, "age"),
		"citizen":  rapid.Bool().Draw(t, "citizen"),
		"office":   rapid.Bool().Draw(t, "office"),
		"province": rapid.SampledFrom([]string{"", "33", "34", "91"}).Draw(t, "province"),
		"skills":   rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 0, 3).Draw(t, "skills"),
	}
}

func TestLearningAFactNeverTakesARefusalBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rs, whole := drawRules(t), drawFacts(t)
		full, err := rs.Evaluate(t.Context(), whole)
		if err != nil {
			t.Fatal(err)
		}
		if len(full.Missing) > 0 || full.Eligible != (len(full.Refused) == 0) {
			t.Fatalf("all facts are known, yet %+v", full)
		}
		part := map[string]any{}
		for name, v := range whole {
			if rapid.Bool().Draw(t, "know "+name) {
				part[name] = v
			}
		}
		early, err := rs.Evaluate(t.Context(), part)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range early.Refused {
			if !slices.Contains(full.Refused, r) {
				t.Fatalf("%s refused with %v, passed with %v", r.Rule, part, whole)
			}
		}
		if early.Eligible && !full.Eligible {
			t.Fatalf("eligible with %v, refused with %v", part, whole)
		}
		for _, name := range early.Missing {
			if _, known := part[name]; known {
				t.Fatalf("asks for %s, which is known", name)
			}
		}
	})
}

func TestTheSameFactsGiveTheSameVerdictAfterStorage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rs, given := drawRules(t), drawFacts(t)
		again, err := eligibility.Parse(rs.Source())
		if err != nil {
			t.Fatal(err)
		}
		a, errA := rs.Evaluate(t.Context(), given)
		b, errB := again.Evaluate(t.Context(), given)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzExpressions feeds arbitrary text as a rule: it compiles or says what is
// wrong, and what compiles answers or is our fault, with no panic and no third way.
func FuzzExpressions(f *testing.F) {
	for _, e := range exprs {
		f.Add(e, int64(30), "33")
	}
	f.Add(`1 / age > 0`, int64(0), "")
	f.Add(`province.matches(province)`, int64(1), "(")
	f.Add(`timestamp(province) < timestamp("2026-01-01T00:00:00Z")`, int64(1), "x")
	f.Add(`[1, 2, age].all(x, [x].exists(y, y > 0))`, int64(-9223372036854775808), "\xff")
	f.Add("a ? b : {", int64(1), "\x00")
	f.Fuzz(func(t *testing.T, expr string, age int64, province string) {
		rs, err := eligibility.Compile(facts, []eligibility.Rule{rule("r", expr)})
		if err != nil {
			var problems eligibility.Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("compile said %v", err)
			}
			return
		}
		if _, err := eligibility.Parse(rs.Source()); err != nil {
			t.Fatalf("compiled, but its text does not read back: %v", err)
		}
		given := map[string]any{"age": age, "citizen": true, "province": province, "skills": []string{province}}
		if _, err := rs.Evaluate(t.Context(), given); err != nil && !fault.Is(err, fault.Internal) {
			t.Fatalf("evaluate said %v", err)
		}
	})
}
