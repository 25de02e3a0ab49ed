package photo

import (
	"context"

	"gelombang/audit"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/photo/ktp"
)

// Ask has a person look: at a card that the check is said to have misread, or once more
// after a decision. Errors: NotFound, Refused when there is nothing to ask about.
func (s *Service) Ask(ctx context.Context, account, id int64) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		p, err := s.lock(tx, id)
		if err != nil {
			return err
		}
		if p.Account != account {
			return fault.New(fault.NotFound, KeyNotYours, nil)
		}
		if p.State == Review {
			return nil // the button was pressed twice
		}
		why, ok := appealable(p)
		if !ok {
			return fault.New(fault.Refused, KeyDecided, nil)
		}
		p.State, p.Why, p.Second = Review, why, p.Second || why == WhyAppeal
		if err := s.judged(tx, p); err != nil {
			return err
		}
		return s.changed(tx, p.Account, Review)
	})
}

// Decision is what an official makes of a photo.
type Decision struct {
	Officer int64
	Accept  bool
	Reason  Reason // needed to decline
	NIK     string // to accept: the number that the official saw typed, and on the card; "" when none was typed
}

// Decide ends a review. Who declined a photo does not decide about its appeal. The deed
// and its reason go to the audit log, which the person can read.
func (s *Service) Decide(ctx context.Context, id int64, d Decision) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		p, err := s.lock(tx, id)
		if err != nil {
			return err
		}
		if err := decide(p, d.Officer, d.Reason, d.Accept); err != nil {
			return err
		}
		action, told := "photo.decline", tellings[Declined]
		p.State, p.Officer, p.Reason = Declined, d.Officer, d.Reason
		if d.Accept {
			if err := s.confirm(tx, &p, d.NIK); err != nil {
				return err
			}
			action, told = "photo.accept", toldAfterReview
			p.State, p.Reason, p.Failures = Accepted, "", 0
		}
		if err := s.judged(tx, p); err != nil {
			return err
		}
		if err := audit.Write(tx, audit.Entry{Actor: audit.Staff(d.Officer), Action: action, SubjectKind: "account",
			SubjectID: p.Account, Reason: string(p.Reason)}); err != nil {
			return err
		}
		if err := s.tell(tx, p.Account, told, nil); err != nil {
			return err
		}
		return s.changed(tx, p.Account, p.State)
	})
}

// confirm takes the official's word for what stands on the card: the number that they saw
// beside it, unless the person corrected it meanwhile.
func (s *Service) confirm(tx *sqldb.Tx, p *Photo, seen string) error {
	typed, err := s.c.NIKOf(tx, p.Account)
	if err != nil || typed == "" {
		return err
	}
	if typed != seen {
		return fault.New(fault.Refused, KeyCorrected, nil)
	}
	p.NIKRead, p.NIKMatch, p.DiffersAt = typed, ktp.Same, 0
	return nil
}

// NIKChanged holds what was read from a card against a NIK that was corrected, in the
// transaction of the correction: a person who mends the slip need not send the card again.
func (s *Service) NIKChanged(tx *sqldb.Tx, account int64) error {
	p, err := s.newest(tx, account)
	if err != nil || p.State == None {
		return err
	}
	typed, err := s.c.NIKOf(tx, account)
	if err != nil {
		return err
	}
	match, at, to, changes := rematch(p, typed)
	if !changes {
		return nil
	}
	p.State, p.NIKMatch, p.DiffersAt = to, match, at
	if err := s.judged(tx, p); err != nil {
		return err
	}
	return s.changed(tx, account, to)
}

// ShowsNIK says that the card was accepted and shows the NIK that was typed.
func (p Photo) ShowsNIK() bool { return p.State == Accepted && p.NIKMatch == ktp.Same }
