package photo_test

import (
	"context"
	"errors"
	"image"
	"sync"
	"testing"

	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/opentype"

	"gelombang/internal/blob"
	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/photo"
	sim "gelombang/sim/ktp"
)

// seed is of the photographs of these tests; no threshold was ever set by it.
const seed = 20_261_122

// taken are photographs, each made once: to print and photograph a card costs more than to check it.
var taken = map[sim.Class]func() sim.Photo{
	sim.Good:    sync.OnceValue(func() sim.Photo { return sim.Sample(seed, sim.Good, 0) }),
	sim.Cropped: sync.OnceValue(func() sim.Photo { return sim.Sample(seed, sim.Cropped, 1) }),
	sim.Dark:    sync.OnceValue(func() sim.Photo { return sim.Sample(seed, sim.Dark, 0) }),
}

// otherPrint is a good photo of a card whose number is not in OCR-A.
var otherPrint = sync.OnceValue(func() sim.Photo {
	digits, err := opentype.Parse(gomonobold.TTF)
	if err != nil {
		panic(err)
	}
	return sim.Hard(seed, 0, digits)
})

// moody is a store that can be away, or lose things.
type moody struct {
	blob.Store
	mu   sync.Mutex
	away bool
}

func (m *moody) set(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
}

func (m *moody) answers() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return fault.Wrap(errors.New("away"), fault.Unavailable, blob.AwayKey)
	}
	return nil
}

func (m *moody) Put(ctx context.Context, name string, data []byte) error {
	if err := m.answers(); err != nil {
		return err
	}
	return m.Store.Put(ctx, name, data)
}

func (m *moody) Get(ctx context.Context, name string) ([]byte, error) {
	if err := m.answers(); err != nil {
		return nil, err
	}
	return m.Store.Get(ctx, name)
}

type scene struct {
	*photo.Service
	t      *testing.T
	db     *sqldb.DB
	clock  *sqldbtest.Clock
	store  *moody
	folder string
	worker *jobs.Worker

	mu   sync.Mutex
	nik  string // that the account typed
	read string // by the second reader
	told []string
	news []photo.State
}

func each(t *testing.T, test func(t *testing.T, s *scene)) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		folder := t.TempDir()
		store, err := blob.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := seal.New(clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		queue := jobs.NewQueue(db)
		s := &scene{t: t, db: db, clock: clock, store: &moody{Store: store}, folder: folder}
		s.Service = photo.New(photo.Config{DB: db, Keys: keys, Jobs: queue, Store: s.store, NIKOf: s.nikOf, Second: s,
			Tell: func(tx *sqldb.Tx, account int64, key string, _ map[string]string) error {
				tx.AfterCommit(func() { s.note(func() { s.told = append(s.told, key) }) })
				return nil
			},
			OnChange: func(tx *sqldb.Tx, account int64, st photo.State) error {
				tx.AfterCommit(func() { s.note(func() { s.news = append(s.news, st) }) })
				return nil
			}})
		s.worker = jobs.NewWorker(queue, jobs.Config{Slots: map[string]int{photo.QueueName: 1}})
		for kind, do := range s.Handlers() {
			s.worker.Handle(kind, do)
		}
		test(t, s)
	})
}

func (s *scene) note(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

func (s *scene) nikOf(sqldb.Querier, int64) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nik, nil
}

// Digits makes the scene a second reader, as sure as can be.
func (s *scene) Digits(context.Context, *image.Gray) (string, float64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read, 1, nil
}

func (s *scene) types(nik string) { s.note(func() { s.nik = nik }) }

func (s *scene) write(do func(tx *sqldb.Tx) error) {
	s.t.Helper()
	if err := s.db.Write(s.t.Context(), do); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) account() (id int64) {
	s.t.Helper()
	s.write(func(tx *sqldb.Tx) error {
		id = tx.NewID()
		_, err := tx.Exec(`INSERT INTO account (id, state, lang, consent_version, consent_ms, created_ms, email_proven_ms, phone_proven_ms)
			VALUES ($1, 'active', 'id', '1', $2, $2, $2, $2)`, id, sqldb.Millis(tx.Now()))
		return err
	})
	return id
}

// work does all that is due.
func (s *scene) work() {
	s.t.Helper()
	if _, err := s.worker.RunDue(s.t.Context(), 20); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) current(account int64) (p photo.Photo) {
	s.t.Helper()
	err := s.db.Read(s.t.Context(), func(rx *sqldb.Rx) (err error) {
		p, err = s.Current(rx, account)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *scene) is(account int64, want photo.State) photo.Photo {
	s.t.Helper()
	p := s.current(account)
	if p.State != want {
		s.t.Fatalf("the photo is %s (%s, NIK %s), not %s", p.State, p.Verdict, p.NIKMatch, want)
	}
	return p
}

// send sends a whole photo under a form's token and has it checked.
func (s *scene) send(account int64, token string, data []byte) photo.Photo {
	s.t.Helper()
	if _, err := s.Send(s.t.Context(), account, token, data); err != nil {
		s.t.Fatal(err)
	}
	s.work()
	return s.current(account)
}
