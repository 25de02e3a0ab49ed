// Package account holds who people are to us: an account, at most one e-mail and
// one phone, perhaps a password and passkeys, and the browsers that signed in.
//
// An account is unproven until one of its contacts is proven, then active. An
// unproven one blocks nobody, holds no credential, and its address goes to the
// first who proves it. Registering hashes nothing, calls nothing outside and gives
// no session; the answer is the same whether or not the address is known, and the
// message says which. Nothing here signs a browser in: that is the pages' session.
package account

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"gelombang/internal/batch"
	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/password"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/notify"
	"gelombang/otp"
)

// Catalog holds the words of this package.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// The states of an account.
const (
	Unproven = "unproven"
	Active   = "active"
)

// Address is a normalised e-mail or phone.
type Address struct {
	Channel notify.Channel
	Value   string // e-mail in lower case with an ASCII domain; phone as +628…
}

// Account is an account as its owner and the console see it.
type Account struct {
	ID          int64
	Email       string
	Phone       string
	EmailProven bool
	PhoneProven bool
	HasPassword bool
	Lang        string
	Created     time.Time
	State       string
}

// Signed is who a proof belongs to.
type Signed struct {
	Account int64
	New     bool // this proof made the account active
	Purpose otp.Purpose
	// Handover is the recovery that the proof was for, which signs nobody in yet:
	// Account is 0.
	Handover int64
	// Second: the code was right and does not sign in alone; see SecondOf. Account is 0.
	Second bool
}

// Happening is one line of an account's history.
type Happening struct {
	At   time.Time
	Key  string // catalog key
	Args map[string]string
}

// Config makes a Service. OnPhoneProven is told in the proof's transaction.
type Config struct {
	DB            *sqldb.DB
	Keys          *seal.Keys
	Jobs          *jobs.Queue
	Codes         *otp.Service
	Passwords     *password.Pool // shared with everybody else who hashes
	Policy        Policy
	OnPhoneProven func(tx *sqldb.Tx, account int64) error
	// OnPasswordSet hears, in its transaction, that whoever is signed in has to sign in
	// anew: the password was changed, or the account was taken back (wire: end all sessions).
	OnPasswordSet func(tx *sqldb.Tx, account int64) error
	// Tell queues messages, such as that an address was changed (wire: notify's Queue). Nil
	// tells nobody.
	Tell func(tx *sqldb.Tx, ms ...notify.Message) ([]int64, error)
	// Arrived says when a message is known to have arrived; zero: not yet (wire: notify's
	// Arrived). Nil never knows, and lets the time of every handover run from its beginning.
	Arrived func(q sqldb.Querier, message int64) (time.Time, error)
	// IdentityMatches says whether a claim is what the account's holder stated about
	// themselves. Nil matches nothing.
	IdentityMatches func(q sqldb.Querier, account int64, claim RecoveryClaim) (bool, error)
	// Province is where an account's holder lives, as far as the registry confirmed it, for
	// limits of a class of people. It is asked for known browsers alone. Nil knows none.
	Province func(q sqldb.Querier, account int64) (string, error)
	// Mail finds out where e-mail goes nowhere; without a Resolver nothing is looked up.
	Mail       Mail
	Disposable Disposable
	// Site is the public address, which passkeys are bound to, and SiteName what a phone
	// calls it. Without one, or at one where browsers make none, there are no passkeys.
	Site, SiteName string
}

// Service keeps accounts. Close it when no more calls come.
type Service struct {
	db            *sqldb.DB
	keys          *seal.Keys
	jobs          *jobs.Queue
	codes         *otp.Service
	policy        Policy
	passwords     *password.Pool
	site          *webauthn.WebAuthn // nil: no passkeys
	mail          Mail
	domains       domains
	disposable    throwaway
	registering   *batch.Batcher[registering, string, otp.View]
	onPhoneProven func(tx *sqldb.Tx, account int64) error
	onPasswordSet func(tx *sqldb.Tx, account int64) error

	tell            func(tx *sqldb.Tx, ms ...notify.Message) ([]int64, error)
	arrived         func(q sqldb.Querier, message int64) (time.Time, error)
	identityMatches func(q sqldb.Querier, account int64, claim RecoveryClaim) (bool, error)
	province        func(q sqldb.Querier, account int64) (string, error)
}

// New makes the service.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Keys == nil || c.Jobs == nil || c.Codes == nil || c.Passwords == nil {
		return nil, errors.New("account: DB, Keys, Jobs, Codes and Passwords are required")
	}
	if c.Policy == (Policy{}) {
		c.Policy = DefaultPolicy
	}
	c.Policy = c.Policy.waits()
	if err := c.Policy.Check(); err != nil {
		return nil, err
	}
	if err := c.Disposable.Check(); err != nil {
		return nil, err
	}
	if c.Mail.Resolver != nil && (c.Mail.To == nil || c.Mail.Fail == nil) {
		return nil, errors.New("account: a resolver needs Mail.To and Mail.Fail")
	}
	s := &Service{mail: c.Mail, disposable: c.Disposable.throwaway(), db: c.DB, keys: c.Keys, jobs: c.Jobs, codes: c.Codes, policy: c.Policy,
		passwords: c.Passwords, onPhoneProven: c.OnPhoneProven, onPasswordSet: c.OnPasswordSet, tell: c.Tell, arrived: c.Arrived, identityMatches: c.IdentityMatches,
		province: c.Province}
	var err error
	if s.site, err = newSite(c.Site, c.SiteName); err != nil {
		return nil, err
	}
	for _, hook := range []*func(*sqldb.Tx, int64) error{&s.onPhoneProven, &s.onPasswordSet} {
		if *hook == nil {
			*hook = func(*sqldb.Tx, int64) error { return nil }
		}
	}
	if s.tell == nil {
		s.tell = func(*sqldb.Tx, ...notify.Message) ([]int64, error) { return nil, nil }
	}
	if s.identityMatches == nil {
		s.identityMatches = func(sqldb.Querier, int64, RecoveryClaim) (bool, error) { return false, nil }
	}
	if s.province == nil {
		s.province = func(sqldb.Querier, int64) (string, error) { return "", nil }
	}
	s.registering = batch.New(c.DB, func(r registering) string { return r.indexes[0].Sum }, s.registerAll)
	return s, nil
}

// Close finishes the registrations that wait and takes no more.
func (s *Service) Close() { s.registering.Close() }

// Waiting is the number of registrations that wait for their batch.
func (s *Service) Waiting() int { return s.registering.Waiting() }

// Load says how long a batch of registrations takes now, and how long the oldest one
// under way has waited.
func (s *Service) Load() (batch, oldest time.Duration) { return s.registering.Load() }

// Get gives an account.
func (s *Service) Get(q sqldb.Querier, id int64) (Account, error) {
	r, err := get(q, id)
	if err != nil {
		return Account{}, err
	}
	email, phone, err := s.contacts(r)
	if err != nil {
		return Account{}, err
	}
	return Account{ID: r.id, Email: email, Phone: phone, EmailProven: !r.email.proven.IsZero(), PhoneProven: !r.phone.proven.IsZero(),
		HasPassword: r.hasPassword, Lang: r.lang, Created: r.created, State: r.state}, nil
}

// Contacts gives the proven addresses, for announcements.
func (s *Service) Contacts(q sqldb.Querier, id int64) ([]Address, error) {
	a, err := s.Get(q, id)
	if err != nil {
		return nil, err
	}
	var out []Address
	if a.EmailProven {
		out = append(out, Address{Channel: notify.Email, Value: a.Email})
	}
	if a.PhoneProven {
		out = append(out, Address{Channel: notify.SMS, Value: a.Phone})
	}
	return out, nil
}

// FindByAddress finds the account that claims an address, proven or not.
func (s *Service) FindByAddress(q sqldb.Querier, a Address) (int64, error) {
	c, err := claimOf(q, a.Channel, s.indexes(a))
	if err != nil {
		return 0, err
	}
	if c.account == 0 {
		return 0, fault.New(fault.NotFound, "account.not_found", nil)
	}
	return c.account, nil
}

// KnowsBrowser says whether this browser has signed in to the account before.
func (s *Service) KnowsBrowser(q sqldb.Querier, account int64, browser string) (bool, error) {
	if browser == "" {
		return false, nil
	}
	return knowsBrowser(q, account, hashBrowser(browser))
}

// History lists what happened to an account, newest first; its making comes last.
func (s *Service) History(q sqldb.Querier, id int64, most int) ([]Happening, error) {
	r, err := get(q, id)
	if err != nil {
		return nil, err
	}
	out, err := events(q, id, most)
	if err != nil {
		return nil, err
	}
	if len(out) < most {
		out = append(out, Happening{At: r.created, Key: "account.history.registered"})
	}
	return out, nil
}

// contacts opens the sealed addresses of a row.
func (s *Service) contacts(r row) (email, phone string, err error) {
	email, err = s.keys.UnsealText(sealEmail, r.id, r.email.sealed)
	if err != nil {
		return "", "", err
	}
	phone, err = s.keys.UnsealText(sealPhone, r.id, r.phone.sealed)
	return email, phone, err
}

const (
	sealEmail = "account.email_sealed"
	sealPhone = "account.phone_sealed"
)

func (s *Service) sealAddress(account int64, a Address) []byte {
	if a.Channel == notify.Email {
		return s.keys.SealText(sealEmail, account, a.Value)
	}
	return s.keys.SealText(sealPhone, account, a.Value)
}

// indexKinds are the kinds of blind index, shared with the codes' destinations.
var indexKinds = map[notify.Channel]string{notify.Email: "email", notify.SMS: "phone"}

// indexes are an address's blind indexes, the current key's first: until a rotation
// is done, claims are looked for and written under each.
func (s *Service) indexes(a Address) []seal.Index {
	versions := s.keys.Versions()
	out := make([]seal.Index, len(versions))
	for i, v := range versions {
		out[i] = s.keys.IndexAt(v, indexKinds[a.Channel], a.Value)
	}
	return out
}

// hashBrowser is what rows keep of a browser's random id.
func hashBrowser(browser string) string { return digest("account.browser", browser) }

func digest(purpose, value string) string {
	sum := sha256.Sum256([]byte(purpose + "\x00" + value))
	return hex.EncodeToString(sum[:16])
}

// Handlers are the jobs of this package.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{KindPrune: s.prune, KindRemind: s.remindUnproven, KindHandover: s.followHandover, KindDomain: s.followDomain}
}

// withTx runs fn in a transaction and gives what it gives.
func withTx[T any](ctx context.Context, db *sqldb.DB, fn func(tx *sqldb.Tx) (T, error)) (out T, err error) {
	err = db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		out, err = fn(tx)
		return err
	})
	return out, err
}
