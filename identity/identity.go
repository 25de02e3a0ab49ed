// Package identity keeps who a person says they are, and has the civil registry
// judge it.
//
// What was submitted is parked until the registry has answered; a job asks, and
// asks again for as long as there is no answer. The states are:
//
//	none       nothing was sent yet
//	parked     sent; the registry has not answered. Nothing for the person to do
//	matched    every field is as the registry has it; final
//	differs    some fields are not, and Fields names them
//	deceased   the registry holds the person as dead
//	duplicate  … twice
//	inactive   … switched off
//	not_found  the registry has no such NIK
//	in_use     every field matched, but the NIK is another account's
//	review     sent, but too many accounts tried this NIK: an official looks before
//	           the registry is asked. For other nouns it is parked
//	declined   the official looked and did not let the registry be asked, with a reason.
//	           Never a word of the registry's: another look may be asked for once (decline.go)
//
// From every state but matched the person may submit again. Only a verdict of the
// registry, or an official's about a review, changes parked: an outage, a used-up quota
// or an answer that nobody can read never does, and never costs the person a try.
//
// How identities are checked has modes (modes.go): asked online, parked without
// asking, matched by file, or not checked at all, which each submission then says.
//
// To state a NIK claims nothing and tells nobody anything. It becomes an
// account's own, for good, once the registry matched every field and the phone is
// proven, whichever of the two comes last; claimed first is kept. Only somebody
// who was matched too learns that it is taken, and both are told.
package identity

import (
	"cmp"
	"context"
	"embed"
	"log/slog"
	"time"

	"gelombang/identity/registry"
	"gelombang/internal/jobs"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/limit"
)

// Catalog holds the package's words for people.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// State is what became of a submission. Closed list.
type State string

const (
	None      State = "none"
	Parked    State = "parked"
	Matched   State = "matched"
	Differs   State = "differs"
	Deceased  State = "deceased"
	Duplicate State = "duplicate"
	Inactive  State = "inactive"
	NotFound  State = "not_found"
	InUse     State = "in_use"
	Declined  State = "declined"

	Review State = "review" // a Record's alone
)

// States is the closed list of what Facts say, in the order of the constants.
var States = []State{None, Parked, Matched, Differs, Deceased, Duplicate, Inactive, NotFound, InUse, Declined}

// Form is what a person types. The numbers are as typed; what Record gives back
// is clean.
type Form struct {
	Name, NIK, KK, BirthPlace string
	BirthDate                 Date
	Sex                       Sex
	Regency                   string // domicile: four digits
	District                  string // six digits, or "" when it is not asked
	Education, Employment     string // names of the programme's choices
	Warned                    bool   // the doubts were shown, and confirmed
}

// LogValue keeps the person out of every log.
func (Form) LogValue() slog.Value { return slog.StringValue("[identity form]") }

// Record is one account's submission and what became of it.
type Record struct {
	Account    int64
	Form       Form
	State      State
	StateSince time.Time
	Fields     []registry.Field // Differs: which
	Submitted  time.Time
	Answered   time.Time      // the registry's last verdict; zero before the first
	NextTry    time.Time      // Parked: when the registry is asked again
	NoAnswer   registry.Cause // Parked: why it gave no answer the last time; for staff
	Queue      int            // Parked: how many were sent earlier and wait too; at most QueueMost
	PerMinute  int            // Parked: answers of the registry in a minute, as measured; 0: not known
	Expected   time.Time      // Parked: when the answer is to be there at this pace; zero when not known
	Mode       Mode           // Parked: how identities are checked now
	Waived     bool           // accepted unchecked at some time: the programme had switched the check off
	CardShows  bool           // InUse: an accepted photo shows the NIK on this person's card too
	Asked      bool           // InUse: an official will look whose it is
	Reason     string         // Review, Declined: why an official said no to this NIK; "" when none did
	Decliner   int64          // Review, Declined: who that was; 0: nobody
	Second     bool           // Review, Declined: the other look was asked for, which there is once
	Claimed    time.Time      // since when the NIK is this account's; zero while it is not

	Tries     int       // corrections of the running day
	TriesMost int       // how many there are
	TriesOpen time.Time // when the next one is possible; zero when it is now
}

// Slow says that the registry was asked and gave no answer: known trouble on the
// way, told as such, and nothing that the person could mend.
func (r Record) Slow() bool { return r.State == Parked && r.NoAnswer != "" }

// Facts is what other nouns decide by.
type Facts struct {
	State                 State
	Claimed               bool // the NIK is this account's
	Waived                bool // Parked, and the programme lets it pass unchecked
	Name                  string
	NIK                   NIK
	KK                    KK
	BirthDate             Date
	Sex                   Sex
	Province              string // two digits of the domicile
	Regency               string // four digits
	Education, Employment string
}

// LogValue keeps the person out of every log.
func (Facts) LogValue() slog.Value { return slog.StringValue("[identity facts]") }

// Happening is one line of a person's timeline. Key is a catalog key.
type Happening struct {
	At  time.Time
	Key string
}

// Registry gives the civil registry's verdict, or none; *registry.Client is one.
type Registry interface {
	Verify(ctx context.Context, q registry.Query) registry.Answer
}

// Config is what the service needs. CorrectionsPerDay, RetryFirst and RetryMost
// have defaults; Tell and OnChange may be nil.
type Config struct {
	DB       *sqldb.DB
	Keys     *seal.Keys
	Jobs     *jobs.Queue
	Registry Registry
	Now      func() time.Time

	// The names that may be chosen. An empty list is not asked for.
	Education, Employment []string

	CorrectionsPerDay int           // changes of a submission; 5 by default
	AccountsPerNIK    int           // that may ask about one NIK in a week; 3 by default
	RetryFirst        time.Duration // before the registry is asked a second time; 5 s by default
	RetryMost         time.Duration // the pause doubles up to this; 5 min by default

	// AccountsMode is what the rule of AccountsPerNIK does; Book, which may be nil, writes
	// down what it decides.
	AccountsMode limit.Mode
	Book         *limit.Book

	// PhoneProvenOf says whether an account has a proven phone.
	PhoneProvenOf func(q sqldb.Querier, account int64) (bool, error)
	// CardShowsNIK says whether an accepted photo of an account's card shows the NIK that it
	// stated: the proof by which a claim moves. Nil: there are no photos, and none does.
	CardShowsNIK func(q sqldb.Querier, account int64) (bool, error)
	// Tell queues a message on an account's proven channels. It carries no personal data.
	Tell func(tx *sqldb.Tx, account int64, key string, args map[string]string) error
	// OnChange hears of every change of state, in its transaction.
	OnChange func(tx *sqldb.Tx, account int64, st State) error
}

// Service is the noun's verbs. Safe for concurrent use.
type Service struct {
	config Config
	line   line
	tally  tally
}

// New makes a service.
func New(c Config) *Service {
	c.CorrectionsPerDay = cmp.Or(c.CorrectionsPerDay, defaultCorrections)
	c.AccountsPerNIK = cmp.Or(c.AccountsPerNIK, defaultAccountsPerNIK)
	c.RetryFirst = cmp.Or(c.RetryFirst, defaultRetryFirst)
	c.RetryMost = cmp.Or(c.RetryMost, defaultRetryMost)
	return &Service{config: c}
}

// Limits lists what the service limits, for the page that publishes limits.
func (s *Service) Limits() []limit.Budget {
	return []limit.Budget{s.corrections(), s.accountsPerNIK(), claimsBudget}
}

// Record gives an account's submission; its State is None when nothing was sent.
func (s *Service) Record(q sqldb.Querier, account int64) (Record, error) {
	r, err := s.load(q, account)
	if err != nil {
		return Record{}, err
	}
	rec := r.record()
	if rec.State == Parked {
		if err := s.wherein(q, &rec); err != nil {
			return Record{}, err
		}
	}
	if rec.State == InUse {
		if rec.CardShows, err = s.cardShows(q, account); err != nil {
			return Record{}, err
		}
		rec.Asked = r.claims()
	}
	if rec.State == Review || rec.State == Declined {
		d, err := s.declineOf(q, account, NIK(r.form.NIK))
		if err != nil {
			return Record{}, err
		}
		rec.Reason, rec.Decliner, rec.Second = d.reason, d.officer, d.second
	}
	used, err := limit.Look(q, s.correctionOf(account))
	if err != nil {
		return Record{}, err
	}
	rec.Tries, rec.TriesMost, rec.TriesOpen = used.Used, s.config.CorrectionsPerDay, used.Opens
	return rec, nil
}

// wherein fills in where in the line a parked submission is.
func (s *Service) wherein(q sqldb.Querier, rec *Record) error {
	setting, err := s.Mode(q)
	if err != nil {
		return err
	}
	view, err := s.line.look(q)
	if err != nil {
		return err
	}
	rec.Mode, rec.Queue, rec.PerMinute = setting.Mode, view.earlier(rec.Submitted), view.pace.answers
	if rec.Mode == Online {
		rec.Expected = expected(q.Now(), rec.Queue, rec.PerMinute)
	}
	return nil
}

// Facts gives what other nouns decide by; its State is None when nothing was sent.
func (s *Service) Facts(q sqldb.Querier, account int64) (Facts, error) {
	r, err := s.load(q, account)
	if err != nil {
		return Facts{}, err
	}
	waived, err := s.waivedNow(q, r)
	if err != nil {
		return Facts{}, err
	}
	f := r.form
	return Facts{
		State: r.state, Claimed: !r.claimed.IsZero(), Waived: waived, Name: f.Name, NIK: NIK(f.NIK), KK: KK(f.KK),
		BirthDate: f.BirthDate, Sex: f.Sex, Province: provinceOf(f.Regency), Regency: f.Regency,
		Education: f.Education, Employment: f.Employment,
	}, nil
}

// waivedNow: passing unchecked lasts for as long as the programme does without the check.
func (s *Service) waivedNow(q sqldb.Querier, r row) (bool, error) {
	if r.state != Parked || r.waived == 0 {
		return false, nil
	}
	setting, err := s.Mode(q)
	return setting.Mode == Off, err
}

// History gives a person's timeline, newest first.
func (s *Service) History(q sqldb.Querier, account int64, most int) ([]Happening, error) {
	return events(q, account, most)
}

// FindByNIK gives the accounts that stated a NIK, the owner of the number or not,
// oldest first and at most findMost.
func (s *Service) FindByNIK(q sqldb.Querier, nik NIK) ([]int64, error) {
	return accountsOf(q, s.indexes(nik))
}

// indexes gives a NIK's blind index under every version of the key, oldest first:
// the order in which claims are locked.
func (s *Service) indexes(nik NIK) []seal.Index {
	versions := s.config.Keys.Versions()
	found := make([]seal.Index, len(versions))
	for i, v := range versions {
		found[len(versions)-1-i] = s.config.Keys.IndexAt(v, "nik", string(nik))
	}
	return found
}

func (s *Service) tell(tx *sqldb.Tx, account int64, key string) error {
	if s.config.Tell == nil {
		return nil
	}
	return s.config.Tell(tx, account, key, nil)
}

func (s *Service) changed(tx *sqldb.Tx, account int64, st State) error {
	if s.config.OnChange == nil {
		return nil
	}
	return s.config.OnChange(tx, account, st)
}
