package announce

import (
	"fmt"

	"gelombang/application"
	"gelombang/draw"
	"gelombang/draw/transcript"
	"gelombang/internal/locale"
	"gelombang/wave"
)

// pageMost bounds the people told in one transaction.
const pageMost = 500

// The keys of the messages.
const (
	KeySelected      = "announce.selected"
	KeyReserve       = "announce.reserve"
	KeyNotSelected   = "announce.not_selected"
	KeyHouseholdFull = "announce.household_full"
	KeyRefused       = "announce.refused"
	KeyCarried       = "announce.carried"
	KeyVoid          = "announce.void"
)

var keys = map[transcript.Outcome]string{
	transcript.Selected: KeySelected, transcript.Reserve: KeyReserve,
	transcript.NotSelected: KeyNotSelected, transcript.HouseholdFull: KeyHouseholdFull,
}

// notice says what one person is told. Somebody who is in the list of a released
// wave and has no outcome would be a fault of ours, and stops the page.
func notice(w wave.Wave, p application.Told, o draw.Outcome, took bool) (Notice, error) {
	args := map[string]any{"wave": locale.Key(w.TitleKey())}
	n := Notice{Account: p.Account, Args: args, Link: fmt.Sprintf("/result/%d", w.ID)}
	switch {
	case p.State == application.Refused:
		n.Key = KeyRefused
		args["reason"] = locale.Key(p.Reason)
	case p.State == application.Carried:
		n.Key = KeyCarried
	case w.State == wave.Void:
		n.Key = KeyVoid
		args["reason"] = locale.Key("wave.void." + string(w.VoidReason))
	case !took || keys[o.Outcome] == "":
		return n, fmt.Errorf("place %d has no outcome", p.Place)
	default:
		n.Key = keys[o.Outcome]
		n.SMS = o.Outcome == transcript.Selected
		args["stratum"] = locale.Key(w.StratumKey(o.Stratum))
		args["rank"], args["cutoff"], args["reserve"], args["of"] = o.Rank, o.Cutoff, o.ReserveCutoff, o.Of
	}
	return n, nil
}
