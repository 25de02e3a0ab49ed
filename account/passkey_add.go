package account

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// BeginPasskey gives what a browser needs to make a passkey, as JSON for its script.
func (s *Service) BeginPasskey(q sqldb.Querier, account int64, browser string) ([]byte, error) {
	h, err := s.holder(q, account)
	if err != nil {
		return nil, err
	}
	creation, _, err := s.site.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()),
		func(o *protocol.PublicKeyCredentialCreationOptions) error {
			o.Challenge = s.challenge(ceremony{addingPasskey, account, browser}, q.Now())
			return nil
		})
	if err != nil {
		return nil, err
	}
	return json.Marshal(creation)
}

// holder reads an account that may have one more passkey.
func (s *Service) holder(q sqldb.Querier, account int64) (holder, error) {
	if err := s.needSite(); err != nil {
		return holder{}, err
	}
	r, err := get(q, account)
	if err != nil {
		return holder{}, err
	}
	if r.state != Active { // an unproven account holds no credential
		return holder{}, fault.New(fault.Forbidden, "account.password.unproven", nil)
	}
	email, phone, err := s.contacts(r)
	if err != nil {
		return holder{}, err
	}
	h := holder{account: account, name: email}
	if h.name == "" {
		h.name = phone
	}
	if h.keys, err = passkeysOf(q, account); err != nil {
		return holder{}, err
	}
	if len(h.keys) >= passkeysMost {
		return holder{}, fault.New(fault.Refused, "account.passkey.many", fault.Args{"most": passkeysMost})
	}
	return h, nil
}

// AddPasskey keeps the passkey that a browser made, and gives its id. It may have no
// name yet.
func (s *Service) AddPasskey(ctx context.Context, account int64, browser, name string, answer []byte) (int64, error) {
	if err := checkPasskeyName(name, 0); err != nil {
		return 0, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return 0, fault.Wrap(err, fault.Invalid, "account.passkey.failed")
	}
	var made passkey
	err = s.db.Read(ctx, func(rx *sqldb.Rx) error {
		made, err = s.made(rx, account, browser, parsed)
		return err
	})
	if err != nil {
		return 0, err
	}
	return withTx(ctx, s.db, func(tx *sqldb.Tx) (int64, error) { return s.keep(tx, made, name) })
}

// made checks what a browser answered, and reads the passkey out of it.
func (s *Service) made(q sqldb.Querier, account int64, browser string, parsed *protocol.ParsedCredentialCreationData) (passkey, error) {
	h, err := s.holder(q, account)
	if err != nil {
		return passkey{}, err
	}
	sent := parsed.Response.CollectedClientData.Challenge
	issued, err := s.checkChallenge(ceremony{addingPasskey, account, browser}, sent, q.Now())
	if err != nil {
		return passkey{}, err
	}
	c, err := s.site.CreateCredential(h, webauthn.SessionData{Challenge: sent, UserID: h.WebAuthnID(),
		UserVerification: protocol.VerificationRequired, CredParams: webauthn.CredentialParametersDefault()}, parsed)
	if err != nil {
		return passkey{}, fault.Wrap(err, fault.Invalid, "account.passkey.failed")
	}
	return passkeyFrom(account, issued, c), nil
}

func passkeyFrom(account int64, issued time.Time, c *webauthn.Credential) passkey {
	var transports []string
	for _, t := range c.Transport {
		transports = append(transports, string(t))
	}
	return passkey{credential: base64.RawURLEncoding.EncodeToString(c.ID), account: account, publicKey: c.PublicKey,
		aaguid: hex.EncodeToString(c.Authenticator.AAGUID), transports: strings.Join(transports, " "),
		flags: int64(c.Flags.ProtocolValue()), signCount: int64(c.Authenticator.SignCount), challenged: issued}
}

// keep writes a new passkey. Sent twice, it is there already, and that is no mistake.
func (s *Service) keep(tx *sqldb.Tx, made passkey, name string) (int64, error) {
	made.id, made.created = tx.NewID(), tx.Now()
	made.name = s.keys.SealText(sealPasskeyName, made.id, name)
	isNew, err := insertPasskey(tx, made)
	if err != nil {
		return 0, err
	}
	if isNew {
		return made.id, s.tellOfPasskey(tx, made.account, "passkey_added")
	}
	there, err := findPasskey(tx, made.credential)
	if err != nil {
		return 0, err
	}
	if there.account != made.account {
		return 0, fault.New(fault.Invalid, "account.passkey.failed", nil)
	}
	return there.id, nil
}
