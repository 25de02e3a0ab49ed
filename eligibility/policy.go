package eligibility

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// The limits keep one person's check far below a millisecond whatever an
// operator writes, and make the estimate at load hold at run time.
const (
	MaxFacts       = 200
	MaxRules       = 100
	MaxExprRunes   = 2000
	MaxStringBytes = 200    // of a string fact, and of each item of a list
	MaxListItems   = 50     // of a list fact
	MaxCost        = 20_000 // steps as CEL counts them; a comparison of two facts is about 2

	maxDepth        = 40 // nesting of an expression
	maxNodes        = 2000
	maxRecoveries   = 10 // syntax errors reported for one expression
	maxLoopNesting  = 1  // loops run over facts and literals only, and not inside each other
	maxRegexProgram = 500
	interruptEvery  = 100 // loop turns between two looks at the context
	maxSourceBytes  = 1 << 20
)

var (
	nameForm   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,59}$`)
	reasonForm = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$`)
)

// checkDeclarations checks everything but the expressions themselves.
func checkDeclarations(facts []Fact, rules []Rule) Problems {
	problems := slices.Concat(checkFacts(facts), checkRules(rules))
	if len(facts) > MaxFacts {
		problems = append(problems, Problem{Message: fmt.Sprintf("%d facts, the limit is %d", len(facts), MaxFacts)})
	}
	if len(rules) > MaxRules {
		problems = append(problems, Problem{Message: fmt.Sprintf("%d rules, the limit is %d", len(rules), MaxRules)})
	}
	return problems
}

func checkFacts(facts []Fact) (problems Problems) {
	seen := map[string]bool{}
	for _, f := range facts {
		switch {
		case !nameForm.MatchString(f.Name):
			problems = append(problems, Problem{Fact: f.Name, Message: "name must be lower-case letters, digits and _"})
		case seen[f.Name]:
			problems = append(problems, Problem{Fact: f.Name, Message: "is declared twice"})
		case !slices.Contains(Kinds, f.Kind):
			problems = append(problems, Problem{Fact: f.Name, Message: fmt.Sprintf("kind %q is not one of %v", f.Kind, Kinds)})
		}
		seen[f.Name] = true
	}
	return problems
}

func checkRules(rules []Rule) (problems Problems) {
	seen := map[string]bool{}
	for _, r := range rules {
		add := func(msg string) { problems = append(problems, Problem{Rule: r.Name, Message: msg}) }
		if !nameForm.MatchString(r.Name) {
			add("name must be lower-case letters, digits and _")
		}
		if seen[r.Name] {
			add("is declared twice")
		}
		if !reasonForm.MatchString(r.Reason) {
			add(fmt.Sprintf("reason %q is not a catalog key", r.Reason))
		}
		if !slices.Contains(Steps, r.Step) {
			add(fmt.Sprintf("step %q is not one of %v", r.Step, Steps))
		}
		if !utf8.ValidString(r.Expr) {
			add("expression is not UTF-8")
		}
		seen[r.Name] = true
	}
	return problems
}

// checkValue says whether a value may stand for the fact, and gives it in the form that CEL reads.
func checkValue(f Fact, value any) (any, error) {
	switch v := value.(type) {
	case bool:
		if f.Kind == Bool {
			return v, nil
		}
	case int:
		if f.Kind == Int {
			return int64(v), nil
		}
	case int64:
		if f.Kind == Int {
			return v, nil
		}
	case string:
		if f.Kind == String {
			return v, checkLength(f, v)
		}
	case []string:
		if f.Kind == Strings {
			return slices.Clone(v), checkList(f, v)
		}
	}
	return nil, fmt.Errorf("fact %s: want %s, have %T", f.Name, f.Kind, value)
}

func checkList(f Fact, items []string) error {
	if len(items) > MaxListItems {
		return fmt.Errorf("fact %s: %d items, the limit is %d", f.Name, len(items), MaxListItems)
	}
	for _, item := range items {
		if err := checkLength(f, item); err != nil {
			return err
		}
	}
	return nil
}

func checkLength(f Fact, s string) error {
	if len(s) > MaxStringBytes {
		return fmt.Errorf("fact %s: %d bytes, the limit is %d", f.Name, len(s), MaxStringBytes)
	}
	return nil
}
