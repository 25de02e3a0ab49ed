package identity

import (
	"context"

	"gelombang/audit"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// decline is an official's "no" to one account's NIK; the zero decline: there was none.
type decline struct {
	officer int64
	reason  string
	second  bool // the one other look was asked for
}

// Decline does not let the registry be asked about a newcomer to a NIK: an official looked,
// and the person reads why. It is no word of the registry's and not final: the person may
// state another NIK, or ask for a second look once.
func (s *Service) Decline(ctx context.Context, account int64, by audit.Actor, reason string) error {
	if err := reasoned(reason); err != nil {
		return err
	}
	return s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := s.lockNewcomer(tx, account, by)
		if err != nil {
			return err
		}
		if err := s.markDeclined(tx, r, by.ID, reason); err != nil {
			return err
		}
		if err := audit.Write(tx, audit.Entry{Actor: by, Action: "identity.decline", SubjectKind: "account", SubjectID: account, Reason: reason}); err != nil {
			return err
		}
		if err := s.tell(tx, account, tellings[Declined]); err != nil {
			return err
		}
		return s.changed(tx, account, Declined)
	})
}

// Appeal has another official look once more after a "no". Asked again while they look is
// the same success. Errors: Refused when there is nothing to ask about, or it was asked.
func (s *Service) Appeal(ctx context.Context, account int64) error {
	return s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := s.lock(tx, account)
		if err != nil {
			return err
		}
		nik := NIK(r.form.NIK)
		d, err := s.declineOf(tx, account, nik)
		if err != nil {
			return err
		}
		if r.held == heldReview && d.second {
			return nil // the button was pressed twice
		}
		if r.state != Declined {
			return fault.New(fault.Refused, "identity.not_declined", nil)
		}
		if d.second {
			return fault.New(fault.Refused, "identity.appealed", nil)
		}
		return s.appeal(tx, account, nik)
	})
}

// appeal puts a declined NIK before another official, behind those who wait.
func (s *Service) appeal(tx *sqldb.Tx, account int64, nik NIK) error {
	if err := s.markSecond(tx, account, nik); err != nil {
		return err
	}
	if err := holdFrom(tx, account); err != nil {
		return err
	}
	if err := audit.Write(tx, audit.Entry{Actor: audit.Citizen(account), Action: "identity.appeal", SubjectKind: "account", SubjectID: account}); err != nil {
		return err
	}
	return s.changed(tx, account, Parked)
}

// resend takes a submission of a NIK that was declined for the account: to send it again is
// to ask for the second look, and when that was had, only another NIK helps. done says that
// the submission needs nothing more. before is the row as it was.
func (s *Service) resend(tx *sqldb.Tx, before row, nik NIK) (done bool, err error) {
	d, err := s.declineOf(tx, before.account, nik)
	if err != nil || d == (decline{}) {
		return false, err
	}
	if looked := before.held == heldReview && before.form.NIK == string(nik); d.second && looked {
		return true, s.toReview(tx, before.account, nik) // other fields, while the second look waits
	}
	if d.second {
		return true, fault.InvalidFields([]fault.Field{{Name: "nik", Key: "identity.declined_nik"}})
	}
	return true, s.appeal(tx, before.account, nik)
}

// lockNewcomer locks a submission that waits for an official, for one who may decide about
// it: who said no before does not judge the second look.
func (s *Service) lockNewcomer(tx *sqldb.Tx, account int64, by audit.Actor) (row, error) {
	r, err := s.lock(tx, account)
	if err != nil {
		return r, err
	}
	if r.state != Parked || r.held != heldReview {
		return r, fault.New(fault.Refused, "identity.not_held", nil)
	}
	d, err := s.declineOf(tx, account, NIK(r.form.NIK))
	if err == nil && d.officer != 0 && d.officer == by.ID {
		err = fault.New(fault.Refused, "identity.second_by_another", nil)
	}
	return r, err
}
