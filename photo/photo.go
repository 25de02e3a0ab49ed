// Package photo takes the picture of a person's identity card, checks it, and keeps it
// for as long as it is needed.
//
// An upload is apart from every form: it may be cut off and go on where it stood, and
// be sent twice without becoming two. What has arrived whole is a photo:
//
//	checking  nobody has looked yet; nothing for the person to do
//	accepted  it shows the card, and the NIK on it is the one that was typed, or cannot be read
//	refused   a rule failed, which the verdict names; the person takes another
//	differs   the card shows another NIK than was typed; the person mends one or asks for a look
//	review    a person will look: too many failures, a doubt, or an appeal
//	declined  an official looked and said no, with a reason; it may be appealed once
//	replaced  another one was sent later
//	lost      we cannot find it any more: a fault of ours, and the person sends it again
//
// A photo never influences a draw. After three refusals in a row a person looks instead:
// a check that cannot be passed must not keep anybody out. What the check reads from the
// card is compared and shown, and never written over what was typed.
package photo

import (
	"context"
	"embed"
	"time"

	"gelombang/internal/blob"
	"gelombang/internal/jobs"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/limit"
	"gelombang/photo/ktp"
)

// Catalog holds the package's words for people.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// State is what became of a photo. Closed list.
type State string

// The states. None is never stored.
const (
	None     State = "none"
	Checking State = "checking"
	Accepted State = "accepted"
	Refused  State = "refused"
	Differs  State = "differs"
	Review   State = "review"
	Declined State = "declined"
	Replaced State = "replaced"
	Lost     State = "lost"
)

// States is the closed list, in the order of the constants.
var States = []State{None, Checking, Accepted, Refused, Differs, Review, Declined, Replaced, Lost}

// Why is why a person looks at a photo. Closed list.
type Why string

const (
	WhyFailures Why = "failures" // refused three times in a row
	WhyDoubt    Why = "doubt"    // the check has a doubt that refuses nobody
	WhyNIK      Why = "nik"      // the person says that the check misread the card
	WhyAppeal   Why = "appeal"   // the person does not accept a decision
)

// Reason is why an official declined a photo. Closed list.
type Reason string

const (
	ReasonNotCard    Reason = "not_card"    // it shows no identity card
	ReasonUnreadable Reason = "unreadable"  // the NIK or the name cannot be read
	ReasonNotOwn     Reason = "not_own"     // the card is another person's
	ReasonNIKDiffers Reason = "nik_differs" // the card shows another NIK than was typed
	ReasonNotGenuine Reason = "not_genuine" // a copy, a screen, or a changed card
)

// Reasons is the closed list.
var Reasons = []Reason{ReasonNotCard, ReasonUnreadable, ReasonNotOwn, ReasonNIKDiffers, ReasonNotGenuine}

// Photo is one photo and what became of it.
type Photo struct {
	ID        int64
	Account   int64
	State     State
	Since     time.Time
	Sent      time.Time
	Verdict   ktp.Verdict  // of the check; "" before it
	Cut       []ktp.Corner // which corners are cut off, as they are seen in the photo
	NIKMatch  ktp.Match
	DiffersAt int    // the first digit that differs, from 1; 0: none
	NIKRead   string // what the check read; "" when it could not
	Scores    string // what the check measured, as JSON
	Why       Why    // Review: why
	Failures  int    // refused in a row, this one included
	Second    bool   // another look was asked for
	Officer   int64  // who decided last; 0: nobody
	Reason    Reason // Declined: why
	Gone      time.Time
}

// Upload is one sending of a photo, which may be cut off and go on.
type Upload struct {
	ID       int64
	Account  int64
	Size     int64
	Received int64 // how much of it is safe here
	Done     bool  // it is a photo now, of the same id
	Created  time.Time

	parts []int64
}

// Whole says that everything has arrived.
func (u Upload) Whole() bool { return u.Received == u.Size }

// Happening is one line of a person's timeline. Key is a catalog key.
type Happening struct {
	At  time.Time
	Key string
}

// Config is what the service needs. Tell and OnChange may be nil.
type Config struct {
	DB     *sqldb.DB
	Keys   *seal.Keys
	Jobs   *jobs.Queue
	Store  blob.Store
	Policy Policy // DefaultPolicy when zero
	// Second reads the numbers that our own reader cannot; nil: nobody. Each check asks it
	// at most once, in its own slot of the queue.
	Second ktp.Second

	// NIKOf gives the NIK that an account typed, "" when none.
	NIKOf func(q sqldb.Querier, account int64) (string, error)
	// Tell queues a message on an account's proven channels. It carries no personal data.
	Tell func(tx *sqldb.Tx, account int64, key string, args map[string]string) error
	// OnChange hears of every change of state, in its transaction.
	OnChange func(tx *sqldb.Tx, account int64, st State) error
}

// Service is the noun's verbs. Safe for concurrent use.
type Service struct {
	c Config
}

// New makes a service.
func New(c Config) *Service {
	if c.Policy == (Policy{}) {
		c.Policy = DefaultPolicy
	}
	return &Service{c: c}
}

// Limits lists what the service limits, for the page that publishes limits.
func (s *Service) Limits() []limit.Budget { return []limit.Budget{s.c.Policy.sending()} }

// Policy gives the numbers in force.
func (s *Service) Policy() Policy { return s.c.Policy }

// Current gives an account's photo that counts: the newest. Its State is None when
// none was sent.
func (s *Service) Current(q sqldb.Querier, account int64) (Photo, error) {
	return s.newest(q, account)
}

// Get gives a photo; NotFound when it is not this account's. Account 0 is any.
func (s *Service) Get(q sqldb.Querier, account, id int64) (Photo, error) {
	return s.photo(q, account, id)
}

// Picture gives the bytes of a photo as they were sent.
func (s *Service) Picture(ctx context.Context, p Photo) ([]byte, error) {
	if !p.Gone.IsZero() {
		return nil, blob.ErrNone
	}
	sealed, err := s.c.Store.Get(ctx, objectName(p.ID))
	if err != nil {
		return nil, err
	}
	return s.c.Keys.Unseal(pictureSeal, p.ID, sealed)
}

// History gives a person's timeline, newest first.
func (s *Service) History(q sqldb.Querier, account int64, most int) ([]Happening, error) {
	return events(q, account, most)
}

// Reviews lists what waits for a person, the longest-waiting first, and how many wait.
func (s *Service) Reviews(q sqldb.Querier, most int) ([]Photo, int, error) {
	return s.waiting(q, most)
}

func (s *Service) tell(tx *sqldb.Tx, account int64, key string, args map[string]string) error {
	if s.c.Tell == nil || key == "" {
		return nil
	}
	return s.c.Tell(tx, account, key, args)
}

func (s *Service) changed(tx *sqldb.Tx, account int64, st State) error {
	if err := note(tx, account, string(st)); err != nil || s.c.OnChange == nil {
		return err
	}
	return s.c.OnChange(tx, account, st)
}
