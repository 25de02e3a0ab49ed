package identity

import (
	"context"
	"strconv"

	"gelombang/audit"
	"gelombang/internal/fault"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// AskClaim has an official look whose NIK it is: the registry matched every field of this
// account, the NIK is another's, and an accepted photo of the card shows it here. Asked
// again while it is looked at is the same success. Errors: Refused, Limited.
func (s *Service) AskClaim(ctx context.Context, account int64) error {
	return s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := s.lock(tx, account)
		if err != nil || r.claims() {
			return err
		}
		if err := s.mayClaim(tx, r); err != nil {
			return err
		}
		v, err := limit.Take(tx, limit.Use{Budget: claimsBudget, Key: strconv.FormatInt(account, 10)})
		if err != nil {
			return err
		}
		if !v.Allowed {
			return fault.LimitedUntil("identity.claims", v.Opens, fault.Args{"most": v.Most})
		}
		if err := holdFrom(tx, account); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Actor: audit.Citizen(account), Action: "identity.claim", SubjectKind: "account", SubjectID: account})
	})
}

// claims says that an official is to look whose NIK it is.
func (r row) claims() bool { return r.state == InUse && r.held == heldReview }

// mayClaim refuses whoever has no stronger proof than the owner.
func (s *Service) mayClaim(q sqldb.Querier, r row) error {
	if r.state != InUse {
		return fault.New(fault.Refused, "identity.not_in_use", nil)
	}
	shown, err := s.cardShows(q, r.account)
	if err == nil && !shown {
		err = fault.New(fault.Refused, "identity.claim_unproven", nil)
	}
	return err
}

func (s *Service) cardShows(q sqldb.Querier, account int64) (bool, error) {
	if s.config.CardShowsNIK == nil {
		return false, nil
	}
	return s.config.CardShowsNIK(q, account)
}

// MoveClaim makes a NIK an account's own that another account holds: an official saw the
// stronger proof, which is an accepted photo of the card beside the registry's match.
// Whoever loses it becomes InUse, and both are told.
func (s *Service) MoveClaim(ctx context.Context, account int64, by audit.Actor, reason string) error {
	if err := reasoned(reason); err != nil {
		return err
	}
	return s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := s.lock(tx, account)
		if err != nil {
			return err
		}
		if err := s.mayClaim(tx, r); err != nil {
			return err
		}
		indexes := s.indexes(NIK(r.form.NIK))
		owner, err := ownerOf(tx, indexes)
		if err != nil {
			return err
		}
		if err := s.dispossess(tx, owner, by, indexes); err != nil {
			return err
		}
		if err := s.endow(tx, account, indexes); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Actor: by, Action: "identity.give", SubjectKind: "account", SubjectID: account, Reason: reason})
	})
}

func (s *Service) dispossess(tx *sqldb.Tx, owner int64, by audit.Actor, indexes []seal.Index) error {
	if owner == 0 {
		return nil
	}
	if _, err := s.lock(tx, owner); err != nil {
		return err
	}
	if err := unclaim(tx, owner, indexes); err != nil {
		return err
	}
	if err := markInUse(tx, owner); err != nil {
		return err
	}
	if err := remark(tx, owner, "moved"); err != nil {
		return err
	}
	// The reason speaks of the other account, and this one's owner reads the entry.
	if err := audit.Write(tx, audit.Entry{Actor: by, Action: "identity.take", SubjectKind: "account", SubjectID: owner}); err != nil {
		return err
	}
	if err := s.tell(tx, owner, toldMoved); err != nil {
		return err
	}
	return s.changed(tx, owner, InUse)
}

func (s *Service) endow(tx *sqldb.Tx, account int64, indexes []seal.Index) error {
	if _, err := claim(tx, account, indexes); err != nil {
		return err
	}
	if err := judge(tx, account, Matched, nil); err != nil {
		return err
	}
	if err := markClaimed(tx, account); err != nil {
		return err
	}
	if err := remark(tx, account, "given"); err != nil {
		return err
	}
	if err := s.tell(tx, account, toldGiven); err != nil {
		return err
	}
	return s.changed(tx, account, Matched)
}

// Keep leaves a NIK where it is after an official looked. Who claimed it is told so; a
// newcomer who is held back waits on, behind the others who do.
func (s *Service) Keep(ctx context.Context, account int64, by audit.Actor, reason string) error {
	if err := reasoned(reason); err != nil {
		return err
	}
	return s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := s.lock(tx, account)
		if err != nil {
			return err
		}
		if !r.claims() {
			if r, err = s.lockNewcomer(tx, account, by); err != nil {
				return err
			}
		}
		if err := s.keep(tx, r); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Actor: by, Action: "identity.keep", SubjectKind: "account", SubjectID: account, Reason: reason})
	})
}

func (s *Service) keep(tx *sqldb.Tx, r row) error {
	if !r.claims() {
		return holdFrom(tx, r.account)
	}
	if err := letGo(tx, r.account); err != nil {
		return err
	}
	return s.tell(tx, r.account, toldKept)
}
