// Package announce tells everybody who joined a wave what became of it: rank and
// cut-off to those who took part, the reason to those who did not.
//
// It starts in the transaction that made the outcome public and walks the places
// page by page. Who was told is a row written with the message, so a page that
// runs twice tells nobody twice.
package announce

import (
	"context"
	"embed"
	"fmt"
	"time"

	"gelombang/application"
	"gelombang/audit"
	"gelombang/draw"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/wave"
)

// Catalog are the words of this package.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// Notice is a message to one person, on all their proven channels unless it
// spares the SMS.
type Notice struct {
	Account int64
	Key     string
	Args    map[string]any // numbers, times and locale.Key
	Link    string         // path of the result
	SMS     bool           // by SMS too: for those who must act
}

// Config of the service.
type Config struct {
	DB           *sqldb.DB
	Jobs         *jobs.Queue
	Waves        *wave.Service
	Applications *application.Service
	Draws        *draw.Service
	// Tell queues messages at jobs.Bulk.
	Tell func(tx *sqldb.Tx, notices []Notice) error
}

// Service announces.
type Service struct{ c Config }

// New makes the service.
func New(c Config) *Service { return &Service{c: c} }

// QueueName is the queue of announcements.
const QueueName = "announce"

// KindWave is the job that tells one page of a wave's people.
const KindWave = "announce.wave"

type jobArgs struct {
	Wave  int64 `json:"wave"`
	After int64 `json:"after"`
}

// Start begins the announcement of a wave that was released or is void.
func (s *Service) Start(tx *sqldb.Tx, w wave.Wave) error {
	started, err := start(tx, w.ID)
	if err != nil || !started {
		return err
	}
	if err := audit.Write(tx, audit.Entry{Actor: audit.System, Action: "announce.start", SubjectKind: "wave", SubjectID: w.ID}); err != nil {
		return err
	}
	return s.enqueue(tx, jobArgs{Wave: w.ID})
}

func (s *Service) enqueue(tx *sqldb.Tx, args jobArgs) error {
	return s.c.Jobs.Enqueue(tx, jobs.New{
		Kind: KindWave, Queue: QueueName, Args: args, Priority: jobs.Bulk,
		Once: fmt.Sprintf("%s:%d:%d", KindWave, args.Wave, args.After),
	})
}

// Handlers are the jobs that this package does.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{KindWave: s.page}
}

// page tells the next people and enqueues the page after it, all in one transaction.
func (s *Service) page(ctx context.Context, j jobs.Job) error {
	var args jobArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	return s.c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		w, err := s.c.Waves.Get(tx, args.Wave)
		if err != nil {
			return err
		}
		people, err := s.c.Applications.ToTell(tx, w.ID, args.After, pageMost)
		if err != nil {
			return err
		}
		if len(people) == 0 {
			return finish(tx, w.ID)
		}
		if err := s.tell(tx, w, people); err != nil {
			return err
		}
		args.After = people[len(people)-1].Place
		return s.enqueue(tx, args)
	})
}

func (s *Service) tell(tx *sqldb.Tx, w wave.Wave, people []application.Told) error {
	fresh, err := mark(tx, w.ID, people)
	if err != nil || len(fresh) == 0 {
		return err
	}
	places := make([]int64, len(fresh))
	for i, p := range fresh {
		places[i] = p.Place
	}
	outcomes, err := s.c.Draws.Outcomes(tx, places)
	if err != nil {
		return err
	}
	notices := make([]Notice, len(fresh))
	for i, p := range fresh {
		outcome, took := outcomes[p.Place]
		if notices[i], err = notice(w, p, outcome, took); err != nil {
			return err
		}
	}
	if err := s.c.Tell(tx, notices); err != nil {
		return err
	}
	return count(tx, w.ID, len(fresh))
}

// Progress is how far an announcement has come.
type Progress struct {
	Told     int
	Started  time.Time // zero before the release
	Finished time.Time // zero while it is under way
}

// Progress reads it.
func (s *Service) Progress(q sqldb.Querier, waveID int64) (Progress, error) {
	return progress(q, waveID)
}
