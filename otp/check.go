package otp

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// Check compares a typed code, from any browser. It takes three steps: the guess is counted in a
// transaction of its own, then compared, then the challenge is consumed, the
// address's others are voided and proven runs, all in one transaction. An error of
// proven undoes that last step; the guess stays counted.
//
// Errors: Invalid at field "code", Limited when guesses are used up, Refused when
// the challenge is over.
func (s *Service) Check(ctx context.Context, id int64, typed string, proven func(*sqldb.Tx, Proof) error) error {
	g, err := s.count(ctx, id, tidy(typed))
	if err != nil {
		return err
	}
	dest, err := s.destination(g.challenge)
	if err != nil {
		return err
	}
	code, err := s.code(g.challenge, dest)
	if err != nil {
		return err
	}
	right := subtle.ConstantTimeCompare([]byte(code), []byte(g.typed)) == 1
	s.counted(right)
	if !right {
		return wrong(g)
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.consume(tx, g.challenge, dest, func(tx *sqldb.Tx, p Proof) error {
			p.Typed = true
			return proven(tx, p)
		})
	})
}

// tidy takes out what people and keyboards put between digits.
func tidy(typed string) string {
	return strings.NewReplacer(" ", "", "-", "", ".", "", "\u00a0", "", "\t", "").Replace(strings.TrimSpace(typed))
}

// guess is a counted guess.
type guess struct {
	challenge challenge
	typed     string
	day       limit.Verdict
}

// count counts a guess against the address's day and against the challenge, or
// against neither: a refusal by one leaves the other as it was. What cannot be a
// code is sent back uncounted, as it tells a guesser nothing.
func (s *Service) count(ctx context.Context, id int64, typed string) (g guess, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		c, err := get(tx, id)
		if err != nil {
			return err
		}
		if err := guessable(c, typed, tx.Now()); err != nil {
			return err
		}
		day, err := limit.Take(tx, s.policyOf(c).guessDay(c))
		if err != nil {
			return err
		}
		if !day.Allowed {
			return fault.LimitedUntil("otp.guesses_used_day", day.Opens, fault.Args{"most": day.Most})
		}
		c, counted, err := countGuess(tx, c)
		if err != nil {
			return err
		}
		if !counted { // another guess took the last try since the row was read
			return late(tx, id)
		}
		g = guess{challenge: c, typed: typed, day: day}
		return nil
	})
	return g, err
}

func guessable(c challenge, typed string, now time.Time) error {
	if err := c.over(now); err != nil {
		return err
	}
	if len(typed) != c.digits || strings.Trim(typed, "0123456789") != "" {
		return fault.InvalidFields([]fault.Field{{Name: "code", Key: "otp.shape", Args: fault.Args{"digits": c.digits}}})
	}
	return nil
}

// wrong tells how many tries are left, or that this was the last one.
func wrong(g guess) error {
	if g.challenge.state == Exhausted {
		return g.challenge.usedUp()
	}
	left := min(g.challenge.guessesMost-g.challenge.guesses, g.day.Most-g.day.Used)
	return fault.InvalidFields([]fault.Field{{Name: "code", Key: "otp.wrong", Args: fault.Args{"left": left}}})
}

// Confirm is the button behind a mail's link. It needs the link's secret and the
// browser that asked; in another browser the answer is Forbidden and nothing is
// consumed, so that a machine that presses the buttons of a mail proves nothing.
func (s *Service) Confirm(ctx context.Context, link, browser string, proven func(*sqldb.Tx, Proof) error) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		c, err := s.openLink(tx, link)
		if err != nil {
			return err
		}
		if !c.askedHere(browser) {
			return fault.New(fault.Forbidden, "otp.other_browser", nil)
		}
		if err := c.over(tx.Now()); err != nil {
			return err
		}
		dest, err := s.destination(c)
		if err != nil {
			return err
		}
		return s.consume(tx, c, dest, proven)
	})
}

// consume turns a challenge into a proof, once. The message comes before the challenge,
// as it does when a provider reports a failure: the other order would deadlock.
func (s *Service) consume(tx *sqldb.Tx, c challenge, dest string, proven func(*sqldb.Tx, Proof) error) error {
	if err := s.notify.Typed(tx, c.message); err != nil {
		return err
	}
	won, err := setProven(tx, c.id)
	if err != nil {
		return err
	}
	if !won {
		return late(tx, c.id)
	}
	if err := voidOthers(tx, s.sums(c.channel, dest), c.id); err != nil {
		return err
	}
	return proven(tx, Proof{Challenge: c.id, Purpose: c.purpose, Channel: c.channel, Destination: dest, Account: c.account, Asker: c.asker})
}

// late says why a guess or a proof came too late: the challenge is over since it was read.
func late(q sqldb.Querier, id int64) error {
	c, err := get(q, id)
	if err != nil {
		return err
	}
	if err := c.over(q.Now()); err != nil {
		return err
	}
	return fmt.Errorf("challenge %d was open and could not be used", id)
}
