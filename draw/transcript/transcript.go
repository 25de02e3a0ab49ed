// Package transcript is the mathematics of the draw and the file that it is
// published in. docs/algorithms/draw.md describes both so that a stranger can
// implement them without reading this code.
//
// A draw has two halves. The frozen list is published before the beacon round
// that decides: header, places left per household, every receipt ever issued
// with its state, and a signed checkpoint over the Merkle root of all those
// lines. The outcome is appended afterwards: what the beacon said (or the
// fallback, or why the draw is void), the cut-offs, every rank, and a seal.
// The bundle therefore begins with exactly the bytes of the frozen list.
//
// The package never asks a clock, a network or a database, and never holds a
// name. The only personal data it sees are the NIK and KK that go into a
// commitment, and neither of them enters the published file.
package transcript

import (
	"bytes"
	"encoding/hex"
	"errors"
)

// Format is the version of the published file; it changes with every change of meaning.
const Format = "gelombang/draw/v1"

// Digest is 32 bytes, written as 64 lower-case hexadecimal digits: a hash, a key, a nonce or a secret.
type Digest [32]byte

var errDigest = errors.New("want 64 lower-case hexadecimal digits")

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Compare orders digests as byte strings.
func (d Digest) Compare(other Digest) int { return bytes.Compare(d[:], other[:]) }

// MarshalText writes the hexadecimal form.
func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText accepts the one spelling that MarshalText writes.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != 2*len(d) || bytes.ContainsAny(text, "ABCDEF") {
		return errDigest
	}
	if _, err := hex.Decode(d[:], text); err != nil {
		return errDigest
	}
	return nil
}

// ParseDigest reads 64 lower-case hexadecimal digits.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	err := d.UnmarshalText([]byte(s))
	return d, err
}

// EntryState is what a receipt had become when the list was frozen.
type EntryState string

// The states of an entry. Only StateIn takes part.
const (
	StateIn        EntryState = "in"        // takes part
	StateWithdrawn EntryState = "withdrawn" // the holder took it back
	StateRefused   EntryState = "refused"   // the registry or a rule said no
	StateCarried   EntryState = "carried"   // not settled in time, moved to the next wave; not the holder's fault
)

// EntryStates is the closed list.
var EntryStates = []EntryState{StateIn, StateWithdrawn, StateRefused, StateCarried}

// Outcome is what the draw gave to an entry that took part.
type Outcome string

// The outcomes.
const (
	Selected      Outcome = "selected"
	Reserve       Outcome = "reserve"        // called up in order of rank when a selected person drops out
	HouseholdFull Outcome = "household_full" // passed over: the household had no place left
	NotSelected   Outcome = "not_selected"
)

// Outcomes is the closed list.
var Outcomes = []Outcome{Selected, Reserve, HouseholdFull, NotSelected}

// Stratum is a group that is drawn among itself, such as a region.
type Stratum struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Quota   int    `json:"quota"`
	Reserve int    `json:"reserve"`
}

// Header is everything that the frozen list fixes beside the entries.
type Header struct {
	Format           string    `json:"format"`
	Origin           string    `json:"origin"` // who draws; also the name of the operator's keys
	Wave             string    `json:"wave"`
	Name             string    `json:"name"`
	Strata           []Stratum `json:"strata"`        // ascending by id
	HouseholdCap     int       `json:"household_cap"` // places of a household over all waves; 0 is no cap
	ClosesMs         int64     `json:"closes_ms"`
	FreezeDeadlineMs int64     `json:"freeze_deadline_ms"`
	FrozenMs         int64     `json:"frozen_ms"`
	Chain            Chain     `json:"chain"`
	MinDelayS        int64     `json:"min_delay_s"` // from the freeze deadline to the round
	Round            uint64    `json:"round"`
	RoundFixedMs     int64     `json:"round_fixed_ms"` // when the wave opened and named the round
	Officials        [2]Digest `json:"officials"`      // OfficialCommitment of the value that each keeps
	Keys             []string  `json:"keys"`           // verifier keys of the operator's receipts, checkpoint and seal
}

// Household says that a household has fewer places left than the cap, because of earlier waves.
type Household struct {
	Tag  Digest
	Left int
}

// Entry is one receipt in the list: no personal data, no time, no order of arrival.
type Entry struct {
	Commitment Digest
	Household  Digest
	Stratum    string
	State      EntryState
}

// Frozen is the list as it is published before the round.
type Frozen struct {
	Header     Header
	Households []Household // ascending by tag
	Entries    []Entry     // ascending by commitment
	Root       Digest      // Merkle root over the lines of all of the above
	Checkpoint string      // signed note over the root
}

// Result is the rank and outcome of one entry that took part.
type Result struct {
	Stratum    string
	Rank       int // from 1 within the stratum
	Commitment Digest
	Outcome    Outcome
}

// Cutoff sums up a stratum. A rank of 0 means that nobody was taken.
type Cutoff struct {
	Stratum      string
	Participants int
	Selected     int
	Reserve      int
	LastSelected int // the cut-off: rank of the last one selected
	LastReserve  int
}

// Fallback is the officials' reveal, used when the round stayed missing.
type Fallback struct {
	Values   [2]Digest `json:"values"`
	OpenedMs int64     `json:"opened_ms"`
}

// VoidReason says why there is no result.
type VoidReason string

// The reasons for a void draw.
const (
	LateFreeze    VoidReason = "late_freeze"    // the list was frozen after its deadline
	RevealMissing VoidReason = "reveal_missing" // the round and at least one official's value are missing
)

// VoidReasons is the closed list.
var VoidReasons = []VoidReason{LateFreeze, RevealMissing}

// Void is a draw that gave no result, with what was revealed until then.
type Void struct {
	Reason    VoidReason `json:"reason"`
	Values    [2]string  `json:"values"` // as revealed, in hexadecimal; empty when missing
	DecidedMs int64      `json:"decided_ms"`
}

// Source is where the outcome comes from: exactly one field is set, or none while the list is only frozen.
type Source struct {
	Beacon   *Beacon
	Fallback *Fallback
	Void     *Void
}

// Bundle is the whole published file.
type Bundle struct {
	Frozen
	Source
	Cutoffs []Cutoff
	Results []Result // by stratum, then rank
}
