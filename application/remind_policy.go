package application

import (
	"slices"
	"time"

	"gelombang/eligibility"
	"gelombang/identity"
	"gelombang/notify"
	"gelombang/wave"
)

const (
	// remindBefore is when those are told who can join and have not: a day before the
	// closing, so that every part of the country has an evening for it, and the registry
	// a night. There is one such message a wave. A second, in the last hours, would cost
	// as much again and come too late for whoever still needs the registry.
	remindBefore = 24 * time.Hour
	// remindLeast is how much of a wave must be left for a reminder to be of use.
	remindLeast = 2 * time.Hour
)

// The keys of reminders.
const (
	TellRemindJoin = "application.told.remind_join" // all is there but the joining
	TellRemindStep = "application.told.remind_step" // one step is missing
)

// remindFrom is when the reminders of a wave begin, by day; false when it is too short
// for one, as whoever heard of its opening has heard enough.
func remindFrom(w wave.Wave) (time.Time, bool) {
	at := notify.Daytime(w.Closes.Add(-remindBefore))
	return at, at.After(w.Opens) && w.Closes.Sub(at) >= remindLeast
}

// remindable says whether a reminder begun late still leaves time.
func remindable(w wave.Wave, now time.Time) bool {
	return w.State == wave.Open && w.Closes.Sub(now) >= remindLeast
}

// lacking is the first step that keeps somebody from joining and that they can take;
// StepNone when nothing does. False when a rule says no that no step mends: who cannot
// join is not called.
func lacking(st Standing) (eligibility.Step, bool) {
	checked := st.known.State == identity.Matched || st.known.State == identity.Parked
	steps := slices.Clone(st.Steps)
	for _, r := range st.Verdict.Refused {
		switch {
		case r.Step == eligibility.StepEmail, r.Step == eligibility.StepPhone, r.Step == eligibility.StepIdentity && !checked:
			steps = append(steps, r.Step)
		default:
			return "", false
		}
	}
	switch {
	case len(steps) > 0:
	case !checked:
		return eligibility.StepIdentity, true
	case st.known.State == identity.Matched && !st.known.Claimed:
		return eligibility.StepPhone, true
	}
	for _, step := range eligibility.Steps {
		if slices.Contains(steps, step) {
			return step, true
		}
	}
	return eligibility.StepNone, true
}
