package identity

import (
	"strconv"

	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// PhoneProven claims the NIK of an account that the registry matched before its
// phone was proven. It composes: the caller's transaction proves the phone.
//
// A verdict that is written at the same moment is not missed: both lock the row
// of the account before they look at what the other writes.
func (s *Service) PhoneProven(tx *sqldb.Tx, account int64) error {
	r, err := s.lock(tx, account)
	if err != nil || r.state != Matched || !r.claimed.IsZero() {
		return err
	}
	_, err = s.claim(tx, account, NIK(r.form.NIK))
	return err
}

// claim takes a NIK for a matched account with a proven phone, and keeps it for
// good: a matched account cannot submit another. If somebody has it, the state
// becomes InUse and both are told. The owner keeps it; only a person of the staff
// with better evidence, or the owner's own erasure, can free it.
func (s *Service) claim(tx *sqldb.Tx, account int64, nik NIK) (taken bool, err error) {
	indexes := s.indexes(nik)
	owner, err := claim(tx, account, indexes)
	if err != nil {
		return false, err
	}
	if owner == account {
		return false, markClaimed(tx, account)
	}
	if err := unclaim(tx, account, indexes); err != nil {
		return true, err
	}
	if err := markInUse(tx, account); err != nil {
		return true, err
	}
	if err := s.tellOwner(tx, owner); err != nil {
		return true, err
	}
	return true, s.announce(tx, account, InUse)
}

// tellOwner says to a NIK's owner that somebody else tried it, once a day.
func (s *Service) tellOwner(tx *sqldb.Tx, owner int64) error {
	v, err := limit.Take(tx, limit.Use{Budget: limit.Budget{Name: "identity.nik_tried", Most: 1, Window: ownerWindow},
		Key: strconv.FormatInt(owner, 10)})
	if err != nil || !v.Allowed {
		return err
	}
	if err := note(tx, owner, "nik_tried"); err != nil {
		return err
	}
	return s.tell(tx, owner, toldOwner)
}

// tellIfTaken tells the owner of a NIK, if it has one, that another account tried it in
// vain. That account learns nothing of it.
func (s *Service) tellIfTaken(tx *sqldb.Tx, account int64, nik NIK) error {
	owner, err := ownerOf(tx, s.indexes(nik))
	if err != nil || owner == 0 || owner == account {
		return err
	}
	return s.tellOwner(tx, owner)
}
