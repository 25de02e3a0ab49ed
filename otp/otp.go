// Package otp proves that whoever asks can read what is sent to an address: it
// issues one-time codes and checks them.
//
// A challenge is open until it is proven, void (another one of its address was
// proven, or a resend replaced it), exhausted (no guess left) or expired. A mail
// carries the code and a link; the link works only in the browser that asked,
// and holds a secret of its own that this browser has never seen, so neither the
// browser nor the mailbox alone completes anything.
//
// No code is ever stored: it is computed from the row, its destination and a key
// that the row names. A guess is counted before it is compared. Nothing here knows
// whether an address belongs to an account.
package otp

import (
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/notify"
)

// Catalog holds the words of this package.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// Purpose is what a proof is for.
type Purpose string

// The purposes.
const (
	ProveEmail Purpose = "prove_email"
	ProvePhone Purpose = "prove_phone"
	SignIn     Purpose = "sign_in"
	Reset      Purpose = "reset"   // a new password
	Recover    Purpose = "recover" // an account whose other address is lost
	Undo       Purpose = "undo"    // a change that somebody else made
)

// Proves says that a proof makes an address somebody's, where the others open an account.
func (p Purpose) Proves() bool { return p == ProveEmail || p == ProvePhone }

// textKey is the words of a purpose when the caller names no others.
func (p Purpose) textKey() string { return "otp." + string(p) }

// State is where a challenge stands. Expired is never stored: time makes it so.
type State string

// The states.
const (
	Open      State = "open"
	Proven    State = "proven"
	Void      State = "void"
	Exhausted State = "exhausted"
	Expired   State = "expired"
)

// NewID makes the id of a challenge that is asked for at a time.
func NewID(at time.Time) int64 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return IDFrom(at, b[:])
}

// IDFrom is the id that four unguessable bytes stand for, such as the beginning of a
// keyed hash: whoever asks twice for the same thing names the same challenge.
//
// Whoever knows an id may guess at the code and ask for it again, from any browser, so
// it cannot be counted up to: in a second there are four thousand million, and the
// busiest has ten thousand challenges. The second stands in front because ids without
// order cost a database a page each.
func IDFrom(at time.Time, b []byte) int64 {
	second := max(at.Unix()-idsFrom, 0) & (1<<31 - 1)
	return second<<32 | int64(binary.BigEndian.Uint32(b))
}

// idsFrom is the second 0 of ids: 1 January 2025. They last for 68 years.
const idsFrom = 1_735_689_600

// Request asks for a code to be sent.
type Request struct {
	ID          int64 // the id a new challenge takes, made by NewID; 0 makes one
	Purpose     Purpose
	Channel     notify.Channel
	Destination string // normalised
	Account     int64  // 0: nobody's yet
	Asker       int64  // the signed-in account that asks; its challenge is nobody else's. 0: nobody is signed in
	Known       bool   // the browser signed in before where the address belongs: strangers cannot use up its budgets
	Province    string // where the account's holder lives, which only a known browser may show; "": not known
	Browser     string // the signed cookie's random id; "": none
	Lang        string
	TextKey     string // the words of the message; "" takes the purpose's
	// Link is the path of the mail's button instead of the challenge's own. Such a
	// message leads elsewhere ("there is no account; register") and carries no code.
	Link string
}

// Issued is the answer to a request. Either Refused is set, or Challenge is.
type Issued struct {
	Challenge int64
	Account   int64 // the challenge's: an older one's when it is reused
	Message   int64
	Reused    bool // the open challenge of the same browser and address
	View      View
	Refused   *fault.Error
}

// Proof is what was proven, as it is told to the caller's closure.
type Proof struct {
	Challenge   int64
	Purpose     Purpose
	Channel     notify.Channel
	Destination string
	Account     int64
	Asker       int64 // the account that was signed in where it was asked for; 0: a stranger asked
	Typed       bool  // by the digits, which can be guessed, not by a mail's button
}

// View is a challenge as its page shows it.
type View struct {
	Challenge   int64
	Purpose     Purpose
	Channel     notify.Channel
	To          string // masked
	State       State
	Digits      int
	Expires     time.Time
	TriesLeft   int
	GuessesOpen time.Time // when the address's guesses of the day open again; zero when some are left
	ResendAt    time.Time // when the code may be sent again; past or zero: now
	SendsLeft   int
	Message     notify.Status
	SameBrowser bool
	Account     int64
}

// Config makes a Service.
type Config struct {
	DB     *sqldb.DB
	Keys   *seal.Keys
	Notify *notify.Service
	Policy Policy
	// Classes have limits of their own, the first that fits an address; whoever fits none
	// has Policy's.
	Classes []Class
	Rise    RisePolicy
	Book    *limit.Book // where decisions about a rise are written down; nil: nowhere
}

// Service issues and checks codes. It is safe for concurrent use.
type Service struct {
	db     *sqldb.DB
	keys   *seal.Keys
	notify *notify.Service
	policy Policy

	classes []Class
	rise    RisePolicy
	rising  rising
	book    *limit.Book
}

// New makes the service; a policy that would let codes be guessed is refused.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Keys == nil || c.Notify == nil {
		return nil, errors.New("otp: DB, Keys and Notify are required")
	}
	if c.Policy == (Policy{}) {
		c.Policy = DefaultPolicy
	}
	c.Rise = c.Rise.orDefault()
	if err := errors.Join(c.Policy.Check(), checkClasses(c.Policy, c.Classes), c.Rise.Check()); err != nil {
		return nil, err
	}
	return &Service{db: c.DB, keys: c.Keys, notify: c.Notify, policy: c.Policy, classes: c.Classes, rise: c.Rise, book: c.Book}, nil
}

// Limits are the published limits: everybody's, then those of each class that differ.
func (s *Service) Limits() []LimitRow {
	out := s.policy.Limits()
	for _, c := range s.classes {
		out = append(out, c.differing(out)...)
	}
	return append(out, s.rise.row())
}

// challenge is a row.
type challenge struct {
	id          int64
	purpose     Purpose
	channel     notify.Channel
	dest        seal.Index
	sealed      []byte
	account     int64
	asker       int64
	known       bool
	class       string // of limits; "": the programme's own
	browser     string // hashed
	lang        string
	textKey     string
	link        string
	keyVersion  seal.Version
	digits      int
	state       State
	guesses     int
	guessesMost int
	created     time.Time
	expires     time.Time
	lastSent    time.Time
	sends       int
	message     int64
}

// indexKinds are the blind indexes' kinds, shared with the accounts' claims.
var indexKinds = map[notify.Channel]string{notify.Email: "email", notify.SMS: "phone"}

// Index is the blind index of a destination under the current key.
func (s *Service) index(ch notify.Channel, dest string) seal.Index {
	return s.keys.Index(indexKinds[ch], dest)
}

// sums are the destination's indexes under every key: rows outlive a rotation.
func (s *Service) sums(ch notify.Channel, dest string) []string {
	versions := s.keys.Versions()
	out := make([]string, len(versions))
	for i, v := range versions {
		out[i] = s.keys.IndexAt(v, indexKinds[ch], dest).Sum
	}
	return out
}

const sealPurpose = "challenge.dest_sealed"

func (s *Service) destination(c challenge) (string, error) {
	return s.keys.UnsealText(sealPurpose, c.id, c.sealed)
}

// hashBrowser is what a row keeps of a browser's random id: enough to know it again.
func hashBrowser(browser string) string {
	if browser == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("otp.browser\x00" + browser))
	return hex.EncodeToString(sum[:16])
}

// askedHere says whether this browser asked for the challenge. A challenge that
// was asked for without a browser belongs to none.
func (c challenge) askedHere(browser string) bool {
	return c.browser != "" && c.browser == hashBrowser(browser)
}

// over says why a challenge takes no guess any more; nil while it is open.
func (c challenge) over(now time.Time) error {
	switch c.stateAt(now) {
	case Open:
		return nil
	case Exhausted:
		return c.usedUp()
	case Expired:
		return fault.New(fault.Refused, "otp.expired", nil)
	case Proven:
		return fault.New(fault.Refused, "otp.proven", nil)
	}
	return fault.New(fault.Refused, "otp.void", nil)
}

func (c challenge) usedUp() *fault.Error {
	return fault.LimitedUntil("otp.guesses_used", c.expires, fault.Args{"most": c.guessesMost})
}
