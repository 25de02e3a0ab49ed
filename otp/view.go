package otp

import (
	"time"

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
	v := s.viewOf(q.Now(), c, dest, browser)
	budgets, err := limit.LookMany(q, []limit.Use{s.policyOf(c).guessDay(c), s.policyOf(c).sending(c)})
	if err != nil {
		return View{}, err
	}
	v.limits(c, budgets[0], budgets[1])
	v.Message, err = s.notify.Status(q, c.message)
	if fault.Is(err, fault.NotFound) { // messages are pruned before challenges
		err = nil
	}
	return v, err
}

// Held is View of a challenge that was there before, for an answer that relies on it.
func (s *Service) Held(tx *sqldb.Tx, id int64, browser string) (View, error) {
	if err := tx.Acknowledge(); err != nil {
		return View{}, err
	}
	return s.View(tx, id, browser)
}

func (s *Service) viewOf(now time.Time, c challenge, dest, browser string) View {
	return View{
		Challenge: c.id, Purpose: c.purpose, Channel: c.channel, To: notify.MaskAddress(c.channel, dest),
		State: c.stateAt(now), Digits: c.digits, Expires: c.expires, ResendAt: c.resendAt(s.policyOf(c)),
		SameBrowser: c.askedHere(browser), Account: c.account,
	}
}

// limits says how many guesses and sendings are left.
func (v *View) limits(c challenge, guesses, sends limit.Verdict) {
	v.TriesLeft, v.SendsLeft = max(0, min(c.guessesMost-c.guesses, guesses.Left)), sends.Left
	if guesses.Left == 0 {
		v.GuessesOpen = guesses.Opens
	}
}
