package identity

import (
	"context"
	"strings"
	"time"

	"gelombang/audit"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// crowded says that an account is a newcomer to a NIK that too many others tried
// before. Whoever had it asked about already is none, nor is its owner, who has
// nothing left to submit. It is counted before the registry is asked, so that a NIK
// cannot be tried out with many accounts.
func (s *Service) crowded(tx *sqldb.Tx, account int64, nik NIK) (bool, error) {
	indexes := s.indexes(nik)
	known, err := triedBy(tx, account, indexes)
	if err != nil || known {
		return false, err
	}
	v, err := limit.Take(tx, limit.Use{Budget: s.accountsPerNIK(), Key: indexes[len(indexes)-1].Sum})
	if err != nil {
		return false, err
	}
	if s.config.Book.Decide(limit.Rule{Name: RuleAccounts, Mode: s.config.AccountsMode}, !v.Allowed) {
		return true, nil
	}
	return false, markTried(tx, account, indexes[len(indexes)-1])
}

// RuleAccounts is the guard's rule about the accounts that try one NIK.
const RuleAccounts = "identity.nik_accounts"

func (s *Service) accountsPerNIK() limit.Budget {
	return limit.Budget{Name: RuleAccounts, Most: s.config.AccountsPerNIK, Window: nikWindow}
}

// toReview puts a submission before an official instead of the registry.
func (s *Service) toReview(tx *sqldb.Tx, account int64, nik NIK) error {
	if err := holdBack(tx, account); err != nil {
		return err
	}
	if err := remark(tx, account, "review"); err != nil {
		return err
	}
	if err := s.tell(tx, account, tellings[Review]); err != nil {
		return err
	}
	if err := s.tellIfTaken(tx, account, nik); err != nil {
		return err
	}
	return s.changed(tx, account, Parked)
}

// Held is a submission that waits for an official.
type Held struct {
	Account int64
	Since   time.Time
	Claim   bool  // matched, and asks for a NIK that another account holds
	Barred  int64 // a second look: the official who said no, and does not decide it; 0: nobody
}

// Reviews lists who waits for an official, longest first.
func (s *Service) Reviews(q sqldb.Querier, most int) ([]Held, error) { return held(q, most) }

// Waiting counts them, and says since when the first one waits; zero when nobody does.
func (s *Service) Waiting(q sqldb.Querier) (n int64, since time.Time, err error) { return countHeld(q) }

// Admit has the registry asked after all: an official looked, and knows why.
func (s *Service) Admit(ctx context.Context, account int64, by audit.Actor, reason string) error {
	if err := reasoned(reason); err != nil {
		return err
	}
	return s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := s.lockNewcomer(tx, account, by)
		if err != nil {
			return err
		}
		if err := letGo(tx, account); err != nil {
			return err
		}
		if err := s.forgetDecline(tx, account, NIK(r.form.NIK)); err != nil {
			return err
		}
		indexes := s.indexes(NIK(r.form.NIK))
		if err := markTried(tx, account, indexes[len(indexes)-1]); err != nil {
			return err
		}
		if err := remark(tx, account, "admitted"); err != nil {
			return err
		}
		if err := s.proceed(tx, account); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Actor: by, Action: "identity.admit", SubjectKind: "account", SubjectID: account, Reason: reason})
	})
}

func reasoned(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return fault.InvalidFields([]fault.Field{{Name: "reason", Key: "identity.reason_missing"}})
	}
	return nil
}
