package wave

import (
	"slices"
	"time"

	"gelombang/draw/transcript"
	"gelombang/internal/fault"
	"gelombang/internal/locale"
)

const (
	// freezeMargin lies between the end of settling and the freeze deadline: a list
	// of two million receipts is settled, sorted and signed within it.
	freezeMargin = 30 * time.Minute
	// DemoSettle is the settling time of a demo's wave that was closed at another
	// time than planned: nobody waits a day to see a draw.
	DemoSettle = 20 * time.Second
)

// The keys of what is refused; each names the wave's state.
const (
	KeyNotScheduled = "wave.refused.not_scheduled"
	KeyNotOpen      = "wave.refused.not_open"
	KeyNotSettling  = "wave.refused.not_settling"
	KeyNotFrozen    = "wave.refused.not_frozen"
	KeyNotDrawn     = "wave.refused.not_drawn"
	KeyOver         = "wave.refused.over"
	KeyPast         = "wave.refused.past"
	KeyNone         = "wave.none"
)

var errNone = fault.New(fault.NotFound, KeyNone, nil)

// before is the one state from which each state is reached.
var before = map[State]State{
	Open: Scheduled, Settling: Open, Frozen: Settling, Drawn: Frozen, Released: Drawn,
}

var refusals = map[State]string{
	Open: KeyNotScheduled, Settling: KeyNotOpen, Frozen: KeyNotSettling, Drawn: KeyNotFrozen, Released: KeyNotDrawn,
}

// mayBecome says whether a wave may go on to a state. A result that was seen is
// never made void.
func mayBecome(w Wave, to State) error {
	state := fault.Args{"state": locale.Key("wave.state." + string(w.State))}
	if to == Void {
		if slices.Contains([]State{Drawn, Released, Void}, w.State) {
			return fault.New(fault.Refused, KeyOver, state)
		}
		return nil
	}
	if before[to] != w.State {
		return fault.New(fault.Refused, refusals[to], state)
	}
	return nil
}

// settledBy is the end of settling for a wave that closes and has a freeze deadline.
func settledBy(closes, freezeBy time.Time) time.Time {
	return freezeBy.Add(-min(freezeMargin, freezeBy.Sub(closes)/2))
}

// opened gives the wave as it is fixed by opening at now: rules, chain and the
// one round that its calendar leads to.
func opened(w Wave, now time.Time, chain transcript.Chain, rules string) (Wave, error) {
	if err := mayBecome(w, Open); err != nil {
		return w, err
	}
	if !now.Before(w.Closes) {
		return w, fault.New(fault.Refused, KeyPast, fault.Args{"closes": w.Closes})
	}
	if now.Before(w.Opens) {
		w.Opens = now
	}
	w.State, w.Chain, w.Rules = Open, chain, rules
	return withRound(w, now, RoundAtOpening), nil
}

func withRound(w Wave, now time.Time, why RoundWhy) Wave {
	round := transcript.RoundAt(w.Chain, w.FreezeBy.Add(w.Delay))
	w.Round = int64(round) //nolint:gosec // far below 2^63: the chain's period is at least a second
	w.RoundAt, w.RoundFixed, w.RoundWhy = transcript.RoundTime(w.Chain, round), now, why
	return w
}

// closed gives the wave as it is after closing at now. The round was fixed with
// the planned calendar and stays; only the demo's chain follows a wave that
// closes at another time, and says so.
func closed(w Wave, now time.Time) (Wave, error) {
	if err := mayBecome(w, Settling); err != nil {
		return w, err
	}
	early, late := now.Before(w.Closes), !now.Before(w.SettledBy)
	w.State = Settling
	if early {
		// The round is named before the closing, be it by the least there is.
		w.Closes = now.Add(time.Millisecond)
	}
	if w.Chain.Demo && (early || late) {
		w.Closes = now.Add(time.Millisecond)
		w.FreezeBy = now.Add(DemoSettle)
		w.SettledBy = settledBy(w.Closes, w.FreezeBy)
		w = withRound(w, now, RoundMovedDemo)
	}
	return w, nil
}

// current picks out of waves in the order of their opening.
func current(ws []Wave) (Wave, bool) {
	for _, w := range slices.Backward(ws) {
		if w.State == Open {
			return w, true
		}
	}
	for _, w := range ws {
		if w.State == Scheduled {
			return w, true
		}
	}
	if len(ws) == 0 {
		return Wave{}, false
	}
	return ws[len(ws)-1], true
}

func next(ws []Wave, after Wave) (Wave, bool) {
	for _, w := range ws {
		if w.ID != after.ID && !w.Opens.Before(after.Opens) && (w.State == Open || w.State == Scheduled) {
			return w, true
		}
	}
	return Wave{}, false
}
