// Package staff keeps the accounts of officials who work in the console: who they
// are, in which role, and how they sign in.
//
// Signing in takes the e-mail, the password and a code of an authenticator app,
// all in one form, and has one answer for everything that was wrong. The try is
// counted before anything is compared. A code works once: the step that it
// belongs to is remembered, and it or an earlier one is refused afterwards.
//
// The package knows nothing of sessions: whoever was let in is the console's
// business. What a role may do stands in policy.go.
package staff

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	otp "github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"gelombang/audit"
	"gelombang/internal/fault"
	"gelombang/internal/password"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
)

// Catalog holds the package's words for people.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// Staff is an official.
type Staff struct {
	ID       int64
	Email    string
	Name     string
	Role     Role
	Created  time.Time
	Disabled time.Time // zero while the account works
}

// Active says that the account works.
func (s Staff) Active() bool { return s.Disabled.IsZero() }

// May says whether this official may do something now.
func (s Staff) May(p Permission) bool { return s.Active() && s.Role.May(p) }

// Config makes a Service. Issuer is the name that authenticator apps show.
type Config struct {
	DB        *sqldb.DB
	Keys      *seal.Keys
	Passwords *password.Pool
	Issuer    string
}

// Service keeps officials' accounts.
type Service struct {
	db        *sqldb.DB
	keys      *seal.Keys
	passwords *password.Pool
	issuer    string
}

// NewService makes the service.
func NewService(c Config) *Service {
	if c.Issuer == "" {
		c.Issuer = "Gelombang"
	}
	return &Service{db: c.DB, keys: c.Keys, passwords: c.Passwords, issuer: c.Issuer}
}

// New is an account to make.
type New struct {
	Email, Name string
	Role        Role
	Password    string
	TOTPSecret  string // base32; empty: a new one is made
}

// Added is what the new official needs, shown once and never again.
type Added struct {
	ID         int64
	TOTPSecret string
	URI        string // otpauth://, as a QR code carries it
}

// sealTOTP names the column for sealing.
const sealTOTP = "staff.totp_sealed"

// Add makes an account. An e-mail that is taken is Invalid.
func (s *Service) Add(ctx context.Context, n New) (Added, error) {
	n.Email, n.Name = normalEmail(n.Email), strings.TrimSpace(n.Name)
	if err := check(n); err != nil {
		return Added{}, err
	}
	uri, err := s.secret(n)
	if err != nil {
		return Added{}, err
	}
	hash, err := s.passwords.Hash(ctx, n.Password)
	if err != nil {
		return Added{}, err
	}
	added := Added{TOTPSecret: uri.Secret(), URI: uri.URL()}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		id := tx.NewID()
		added.ID = id
		r := row{Staff: Staff{ID: id, Email: n.Email, Name: n.Name, Role: n.Role, Created: tx.Now()},
			hash: hash, totp: s.keys.SealText(sealTOTP, id, added.TOTPSecret)}
		if err := insert(tx, r); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Actor: audit.System, Action: "staff.add", SubjectKind: "staff", SubjectID: id, Reason: string(n.Role)})
	})
	if err != nil {
		return Added{}, err
	}
	return added, nil
}

// secret makes the key of the authenticator app out of the given secret, or a new one.
func (s *Service) secret(n New) (*otp.Key, error) {
	raw := make([]byte, 20) // RFC 4226 asks for 160 bits
	if n.TOTPSecret == "" {
		rand.Read(raw) //nolint:errcheck // never returns an error
	} else {
		var err error
		raw, err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimRight(n.TOTPSecret, "=")))
		if err != nil || len(raw) < 10 {
			return nil, fault.InvalidFields([]fault.Field{{Name: "totp_secret", Key: "staff.totp_secret.malformed"}})
		}
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.issuer, AccountName: n.Email, Secret: raw,
		Period: uint(stepLength / time.Second), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return nil, fmt.Errorf("make TOTP key: %w", err)
	}
	return key, nil
}

// Get reads one official.
func (s *Service) Get(q sqldb.Querier, id int64) (Staff, error) {
	r, err := find(q, id)
	return r.Staff, err
}

// List gives all officials in the order of their making.
func (s *Service) List(q sqldb.Querier) ([]Staff, error) { return list(q) }

// Disable ends an account; what it did stays. The caller ends its sessions in the
// same transaction.
func (s *Service) Disable(tx *sqldb.Tx, id int64, actor audit.Actor) error {
	done, err := disable(tx, id)
	if err != nil || !done {
		return err
	}
	return audit.Write(tx, audit.Entry{Actor: actor, Action: "staff.disable", SubjectKind: "staff", SubjectID: id})
}
