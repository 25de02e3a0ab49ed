package account

import (
	"context"

	"gelombang/internal/fault"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
)

// Prove checks a typed code. Whoever proves an address is its owner: the first proof
// of an address makes the account that asked active and claims the address for
// it; if an account has the address already, the proof signs in to that one.
func (s *Service) Prove(ctx context.Context, challenge int64, code, browser string) (Signed, error) {
	return s.proveWith(browser, func(proven func(*sqldb.Tx, otp.Proof) error) error {
		return s.codes.Check(ctx, challenge, code, proven)
	})
}

// ProveByLink is the button behind a mail's link, in the browser that asked.
func (s *Service) ProveByLink(ctx context.Context, link, browser string) (Signed, error) {
	return s.proveWith(browser, func(proven func(*sqldb.Tx, otp.Proof) error) error {
		return s.codes.Confirm(ctx, link, browser, proven)
	})
}

// outcome of a proof. A refusal is kept beside it: the proof itself is consumed.
type outcome struct {
	signed  Signed
	refused error
}

func (s *Service) proveWith(browser string, check func(func(*sqldb.Tx, otp.Proof) error) error) (Signed, error) {
	var out outcome
	err := check(func(tx *sqldb.Tx, p otp.Proof) (err error) {
		out, err = s.proved(tx, p, browser)
		return err
	})
	if err != nil {
		return Signed{}, err
	}
	return out.signed, out.refused
}

func (s *Service) proved(tx *sqldb.Tx, p otp.Proof, browser string) (outcome, error) {
	a := Address{Channel: p.Channel, Value: p.Destination}
	indexes := s.indexes(a)
	owner, err := claimOf(tx, a.Channel, indexes)
	if err != nil {
		return outcome{}, err
	}
	asker, err := find(tx, p.Account)
	if err != nil {
		return outcome{}, err
	}
	if asker.state == Active && p.Asker != asker.id { // a stranger asked: the address was the account's then, or still is
		asker = row{}
	}
	verdict := judge(p.Purpose, asker, owner)
	if verdict == claims && !asker.contact(a.Channel).proven.IsZero() { // it takes the place of another
		asker, err = s.changing(tx, asker.id, a)
		switch {
		case fault.Is(err, fault.Limited):
			return outcome{refused: err}, nil
		case err != nil:
			return outcome{}, err
		}
	}
	if verdict == claims {
		former := owner
		if owner, err = claimFor(tx, a.Channel, indexes, asker.id); err != nil {
			return outcome{}, err
		}
		if owner.account == asker.id {
			return s.claimed(tx, p, asker, a, former, browser)
		}
		verdict = judge(p.Purpose, asker, owner) // somebody proved it in this very moment
	}
	switch verdict {
	case signsIn:
		needed, err := s.second(tx, p, owner.account, browser)
		if err != nil || needed {
			return outcome{signed: Signed{Second: true, Purpose: p.Purpose}}, err
		}
		return s.opens(tx, p, owner.account, browser)
	case taken:
		return outcome{refused: fault.New(fault.Refused, "account.contact.taken", nil)}, nil
	}
	return outcome{refused: fault.New(fault.Refused, "account.unknown_address", nil)}, nil
}

// claimed makes a proven address the account's.
func (s *Service) claimed(tx *sqldb.Tx, p otp.Proof, asker row, a Address, former claim, browser string) (outcome, error) {
	if former.account != 0 && former.account != asker.id { // an unproven one that waited for this address
		if err := dropUnproven(tx, former.account); err != nil {
			return outcome{}, err
		}
	}
	if err := s.leaveFormer(tx, asker, a); err != nil {
		return outcome{}, err
	}
	if err := setProven(tx, asker.id, a.Channel, s.sealAddress(asker.id, a)); err != nil {
		return outcome{}, err
	}
	if err := insertEvent(tx, asker.id, "account.history.proved_"+string(a.Channel)); err != nil {
		return outcome{}, err
	}
	if a.Channel == notify.SMS {
		if err := s.onPhoneProven(tx, asker.id); err != nil {
			return outcome{}, err
		}
	}
	signed := Signed{Account: asker.id, New: asker.state == Unproven, Purpose: p.Purpose}
	return outcome{signed: signed}, remember(tx, asker.id, browser)
}

// welcome notes a sign-in.
func (s *Service) welcome(tx *sqldb.Tx, account int64, browser string) error {
	if err := insertEvent(tx, account, "account.history.signed_in"); err != nil {
		return err
	}
	return remember(tx, account, browser)
}

func remember(tx *sqldb.Tx, account int64, browser string) error {
	if browser == "" {
		return nil
	}
	return insertBrowser(tx, account, hashBrowser(browser))
}

// claim is who has an address.
type claim struct {
	index   seal.Index
	account int64 // 0: nobody
	proven  int64 // milliseconds; 0: not proven
}

func (c claim) isProven() bool { return c.proven != 0 }

// oldest gives the claim of an address among those found: the one under the oldest
// key, as a claim from before a rotation is the first.
func oldest(found map[string]claim, indexes []seal.Index) claim {
	for i := len(indexes) - 1; i >= 0; i-- {
		if c, there := found[indexes[i].Sum]; there {
			return c
		}
	}
	return claim{}
}
