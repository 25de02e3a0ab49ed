package account

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"gelombang/internal/fault"
	"gelombang/internal/sqldb"
)

// Passkey is a key that a phone, a computer or a password manager keeps for its owner.
type Passkey struct {
	ID      int64     `json:"-"`
	Name    string    `json:"name,omitempty"` // what its owner calls it
	Synced  bool      `json:"synced"`         // kept by a maker's or a manager's account too, so that a lost phone loses nothing
	Refused bool      `json:"refused"`        // a copy of it was noticed: it signs in no more
	Created time.Time `json:"created"`
	Used    time.Time `json:"last_used,omitzero"` // zero: never
}

const sealPasskeyName = "account.passkey_name"

// Passkeys lists an account's passkeys, oldest first.
func (s *Service) Passkeys(q sqldb.Querier, account int64) ([]Passkey, error) {
	keys, err := passkeysOf(q, account)
	if err != nil {
		return nil, err
	}
	out := make([]Passkey, len(keys))
	for i, k := range keys {
		name, err := s.keys.UnsealText(sealPasskeyName, k.id, k.name)
		if err != nil {
			return nil, err
		}
		out[i] = Passkey{ID: k.id, Name: name, Synced: protocol.AuthenticatorFlags(k.flags).HasBackupState(), // #nosec G115 -- eight bits
			Refused: !k.refused.IsZero(), Created: k.created, Used: k.used}
	}
	return out, nil
}

// HasPasskeys says whether browsers can make passkeys for this site at all.
func (s *Service) HasPasskeys() bool { return s.site != nil }

// RenamePasskey calls one of the account's passkeys something else.
func (s *Service) RenamePasskey(ctx context.Context, account, id int64, name string) error {
	if err := checkPasskeyName(name, 1); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return thePasskey(renamePasskey(tx, account, id, s.keys.SealText(sealPasskeyName, id, name)))
	})
}

// RemovePasskey forgets one of the account's passkeys. The phone still holds its half,
// which opens nothing any more.
func (s *Service) RemovePasskey(ctx context.Context, account, id int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := thePasskey(removePasskey(tx, account, id)); err != nil {
			return err
		}
		return insertEvent(tx, account, "account.history.passkey_removed")
	})
}

// tellOfPasskey notes what happened to a passkey and tells every channel of its account:
// whoever holds one signs in without them.
func (s *Service) tellOfPasskey(tx *sqldb.Tx, account int64, what string) error {
	if err := insertEvent(tx, account, "account.history."+what); err != nil {
		return err
	}
	r, err := get(tx, account)
	if err != nil {
		return err
	}
	everybody, err := s.reachable(r, Address{})
	if err != nil {
		return err
	}
	return s.send(tx, r, "account.told."+what, nil, letters(everybody, "/passkeys")...)
}

func thePasskey(there bool, err error) error {
	if err == nil && !there {
		return fault.New(fault.NotFound, "account.passkey.gone", nil)
	}
	return err
}

func checkPasskeyName(name string, least int) error {
	if n := utf8.RuneCountInString(name); n < least || n > passkeyNameMost {
		return fault.InvalidFields([]fault.Field{{Name: "name", Key: "account.passkey.name", Args: fault.Args{"most": passkeyNameMost}}})
	}
	return nil
}

// newSite binds passkeys to a public address. There is none for an address at which
// browsers make no passkeys: an IP address, or one without TLS that is not this machine.
func newSite(public, name string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(public)
	if err != nil {
		return nil, fmt.Errorf("account: the public address: %w", err)
	}
	host := u.Hostname()
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if host == "" || net.ParseIP(host) != nil || u.Scheme != "https" && !local {
		return nil, nil //nolint:nilnil // no site is an answer
	}
	if name == "" {
		name = host
	}
	return webauthn.New(&webauthn.Config{RPID: host, RPDisplayName: name, RPOrigins: []string{u.Scheme + "://" + u.Host},
		// Password managers answer extensions that nobody asked for; none of them matters here.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
		AttestationPreference:             protocol.PreferNoAttestation,
		// Discoverable, so that no address is typed and no list of an account's keys is ever
		// told to a stranger; verified by finger, face or PIN, as it stands for a password.
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired}})
}

func (s *Service) needSite() error {
	if s.site == nil {
		return fault.New(fault.Refused, "account.passkey.none", nil)
	}
	return nil
}

// holder is an account as a ceremony sees it.
type holder struct {
	account int64
	name    string // shown by the phone when it asks which account
	keys    []passkey
}

// WebAuthnID is what an authenticator keeps as the owner of a key.
func (h holder) WebAuthnID() []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(h.account)) // #nosec G115 -- ids are positive
}

// WebAuthnName is the address that the account is known by.
func (h holder) WebAuthnName() string { return h.name }

// WebAuthnDisplayName is the same: an account knows no person's name.
func (h holder) WebAuthnDisplayName() string { return h.name }

// WebAuthnCredentials are the passkeys that a ceremony may meet.
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(h.keys))
	for i, k := range h.keys {
		out[i] = k.record()
	}
	return out
}

// record is a passkey as the ceremonies' library keeps it.
func (k passkey) record() webauthn.Credential {
	id, _ := base64.RawURLEncoding.DecodeString(k.credential)                                                                          // written by us
	c := webauthn.Credential{ID: id, PublicKey: k.publicKey, Flags: webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(k.flags))} // #nosec G115 -- eight bits
	for t := range strings.FieldsSeq(k.transports) {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	c.Authenticator.SignCount = uint32(k.signCount) // #nosec G115 -- written from one
	return c
}
