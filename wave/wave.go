// Package wave knows the calendar of the programme: when a wave opens and
// closes, how many places each stratum has, by which rules one may join, and
// which beacon round decides.
//
// A wave is scheduled, open, settling (closed; the registry's late answers are
// waited for), frozen (the list is published), drawn, released, or void. Rules,
// chain and round are fixed when it opens; afterwards they change for nobody,
// the demo's round apart. The package knows no person and never draws.
package wave

import (
	"context"
	"embed"
	"slices"
	"time"

	"gelombang/audit"
	"gelombang/draw/transcript"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// Catalog are the words of this package.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// State is where a wave stands.
type State string

// The states, in the order of a wave's life; void ends it from wherever it was.
const (
	Scheduled State = "scheduled"
	Open      State = "open"
	Settling  State = "settling"
	Frozen    State = "frozen"
	Drawn     State = "drawn"
	Released  State = "released"
	Void      State = "void"
)

// States is the closed list.
var States = []State{Scheduled, Open, Settling, Frozen, Drawn, Released, Void}

// VoidReason says why a wave has no result.
type VoidReason string

// The reasons. The first two are the draw's own.
const (
	LateFreeze    = VoidReason(transcript.LateFreeze)
	RevealMissing = VoidReason(transcript.RevealMissing)
	Missed        = VoidReason("missed") // it was past its closing time before it could open
)

// RoundWhy says by what the round was fixed.
type RoundWhy string

// The reasons for a round.
const (
	RoundAtOpening RoundWhy = "opening"
	RoundMovedDemo RoundWhy = "moved_demo" // closed at another time than planned; only the demo's chain may follow
)

// Stratum is a group with places of its own, by province of domicile.
type Stratum struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"` // for the published file, in Indonesian
	Places    int      `json:"places"`
	Reserve   int      `json:"reserve"`
	Provinces []string `json:"provinces,omitempty"`
	Else      bool     `json:"else,omitempty"`
}

// Terms are what a plan fixes beside the dates.
type Terms struct {
	Strata       []Stratum     `json:"strata"`
	HouseholdCap int           `json:"household_cap"` // 0 is no cap
	CountEarlier bool          `json:"count_earlier"` // places taken in earlier waves count against the cap
	Approvals    int           `json:"approvals"`
	PMin         float64       `json:"p_min"`
	Delay        time.Duration `json:"delay_ns"` // from the freeze deadline to the round
}

// Plan is a wave of the programme.
type Plan struct {
	Name     string
	Title    string // for the published file, in Indonesian
	Opens    time.Time
	Closes   time.Time
	Settle   time.Duration
	Announce time.Time
	Terms
}

// Wave is one round of enrolment.
type Wave struct {
	ID        int64
	Name      string
	Title     string
	State     State
	Opens     time.Time
	Closes    time.Time
	SettledBy time.Time // until then late answers of the registry count; then the list is made
	FreezeBy  time.Time // the deadline of the freeze
	Announce  time.Time
	Terms
	Rules      string // source of the eligibility rules; the programme's own until the wave opens
	Chain      transcript.Chain
	Round      int64 // 0 until the wave opens
	RoundAt    time.Time
	RoundFixed time.Time
	RoundWhy   RoundWhy
	VoidReason VoidReason
}

// TitleKey is the catalog key of the wave's name for people, which the programme brings.
func (w Wave) TitleKey() string { return "wave." + w.Name }

// StratumKey is the catalog key of a stratum's name.
func (w Wave) StratumKey(stratum string) string { return "stratum." + w.Name + "." + stratum }

// StratumOf gives the stratum of a province; false when no stratum takes it.
func (w Wave) StratumOf(province string) (Stratum, bool) {
	for _, s := range w.Strata {
		if slices.Contains(s.Provinces, province) {
			return s, true
		}
	}
	for _, s := range w.Strata {
		if s.Else {
			return s, true
		}
	}
	return Stratum{}, false
}

// Config of the service.
type Config struct {
	DB    *sqldb.DB
	Jobs  *jobs.Queue
	Chain transcript.Chain // the beacon that waves opened from now on name
	Rules string           // source of the programme's rules, frozen by each opening
	// OnOpen is told of an opening in its transaction (wire: application.Opened).
	OnOpen func(tx *sqldb.Tx, w Wave) error
	// OnClose is told of a closing in its transaction (wire: draw.Schedule).
	OnClose func(tx *sqldb.Tx, w Wave) error
}

// Service plans, opens and closes waves.
type Service struct{ c Config }

// New makes the service.
func New(c Config) *Service { return &Service{c: c} }

// Get reads one wave.
func (s *Service) Get(q sqldb.Querier, id int64) (Wave, error) {
	w, err := find(q, id)
	return s.withRules(w), err
}

// Hold reads one wave and keeps it until the transaction ends: deeds that must not
// meet half-way take turns here.
func (s *Service) Hold(tx *sqldb.Tx, id int64) (Wave, error) {
	w, err := hold(tx, id)
	return s.withRules(w), err
}

// List gives all waves in the order of their opening.
func (s *Service) List(q sqldb.Querier) ([]Wave, error) {
	ws, err := list(q)
	for i := range ws {
		ws[i] = s.withRules(ws[i])
	}
	return ws, err
}

// Current is the open wave, or the next one, or the last one there was.
func (s *Service) Current(q sqldb.Querier) (Wave, error) {
	ws, err := states(q)
	if err != nil {
		return Wave{}, err
	}
	w, ok := current(ws)
	if !ok {
		return Wave{}, errNone
	}
	return s.Get(q, w.ID)
}

// Next is the wave that somebody may join after this one: open already, or the
// next to open. False when none is planned.
func (s *Service) Next(q sqldb.Querier, after Wave) (Wave, bool, error) {
	ws, err := s.List(q)
	if err != nil {
		return Wave{}, false, err
	}
	w, ok := next(ws, after)
	return w, ok, nil
}

func (s *Service) withRules(w Wave) Wave {
	if w.State == Scheduled {
		w.Rules = s.c.Rules
	}
	return w
}

func (s *Service) write(tx *sqldb.Tx, w Wave, action string, actor audit.Actor, reason string) error {
	return audit.Write(tx, audit.Entry{Actor: actor, Action: action, SubjectKind: "wave", SubjectID: w.ID, Reason: reason})
}

// inTx runs one verb on one wave.
func (s *Service) inTx(ctx context.Context, id int64, verb func(tx *sqldb.Tx, w Wave) error) error {
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		w, err := s.Get(tx, id)
		if err != nil {
			return err
		}
		return verb(tx, w)
	})
}
