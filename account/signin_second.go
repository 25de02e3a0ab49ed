package account

import (
	"context"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
)

// Second is what a browser that gave one proof may give next.
type Second struct {
	Purpose  otp.Purpose // of the first proof
	Password bool
	Passkey  bool
	Mail     bool      // the first proof was a mail's code; the button of such a mail opens alone
	Code     string    // the other address that a code can be sent to, masked; "": there is none
	Until    time.Time // the rise holds at least so long; past: it is over
	Kept     time.Time // until when the first proof counts
}

// second says whether a right code does not open an account alone. That is so while wrong
// codes are rising over the whole programme, in a browser that the account does not know,
// for an account that has another proof to give. What was typed is kept as the first proof,
// so that a code to the other address completes it; a password and a passkey need none.
//
// The button of a mail is no guess, and whoever cannot give another proof is not asked for
// one: nobody is kept out by this for good.
func (s *Service) second(tx *sqldb.Tx, p otp.Proof, account int64, browser string) (needed bool, err error) {
	if !p.Typed || p.Purpose == otp.Undo { // who takes something back defends an account
		return false, nil
	}
	rise, err := s.codes.Rising(tx)
	if err != nil || !rise.On {
		return false, err
	}
	if needed, err = s.lacks(tx, p, account, browser); err != nil {
		return false, err
	}
	if !s.codes.AskSecond(rise, needed) {
		return false, nil
	}
	if err := insertEvent(tx, account, "account.history.second_asked"); err != nil {
		return false, err
	}
	return true, setFirstProof(tx, firstProof{account: account, browser: hashBrowser(browser), channel: p.Channel, purpose: p.Purpose, at: tx.Now()})
}

// lacks says whether a browser has given one proof where it could give two.
func (s *Service) lacks(tx *sqldb.Tx, p otp.Proof, account int64, browser string) (bool, error) {
	knows, err := s.KnowsBrowser(tx, account, browser)
	if err != nil || knows {
		return false, err
	}
	r, err := get(tx, account)
	if err != nil {
		return false, err
	}
	if p.Purpose == otp.Recover && !r.email.proven.IsZero() && !r.phone.proven.IsZero() {
		return false, nil // it opens nothing yet: identity data and a wait come next
	}
	w, err := s.others(tx, r, p.Channel, p.Purpose)
	if err != nil || !w.any() {
		return false, err
	}
	first, err := firstProofs(tx, hashBrowser(browser), tx.Now().Add(-firstProofFor))
	for _, f := range first {
		if f.account == account && f.channel != p.Channel {
			return false, err // this is the second
		}
	}
	return true, err
}

// others are the proofs that an account has beside an address. Whoever sets a new password
// has forgotten the one before, and is not asked for it.
func (s *Service) others(q sqldb.Querier, r row, proven notify.Channel, purpose otp.Purpose) (Second, error) {
	keys, err := passkeysOf(q, r.id)
	if err != nil {
		return Second{}, err
	}
	out := Second{Purpose: purpose, Mail: proven == notify.Email, Password: r.hasPassword && !forgotten(purpose)}
	for _, k := range keys {
		out.Passkey = out.Passkey || k.refused.IsZero()
	}
	other, err := s.otherAddress(r, proven)
	out.Code = other.masked()
	return out, err
}

// otherAddress is the proven address of the other channel; a zero one when there is none.
func (s *Service) otherAddress(r row, proven notify.Channel) (Address, error) {
	other := notify.SMS
	if proven == notify.SMS {
		other = notify.Email
	}
	if r.contact(other).proven.IsZero() {
		return Address{}, nil
	}
	return s.addressOf(r, other)
}

// forgotten says that a proof is for who has no password at hand.
func forgotten(p otp.Purpose) bool { return p == otp.Reset || p == otp.Recover }

// opening is the purpose of a code to the other address: the same, but for a registration
// with an address that has an account, which signs in.
func opening(p otp.Purpose) otp.Purpose {
	if p.Proves() {
		return otp.SignIn
	}
	return p
}

func (w Second) any() bool { return w.Password || w.Passkey || w.Code != "" }

// SecondOf gives what a browser that proved an address a while ago may give next.
func (s *Service) SecondOf(q sqldb.Querier, browser string) (Second, error) {
	f, r, err := s.halfway(q, browser)
	if err != nil {
		return Second{}, err
	}
	out, err := s.others(q, r, f.channel, f.purpose)
	if err != nil {
		return Second{}, err
	}
	rise, err := s.codes.Rising(q)
	out.Until, out.Kept = rise.Until, f.at.Add(firstProofFor)
	return out, err
}

// RequestSecond sends a code to the other address of the account that a browser is half
// way into. It may well be asked for by a stranger: the code alone opens nothing more than
// any other does.
func (s *Service) RequestSecond(ctx context.Context, lang, browser string) (int64, error) {
	return withTx(ctx, s.db, func(tx *sqldb.Tx) (int64, error) {
		f, r, err := s.halfway(tx, browser)
		if err != nil {
			return 0, err
		}
		other, err := s.otherAddress(r, f.channel)
		if err != nil {
			return 0, err
		}
		if other.Value == "" {
			return 0, fault.New(fault.NotFound, "account.second.none", nil)
		}
		return s.issueOne(tx, otp.Request{Purpose: opening(f.purpose), Channel: other.Channel, Destination: other.Value, Account: r.id, Browser: browser, Lang: lang})
	})
}

// halfway finds the account that a browser gave the first proof for.
func (s *Service) halfway(q sqldb.Querier, browser string) (firstProof, row, error) {
	none := fault.New(fault.NotFound, "account.second.none", nil)
	if browser == "" {
		return firstProof{}, row{}, none
	}
	found, err := firstProofs(q, hashBrowser(browser), q.Now().Add(-firstProofFor))
	if err != nil {
		return firstProof{}, row{}, err
	}
	if len(found) == 0 {
		return firstProof{}, row{}, none
	}
	r, err := get(q, found[0].account)
	return found[0], r, err
}
