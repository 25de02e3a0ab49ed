package transcript

import (
	"bytes"
	"fmt"
)

// maxNamed bounds how many wrong lines a report names; the rest is counted.
const maxNamed = 5

// ranks compares the cut-off and result lines with what the seed gives.
func (v *verifier) ranks() error {
	f := v.frozen
	v.places, v.report.Cutoffs = rankPlaces(f.Header, f.Households, f.Entries, v.report.Seed)
	c := &comparison{in: v.in, frozen: f}
	for _, cutoff := range v.report.Cutoffs {
		if err := c.line(wordCutoff, appendCutoff(nil, cutoff), "stratum "+cutoff.Stratum); err != nil {
			return err
		}
	}
	for _, p := range v.places {
		if err := c.result(p.result(f.Header, f.Entries)); err != nil {
			return err
		}
	}
	if err := c.rest(); err != nil {
		return err
	}
	if c.wrong > maxNamed {
		c.problems = append(c.problems, fmt.Sprintf("and %d more lines are wrong", c.wrong-maxNamed))
	}
	v.report.judge(CheckRanks, c.problems, "all %d ranks, outcomes and cut-offs follow from the seed %s", len(v.places), v.report.Seed)
	return nil
}

// comparison walks the outcome lines beside what they should be.
type comparison struct {
	in       *lineReader
	frozen   *Frozen
	want     []byte
	problems []string
	wrong    int
}

func (c *comparison) complain(format string, args ...any) {
	if c.wrong++; c.wrong <= maxNamed {
		c.problems = append(c.problems, fmt.Sprintf(format, args...))
	}
}

// line compares the next line, which is left alone when it is of another kind.
func (c *comparison) line(word string, want []byte, what string) error {
	got, err := c.in.peek()
	switch {
	case err != nil:
		return err
	case got != word:
		c.complain("%s is missing: %q should stand before line %d", what, want, c.in.number)
	case !bytes.Equal(c.in.take(), want):
		c.complain("line %d: %s should read %q, the bundle says %q%s", c.in.number, what, want, c.in.line, c.unlisted())
	}
	return nil
}

func (c *comparison) result(r Result) error {
	c.want = appendResult(c.want[:0], r)
	if word, err := c.in.peek(); err == nil && word == wordResult && bytes.Equal(c.in.line, c.want) {
		c.in.take()
		return nil
	}
	return c.line(wordResult, c.want, fmt.Sprintf("stratum %s rank %d", r.Stratum, r.Rank))
}

// unlisted says so when the line gives a rank to a receipt that the list lacks.
func (c *comparison) unlisted() string {
	r, ok := parseResult(c.in.line)
	if ok {
		if _, listed := findEntry(c.frozen.Entries, r.Commitment); !listed {
			return ", whose commitment is not in the list of receipts"
		}
	}
	return ""
}

func (c *comparison) rest() error {
	for {
		word, err := c.in.peek()
		if err != nil || word != wordCutoff && word != wordResult {
			return err
		}
		c.in.take()
		c.complain("line %d: %q is one line too many%s", c.in.number, c.in.line, c.unlisted())
	}
}
