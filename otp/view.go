package otp

import (
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/notify"
)

// View gives what a challenge's page shows to this browser.
func (s *Service) View(q sqldb.Querier, id int64, browser string) (View, error) {
	c, err := get(q, id)
	if err != nil {
		return View{}, err
	}
	dest, err := s.destination(c)
	if err != nil {
		return View{}, err
	}
	v := View{
		Challenge: c.id, Purpose: c.purpose, Channel: c.channel, To: notify.MaskAddress(c.channel, dest),
		State: c.stateAt(q.Now()), Digits: c.digits, Expires: c.expires, ResendAt: c.resendAt(s.policy),
		SameBrowser: c.askedHere(browser), Account: c.account,
	}
	if err := s.lookLimits(q, c, &v); err != nil {
		return View{}, err
	}
	v.Message, err = s.notify.Status(q, c.message)
	if fault.Is(err, fault.NotFound) { // messages are pruned before challenges
		err = nil
	}
	return v, err
}

func (s *Service) lookLimits(q sqldb.Querier, c challenge, v *View) error {
	guesses, err := limit.Look(q, s.policy.guessDay(c))
	if err != nil {
		return err
	}
	v.TriesLeft = max(0, min(c.guessesMost-c.guesses, guesses.Most-guesses.Used))
	if !guesses.Allowed {
		v.GuessesOpen = guesses.Opens
	}
	v.SendsLeft = s.policy.SendsPerDestinationDay
	for _, use := range []limit.Use{s.policy.sendHour(c), s.policy.sendDay(c)} {
		sends, err := limit.Look(q, use)
		if err != nil {
			return err
		}
		v.SendsLeft = min(v.SendsLeft, max(0, sends.Most-sends.Used))
	}
	return nil
}
