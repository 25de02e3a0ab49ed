package account

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gelombang/limit"
)

const (
	// defaultCoolingOff is how long a replaced address can take itself back: past a
	// weekend, as a mail that nobody opens on Saturday is read on Monday.
	defaultCoolingOff = 72 * time.Hour
	// defaultRecoveryWait is how long a recovery waits for somebody to object, for the
	// same reason.
	defaultRecoveryWait = 72 * time.Hour
	// defaultRecoveryTries is for a slip in each of three values. Who only guesses has
	// to hold one of the account's addresses, too.
	defaultRecoveryTries = 3
	recoveryTryWindow    = 24 * time.Hour
	// askedFor is how long after the proof of an address its identity data may be sent:
	// the family card may be in another room.
	askedFor = time.Hour
	// openFor is how long a ripe recovery can be completed; then it lapses, so that none
	// is forgotten and found by somebody else.
	openFor = 7 * 24 * time.Hour
	// grantFor is how long after a recovery the lost address can be replaced without
	// another wait.
	grantFor = 24 * time.Hour
	// startMost is the latest that a handover's time begins to run. It runs against whoever
	// is warned of it, so it waits until the warning has provably arrived: a phone may be
	// off for a night. Of most mails nobody ever learns that they arrived, and whoever lost
	// an address for good waits for all of this; so it is no longer than that night.
	startMost = 12 * time.Hour
	// lookEvery is how often it is asked whether the warning has arrived.
	lookEvery = 10 * time.Minute
	// handoverFor is how long one that has ended is kept, for questions about it, as codes
	// are. It holds an address that may be somebody else's since; what happened stays in
	// the account's history.
	handoverFor = 30 * 24 * time.Hour
)

// waits fills in the times that a programme says nothing about.
func (p Policy) waits() Policy {
	p.CoolingOff = cmp.Or(p.CoolingOff, defaultCoolingOff)
	p.RecoveryWait = cmp.Or(p.RecoveryWait, defaultRecoveryWait)
	p.RecoveryTries = cmp.Or(p.RecoveryTries, defaultRecoveryTries)
	return p
}

func (p Policy) checkWaits() error {
	var wrong []error
	for _, w := range []struct {
		name  string
		value time.Duration
	}{{"cooling-off of a changed address", p.CoolingOff}, {"wait of a recovery", p.RecoveryWait}} {
		if w.value < 24*time.Hour || w.value > 30*24*time.Hour {
			wrong = append(wrong, fmt.Errorf("the %s must be between a day and thirty, not %s", w.name, w.value))
		}
	}
	if p.RecoveryTries < 1 || p.RecoveryTries > 10 {
		wrong = append(wrong, fmt.Errorf("tries of a recovery must be 1 to 10, not %d", p.RecoveryTries))
	}
	return errors.Join(wrong...)
}

// recoveryLimits are published with the latest end, where the time waits for a warning.
func (p Policy) recoveryLimits(late time.Duration) []LimitRow {
	return []LimitRow{
		{Name: "recover.identity", Key: "account.limit.recover", Most: p.RecoveryTries, Window: recoveryTryWindow},
		{Name: "contact.change", Key: "account.limit.change", Most: 1, Window: p.CoolingOff + late},
	}
}

// identityTry is one try at an account's identity data. Nobody takes from it without
// having proven an address of the account.
func (p Policy) identityTry(account int64) limit.Use {
	return limit.Use{Budget: limit.Budget{Name: "recover.identity", Most: p.RecoveryTries, Window: recoveryTryWindow},
		Key: strconv.FormatInt(account, 10)}
}

// The steps of a handover that waits.
type step int

const (
	stepSleep  step = iota // nothing to do before the time that is given
	stepLook               // has the warning arrived?
	stepSettle             // the cooling-off is over: the former address is free
	stepRemind             // half of a recovery's wait is over
	stepRipe               // the recovery can be completed
	stepLapse              // nobody completed it
)

// step says what is to be done now, and when to look again. A reminder that comes
// after the wait is none.
func (h handover) step(now time.Time) (step, time.Time) {
	half, lapse := h.began.Add(h.due.Sub(h.began)/2), h.due.Add(openFor)
	switch {
	case h.waitsForStart(now):
		return stepLook, earlier(now.Add(lookEvery), h.began.Add(startMost))
	case h.kind == ContactChange && now.Before(h.due):
		return stepSleep, h.due
	case h.kind == ContactChange:
		return stepSettle, time.Time{}
	case now.Before(half):
		return stepSleep, half
	case now.Before(h.due) && h.told < toldHalf:
		return stepRemind, h.due
	case now.Before(h.due):
		return stepSleep, h.due
	case !now.Before(lapse):
		return stepLapse, time.Time{}
	case h.told < toldRipe:
		return stepRipe, lapse
	}
	return stepSleep, lapse
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// waitsForStart says that it is not known yet from when a handover's time runs.
func (h handover) waitsForStart(now time.Time) bool {
	return h.notice != 0 && now.Before(h.began.Add(startMost))
}

// surely is the earliest that a handover can be due, which it is when nothing waits.
func (h handover) surely(now time.Time) time.Time {
	if h.waitsForStart(now) {
		return h.due.Add(-startMost)
	}
	return h.due
}

// warnedBy gives a handover whose time waits for a message.
func (h handover) warnedBy(message int64) handover {
	h.notice, h.due = message, h.due.Add(startMost)
	return h
}

// startedAt gives a handover whose warning has arrived.
func (h handover) startedAt(arrived time.Time) handover {
	late := min(max(arrived.Sub(h.began), 0), startMost)
	h.notice, h.due = 0, h.due.Add(late-startMost)
	return h
}

// How far the owner of a recovery has been told.
const (
	toldBegun = iota
	toldHalf
	toldRipe
)

// stage is a handover as its page tells it.
func (h handover) stage(now time.Time) Stage {
	switch {
	case h.state == stateWaiting && h.kind == Recovery && !now.Before(h.due.Add(openFor)):
		return Ended
	case h.state == stateWaiting && h.kind == Recovery && !now.Before(h.due):
		return Ripe
	case h.state == stateWaiting && (h.kind == Recovery || now.Before(h.due)):
		return Waiting
	case h.state == stateAsked && now.Before(h.asked.Add(askedFor)):
		return Asked
	case h.state == stateCancelled:
		return Cancelled
	}
	return Ended
}
