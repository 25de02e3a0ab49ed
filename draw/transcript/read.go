package transcript

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// FormError says which line is not as the format wants it.
type FormError struct {
	Line int
	Says string
}

func (e *FormError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Says) }

// ReadBundle reads a frozen list or a whole bundle. It checks the form alone:
// whether it is true is for Verify to say. A list that was not drawn yet has an
// empty Source.
func ReadBundle(r io.Reader) (*Bundle, error) {
	in := newLineReader(r)
	f, _, err := readFrozen(in)
	if err != nil {
		return nil, err
	}
	b := &Bundle{Frozen: *f}
	if b.Source, err = readSource(in); err != nil || b.Source == (Source{}) {
		return b, err
	}
	if err := readOutcome(in, b); err != nil {
		return nil, err
	}
	var seal string
	if err := in.json(wordSeal, &seal); err != nil {
		return nil, err
	}
	return b, in.end()
}

func readFrozen(in *lineReader) (*Frozen, *frontier, error) {
	f, tree := &Frozen{}, &frontier{}
	if err := in.json(wordHeader, &f.Header); err != nil {
		return nil, nil, err
	}
	if err := tree.add(in.line); err != nil {
		return nil, nil, err
	}
	if err := readLeaves(in, f, tree); err != nil {
		return nil, nil, err
	}
	if err := in.json(wordCheckpoint, &f.Checkpoint); err != nil {
		return nil, nil, err
	}
	var err error
	f.Root, err = tree.root()
	return f, tree, err
}

func readLeaves(in *lineReader, f *Frozen, tree *frontier) error {
	order := newOrder(f.Header)
	for {
		word, err := in.peek()
		if err != nil || word != wordHousehold && word != wordEntry {
			return err
		}
		if tree.size >= maxLeaves {
			return in.bad("the list is longer than %d lines", maxLeaves)
		}
		line := in.take()
		if word == wordHousehold {
			err = readHousehold(in, f, order, line)
		} else {
			err = readEntry(in, f, order, line)
		}
		if err != nil {
			return err
		}
		if err := tree.add(line); err != nil {
			return err
		}
	}
}

func readHousehold(in *lineReader, f *Frozen, order *order, line []byte) error {
	if len(f.Entries) > 0 {
		return in.bad("a household stands among the entries")
	}
	fields := bytes.Split(line, []byte(" "))
	if len(fields) != 3 {
		return in.bad("a household line has a tag and a number")
	}
	var h Household
	left, err := strconv.Atoi(string(fields[2]))
	h.Left = left
	if err := errors.Join(err, h.Tag.UnmarshalText(fields[1])); err != nil {
		return in.bad("the household cannot be read: %v", err)
	}
	if !bytes.Equal(appendHousehold(nil, h), line) {
		return in.bad("the household line is not written the one way that the format admits")
	}
	if err := order.household(h); err != nil {
		return in.bad("%v", err)
	}
	f.Households = append(f.Households, h)
	return nil
}

func readEntry(in *lineReader, f *Frozen, order *order, line []byte) error {
	var rest [4][]byte
	_, fields, _ := bytes.Cut(line, []byte(" "))
	for i := range rest {
		rest[i], fields, _ = bytes.Cut(fields, []byte(" "))
	}
	var e Entry
	if err := errors.Join(e.Commitment.UnmarshalText(rest[0]), e.Household.UnmarshalText(rest[1])); err != nil {
		return in.bad("the entry's commitment or household tag cannot be read: %v", err)
	}
	e.Stratum = order.strata[string(rest[2])]
	if e.Stratum == "" {
		return in.bad("entry %s is in stratum %q, which the header does not have", e.Commitment, rest[2])
	}
	e.State = sharedState(rest[3])
	if len(f.Entries) == 0 {
		order.started = false
	}
	if err := order.entry(e); err != nil {
		return in.bad("%v", err)
	}
	in.again = appendEntry(in.again[:0], e)
	if !bytes.Equal(in.again, line) {
		return in.bad("the entry line is not written the one way that the format admits")
	}
	f.Entries = append(f.Entries, e)
	return nil
}

// sharedState spares a string per entry for the states that there are.
func sharedState(word []byte) EntryState {
	for _, state := range EntryStates {
		if string(state) == string(word) {
			return state
		}
	}
	return EntryState(word)
}

func readSource(in *lineReader) (Source, error) {
	var s Source
	word, err := in.peek()
	switch {
	case err != nil || in.done:
		return s, err
	case word == wordBeacon:
		s.Beacon = &Beacon{}
		return s, in.json(word, s.Beacon)
	case word == wordFallback:
		s.Fallback = &Fallback{}
		return s, in.json(word, s.Fallback)
	case word == wordVoid:
		s.Void = &Void{}
		return s, in.json(word, s.Void)
	}
	return s, in.bad("a beacon, fallback or void line is expected after the checkpoint")
}

// readOutcome takes the cut-off and result lines as they claim to be.
func readOutcome(in *lineReader, b *Bundle) error {
	for {
		word, err := in.peek()
		if err != nil || word != wordCutoff && word != wordResult {
			return err
		}
		if len(b.Results) > len(b.Entries) || len(b.Cutoffs) > len(b.Header.Strata) {
			return in.bad("there are more outcomes than entries and strata")
		}
		line := in.take()
		if word == wordCutoff {
			err = readCutoff(in, b, line)
		} else {
			err = readResult(in, b, line)
		}
		if err != nil {
			return err
		}
	}
}

func readCutoff(in *lineReader, b *Bundle, line []byte) error {
	var c Cutoff
	fields := bytes.Split(line, []byte(" "))
	numbers := []*int{&c.Participants, &c.Selected, &c.Reserve, &c.LastSelected, &c.LastReserve}
	if len(fields) != len(numbers)+2 || len(b.Results) > 0 {
		return in.bad("a cutoff line has a stratum and five numbers, and stands before the results")
	}
	c.Stratum = string(fields[1])
	for i, n := range numbers {
		*n, _ = strconv.Atoi(string(fields[i+2]))
	}
	if !bytes.Equal(appendCutoff(nil, c), line) {
		return in.bad("the cutoff line is not written the one way that the format admits")
	}
	b.Cutoffs = append(b.Cutoffs, c)
	return nil
}

func readResult(in *lineReader, b *Bundle, line []byte) error {
	r, ok := parseResult(line)
	if !ok {
		return in.bad("the result line is not a stratum, rank, commitment and outcome, written the one way that the format admits")
	}
	b.Results = append(b.Results, r)
	return nil
}

func parseResult(line []byte) (Result, bool) {
	var r Result
	fields := bytes.Split(line, []byte(" "))
	if len(fields) != 5 || r.Commitment.UnmarshalText(fields[3]) != nil {
		return r, false
	}
	r.Stratum, r.Outcome = string(fields[1]), Outcome(fields[4])
	r.Rank, _ = strconv.Atoi(string(fields[2]))
	return r, slices.Contains(Outcomes, r.Outcome) && bytes.Equal(appendResult(nil, r), line)
}
