// Package application is where a person meets a wave: what they declare, whether
// the rules admit them, and the place that joining gives.
//
// A place is joined, withdrawn, carried or refused. Its receipt is signed and
// carries every input of the commitment that the draw publishes; each receipt
// ever issued is kept with its state. Whoever waits for the registry may join:
// when settling ends, those it confirmed stay in, those it has not answered
// about are carried to the next wave, and only its own verdict, or a rule,
// refuses. The moment of joining never enters the draw.
package application

import (
	"context"
	"embed"
	"sync"
	"time"

	"gelombang/draw/transcript"
	"gelombang/eligibility"
	"gelombang/identity"
	"gelombang/internal/jobs"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/photo"
	"gelombang/wave"
)

// Catalog are the words of this package.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// State is what became of a place.
type State string

// The states of a place.
const (
	Joined    State = "joined"
	Withdrawn State = "withdrawn"
	Carried   State = "carried" // the registry did not answer in time; not the person's fault
	Refused   State = "refused" // the registry or a rule said no
)

// States is the closed list.
var States = []State{Joined, Withdrawn, Carried, Refused}

// Check is one layer of checking as a settled place passed it. Closed list. A programme
// cannot always use all of its layers; which were used is kept with every place.
type Check string

// The checks.
const (
	CheckRegistry       Check = "registry"        // every field matched
	CheckRegistryWaived Check = "registry_waived" // the programme had switched the registry off
	CheckPhoto          Check = "photo"           // accepted
	CheckPhotoMissing   Check = "photo_missing"   // asked for, none was accepted, and none was needed
)

// Statements are a person's answers, by the name of the statement.
type Statements map[string]bool

// Place is one account in one wave.
type Place struct {
	ID          int64
	Account     int64
	Wave        wave.Wave
	State       State
	Reason      string // catalog key: why it is refused, carried or was taken back by us; "" otherwise
	Stratum     string
	Joined      time.Time
	Settled     time.Time // zero until settling has ended
	Checks      []Check   // settled: what was checked about its holder, and what was done without
	CarriedFrom int64     // the wave that it was carried from; 0 when joined by hand
	Receipt     transcript.Receipt
	Signed      string // the receipt as the holder keeps it

	token      string
	commitment transcript.Digest
	kk         seal.Index
	left       int
	age        int
	sex        identity.Sex
}

// Code is the commitment that stands for the place in the published list.
func (p Place) Code() string { return p.Receipt.Commitment().String() }

// Config of the service.
type Config struct {
	DB     *sqldb.DB
	Keys   *seal.Keys
	Jobs   *jobs.Queue // of the reminders
	Waves  *wave.Service
	Signer *transcript.Signer // of receipts

	Statements    []string // the names that must be answered
	ChangesPerDay int      // joining and withdrawing together; 10 by default

	// Identity gives what the identity check knows of an account.
	Identity func(q sqldb.Querier, account int64) (identity.Facts, error)
	// Photo gives what became of the photo of an account's identity card; nil: the
	// programme asks for none.
	Photo func(q sqldb.Querier, account int64) (photo.State, error)
	// PhotoRequired says that a place needs one that was accepted when settling ends.
	PhotoRequired bool
	// Proven says which contacts of an account are proven.
	Proven func(q sqldb.Querier, account int64) (email, phone bool, err error)
	// Members lists the accounts that have a proven contact by their ids, after one of
	// them: whom a reminder can reach.
	Members func(q sqldb.Querier, after int64, most int) ([]int64, error)
	// Closes hears until when an account's identity has to be judged for its place; zero
	// when it has none any more. It may be nil.
	Closes func(tx *sqldb.Tx, account int64, at time.Time) error
	// Tell queues a message on an account's proven channels. Values are numbers,
	// times and locale.Key, to be written in the person's language.
	Tell func(tx *sqldb.Tx, account int64, key string, args map[string]any) error
}

// Service is the noun's verbs. Safe for concurrent use.
type Service struct {
	c Config

	mu    sync.Mutex
	rules map[string]*eligibility.Rules // by source
}

// New makes the service.
func New(c Config) *Service {
	if c.ChangesPerDay == 0 {
		c.ChangesPerDay = defaultChanges
	}
	return &Service{c: c, rules: map[string]*eligibility.Rules{}}
}

// Places gives every place that an account ever had, newest first.
func (s *Service) Places(q sqldb.Querier, account int64) ([]Place, error) {
	places, err := ofAccount(q, s.c.Keys, account)
	if err != nil {
		return nil, err
	}
	return s.withWaves(q, places)
}

// Place gives an account's place in a wave: the live one, or the newest.
func (s *Service) Place(q sqldb.Querier, account, waveID int64) (Place, error) {
	places, err := s.Places(q, account)
	if err != nil {
		return Place{}, err
	}
	return pick(places, waveID)
}

func (s *Service) withWaves(q sqldb.Querier, places []Place) ([]Place, error) {
	known := map[int64]wave.Wave{}
	for i, p := range places {
		w, ok := known[p.Wave.ID]
		if !ok {
			var err error
			if w, err = s.c.Waves.Get(q, p.Wave.ID); err != nil {
				return nil, err
			}
			known[w.ID] = w
		}
		places[i].Wave = w
	}
	return places, nil
}

func (s *Service) tell(tx *sqldb.Tx, account int64, key string, args map[string]any) error {
	if s.c.Tell == nil {
		return nil
	}
	return s.c.Tell(tx, account, key, args)
}

// compiled gives the rules of a source. Few are ever in use at once: those of
// the waves that are open or settling.
func (s *Service) compiled(source string) (*eligibility.Rules, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rs, ok := s.rules[source]; ok {
		return rs, nil
	}
	rs, err := eligibility.Parse(source)
	if err != nil {
		return nil, err
	}
	if len(s.rules) >= rulesKept {
		clear(s.rules)
	}
	s.rules[source] = rs
	return rs, nil
}

// Standing is what the rules of a wave say about a person now.
type Standing struct {
	Wave    wave.Wave
	Facts   map[string]any
	Verdict eligibility.Verdict
	Steps   []eligibility.Step // where the missing facts are given
	known   identity.Facts
}

// Standing evaluates the rules without joining.
func (s *Service) Standing(ctx context.Context, account, waveID int64) (out Standing, err error) {
	err = s.c.DB.Read(ctx, func(rx *sqldb.Rx) error {
		w, err := s.c.Waves.Get(rx, waveID)
		if err != nil {
			return err
		}
		out, err = s.standing(ctx, rx, w, account)
		return err
	})
	return out, err
}

func (s *Service) standing(ctx context.Context, q sqldb.Querier, w wave.Wave, account int64) (Standing, error) {
	g, err := s.gather(q, account)
	if err != nil {
		return Standing{}, err
	}
	rules, err := s.compiled(w.Rules)
	if err != nil {
		return Standing{}, err
	}
	st := Standing{Wave: w, Facts: factsOf(g, w.Closes), known: g.identity}
	if st.Verdict, err = rules.Evaluate(ctx, st.Facts); err != nil {
		return Standing{}, err
	}
	st.Steps = stepsOf(st.Verdict.Missing)
	return st, nil
}

// gather reads what the facts are made of.
func (s *Service) gather(q sqldb.Querier, account int64) (gathered, error) {
	var g gathered
	var err error
	if g.identity, err = s.c.Identity(q, account); err != nil {
		return g, err
	}
	if g.email, g.phone, err = s.c.Proven(q, account); err != nil {
		return g, err
	}
	if g.statements, _, err = statementsOf(q, account); err != nil {
		return g, err
	}
	if g.identity.NIK != "" {
		g.recipient, err = isRecipient(q, s.indexes("nik", string(g.identity.NIK)))
	}
	return g, err
}

// indexes are the blind indexes of a value under every key there is, so that a
// row written before a rotation is found after it.
func (s *Service) indexes(kind, value string) []seal.Index {
	var out []seal.Index
	for _, v := range s.c.Keys.Versions() {
		out = append(out, s.c.Keys.IndexAt(v, kind, value))
	}
	return out
}
