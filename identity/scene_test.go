package identity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"gelombang/identity"
	"gelombang/identity/registry"
	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	sim "gelombang/sim/registry"
)

// scene is the service on a real database, with a registry of its own to ask.
type scene struct {
	*identity.Service
	config   identity.Config
	db       *sqldb.DB
	clock    *sqldbtest.Clock
	worker   *jobs.Worker
	registry *sim.Server
	client   identity.Registry // replaced by tests that ask somebody else

	mu      sync.Mutex
	told    []string // "account key"
	changes []string // "account state"
}

func newScene(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) *scene {
	t.Helper()
	keys, err := seal.New(clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	server, err := sim.Start(sim.Config{User: "user", Password: "secret", Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(context.WithoutCancel(t.Context())) })
	s := &scene{db: db, clock: clock, registry: server}
	s.client = s.ask(10 * time.Second)
	queue := jobs.NewQueue(db)
	s.config = identity.Config{
		DB: db, Keys: keys, Jobs: queue, Registry: s, Now: clock.Now,
		Education: []string{"none", "primary"}, Employment: []string{"job_seeker"},
		CorrectionsPerDay: 2, AccountsPerNIK: 8,
		PhoneProvenOf: phoneProvenOf, Tell: s.tell, OnChange: s.onChange,
	}
	s.Service = identity.New(s.config)
	s.worker = s.newWorker()
	return s
}

func (s *scene) newWorker() *jobs.Worker {
	worker := jobs.NewWorker(s.config.Jobs, jobs.Config{Slots: map[string]int{identity.QueueName: 1}})
	for kind, handler := range s.Handlers() {
		worker.Handle(kind, handler)
	}
	return worker
}

// ask gives a client of the simulator that waits for an answer so long.
func (s *scene) ask(patience time.Duration) *registry.Client {
	return s.askIn(registry.Dukcapil, patience)
}

func (s *scene) askIn(shape registry.Shape, patience time.Duration) *registry.Client {
	return registry.New(registry.Config{
		Shape: shape, URL: s.registry.URL(), Agency: "PMO", User: "user", Password: "secret", ClientIP: "10.0.0.1",
		Timeout: patience, Pace: 1000, Now: s.clock.Now,
	})
}

func (s *scene) Verify(ctx context.Context, q registry.Query) registry.Answer {
	return s.client.Verify(ctx, q)
}

func (s *scene) tell(tx *sqldb.Tx, account int64, key string, args map[string]string) error {
	if len(args) > 0 {
		return errors.New("a message carries values")
	}
	tx.AfterCommit(func() { s.keep(&s.told, account, key) })
	return nil
}

func (s *scene) onChange(tx *sqldb.Tx, account int64, st identity.State) error {
	tx.AfterCommit(func() { s.keep(&s.changes, account, string(st)) })
	return nil
}

func (s *scene) keep(list *[]string, account int64, word string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*list = append(*list, fmt.Sprintf("%d %s", account, word))
}

func phoneProvenOf(q sqldb.Querier, account int64) (bool, error) {
	var proven int64
	err := q.QueryRow(`SELECT phone_proven_ms FROM account WHERE id = $1`, account).Scan(&proven)
	return proven != 0, err
}

// account makes an account with or without a proven phone.
func (s *scene) account(t *testing.T, phone bool) (id int64) {
	t.Helper()
	var proven int64
	if phone {
		proven = 1
	}
	s.write(t, func(tx *sqldb.Tx) error {
		id = tx.NewID()
		_, err := tx.Exec(`INSERT INTO account (id, state, lang, consent_version, consent_ms, created_ms, email_proven_ms, phone_proven_ms)
			VALUES ($1, 'active', 'id', '1', $2, $2, $2, $3)`, id, sqldb.Millis(tx.Now()), proven)
		return err
	})
	return id
}

// provePhone does what account does when a phone is proven.
func (s *scene) provePhone(ctx context.Context, account int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(`UPDATE account SET phone_proven_ms = $2 WHERE id = $1`, account, sqldb.Millis(tx.Now())); err != nil {
			return err
		}
		return s.PhoneProven(tx, account)
	})
}

func (s *scene) write(t *testing.T, fn func(tx *sqldb.Tx) error) {
	t.Helper()
	if err := s.db.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) read(t *testing.T, fn func(rx *sqldb.Rx) error) {
	t.Helper()
	if err := s.db.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) submit(t *testing.T, account int64, f identity.Form) {
	t.Helper()
	if err := s.Submit(t.Context(), account, f); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) runDue(t *testing.T) int {
	t.Helper()
	n, err := s.worker.RunDue(t.Context(), 20)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (s *scene) record(t *testing.T, account int64) (r identity.Record) {
	t.Helper()
	s.read(t, func(rx *sqldb.Rx) (err error) {
		r, err = s.Record(rx, account)
		return err
	})
	return r
}

func (s *scene) facts(t *testing.T, account int64) (f identity.Facts) {
	t.Helper()
	s.read(t, func(rx *sqldb.Rx) (err error) {
		f, err = s.Facts(rx, account)
		return err
	})
	return f
}

// history gives the kinds of an account's timeline, oldest first.
func (s *scene) history(t *testing.T, account int64) (kinds []string) {
	t.Helper()
	var found []identity.Happening
	s.read(t, func(rx *sqldb.Rx) (err error) {
		found, err = s.History(rx, account, 50)
		return err
	})
	for _, h := range found {
		kinds = append(kinds, h.Key[len("identity.history."):])
	}
	slices.Reverse(kinds)
	return kinds
}

func (s *scene) expectState(t *testing.T, account int64, want identity.State) {
	t.Helper()
	if got := s.record(t, account).State; got != want {
		t.Fatalf("state %s, want %s", got, want)
	}
}

func (s *scene) expectTold(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.told, want) {
		t.Errorf("told %q, want %q", s.told, want)
	}
}

func telling(account int64, key string) string {
	return fmt.Sprintf("%d identity.told.%s", account, key)
}

// fault breaks the registry for everybody; "" heals it.
func (s *scene) control(t *testing.T, c sim.Control) {
	t.Helper()
	if err := s.registry.SetControl(c); err != nil {
		t.Fatal(err)
	}
}

// form is a woman of Bogor whose NIK ends so; the simulator knows magic serials.
func form(serial string) identity.Form {
	return identity.Form{
		Name: "Siti Rahayu", NIK: "320101 410790 " + serial, KK: "3201010101100001",
		BirthPlace: "Bogor", BirthDate: identity.Date{Year: 1990, Month: 7, Day: 1}, Sex: identity.Female,
		Regency: "3201", District: "320101", Education: "primary", Employment: "job_seeker",
	}
}

func expectKind(t *testing.T, err error, want fault.Kind, key string) *fault.Error {
	t.Helper()
	got, ok := fault.As(err)
	if !ok || got.Kind != want || got.Key != key {
		t.Fatalf("%v, want %s %s", err, want, key)
	}
	return got
}
