package transcript

import (
	"fmt"
	"slices"
)

// receipt proves that the holder is in the list, or shows that they were left
// out: then the receipt itself, signed by the operator, is the evidence.
func (v *verifier) receipt() {
	if v.opt.Receipt == nil {
		return
	}
	r, err := OpenReceipt(v.opt.Receipt)
	if err != nil {
		v.report.judge(CheckReceipt, problem(err), "")
		return
	}
	v.report.Finding = &Finding{Receipt: r}
	v.report.judge(CheckReceipt, v.find(v.report.Finding), "%s", v.report.Finding)
}

func (v *verifier) find(found *Finding) []string {
	r, h := found.Receipt, v.frozen.Header
	if r.Wave != h.Wave {
		return []string{fmt.Sprintf("the receipt is for wave %s, the bundle for wave %s", r.Wave, h.Wave)}
	}
	var problems []string
	if !slices.Contains(h.Keys, r.Key) {
		problems = append(problems, fmt.Sprintf("the receipt was signed with the key %q, which is none of this draw's: one of the two is not from the operator", r.Key))
	}
	i, listed := findEntry(v.frozen.Entries, r.Commitment())
	if !listed {
		return append(problems, v.omission(r))
	}
	entry := v.frozen.Entries[i]
	found.Listed, found.State = true, entry.State
	if entry.Stratum != r.Stratum || entry.Household != r.Household {
		problems = append(problems, fmt.Sprintf("the receipt says stratum %s and household %s, the list says %s and %s", r.Stratum, r.Household, entry.Stratum, entry.Household))
	}
	var err error
	if found.Inclusion, err = Include(v.frozen, i); err == nil {
		err = found.Inclusion.Check(v.signed, entry)
	}
	if err != nil {
		problems = append(problems, fmt.Sprintf("the receipt's entry is not under the signed root: %v", err))
	}
	found.Result = v.resultOf(i)
	return problems
}

func (v *verifier) omission(r Receipt) string {
	if r.IssuedMs > v.frozen.Header.FrozenMs {
		return "the receipt was issued after this list was frozen, so it belongs to no entry of it"
	}
	return fmt.Sprintf("the receipt's commitment %s is not in the list: it was left out, and the receipt with the operator's signature is the evidence", r.Commitment())
}

func (v *verifier) resultOf(entry int) *Result {
	for _, p := range v.places {
		if int(p.entry) == entry {
			r := p.result(v.frozen.Header, v.frozen.Entries)
			return &r
		}
	}
	return nil
}

func (f *Finding) String() string {
	switch {
	case !f.Listed:
		return "the receipt is not in the list"
	case f.Result != nil:
		return fmt.Sprintf("the receipt is entry %d of the list, state %q: rank %d in stratum %s, %s", f.Inclusion.Index, f.State, f.Result.Rank, f.Result.Stratum, f.Result.Outcome)
	default:
		return fmt.Sprintf("the receipt is entry %d of the list, state %q", f.Inclusion.Index, f.State)
	}
}

func findEntry(entries []Entry, commitment Digest) (int, bool) {
	return slices.BinarySearchFunc(entries, commitment, func(e Entry, c Digest) int { return e.Commitment.Compare(c) })
}
