// Package eligibility answers one question: do these facts satisfy these rules?
//
// Rules are data, written in CEL by whoever runs the programme and frozen with
// a wave as text (Source), so that what was announced at opening is what is
// applied at closing. The package knows no person and no journey: only named,
// typed facts, rules over them, and for each rule the catalog key of its reason
// and the step that mends it.
//
// A rule is true when the person may go on. Three answers are kept apart: a rule
// that is false refuses; a rule that depends on a fact nobody has given yet asks
// for that fact; a rule that cannot be evaluated is a fault of ours. The last is
// never shown as a refusal.
package eligibility

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/types"
)

// Catalog are the words of this package.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// Kind is the type of a fact.
type Kind string

const (
	Bool    Kind = "bool"
	Int     Kind = "int"
	String  Kind = "string"
	Strings Kind = "strings" // a list of strings
)

// Kinds is the closed list, in the order of the constants.
var Kinds = []Kind{Bool, Int, String, Strings}

// Step is the part of the journey where a person can mend what a rule refuses.
type Step string

const (
	StepEmail      Step = "email"
	StepPhone      Step = "phone"
	StepIdentity   Step = "identity"
	StepProfile    Step = "profile"
	StepStatements Step = "statements"
	StepNone       Step = "none" // nothing that the person does changes the answer
)

// Steps is the closed list, in the order of the constants.
var Steps = []Step{StepEmail, StepPhone, StepIdentity, StepProfile, StepStatements, StepNone}

// Fact declares a name that rules may use.
type Fact struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Rule is one condition of joining.
type Rule struct {
	Name   string `json:"name"`
	Expr   string `json:"expr"`   // CEL; true lets the person pass
	Reason string `json:"reason"` // catalog key of the sentence that says why not
	Step   Step   `json:"step"`
}

// Rules is a compiled set, safe for use by many goroutines.
type Rules struct {
	facts    []Fact // sorted by name: the order of declaration carries no meaning
	rules    []Rule // in the order given: it is the order of the refusals
	env      *cel.Env
	programs []cel.Program // programs[i] evaluates rules[i]
	source   string
}

// Problem is one thing wrong with a set of rules.
type Problem struct {
	Fact    string // the fact at fault, or
	Rule    string // the rule at fault; both empty when it is the set
	Line    int    // place inside the rule's expression, from 1; 0 when it is not the expression
	Column  int
	Message string
}

func (p Problem) String() string {
	switch {
	case p.Fact != "":
		return fmt.Sprintf("fact %q: %s", p.Fact, p.Message)
	case p.Rule != "" && p.Line > 0:
		return fmt.Sprintf("rule %q: line %d, column %d: %s", p.Rule, p.Line, p.Column, p.Message)
	case p.Rule != "":
		return fmt.Sprintf("rule %q: %s", p.Rule, p.Message)
	}
	return p.Message
}

// Problems is the error of Compile: everything that is wrong, not only the first.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Compile checks the rules against the declared facts and makes them ready to evaluate.
// The error is of type Problems.
func Compile(facts []Fact, rules []Rule) (*Rules, error) {
	rs := &Rules{facts: slices.Clone(facts), rules: slices.Clone(rules)}
	slices.SortFunc(rs.facts, func(a, b Fact) int { return strings.Compare(a.Name, b.Name) })
	if problems := checkDeclarations(rs.facts, rs.rules); len(problems) > 0 {
		return nil, problems
	}
	var err error
	if rs.env, err = newEnv(rs.facts); err != nil {
		return nil, Problems{{Message: err.Error()}}
	}
	problems := shadowedFacts(rs.env, rs.facts)
	for _, r := range rs.rules {
		program, found := compileRule(rs.env, r)
		problems = append(problems, found...)
		rs.programs = append(rs.programs, program)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	rs.source = render(rs.facts, rs.rules)
	return rs, nil
}

// newEnv offers the standard functions of CEL less those that would undo what
// is promised at load: dyn defers type errors to the applicant's turn, and only
// the macros that answer yes or no about a list are of use in a rule.
func newEnv(facts []Fact) (*cel.Env, error) {
	subset := env.NewLibrarySubset().
		AddIncludedMacros("all", "exists", "exists_one").
		AddExcludedFunctions(env.NewFunction("dyn"), env.NewFunction("type"))
	opts := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(subset)),
		cel.EagerlyValidateDeclarations(true),
		cel.DefaultUTCTimeZone(true),
		cel.HomogeneousAggregateLiterals(),
		cel.ParserExpressionSizeLimit(MaxExprRunes),
		cel.ParserRecursionLimit(maxDepth),
		cel.ParserErrorRecoveryLimit(maxRecoveries),
		cel.ExpressionNodeLimit(maxNodes),
		cel.RegexProgramSizeLimit(maxRegexProgram),
		cel.ASTValidators(
			cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(),
			cel.ValidateComprehensionNestingLimit(maxLoopNesting)),
	}
	for _, f := range facts {
		opts = append(opts, cel.Variable(f.Name, celType(f.Kind)))
	}
	return cel.NewCustomEnv(opts...)
}

func celType(k Kind) *cel.Type {
	switch k {
	case Bool:
		return cel.BoolType
	case Int:
		return cel.IntType
	case Strings:
		return cel.ListType(cel.StringType)
	}
	return cel.StringType
}

// shadowedFacts finds names that CEL reads as something else, such as a word of
// the language or the name of a type: such a fact could never be used.
func shadowedFacts(e *cel.Env, facts []Fact) (problems Problems) {
	for _, f := range facts {
		ast, issues := e.Compile(f.Name)
		if issues.Err() != nil || !ast.OutputType().IsExactType(celType(f.Kind)) {
			problems = append(problems, Problem{Fact: f.Name, Message: "is a word of the rule language"})
		}
	}
	return problems
}

func compileRule(e *cel.Env, r Rule) (cel.Program, Problems) {
	ast, issues := e.Compile(r.Expr)
	if issues.Err() != nil {
		return nil, exprProblems(r.Name, issues)
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		kind := cel.FormatCELType(ast.OutputType())
		return nil, Problems{{Rule: r.Name, Line: 1, Column: 1, Message: "must be true or false, is " + kind}}
	}
	cost, err := e.EstimateCost(ast, sizes{})
	if err != nil {
		return nil, Problems{{Rule: r.Name, Message: err.Error()}}
	}
	if cost.Max > MaxCost {
		msg := fmt.Sprintf("may cost %d steps, the limit is %d", cost.Max, MaxCost)
		return nil, Problems{{Rule: r.Name, Line: 1, Column: 1, Message: msg}}
	}
	program, err := e.Program(ast, cel.EvalOptions(cel.OptPartialEval),
		cel.CostLimit(MaxCost), cel.InterruptCheckFrequency(interruptEvery))
	if err != nil {
		return nil, Problems{{Rule: r.Name, Line: 1, Column: 1, Message: err.Error()}}
	}
	return program, nil
}

func exprProblems(rule string, issues *cel.Issues) Problems {
	var problems Problems
	for _, e := range issues.Errors() {
		problems = append(problems, Problem{
			Rule: rule, Line: max(e.Location.Line(), 1), Column: max(e.Location.Column()+1, 1),
			Message: shorten(e.Message),
		})
	}
	if len(problems) == 0 {
		problems = Problems{{Rule: rule, Line: 1, Column: 1, Message: issues.Err().Error()}}
	}
	return problems
}

// shorten drops what the compiler adds for its own authors: the empty container and the list of all tokens.
func shorten(message string) string {
	message, _, _ = strings.Cut(message, " expecting {")
	return strings.TrimSuffix(message, " (in container '')")
}

// sizes tells the cost estimate how large a fact can be; Evaluate refuses larger ones.
type sizes struct{}

func (sizes) EstimateSize(n checker.AstNode) *checker.SizeEstimate {
	switch n.Type().Kind() {
	case types.ListKind:
		return &checker.SizeEstimate{Min: 0, Max: MaxListItems}
	case types.StringKind:
		return &checker.SizeEstimate{Min: 0, Max: MaxStringBytes}
	}
	return nil
}

func (sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

// errNotCompiled is what the zero value answers, so that a forgotten Compile refuses nobody and admits nobody.
var errNotCompiled = errors.New("rules were not compiled")
