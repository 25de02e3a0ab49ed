package transcript

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Freeze sorts the lists in place, computes their root and signs it. Format and
// origin come from here and from the signer, whose key joins header.Keys; the
// caller adds only older keys that signed receipts of this wave.
//
// A late freeze is signed as it is, so that it can be published as the void draw
// that it is. A header that no verifier would accept is an error.
func Freeze(h Header, households []Household, entries []Entry, s *Signer) (*Frozen, error) {
	h = signedHeader(h, s)
	slices.SortFunc(households, func(a, b Household) int { return a.Tag.Compare(b.Tag) })
	slices.SortFunc(entries, func(a, b Entry) int { return a.Commitment.Compare(b.Commitment) })
	if err := freezable(h, households, entries); err != nil {
		return nil, fmt.Errorf("freeze wave %s: %w", h.Wave, err)
	}
	f := &Frozen{Header: h, Households: households, Entries: entries}
	header, err := headerLine(h)
	if err != nil {
		return nil, err
	}
	tree, err := treeOf(f, header)
	if err != nil {
		return nil, err
	}
	if f.Root, err = tree.root(); err != nil {
		return nil, err
	}
	f.Checkpoint, err = s.sign(checkpointText(h, header, tree.size, f.Root))
	return f, err
}

func signedHeader(h Header, s *Signer) Header {
	h.Format, h.Origin = Format, s.Origin()
	if !slices.Contains(h.Keys, s.VerifierKey()) {
		h.Keys = append(slices.Clone(h.Keys), s.VerifierKey())
	}
	h.Strata = slices.Clone(h.Strata)
	slices.SortFunc(h.Strata, func(a, b Stratum) int { return strings.Compare(a.ID, b.ID) })
	return h
}

func freezable(h Header, households []Household, entries []Entry) error {
	problems := headerProblems(h)
	if len(problems) == 0 {
		problems = append(calendarProblems(h), roundProblems(h)...)
		if !h.FrozenLate() {
			problems = append(problems, freezeProblems(h)...)
		}
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "; "))
	}
	if len(households)+len(entries) >= maxLeaves {
		return fmt.Errorf("%d households and entries are more than a list takes", len(households)+len(entries))
	}
	order := newOrder(h)
	for _, household := range households {
		if err := order.household(household); err != nil {
			return err
		}
	}
	order.started = false
	for _, entry := range entries {
		if err := order.entry(entry); err != nil {
			return err
		}
	}
	return nil
}

// order checks each line of a list against the header and the line before.
type order struct {
	cap     int
	strata  map[string]string // one string per id, shared by all entries
	started bool              // last is the tag or commitment of the line before
	last    Digest
}

func newOrder(h Header) *order {
	strata := make(map[string]string, len(h.Strata))
	for _, s := range h.Strata {
		strata[s.ID] = s.ID
	}
	return &order{cap: h.HouseholdCap, strata: strata}
}

func (o *order) household(h Household) error {
	if !o.ascends(h.Tag) {
		return fmt.Errorf("household %s is there twice or out of order", h.Tag)
	}
	if h.Left < 0 || h.Left >= o.cap {
		return fmt.Errorf("household %s has %d places left; only households with fewer than the cap of %d are listed", h.Tag, h.Left, o.cap)
	}
	return nil
}

func (o *order) entry(e Entry) error {
	if !o.ascends(e.Commitment) {
		return fmt.Errorf("entry %s is there twice or out of order", e.Commitment)
	}
	if _, ok := o.strata[e.Stratum]; !ok {
		return fmt.Errorf("entry %s is in stratum %q, which the header does not have", e.Commitment, e.Stratum)
	}
	if !slices.Contains(EntryStates, e.State) {
		return fmt.Errorf("entry %s has the unknown state %q", e.Commitment, e.State)
	}
	return nil
}

func (o *order) ascends(next Digest) bool {
	ok := !o.started || o.last.Compare(next) < 0
	o.started, o.last = true, next
	return ok
}

func treeOf(f *Frozen, header []byte) (*frontier, error) {
	tree := &frontier{}
	if err := tree.add(header); err != nil {
		return nil, err
	}
	var line []byte
	for _, h := range f.Households {
		line = appendHousehold(line[:0], h)
		if err := tree.add(line); err != nil {
			return nil, err
		}
	}
	for _, e := range f.Entries {
		line = appendEntry(line[:0], e)
		if err := tree.add(line); err != nil {
			return nil, err
		}
	}
	return tree, nil
}
