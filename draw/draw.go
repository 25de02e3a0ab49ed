// Package draw carries a closed wave to its result: it publishes the frozen
// list, waits for the beacon round that the wave named at its opening, computes
// the ranks, holds them at the release gate, and gives everybody their outcome.
//
// The mathematics and the published file are in draw/transcript. This package
// keeps the list by commitment, so erasing a person never changes it. It never
// picks another round, never draws twice, and never shows an outcome before
// enough staff have released it.
package draw

import (
	"context"
	"embed"
	"sync"
	"time"

	"gelombang/audit"
	"gelombang/draw/transcript"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/wave"
)

// Catalog are the words of this package.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// Source is where the randomness came from.
type Source string

// The sources; none until the round is there.
const (
	FromNone      Source = ""
	FromBeacon    Source = "beacon"
	FromOfficials Source = "officials"
	FromVoid      Source = "void" // there is no result
)

// Sources is the closed list.
var Sources = []Source{FromNone, FromBeacon, FromOfficials, FromVoid}

// Entry is one receipt to list, with what the release gate looks at.
type Entry struct {
	Place      int64
	Account    int64
	Commitment transcript.Digest
	Household  transcript.Digest
	Left       int // places left of the household because of earlier waves; -1 is the whole cap
	Stratum    string
	State      transcript.EntryState
	Joined     time.Time
	Age        int
	Sex        string
}

// Beacon gives a round of a chain. Its answer is verified here again.
type Beacon interface {
	Round(ctx context.Context, chain transcript.Chain, round uint64) (transcript.Beacon, error)
}

// Config of the service.
type Config struct {
	DB     *sqldb.DB
	Jobs   *jobs.Queue
	Waves  *wave.Service
	Signer *transcript.Signer // of checkpoints and seals
	Beacon Beacon
	Dir    string // where published files are kept; they can be made again at any time

	// Settle decides every place of a wave whose settling has ended.
	Settle func(ctx context.Context, waveID int64) error
	// Entries visits every receipt ever issued for a wave.
	Entries func(ctx context.Context, waveID int64, visit func(Entry) error) error
	// Received notes that the holders of these places are recipients.
	Received func(ctx context.Context, waveID int64, places []int64) error
	// OnEnd is told of a release, or of a void draw, in its transaction (wire: announce.Start).
	OnEnd func(tx *sqldb.Tx, w wave.Wave) error
}

// Service is the noun's verbs. Safe for concurrent use.
type Service struct {
	c      Config
	making sync.Mutex // one published file is made at a time: a large one takes memory
}

// New makes the service.
func New(c Config) *Service { return &Service{c: c} }

// Approval is one official's consent to a release.
type Approval struct {
	Staff int64
	At    time.Time
}

// Official is how far one of the two officials has come.
type Official struct {
	Staff      int64  // who committed
	Commitment string // "" until committed
	Revealed   bool
	Value      string // "" until revealed
}

// Publication is all that there is to see of a wave's draw. Cutoffs and Gate are
// for staff until the wave is released.
type Publication struct {
	Wave       wave.Wave
	Header     transcript.Header
	Root       transcript.Digest
	Checkpoint string
	Listed     int // receipts in the list
	TakingPart int
	Frozen     time.Time
	Source     Source
	Origin     transcript.Source // the round, the officials' values, or why it is void
	SourceAt   time.Time
	Ranked     int // progress of the run, of TakingPart
	Ran        time.Time
	Cutoffs    []transcript.Cutoff
	Gate       Gate
	Inquiry    string // what an inquiry found about a result that the gate held
	InquiredBy int64
	Inquired   time.Time
	Approvals  []Approval
	Officials  [2]Official
	Released   time.Time
}

// Held says that the gate holds the result for an inquiry.
func (p Publication) Held() bool {
	return p.Wave.State == wave.Drawn && !p.Gate.Passed() && p.Inquired.IsZero()
}

// Published reads a wave's draw; fault.NotFound before the list is frozen.
func (s *Service) Published(q sqldb.Querier, waveID int64) (Publication, error) {
	w, err := s.c.Waves.Get(q, waveID)
	if err != nil {
		return Publication{}, err
	}
	p, err := find(q, waveID)
	if err != nil {
		return Publication{}, err
	}
	p.Wave = w
	if p.Approvals, err = approvals(q, waveID); err != nil {
		return Publication{}, err
	}
	p.Officials, err = officials(q, waveID)
	return p, err
}

// Officials says who has committed a value, before the freeze too.
func (s *Service) Officials(q sqldb.Querier, waveID int64) ([2]Official, error) {
	return officials(q, waveID)
}

// Outcome is what the draw gave to one place.
type Outcome struct {
	Place         int64
	Wave          int64
	Stratum       string
	Rank          int
	Of            int // who took part in the stratum
	Cutoff        int // rank of the last one selected; 0 when nobody was
	ReserveCutoff int // rank of the last one in reserve; 0 when nobody is
	Outcome       transcript.Outcome
}

// Outcome gives a place's result once it is released; fault.NotFound before, and
// for a place that took no part.
func (s *Service) Outcome(q sqldb.Querier, place int64) (Outcome, error) {
	found, err := s.Outcomes(q, []int64{place})
	if err != nil {
		return Outcome{}, err
	}
	o, ok := found[place]
	if !ok {
		return Outcome{}, errNoOutcome
	}
	return o, nil
}

// Outcomes gives the released results of many places of one wave, by place.
func (s *Service) Outcomes(q sqldb.Querier, places []int64) (map[int64]Outcome, error) {
	rows, err := outcomes(q, places)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Outcome, len(rows))
	cuts := map[int64][]transcript.Cutoff{}
	for _, o := range rows {
		if _, read := cuts[o.Wave]; !read {
			p, err := find(q, o.Wave)
			if err != nil {
				return nil, err
			}
			cuts[o.Wave] = p.Cutoffs
		}
		out[o.Place] = withCutoff(o, cuts[o.Wave])
	}
	return out, nil
}

func withCutoff(o Outcome, cutoffs []transcript.Cutoff) Outcome {
	for _, c := range cutoffs {
		if c.Stratum == o.Stratum {
			o.Of, o.Cutoff, o.ReserveCutoff = c.Participants, c.LastSelected, c.LastReserve
		}
	}
	return o
}

func note(tx *sqldb.Tx, waveID int64, action string, actor audit.Actor, reason string) error {
	return audit.Write(tx, audit.Entry{Actor: actor, Action: action, SubjectKind: "wave", SubjectID: waveID, Reason: reason})
}
