package eligibility_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/eligibility"
	"gelombang/internal/fault"
)

var facts = []eligibility.Fact{
	{Name: "age", Kind: eligibility.Int},
	{Name: "citizen", Kind: eligibility.Bool},
	{Name: "office", Kind: eligibility.Bool},
	{Name: "province", Kind: eligibility.String},
	{Name: "skills", Kind: eligibility.Strings},
}

func rule(name, expr string) eligibility.Rule {
	return eligibility.Rule{Name: name, Expr: expr, Reason: "rule." + name, Step: eligibility.StepStatements}
}

func compile(t *testing.T, rules ...eligibility.Rule) *eligibility.Rules {
	t.Helper()
	rs, err := eligibility.Compile(facts, rules)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func refusal(name string) eligibility.Refusal {
	return eligibility.Refusal{Rule: name, Reason: "rule." + name, Step: eligibility.StepStatements}
}

func TestRulesAdmitRefuseOrAsk(t *testing.T) {
	t.Parallel()
	rs := compile(t,
		rule("grown", `age >= 18 && age <= 64`),
		rule("citizen", `citizen`),
		rule("no_office", `!office`),
		rule("here", `citizen && province in ["33", "34"]`),
		rule("skilled", `skills.exists(s, s == "weaving")`),
	)
	good := map[string]any{"age": 30, "citizen": true, "office": false, "province": "33", "skills": []string{"weaving"}}
	tests := map[string]struct {
		change map[string]any // nil takes the fact away
		want   eligibility.Verdict
	}{
		"everything right":       {nil, eligibility.Verdict{Eligible: true}},
		"int64 is an int":        {map[string]any{"age": int64(18)}, eligibility.Verdict{Eligible: true}},
		"a day too young":        {map[string]any{"age": 17}, eligibility.Verdict{Refused: []eligibility.Refusal{refusal("grown")}}},
		"a year too old":         {map[string]any{"age": 65}, eligibility.Verdict{Refused: []eligibility.Refusal{refusal("grown")}}},
		"unknown age is asked":   {map[string]any{"age": nil}, eligibility.Verdict{Missing: []string{"age"}}},
		"unknown list is asked":  {map[string]any{"skills": nil}, eligibility.Verdict{Missing: []string{"skills"}}},
		"an empty list is known": {map[string]any{"skills": []string{}}, eligibility.Verdict{Refused: []eligibility.Refusal{refusal("skilled")}}},
		"false decides without the unknown": {map[string]any{"citizen": false, "province": nil},
			eligibility.Verdict{Refused: []eligibility.Refusal{refusal("citizen"), refusal("here")}}},
		"refusals keep the order and others still ask": {map[string]any{"office": true, "age": 12, "province": nil},
			eligibility.Verdict{Refused: []eligibility.Refusal{refusal("grown"), refusal("no_office")}, Missing: []string{"province"}}},
		"two rules ask for one fact once": {map[string]any{"citizen": nil},
			eligibility.Verdict{Missing: []string{"citizen"}}},
		"a fact of a later release is passed over": {map[string]any{"shoe_size": 42}, eligibility.Verdict{Eligible: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := map[string]any{}
			for k, v := range good {
				given[k] = v
			}
			for k, v := range tt.change {
				given[k] = v
				if v == nil {
					delete(given, k)
				}
			}
			got, err := rs.Evaluate(t.Context(), given)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatCannotBeEvaluatedIsNeverARefusal(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", eligibility.MaxStringBytes+1)
	tests := map[string]struct {
		expr  string
		given map[string]any
	}{
		"overflow":              {`age + 1 > 0`, map[string]any{"age": math.MaxInt64}},
		"division by zero":      {`10 / age > 1`, map[string]any{"age": 0}},
		"not a number":          {`int(province) > 10`, map[string]any{"province": "abc"}},
		"beyond the list":       {`skills[3] == "a"`, map[string]any{"skills": []string{"a"}}},
		"string for int":        {`age > 1`, map[string]any{"age": "30"}},
		"nil":                   {`age > 1`, map[string]any{"age": nil}},
		"float for int":         {`age > 1`, map[string]any{"age": 30.0}},
		"wrong type of any":     {`skills == []`, map[string]any{"skills": []any{"a"}}},
		"wrong type, not used":  {`age > 1`, map[string]any{"age": 3, "citizen": "yes"}},
		"over-long string":      {`province == "33"`, map[string]any{"province": long}},
		"over-long item":        {`skills == []`, map[string]any{"skills": []string{long}}},
		"too many items":        {`skills == []`, map[string]any{"skills": make([]string, eligibility.MaxListItems+1)}},
		"error beside a false":  {`1 / age > 1 && office`, map[string]any{"age": 0, "office": true}},
		"error in a later rule": {`1 / age > 1`, map[string]any{"age": 0}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rs := compile(t, rule("fine", `true`), rule("shaky", tt.expr))
			got, err := rs.Evaluate(t.Context(), tt.given)
			if !fault.Is(err, fault.Internal) {
				t.Errorf("error is %v, want internal", err)
			}
			if f, ok := fault.As(err); !ok || f.Key != eligibility.KeyFailed {
				t.Errorf("error %v carries no key for the person", err)
			}
			if diff := cmp.Diff(eligibility.Verdict{}, got); diff != "" {
				t.Errorf("a verdict beside the error: %s", diff)
			}
		})
	}
}

func TestWhoGivesUpWaitingGetsNoVerdict(t *testing.T) {
	t.Parallel()
	rs := compile(t, rule("r", `citizen`))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := rs.Evaluate(ctx, map[string]any{"citizen": false})
	if !errors.Is(err, context.Canceled) || !fault.Is(err, fault.Internal) {
		t.Errorf("error is %v, want cancelled and internal", err)
	}
}

func TestTheZeroValueNeitherAdmitsNorRefuses(t *testing.T) {
	t.Parallel()
	var rs eligibility.Rules
	if _, err := rs.Evaluate(t.Context(), nil); !fault.Is(err, fault.Internal) {
		t.Errorf("error is %v, want internal", err)
	}
}

func TestCompileNamesTheRuleAndTheColumn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		expr string
		want string
	}{
		"a typo in a fact":      {`citizen && agee > 3`, `rule "r": line 1, column 12: undeclared reference to 'agee'`},
		"the second line":       {"citizen &&\n  agee > 3", `rule "r": line 2, column 3: undeclared reference to 'agee'`},
		"types that differ":     {`age == "18"`, `rule "r": line 1, column 5: found no matching overload for '_==_' applied to '(int, string)'`},
		"not a yes or no":       {`age + 1`, `rule "r": line 1, column 1: must be true or false, is int`},
		"a type hidden":         {`dyn(age) == "18"`, `rule "r": line 1, column 4: undeclared reference to 'dyn'`},
		"a mixed list":          {`age in [1, "2"]`, `rule "r": line 1, column 12: expected type 'int' but found 'string'`},
		"a loop that makes one": {`skills.map(s, s) == []`, `rule "r": line 1, column 11: undeclared reference to 'map'`},
		"a loop in a loop":      {`skills.all(a, skills.all(b, a == b))`, `rule "r": line 1, column 25: comprehension exceeds nesting limit`},
		"a broken pattern":      {`province.matches("(")`, "rule \"r\": line 1, column 18: invalid matches argument"},
		"too dear":              {`skills.all(s, ` + strings.Repeat(`s.matches("a.*b.*c") && `, 20) + `true)`, `the limit is 20000`},
		"empty":                 {``, `rule "r": line 1, column 1: `},
		"too long":              {strings.Repeat("a", eligibility.MaxExprRunes+1), `rule "r": line 1, column 1: `},
		"too deep":              {strings.Repeat("(", 60) + "true" + strings.Repeat(")", 60), `rule "r": line 1, column `},
		"not UTF-8":             {"citizen == \"\xff\"", `rule "r": expression is not UTF-8`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := eligibility.Compile(facts, []eligibility.Rule{rule("ok", "citizen"), rule("r", tt.expr)})
			var problems eligibility.Problems
			if !errors.As(err, &problems) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCompileGathersEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := eligibility.Compile(facts, []eligibility.Rule{rule("a", "agee > 1"), rule("b", "citizen"), rule("c", "age")})
	want := "rule \"a\": line 1, column 1: undeclared reference to 'agee'\n" +
		"rule \"c\": line 1, column 1: must be true or false, is int"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestCompileChecksTheDeclarations(t *testing.T) {
	t.Parallel()
	b := eligibility.Bool
	tests := map[string]struct {
		facts []eligibility.Fact
		rules []eligibility.Rule
		want  string
	}{
		"twice the fact":   {[]eligibility.Fact{{Name: "a", Kind: b}, {Name: "a", Kind: b}}, nil, `fact "a": is declared twice`},
		"unknown kind":     {[]eligibility.Fact{{Name: "a", Kind: "date"}}, nil, `fact "a": kind "date" is not one of [bool int string strings]`},
		"name with a dot":  {[]eligibility.Fact{{Name: "a.b", Kind: b}}, nil, `fact "a.b": name must be`},
		"word of CEL":      {[]eligibility.Fact{{Name: "in", Kind: b}}, nil, `fact "in": is a word of the rule language`},
		"twice the rule":   {nil, []eligibility.Rule{rule("r", "true"), rule("r", "true")}, `rule "r": is declared twice`},
		"a sentence":       {nil, []eligibility.Rule{{Name: "r", Expr: "true", Reason: "Too young.", Step: eligibility.StepNone}}, `rule "r": reason "Too young." is not a catalog key`},
		"no such step":     {nil, []eligibility.Rule{{Name: "r", Expr: "true", Reason: "rule.r", Step: "prayer"}}, `rule "r": step "prayer" is not one of`},
		"too many rules":   {nil, make([]eligibility.Rule, eligibility.MaxRules+1), `101 rules, the limit is 100`},
		"too many facts":   {make([]eligibility.Fact, eligibility.MaxFacts+1), nil, `201 facts, the limit is 200`},
		"a nameless rule":  {nil, []eligibility.Rule{{Expr: "true", Reason: "rule.r", Step: eligibility.StepNone}}, `name must be`},
		"a nameless fact ": {[]eligibility.Fact{{Kind: b}}, nil, `name must be`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := eligibility.Compile(tt.facts, tt.rules)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
}

func TestFrozenRulesJudgeAsTheyDidWhenFrozen(t *testing.T) {
	t.Parallel()
	rs := compile(t, rule("grown", `age >= 18 && age <= 64`), rule("here", `province in ["33"]`))
	again, err := eligibility.Parse(rs.Source())
	if err != nil {
		t.Fatal(err)
	}
	if again.Source() != rs.Source() || again.Fingerprint() != rs.Fingerprint() {
		t.Error("the text changed on its way through storage")
	}
	got, err := again.Evaluate(t.Context(), map[string]any{"age": 3, "province": "33"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(eligibility.Verdict{Refused: []eligibility.Refusal{refusal("grown")}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheOrderOfFactsDoesNotChangeTheFingerprint(t *testing.T) {
	t.Parallel()
	turned := []eligibility.Fact{facts[4], facts[2], facts[0], facts[3], facts[1]}
	a := compile(t, rule("r", "citizen"))
	b, err := eligibility.Compile(turned, []eligibility.Rule{rule("r", "citizen")})
	if err != nil {
		t.Fatal(err)
	}
	if a.Fingerprint() != b.Fingerprint() {
		t.Error("the same set has two fingerprints")
	}
	if c := compile(t, rule("r", "!citizen")); a.Fingerprint() == c.Fingerprint() {
		t.Error("two sets share a fingerprint")
	}
}

func TestStoredTextIsReadStrictly(t *testing.T) {
	t.Parallel()
	good := compile(t, rule("r", "citizen")).Source()
	tests := map[string]struct{ text, want string }{
		"empty":            {"", "read rules"},
		"unknown field":    {strings.Replace(good, `"facts"`, `"x": 1, "facts"`, 1), "unknown field"},
		"other format":     {strings.Replace(good, "eligibility/1", "eligibility/2", 1), "format"},
		"text after":       {good + "{}", "text after the end"},
		"another spelling": {strings.Replace(good, "  ", "\t", 1), "canonical"},
		"a broken rule":    {strings.Replace(good, `"citizen",`+"\n", `"citizen_",`+"\n", 1), "undeclared reference"},
		"huge":             {strings.Repeat(" ", 1<<20+1), "the limit is"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := eligibility.Parse(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
}
