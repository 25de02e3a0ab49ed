package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// BeginPasskeySignIn gives what a browser needs to sign in by passkey, as JSON for its
// script. No address has to be typed. When one is, a browser that has signed in to its
// account before is told which keys to look for; any other is told the same as if
// nobody had the address. Nothing is written, so there is no budget to use up.
func (s *Service) BeginPasskeySignIn(q sqldb.Querier, typed, browser string) ([]byte, error) {
	if err := s.needSite(); err != nil {
		return nil, err
	}
	keys, err := s.known(q, typed, browser)
	if err != nil {
		return nil, err
	}
	options := []webauthn.LoginOption{webauthn.WithChallenge(s.challenge(ceremony{purpose: passkeySigning, browser: browser}, q.Now()))}
	if len(keys) > 0 {
		options = append(options, webauthn.WithAllowedCredentials(webauthn.Credentials(holder{keys: keys}.WebAuthnCredentials()).CredentialDescriptors()))
	}
	assertion, _, err := s.site.BeginDiscoverableLogin(options...)
	if err != nil {
		return nil, err
	}
	return json.Marshal(assertion)
}

// known lists the passkeys of the account with an address, for a browser of its owner.
func (s *Service) known(q sqldb.Querier, typed, browser string) ([]passkey, error) {
	a, _ := ParseAddress(typed)
	if a.Value == "" {
		return nil, nil
	}
	owner, err := claimOf(q, a.Channel, s.indexes(a))
	if err != nil {
		return nil, err
	}
	knows, err := s.KnowsBrowser(q, owner.account, browser) // asked for a stranger's address too: the same statements
	if err != nil || !knows {
		return nil, err
	}
	return passkeysOf(q, owner.account)
}

// passkeyUse is a passkey whose signature was right.
type passkeyUse struct {
	was, now passkey
	cloned   bool
}

// SignInByPasskey checks what a browser answered and says whose passkey signed it. The
// signature is checked before anything is written.
func (s *Service) SignInByPasskey(ctx context.Context, browser string, answer []byte) (int64, error) {
	if err := s.needSite(); err != nil {
		return 0, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return 0, fault.Wrap(err, fault.Invalid, "account.passkey.failed")
	}
	var use passkeyUse
	err = s.db.Read(ctx, func(rx *sqldb.Rx) error {
		use, err = s.signed(rx, browser, parsed)
		return err
	})
	if err != nil {
		return 0, err
	}
	if use.cloned {
		err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.refuseCopy(tx, use.was) })
		if err == nil {
			err = fault.New(fault.Refused, "account.passkey.refused", nil)
		}
		return 0, err
	}
	return use.was.account, s.db.Write(ctx, func(tx *sqldb.Tx) error { return welcomePasskey(tx, use, browser) })
}

// signed finds the passkey of an answer and checks its signature.
func (s *Service) signed(q sqldb.Querier, browser string, parsed *protocol.ParsedCredentialAssertionData) (passkeyUse, error) {
	sent := parsed.Response.CollectedClientData.Challenge
	issued, err := s.checkChallenge(ceremony{purpose: passkeySigning, browser: browser}, sent, q.Now())
	if err != nil {
		return passkeyUse{}, err
	}
	was, err := findPasskey(q, base64.RawURLEncoding.EncodeToString(parsed.RawID))
	if err != nil {
		return passkeyUse{}, err
	}
	if err := was.takes(issued); err != nil {
		return passkeyUse{}, err
	}
	h := holder{account: was.account, keys: []passkey{was}}
	c, err := s.site.ValidateLogin(h, webauthn.SessionData{Challenge: sent, UserID: h.WebAuthnID(),
		UserVerification: protocol.VerificationRequired}, parsed)
	if err != nil {
		return passkeyUse{}, fault.Wrap(err, fault.Invalid, "account.passkey.failed")
	}
	now := was
	now.flags, now.signCount, now.challenged = int64(c.Flags.ProtocolValue()), int64(c.Authenticator.SignCount), issued
	return passkeyUse{was: was, now: now, cloned: c.Authenticator.CloneWarning}, nil
}

// takes says why a passkey takes no answer to a challenge of a time. One that is late,
// as from another tab, is told from a copy by its challenge, which is the older one.
func (k passkey) takes(issued time.Time) error {
	switch {
	case k.account == 0:
		return fault.New(fault.Refused, "account.passkey.unknown", nil)
	case !k.refused.IsZero():
		return fault.New(fault.Refused, "account.passkey.refused", nil)
	case !issued.After(k.challenged):
		return fault.New(fault.Invalid, "account.passkey.stale", nil)
	}
	return nil
}

func welcomePasskey(tx *sqldb.Tx, use passkeyUse, browser string) error {
	advanced, err := advancePasskey(tx, use.now, use.was.signCount)
	if err != nil {
		return err
	}
	if !advanced {
		return fault.New(fault.Invalid, "account.passkey.stale", nil)
	}
	if err := insertEvent(tx, use.was.account, "account.history.signed_in_passkey"); err != nil {
		return err
	}
	return remember(tx, use.was.account, browser)
}

// refuseCopy ends a passkey whose counter went back: two devices sign with it, and one
// of them may be a thief's.
func (s *Service) refuseCopy(tx *sqldb.Tx, k passkey) error {
	first, err := refusePasskey(tx, k.credential)
	if err != nil || !first {
		return err
	}
	return s.tellOfPasskey(tx, k.account, "passkey_refused")
}
