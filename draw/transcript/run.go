package transcript

import (
	"errors"
	"fmt"
	"strings"
)

// ErrLateFreeze stops a draw whose list missed its deadline: RunVoid is what is left.
var ErrLateFreeze = errors.New("the list was frozen late")

// Run draws with the round that the header names.
func Run(f *Frozen, b Beacon) (*Bundle, error) {
	if f.Header.FrozenLate() {
		return nil, ErrLateFreeze
	}
	if b.Round != f.Header.Round {
		return nil, fmt.Errorf("run wave %s: round %d is not round %d, which the header names", f.Header.Wave, b.Round, f.Header.Round)
	}
	if err := VerifyBeacon(f.Header.Chain, b); err != nil {
		return nil, fmt.Errorf("run wave %s: %w", f.Header.Wave, err)
	}
	return drawn(f, Source{Beacon: &b}, Seed(f.Root, b.Randomness)), nil
}

// RunFallback draws with the officials' values, once the round has been missing for FallbackAfter.
func RunFallback(f *Frozen, fallback Fallback) (*Bundle, error) {
	if f.Header.FrozenLate() {
		return nil, ErrLateFreeze
	}
	if problems := fallbackProblems(f.Header, fallback); len(problems) > 0 {
		return nil, fmt.Errorf("run wave %s: %s", f.Header.Wave, strings.Join(problems, "; "))
	}
	return drawn(f, Source{Fallback: &fallback}, FallbackSeed(f.Root, fallback.Values)), nil
}

// RunVoid ends a draw without a result.
func RunVoid(f *Frozen, v Void) (*Bundle, error) {
	if problems := voidProblems(f.Header, v); len(problems) > 0 {
		return nil, fmt.Errorf("run wave %s: %s", f.Header.Wave, strings.Join(problems, "; "))
	}
	return &Bundle{Frozen: *f, Source: Source{Void: &v}}, nil
}

func drawn(f *Frozen, source Source, seed Digest) *Bundle {
	b := &Bundle{Frozen: *f, Source: source}
	b.Results, b.Cutoffs = Rank(f.Header, f.Households, f.Entries, seed)
	return b
}
