package account

import (
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/otp"
)

// reset is a code for a new password, proven. It signs in, as any code does; the other
// channel is told before anything can be changed.
func (s *Service) reset(tx *sqldb.Tx, p otp.Proof, account int64, browser string) (outcome, error) {
	r, err := get(tx, account)
	if err != nil {
		return outcome{}, err
	}
	used := Address{Channel: p.Channel, Value: p.Destination}
	if err := insertEvent(tx, account, "account.history.reset"); err != nil {
		return outcome{}, err
	}
	others, err := s.reachable(r, used)
	if err != nil {
		return outcome{}, err
	}
	if err := s.send(tx, r, "account.told.reset", map[string]string{"to": used.masked()}, letters(others, "/sign-in")...); err != nil {
		return outcome{}, err
	}
	return outcome{signed: Signed{Account: account, Purpose: otp.Reset}}, s.welcome(tx, account, browser)
}

// recovering is an address that is left, proven. It signs nobody in before the wait is
// over: the identity data come next. Whoever has no other address has lost none, and
// needs no more than a new password.
func (s *Service) recovering(tx *sqldb.Tx, p otp.Proof, account int64, browser string) (outcome, error) {
	if err := lockAccount(tx, account); err != nil {
		return outcome{}, err
	}
	r, err := get(tx, account)
	if err != nil {
		return outcome{}, err
	}
	running, found, err := runningRecovery(tx, account)
	switch {
	case err != nil:
		return outcome{}, err
	case found && running.stage(tx.Now()) == Ripe && running.channel == p.Channel:
		return s.grant(tx, running, browser)
	case found:
		return asks(running), setBrowser(tx, running.id, hashBrowser(browser))
	case r.email.proven.IsZero() || r.phone.proven.IsZero():
		return s.reset(tx, p, account, browser)
	}
	h := handover{id: tx.NewID(), account: account, kind: Recovery, channel: p.Channel, browser: hashBrowser(browser), state: stateAsked, asked: tx.Now()}
	return asks(h), insertHandover(tx, h)
}

func asks(h handover) outcome {
	return outcome{signed: Signed{Handover: h.id, Purpose: otp.Recover}}
}

// grant completes a recovery. Whoever could open the account before cannot any more:
// password and passkeys are gone and every session ends. A new password and a new address are set by
// whoever signs in now.
func (s *Service) grant(tx *sqldb.Tx, h handover, browser string) (outcome, error) {
	if err := setEnded(tx, h.id, stateGranted); err != nil {
		return outcome{}, err
	}
	if err := s.disarm(tx, h.account, time.Time{}); err != nil {
		return outcome{}, err
	}
	if _, err := s.report(tx, h, "recovered"); err != nil {
		return outcome{}, err
	}
	return outcome{signed: Signed{Account: h.account, Purpose: otp.Recover}}, s.welcome(tx, h.account, browser)
}

// disarm takes from an account what lets somebody in without a code, as far as it came
// at a time or later, ends every session, and voids the codes that were asked for: one
// that is kept until now would bring back what is taken away.
func (s *Service) disarm(tx *sqldb.Tx, account int64, since time.Time) error {
	if err := dropCredentials(tx, account, since); err != nil {
		return err
	}
	if err := s.codes.Void(tx, account); err != nil {
		return err
	}
	return s.onPasswordSet(tx, account)
}

// undoing is a code to take changes back, proven by an address of the account or by one
// that was replaced: everything that still waits is taken back.
func (s *Service) undoing(tx *sqldb.Tx, account int64, browser string) (outcome, error) {
	if err := lockAccount(tx, account); err != nil {
		return outcome{}, err
	}
	waiting, err := waitingOf(tx, account)
	if err != nil {
		return outcome{}, err
	}
	taken := false
	for _, h := range waiting {
		if h.stage(tx.Now()) == Ended { // its job is about to end it
			continue
		}
		if err := s.cancel(tx, h); err != nil {
			return outcome{}, err
		}
		taken = true
	}
	if !taken {
		return outcome{refused: fault.New(fault.Refused, "account.undo.nothing", nil)}, nil
	}
	return outcome{signed: Signed{Account: account, Purpose: otp.Undo}}, s.welcome(tx, account, browser)
}

// opens does what a proof is for, once it is known whose account the address opens.
func (s *Service) opens(tx *sqldb.Tx, p otp.Proof, account int64, browser string) (outcome, error) {
	switch p.Purpose {
	case otp.Reset:
		return s.reset(tx, p, account, browser)
	case otp.Recover:
		return s.recovering(tx, p, account, browser)
	case otp.Undo:
		return s.undoing(tx, account, browser)
	}
	return outcome{signed: Signed{Account: account, Purpose: otp.SignIn}}, s.welcome(tx, account, browser)
}
