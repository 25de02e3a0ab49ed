package account

import (
	"context"
	"errors"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// try is a counted try to sign in.
type try struct {
	account int64  // 0: nobody has the address
	hash    string // "": there is no password
	use     limit.Use
	verdict limit.Verdict
}

// SignIn checks a password. The try is counted before it is compared and given back
// when it was right or when we could not compare. An unknown address costs the same
// work and gets the same answers.
func (s *Service) SignIn(ctx context.Context, typed, password, browser string) (int64, error) {
	a, found := ParseAddress(typed)
	if a.Value == "" {
		return 0, fault.InvalidFields(found)
	}
	t, err := withTx(ctx, s.db, func(tx *sqldb.Tx) (try, error) { return s.take(tx, a, browser) })
	if err != nil {
		return 0, err
	}
	ok, renewed, err := s.compare(ctx, t, password)
	if err != nil {
		return 0, errors.Join(err, s.giveBack(ctx, t))
	}
	if !ok {
		return 0, fault.New(fault.Invalid, "account.sign_in.wrong", fault.Args{"left": t.verdict.Most - t.verdict.Used})
	}
	return t.account, s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.signedIn(tx, t, renewed, browser) })
}

func (s *Service) take(tx *sqldb.Tx, a Address, browser string) (try, error) {
	indexes := s.indexes(a)
	owner, err := claimOf(tx, a.Channel, indexes)
	if err != nil {
		return try{}, err
	}
	knows, err := s.KnowsBrowser(tx, owner.account, browser)
	if err != nil {
		return try{}, err
	}
	var t try
	known := ""
	if owner.isProven() {
		t.account = owner.account
		if knows {
			known = hashBrowser(browser)
		}
	}
	t.use = s.policy.tries(indexes[0].Sum, t.account, known)
	if t.verdict, err = limit.Take(tx, t.use); err != nil {
		return try{}, err
	}
	t.use.Taken = tx.Now()
	if !t.verdict.Allowed {
		return try{}, fault.LimitedUntil("account.sign_in.limited", t.verdict.Opens, fault.Args{"most": t.verdict.Most})
	}
	// Asked in every case: the statements do not depend on whether anybody has the address.
	t.hash, err = passwordOf(tx, t.account)
	return t, err
}

// compare costs the same for an unknown address. A right password under outdated
// costs is hashed anew.
func (s *Service) compare(ctx context.Context, t try, password string) (ok bool, renewed string, err error) {
	if t.hash == "" {
		return false, "", s.passwords.Dummy(ctx, password)
	}
	ok, outdated, err := s.passwords.Verify(ctx, t.hash, password)
	if err == nil && ok && outdated {
		renewed, err = s.passwords.Hash(ctx, password)
	}
	return ok, renewed, err
}

func (s *Service) giveBack(ctx context.Context, t try) error {
	// The person went away or we were too busy: either way the try was not used.
	return s.db.Write(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error { return limit.Refund(tx, t.use) })
}

func (s *Service) signedIn(tx *sqldb.Tx, t try, renewed, browser string) error {
	if err := limit.Refund(tx, t.use); err != nil {
		return err
	}
	if renewed != "" {
		if err := renewPassword(tx, t.account, t.hash, renewed); err != nil {
			return err
		}
	}
	return s.welcome(tx, t.account, browser)
}
