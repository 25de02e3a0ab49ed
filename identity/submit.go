package identity

import (
	"context"
	"strconv"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// Check gives every finding of a form at once, errors and doubts, under the field
// names of the page: name nik kk birth_place birth_date sex regency district
// education employment.
func (s *Service) Check(f Form) []fault.Field {
	return check(clean(f), choices{s.config.Education, s.config.Employment}, DateAt(s.config.Now()))
}

// Submit parks a form and has the registry asked. Findings stop it as Invalid,
// all of them at once; doubts alone only until they are confirmed (Form.Warned).
// The same form again, from a second tab or a reload, is the same success. After
// the first, a change is Limited per account and day; after a match it is Refused.
func (s *Service) Submit(ctx context.Context, account int64, f Form) error {
	if found := s.Check(f); blocking(found, f.Warned) {
		return fault.InvalidFields(found)
	}
	f = clean(f)
	f.Warned = false
	return s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := s.hold(tx, account)
		if err != nil {
			return err
		}
		switch receive(r.state, f == r.form) {
		case receiveReplay:
			return nil
		case receiveNever:
			return fault.New(fault.Refused, "identity.already_matched", nil)
		case receiveCorrection:
			return s.correct(tx, r, f)
		}
		return s.send(tx, r, f, "submitted")
	})
}

func (s *Service) correct(tx *sqldb.Tx, before row, f Form) error {
	v, err := limit.Take(tx, s.correctionOf(before.account))
	if err != nil {
		return err
	}
	if !v.Allowed {
		return fault.LimitedUntil("identity.corrections", v.Opens, fault.Args{"most": v.Most})
	}
	return s.send(tx, before, f, "corrected")
}

// send parks a form, and has the registry asked as the mode of the day has it. before is
// the row as it was, and is held.
func (s *Service) send(tx *sqldb.Tx, before row, f Form, event string) error {
	account, submission := before.account, tx.NewID()
	if err := s.park(tx, account, submission, f); err != nil {
		return err
	}
	if err := note(tx, account, event); err != nil {
		return err
	}
	if done, err := s.resend(tx, before, NIK(f.NIK)); done || err != nil {
		return err
	}
	crowded, err := s.crowded(tx, account, NIK(f.NIK))
	if err != nil {
		return err
	}
	if crowded {
		return s.toReview(tx, account, NIK(f.NIK))
	}
	if err := s.proceed(tx, account); err != nil {
		return err
	}
	return s.changed(tx, account, Parked)
}

func (s *Service) corrections() limit.Budget {
	return limit.Budget{Name: "identity.corrections", Most: s.config.CorrectionsPerDay, Window: correctionWindow}
}

func (s *Service) correctionOf(account int64) limit.Use {
	return limit.Use{Budget: s.corrections(), Key: strconv.FormatInt(account, 10)}
}
