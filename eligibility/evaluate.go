package eligibility

import (
	"context"
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"gelombang/internal/fault"
)

// KeyFailed is the catalog key of a rule that could not be evaluated: our fault, not the person's.
const KeyFailed = "eligibility.failed"

// Verdict is the answer for one set of facts.
type Verdict struct {
	Eligible bool      // nothing refuses and nothing is missing
	Refused  []Refusal // in the order of the rules
	Missing  []string  // facts that an undecided rule still asks for, sorted
}

// Refusal is one rule that says no.
type Refusal struct {
	Rule   string
	Reason string // catalog key
	Step   Step   // where it can be mended
}

// Evaluate applies every rule. A declared fact that is absent from the map is
// unknown: it is asked for unless the rule is decided without it. Names that no
// rule of this set knows are passed over, because a frozen set may be older than
// the facts that today's code gathers. The error is always fault.Internal.
func (rs *Rules) Evaluate(ctx context.Context, facts map[string]any) (Verdict, error) {
	verdict, err := rs.evaluate(ctx, facts)
	if err != nil {
		return Verdict{}, fault.Wrap(err, fault.Internal, KeyFailed)
	}
	return verdict, nil
}

func (rs *Rules) evaluate(ctx context.Context, facts map[string]any) (Verdict, error) {
	if rs == nil || rs.env == nil {
		return Verdict{}, errNotCompiled
	}
	if err := ctx.Err(); err != nil {
		return Verdict{}, err
	}
	known, err := rs.known(facts)
	if err != nil {
		return Verdict{}, err
	}
	var v Verdict
	for i, r := range rs.rules {
		pass, missing, err := run(ctx, rs.programs[i], known)
		switch {
		case err != nil:
			return Verdict{}, fmt.Errorf("rule %s: %w", r.Name, err)
		case len(missing) > 0:
			v.Missing = append(v.Missing, missing...)
		case !pass:
			v.Refused = append(v.Refused, Refusal{Rule: r.Name, Reason: r.Reason, Step: r.Step})
		}
	}
	slices.Sort(v.Missing)
	v.Missing = slices.Compact(v.Missing)
	v.Eligible = len(v.Refused) == 0 && len(v.Missing) == 0
	return v, nil
}

// known checks the values that were given and marks every other declared fact as unknown.
func (rs *Rules) known(facts map[string]any) (cel.PartialActivation, error) {
	values := make(map[string]any, len(rs.facts))
	var unknowns []*cel.AttributePatternType
	for _, f := range rs.facts {
		given, ok := facts[f.Name]
		if !ok {
			unknowns = append(unknowns, cel.AttributePattern(f.Name))
			continue
		}
		value, err := checkValue(f, given)
		if err != nil {
			return nil, err
		}
		values[f.Name] = value
	}
	return cel.PartialVars(values, unknowns...)
}

func run(ctx context.Context, p cel.Program, known cel.PartialActivation) (pass bool, missing []string, err error) {
	out, _, err := p.ContextEval(ctx, known)
	if err != nil {
		return false, nil, err
	}
	if unknown, ok := out.(*types.Unknown); ok {
		missing = names(unknown)
		if len(missing) == 0 {
			return false, nil, fmt.Errorf("unknown without a fact: %v", unknown)
		}
		return false, missing, nil
	}
	answer, ok := out.Value().(bool)
	if !ok {
		return false, nil, fmt.Errorf("answered %s, not true or false", out.Type().TypeName())
	}
	return answer, nil, nil
}

func names(unknown *types.Unknown) (facts []string) {
	for _, id := range unknown.IDs() {
		trails, _ := unknown.GetAttributeTrails(id)
		for _, t := range trails {
			facts = append(facts, t.Variable())
		}
	}
	return facts
}
