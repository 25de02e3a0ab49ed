package report

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"gelombang/internal/sqldb"
)

// Stage is one stage of the way to a place.
type Stage string

// The stages in their order. Whoever joined while waiting for the registry has
// nothing left to do, and so counts as having come through the stages before.
const (
	Registered Stage = "registered"
	Contact    Stage = "contact"
	Identity   Stage = "identity"
	Phone      Stage = "phone"
	Statements Stage = "statements"
	Joined     Stage = "joined"
	Selected   Stage = "selected"
)

// Stages is the closed list.
var Stages = []Stage{Registered, Contact, Identity, Phone, Statements, Joined, Selected}

// Loss is why people stand before a stage.
type Loss string

// The closed list of losses.
const (
	NoLoss       Loss = ""
	NoCode       Loss = "no_code"       // the code was not typed yet
	NoIdentity   Loss = "no_identity"   // identity data were not sent yet
	Waiting      Loss = "waiting"       // the registry has not answered
	Differs      Loss = "differs"       // the registry says that a field differs
	Unknown      Loss = "not_found"     // the registry knows no such NIK
	PersonState  Loss = "person_state"  // the registry holds the person as dead, double or inactive
	NIKTaken     Loss = "nik_taken"     // the NIK is another account's
	Declined     Loss = "declined"      // an official did not let the registry be asked
	NoPhone      Loss = "no_phone"      // no number was proven yet
	NoStatements Loss = "no_statements" // the statements were not answered yet
	NotPressed   Loss = "not_pressed"   // everything is there but the joining itself
	NotDrawn     Loss = "not_drawn"     // there is no result yet
	NotSelected  Loss = "not_selected"
)

// Losses is the closed list of reasons.
var Losses = []Loss{NoCode, NoIdentity, Waiting, Differs, Unknown, PersonState, NIKTaken, Declined, NoPhone, NoStatements, NotPressed, NotDrawn, NotSelected}

// Funnel is how far everybody has come on the way into one wave.
type Funnel struct {
	At   time.Time
	Wave int64
	Rows []FunnelRow
}

// FunnelRow is one stage: who reached it, who was lost before it, and why most of those.
type FunnelRow struct {
	Stage    Stage
	People   int64
	Lost     int64
	Top      Loss  // the most frequent reason; NoLoss when nobody was lost
	TopCount int64 // how many of Lost
}

// Funnel gives the funnel of a wave.
func (s *Service) Funnel(ctx context.Context, wave int64) (Funnel, error) {
	return s.funnels.of(wave).get(s.now, func() (Funnel, error) { return s.countFunnel(ctx, wave) })
}

// funnelsMost bounds the waves whose funnels are kept; a programme has one or two at a time.
const funnelsMost = 8

type funnels struct {
	mu     sync.Mutex
	byWave map[int64]*kept[Funnel]
}

func (f *funnels) of(wave int64) *kept[Funnel] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byWave == nil || len(f.byWave) >= funnelsMost && f.byWave[wave] == nil {
		f.byWave = map[int64]*kept[Funnel]{}
	}
	if f.byWave[wave] == nil {
		f.byWave[wave] = &kept[Funnel]{}
	}
	return f.byWave[wave]
}

// slice bounds the accounts that one snapshot goes through: a reader may not hold
// the log back for longer than sqldb.ReadLimit.
const slice = 100_000

// countFunnel goes through all accounts, a slice per snapshot. Whoever registers
// meanwhile has a higher id and is met later, never twice.
func (s *Service) countFunnel(ctx context.Context, wave int64) (Funnel, error) {
	at := s.now()
	stand := map[standing]int64{}
	for after := int64(0); ; {
		var part sliceCount
		err := s.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
			part, err = standings(rx, wave, after, slice)
			return err
		})
		if err != nil {
			return Funnel{}, err
		}
		for where, n := range part.byStanding {
			stand[where] += n
		}
		if part.people < slice {
			break
		}
		after = part.last
	}
	var selected int64
	var drawn bool
	err := s.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
		selected, drawn, err = selectedIn(rx, wave)
		return err
	})
	if err != nil {
		return Funnel{}, err
	}
	return funnelOf(at, wave, stand, selected, drawn), nil
}

// standing is where an account is: the stages it has behind it, and the state of
// its identity, which says why it got no further.
type standing struct {
	level    int // an index into Stages
	identity string
}

func funnelOf(at time.Time, wave int64, stand map[standing]int64, selected int64, drawn bool) Funnel {
	f := Funnel{At: at, Wave: wave, Rows: make([]FunnelRow, len(Stages))}
	losses := make([]map[Loss]int64, len(Stages))
	for i, stage := range Stages {
		f.Rows[i].Stage = stage
		losses[i] = map[Loss]int64{}
	}
	for where, n := range stand {
		for i := range where.level + 1 {
			f.Rows[i].People += n
		}
		if before := where.level + 1; before < len(Stages)-1 {
			losses[before][lossBefore(Stages[before], where.identity)] += n
		}
	}
	last := len(Stages) - 1
	f.Rows[last].People = selected
	losses[last][drawLoss(drawn)] = max(f.Rows[last-1].People-selected, 0)
	for i := 1; i < len(f.Rows); i++ {
		// Somebody selected may have been erased since, and is then counted there alone.
		f.Rows[i].Lost = max(f.Rows[i-1].People-f.Rows[i].People, 0)
		f.Rows[i].Top, f.Rows[i].TopCount = top(losses[i])
	}
	return f
}

func drawLoss(drawn bool) Loss {
	if drawn {
		return NotSelected
	}
	return NotDrawn
}

// lossBefore says why somebody stands before a stage.
func lossBefore(stage Stage, identity string) Loss {
	switch stage {
	case Contact:
		return NoCode
	case Identity:
		return lossByIdentity[identity]
	case Phone:
		return NoPhone
	case Statements:
		return NoStatements
	case Joined:
		return NotPressed
	}
	return NoLoss
}

var lossByIdentity = map[string]Loss{
	"": NoIdentity, "none": NoIdentity, "parked": Waiting, "differs": Differs, "not_found": Unknown,
	"deceased": PersonState, "duplicate": PersonState, "inactive": PersonState, "in_use": NIKTaken, "declined": Declined,
}

// top gives the most frequent reason; of equal ones the first in the list.
func top(losses map[Loss]int64) (Loss, int64) {
	best := slices.MaxFunc(Losses, func(a, b Loss) int {
		return cmp.Or(cmp.Compare(losses[a], losses[b]), cmp.Compare(slices.Index(Losses, b), slices.Index(Losses, a)))
	})
	if losses[best] <= 0 {
		return NoLoss, 0
	}
	return best, losses[best]
}
