package draw

import (
	"time"

	"gelombang/audit"
	"gelombang/draw/transcript"
	"gelombang/internal/fault"
	"gelombang/wave"
)

const (
	// RevealWithin is how long the officials have, once a round has been missing
	// for transcript.FallbackAfter; then the draw is void.
	RevealWithin = 24 * time.Hour
	// askMost is the longest pause between two questions for a missing round.
	askMost = 5 * time.Minute
	// chunk bounds the rows of one transaction.
	chunk = 500
	// pageMost bounds one snapshot of the list.
	pageMost = 5000
)

// The keys of what is refused.
const (
	KeyNone        = "draw.none"
	KeyNoOutcome   = "draw.no_outcome"
	KeyNotYet      = "draw.round_not_yet"
	KeyHeld        = "draw.held"
	KeyNotHeld     = "draw.not_held"
	KeyApproved    = "draw.approved_already"
	KeyApprovals   = "draw.approvals_missing"
	KeyStaffOnly   = "draw.staff_only"
	KeyFrozen      = "draw.commit_late"
	KeyCommitted   = "draw.committed_already"
	KeyCommitment  = "draw.commitment_form"
	KeyOfficial    = "draw.official_unknown"
	KeyRevealEarly = "draw.reveal_early"
	KeyRevealWrong = "draw.reveal_wrong"
	KeyRevealOver  = "draw.reveal_over"
	KeyFindings    = "draw.findings_missing"
)

var (
	errNone      = fault.New(fault.NotFound, KeyNone, nil)
	errNoOutcome = fault.New(fault.NotFound, KeyNoOutcome, nil)
)

// noOfficials stands in the header when nobody committed a value: two digests
// whose preimage nobody knows, so that no value can ever open them.
var noOfficials = [2]transcript.Digest{{}, {31: 1}}

// header is what the list fixes, out of the wave as it closed.
func header(w wave.Wave, officials [2]Official, frozen time.Time) transcript.Header {
	h := transcript.Header{
		Wave: w.Name, Name: w.Title, HouseholdCap: w.HouseholdCap,
		ClosesMs: w.Closes.UnixMilli(), FreezeDeadlineMs: w.FreezeBy.UnixMilli(), FrozenMs: frozen.UnixMilli(),
		Chain: w.Chain, MinDelayS: int64(w.Delay / time.Second), Round: uint64(w.Round), RoundFixedMs: w.RoundFixed.UnixMilli(), //nolint:gosec // rounds are positive
		Officials: commitments(officials),
	}
	for _, s := range w.Strata {
		h.Strata = append(h.Strata, transcript.Stratum{ID: s.Name, Name: s.Title, Quota: s.Places, Reserve: s.Reserve})
	}
	return h
}

// commitments needs both officials: one alone could decide by withholding.
func commitments(officials [2]Official) [2]transcript.Digest {
	first, err1 := transcript.ParseDigest(officials[0].Commitment)
	second, err2 := transcript.ParseDigest(officials[1].Commitment)
	if err1 != nil || err2 != nil {
		return noOfficials
	}
	return [2]transcript.Digest{first, second}
}

// giveUpFrom is when a draw without a round becomes void.
func giveUpFrom(h transcript.Header) time.Time {
	if h.Officials == noOfficials {
		return h.FallbackFrom()
	}
	return h.FallbackFrom().Add(RevealWithin)
}

// askAgain paces the questions for a round: often at first, as it is seconds
// late at most on a good day, and then in step with how long it is missing.
func askAgain(c transcript.Chain, due, now time.Time) time.Time {
	pause := max(now.Sub(due)/2, time.Duration(c.PeriodS)*time.Second)
	return now.Add(min(pause, askMost))
}

// mayCommit says whether an official's commitment may still enter the header.
func mayCommit(w wave.Wave, official int, commitment string, now time.Time) error {
	_, err := transcript.ParseDigest(commitment)
	switch {
	case official != 1 && official != 2:
		return fault.New(fault.Invalid, KeyOfficial, nil)
	case err != nil:
		return fault.InvalidFields([]fault.Field{{Name: "commitment", Key: KeyCommitment}})
	case w.State != wave.Scheduled && w.State != wave.Open && w.State != wave.Settling, !now.Before(w.SettledBy):
		return fault.New(fault.Refused, KeyFrozen, nil)
	}
	return nil
}

// mayKeep says whether this person may be that official (1 or 2): nobody is both.
func mayKeep(known [2]Official, official int, actor audit.Actor) error {
	other := known[2-official]
	switch {
	case actor.Kind != "staff":
		return fault.New(fault.Forbidden, KeyStaffOnly, nil)
	case other.Commitment != "" && other.Staff == actor.ID:
		return fault.New(fault.Refused, KeyCommitted, nil)
	}
	return nil
}

// mayReveal says whether an official's value opens what was committed, and
// whether it is time: before, the beacon alone may decide.
func mayReveal(p Publication, official int, value string, now time.Time) error {
	if official != 1 && official != 2 {
		return fault.New(fault.Invalid, KeyOfficial, nil)
	}
	from := p.Header.FallbackFrom()
	switch {
	case p.Wave.State != wave.Frozen || p.Source != FromNone:
		return fault.New(fault.Refused, KeyRevealOver, nil)
	case now.Before(from):
		return fault.New(fault.Refused, KeyRevealEarly, fault.Args{"from": from})
	}
	d, err := transcript.ParseDigest(value)
	if err != nil || transcript.OfficialCommitment(d) != p.Header.Officials[official-1] {
		return fault.InvalidFields([]fault.Field{{Name: "value", Key: KeyRevealWrong}})
	}
	return nil
}

// mayRun says whether the ranks can be computed.
func mayRun(p Publication) error {
	if p.Wave.State != wave.Frozen {
		return fault.New(fault.Refused, wave.KeyNotFrozen, stateArgs(p.Wave))
	}
	if p.Source == FromNone {
		return fault.New(fault.Refused, KeyNotYet, fault.Args{"at": p.Wave.RoundAt, "round": p.Wave.Round})
	}
	return nil
}

// mayApprove says whether this official may consent to the release.
func mayApprove(p Publication, actor audit.Actor) error {
	switch {
	case actor.Kind != "staff":
		return fault.New(fault.Forbidden, KeyStaffOnly, nil)
	case p.Wave.State != wave.Drawn:
		return fault.New(fault.Refused, wave.KeyNotDrawn, stateArgs(p.Wave))
	case p.Held():
		return fault.New(fault.Refused, KeyHeld, nil)
	}
	for _, a := range p.Approvals {
		if a.Staff == actor.ID {
			return fault.New(fault.Refused, KeyApproved, nil)
		}
	}
	return nil
}

// mayRelease wants as many officials as the wave's terms say.
func mayRelease(p Publication) error {
	switch {
	case p.Wave.State != wave.Drawn:
		return fault.New(fault.Refused, wave.KeyNotDrawn, stateArgs(p.Wave))
	case p.Held():
		return fault.New(fault.Refused, KeyHeld, nil)
	case len(p.Approvals) < p.Wave.Approvals:
		return fault.New(fault.Refused, KeyApprovals, fault.Args{"have": len(p.Approvals), "need": p.Wave.Approvals})
	}
	return nil
}
