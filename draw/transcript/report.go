package transcript

import (
	"fmt"
	"strings"
)

// Check names, in the order in which they appear in a report.
const (
	CheckForm       = "form"           // every line is written as the format wants it
	CheckHeader     = "header"         // the header makes sense and the chain is the public one
	CheckCheckpoint = "checkpoint"     // the operator signed the list and this header
	CheckList       = "list"           // the lines of the list give the root that was signed
	CheckRoot       = "announced_root" // that root is the one announced before the draw
	CheckKey        = "operator_key"   // the key is the one that the operator published
	CheckTiming     = "timing"         // the list was frozen in time and before the round
	CheckRound      = "round"          // the round is the only one allowed
	CheckBeacon     = "beacon"         // the chain signed that round
	CheckFallback   = "fallback"       // the officials' values open their commitments
	CheckVoid       = "void"           // there is a good reason for a void draw
	CheckRanks      = "ranks"          // every cut-off, rank and outcome follows from the seed
	CheckSeal       = "seal"           // the operator signed the whole file
	CheckReceipt    = "receipt"        // the receipt is in the list as it was issued
)

// Check is one thing looked at, and in plain English what was found. These
// sentences are for the operator of a terminal; no page shows them.
type Check struct {
	Name string
	OK   bool
	Says string
}

// Stage is how far the draw in a file has come.
type Stage string

// The stages.
const (
	StageFrozen Stage = "frozen"
	StageDrawn  Stage = "drawn"
	StageVoid   Stage = "void"
)

// Finding is what became of a receipt.
type Finding struct {
	Receipt   Receipt
	Listed    bool
	State     EntryState // when listed
	Inclusion Inclusion  // when listed
	Result    *Result    // when it took part and the draw was run
}

// Report is what Verify found.
type Report struct {
	Stage    Stage
	Header   Header
	Listed   int      // entries in the list, whatever their state
	Root     Digest   // recomputed from the list
	Seed     Digest   // zero unless drawn
	Cutoffs  []Cutoff // recomputed
	Checks   []Check
	Complete bool     // an announced root was given
	Notes    []string // what the checks cannot show
	Finding  *Finding // when a receipt was given
}

// OK says that nothing is wrong. Without an announced root it speaks of inner consistency alone.
func (r Report) OK() bool {
	for _, c := range r.Checks {
		if !c.OK {
			return false
		}
	}
	return len(r.Checks) > 0
}

// Check finds a check by its name.
func (r Report) Check(name string) (Check, bool) {
	for _, c := range r.Checks {
		if c.Name == name {
			return c, true
		}
	}
	return Check{}, false
}

// judge adds a check that is fine when there are no problems.
func (r *Report) judge(name string, problems []string, fine string, args ...any) bool {
	c := Check{Name: name, OK: len(problems) == 0, Says: fmt.Sprintf(fine, args...)}
	if !c.OK {
		c.Says = strings.Join(problems, "; ")
	}
	r.Checks = append(r.Checks, c)
	return c.OK
}

func (r *Report) note(says string) { r.Notes = append(r.Notes, says) }

func problem(err error) []string {
	if err == nil {
		return nil
	}
	return []string{err.Error()}
}
