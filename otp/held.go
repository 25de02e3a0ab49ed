package otp

import (
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/notify"
)

// heldMost is how many SMS an hour still go to the numbers of a held prefix to open an
// account. Nearly all owners who come from a new browser get in by them: there are
// millions of numbers, and few of their owners sign in so within one hour. To whoever
// pumps, they are worth less than the trouble.
const heldMost = 60

// strangers says that whoever asks may be anybody. A browser that signed in where the
// number belongs is its owner's, and nobody makes us pay for SMS by it. Whether the number
// is an account's plays no part: the answer would tell.
func (c challenge) strangers() bool {
	return c.channel == notify.SMS && (c.purpose == ProvePhone || !c.known)
}

// unheld refuses the SMS that are held back now, before they take anything from an
// address's budget, and gives the orders that are left.
func (s *Service) unheld(tx *sqldb.Tx, orders []*order) (left []*order, err error) {
	var asked []*order
	var to []string
	for _, o := range orders {
		if o.send && o.same == nil && o.c.strangers() {
			asked, to = append(asked, o), append(to, o.dest)
		}
	}
	if err := s.hold(tx, asked, s.notify.Holds(tx, to)); err != nil {
		return nil, err
	}
	for _, o := range orders {
		if o.refused == nil {
			left = append(left, o)
		}
	}
	return left, nil
}

// hold refuses what is held, but for a few that open an account while there is money.
func (s *Service) hold(tx *sqldb.Tx, asked []*order, holds []*notify.Hold) error {
	var opening []*order
	var uses []limit.Use
	for i, h := range holds {
		if h == nil {
			continue
		}
		asked[i].refused = heldBack(*h)
		if h.Prefix != "" && !asked[i].c.purpose.Proves() {
			opening = append(opening, asked[i])
			uses = append(uses, limit.Use{Budget: limit.Budget{Name: "otp.held", Most: heldMost, Window: time.Hour}, Key: h.Prefix})
		}
	}
	verdicts, err := limit.TakeMany(tx, uses)
	for i, v := range verdicts {
		if v.Allowed {
			opening[i].refused = nil
		}
	}
	return err
}

func heldBack(h notify.Hold) *fault.Error {
	key := "otp.held.money"
	if h.Rule == notify.RulePrefix {
		key = "otp.held.prefix"
	}
	return fault.LimitedUntil(key, h.Until, nil)
}
