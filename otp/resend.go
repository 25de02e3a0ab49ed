package otp

import (
	"context"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// Resend sends a challenge's code again, or that of the new challenge which takes
// its place, and says which. Any browser may ask, as only the address receives;
// the link keeps working in the first one alone.
func (s *Service) Resend(ctx context.Context, id int64, _ string) (int64, error) {
	var now int64
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		o, err := s.resending(tx, id)
		if err != nil {
			return err
		}
		if err := s.budget(tx, []*order{o}); err != nil {
			return err
		}
		if o.refused != nil {
			return o.refused
		}
		now = o.c.id
		return s.dispatch(tx, []*order{o})
	})
	return now, err
}

func (s *Service) resending(tx *sqldb.Tx, id int64) (*order, error) {
	c, err := get(tx, id)
	if err != nil {
		return nil, err
	}
	dest, err := s.destination(c)
	if err != nil {
		return nil, err
	}
	state := c.stateAt(tx.Now())
	if state == Void || state == Expired { // the button was pressed twice, or in two tabs
		if heir, found, err := s.follower(tx, c, dest); found || err != nil {
			return &order{c: heir}, err
		}
	}
	if err := c.over(tx.Now()); err != nil && state != Expired {
		return nil, err
	}
	if at := c.resendAt(s.policyOf(c)); tx.Now().Before(at) {
		return nil, fault.LimitedUntil("otp.resend_wait", at, nil)
	}
	o := &order{dest: dest, send: true, c: c}
	if state == Open && c.sameCode(tx.Now()) {
		return o, nil
	}
	r := Request{Purpose: c.purpose, Channel: c.channel, Destination: dest, Lang: c.lang, TextKey: c.textKey, Link: c.link}
	o.c, o.fresh, o.replaces = s.heir(tx, c, r), true, c.id
	o.inherits = state == Open // the guesses of an expired one ended with it; the day's still count
	return o, nil
}

// follower finds the live challenge that took another's place.
func (s *Service) follower(q sqldb.Querier, old challenge, dest string) (challenge, bool, error) {
	live, err := liveFor(q, s.sums(old.channel, dest))
	if err != nil {
		return challenge{}, false, err
	}
	l := lineage{browser: old.browser, asker: old.asker, purpose: old.purpose, channel: old.channel, textKey: old.textKey}
	c, found := heldBy(l, s.sums(old.channel, dest), live)
	return c, found && c.id != old.id && !c.created.Before(old.created), nil
}

// OnFailed gives back a sending that the provider failed: it neither counts nor
// has to be waited for. So many a day are given back: a dead number would otherwise
// be sent to, and paid for, as often as somebody likes.
func (s *Service) OnFailed(tx *sqldb.Tx, id int64) error {
	c, err := get(tx, id)
	if fault.Is(err, fault.NotFound) {
		return nil // pruned since
	}
	if err != nil {
		return err
	}
	given, err := unsend(tx, id)
	if err != nil || !given {
		return err
	}
	back, err := limit.Take(tx, s.policyOf(c).giveBackDay(c))
	if err != nil || !back.Allowed {
		return err
	}
	sending := s.policyOf(c).sending(c)
	sending.Taken = c.lastSent
	return limit.Refund(tx, sending)
}
