package staff

import (
	"context"
	"strconv"

	"gelombang/audit"
	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// The keys of what a sign-in is answered with.
const (
	KeyWrong   = "staff.sign_in.wrong"
	KeyLimited = "staff.sign_in.limited"
)

// Attempt is one sending of the sign-in form. Mark is what the browser was given
// at an earlier sign-in; "" when it has none.
type Attempt struct {
	Email, Password, Code string
	Mark                  string
}

// Signed is who was let in, and the mark for their browser to keep.
type Signed struct {
	ID   int64
	Mark string
}

// SignIn lets an official in. An unknown address, a wrong password, a wrong or used
// code and a closed account have the same answer, in about the same time. Only
// tries against an official's account are in the audit log: strangers' guesses at
// addresses that nobody has would fill it.
func (s *Service) SignIn(ctx context.Context, a Attempt) (Signed, error) {
	r, use, err := s.count(ctx, a)
	if err != nil {
		return Signed{}, err
	}
	ok, renewed, err := s.passwordFits(ctx, r, a.Password)
	if err != nil {
		return Signed{}, err
	}
	if !ok {
		return Signed{}, s.refuse(ctx, r, "password")
	}
	if !r.Active() {
		return Signed{}, s.refuse(ctx, r, "disabled")
	}
	return s.admit(ctx, r, use, digitsOf(a.Code), renewed)
}

// count takes one try from the budget, in its own transaction, before anything is
// compared: parallel guesses cannot share a try.
func (s *Service) count(ctx context.Context, a Attempt) (r row, use limit.Use, err error) {
	email := boundEmail(a.Email)
	var verdict limit.Verdict
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if r, err = byEmail(tx, email); err != nil {
			return err
		}
		use = s.useOf(r, email, a.Mark)
		verdict, err = limit.Take(tx, use)
		return err
	})
	if err == nil && !verdict.Allowed {
		err = fault.LimitedUntil(KeyLimited, verdict.Opens, fault.Args{"most": verdict.Most})
	}
	return r, use, err
}

func (s *Service) useOf(r row, email, mark string) limit.Use {
	if r.ID != 0 && mark != "" && s.marked(r.ID, mark) {
		return limit.Use{Budget: markedBudget, Key: strconv.FormatInt(r.ID, 10)}
	}
	return limit.Use{Budget: strangerBudget, Key: s.keys.Index("staff.email", email).Sum}
}

// passwordFits takes the same time whether or not there is such an official.
func (s *Service) passwordFits(ctx context.Context, r row, typed string) (ok bool, renewed string, err error) {
	if r.ID == 0 {
		return false, "", s.passwords.Dummy(ctx, typed)
	}
	ok, rehash, err := s.passwords.Verify(ctx, r.hash, typed)
	if err != nil || !rehash {
		return ok, "", err
	}
	renewed, err = s.passwords.Hash(ctx, typed)
	return ok, renewed, err
}

// refuse notes a failed try and gives the one answer. Why stays in the audit log.
func (s *Service) refuse(ctx context.Context, r row, why string) error {
	if r.ID != 0 {
		err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return failed(tx, r.ID, why) })
		if err != nil {
			return err
		}
	}
	return fault.New(fault.Invalid, KeyWrong, nil)
}

func failed(tx *sqldb.Tx, id int64, why string) error {
	return audit.Write(tx, audit.Entry{Actor: audit.Staff(id), Action: "staff.sign_in_failed", SubjectKind: "staff", SubjectID: id, Reason: why})
}

// admit uses the code up and lets in, in one transaction. The try is given back:
// budgets count failures.
func (s *Service) admit(ctx context.Context, r row, use limit.Use, code, renewed string) (Signed, error) {
	secret, err := s.keys.UnsealText(sealTOTP, r.ID, r.totp)
	if err != nil {
		return Signed{}, err
	}
	why := ""
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		why = ""
		step := stepOf(secret, code, tx.Now())
		if step == 0 || len(code) != codeDigits {
			why = "code"
			return failed(tx, r.ID, why)
		}
		fresh, err := takeStep(tx, r.ID, step)
		if err != nil {
			return err
		}
		if !fresh {
			why = "code_used"
			return failed(tx, r.ID, why)
		}
		if err := s.letIn(tx, r, renewed); err != nil {
			return err
		}
		return limit.Refund(tx, use)
	})
	if err != nil {
		return Signed{}, err
	}
	if why != "" {
		return Signed{}, fault.New(fault.Invalid, KeyWrong, nil)
	}
	return Signed{ID: r.ID, Mark: s.mark(r.ID)}, nil
}

func (s *Service) letIn(tx *sqldb.Tx, r row, renewed string) error {
	if renewed != "" {
		if err := rehash(tx, r.ID, renewed); err != nil {
			return err
		}
	}
	return audit.Write(tx, audit.Entry{Actor: audit.Staff(r.ID), Action: "staff.sign_in", SubjectKind: "staff", SubjectID: r.ID})
}
