// Package drawtest builds a programme with waves, people, a real database and a
// real beacon server for the tests of the nouns that lead to a draw.
package drawtest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"gelombang/announce"
	"gelombang/application"
	"gelombang/draw"
	"gelombang/draw/transcript"
	"gelombang/identity"
	"gelombang/internal/jobs"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/photo"
	"gelombang/sim/beacon"
	"gelombang/wave"
)

// Origin is who draws in these tests.
const Origin = "draw.example"

// jobsMost is far above what any of these tests makes due at once.
const jobsMost = 500

// Person is what the identity check and the account know of somebody.
type Person struct {
	identity.Facts
	Email, Phone bool
	Photo        photo.State // "" is one that was never sent, where photos are asked for
}

// Message is something a person was told.
type Message struct {
	Account int64
	Key     string
	Args    map[string]any
	SMS     bool
}

// World is one programme on one database.
type World struct {
	DB       *sqldb.DB
	Clock    *sqldbtest.Clock
	Waves    *wave.Service
	Apps     *application.Service
	Draws    *draw.Service
	Announce *announce.Service
	Beacon   *beacon.Server
	Jobs     *jobs.Queue
	Worker   *jobs.Worker
	Signer   *transcript.Signer

	mu     sync.Mutex
	people map[int64]Person
	gone   map[int64]bool // erased accounts
	told   []Message
}

// Options change what the programme says.
type Options struct {
	PMin    float64           // 1e-9 by default: no fair draw is held
	Chain   *transcript.Chain // the simulator's by default
	Changes int
	Remind  bool // people are reminded of a wave that closes
	Photos  bool // photos are asked for
	Needed  bool // … and needed
}

// New starts a programme of two waves, "1" and "2", the first of which opens now.
func New(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock, o Options) *World {
	t.Helper()
	w := &World{DB: db, Clock: clock, Jobs: jobs.NewQueue(db), people: map[int64]Person{}, gone: map[int64]bool{}}
	var err error
	if w.Beacon, err = beacon.Start(beacon.Config{Now: clock.Now, Genesis: clock.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Beacon.Close(context.Background()) })
	keys, err := seal.New(clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if w.Signer, err = transcript.NewSigner(Origin, keys.ReceiptKey()); err != nil {
		t.Fatal(err)
	}
	w.build(t, keys, o)
	if o.PMin == 0 {
		o.PMin = 1e-9
	}
	if err := w.Waves.Plan(t.Context(), Plans(clock.Now(), o.PMin)); err != nil {
		t.Fatal(err)
	}
	w.Run(t)
	return w
}

func (w *World) build(t *testing.T, keys *seal.Keys, o Options) {
	chain := w.Chain()
	if o.Chain != nil {
		chain = *o.Chain
	}
	w.Waves = wave.New(wave.Config{DB: w.DB, Jobs: w.Jobs, Chain: chain, Rules: Rules(t).Source(),
		OnOpen: func(tx *sqldb.Tx, wv wave.Wave) error {
			if !o.Remind {
				return nil
			}
			return w.Apps.Opened(tx, wv)
		},
		OnClose: func(tx *sqldb.Tx, wv wave.Wave) error { return w.Draws.Schedule(tx, wv) }})
	var photoOf func(sqldb.Querier, int64) (photo.State, error)
	if o.Photos || o.Needed {
		photoOf = w.photo
	}
	w.Apps = application.New(application.Config{Photo: photoOf, PhotoRequired: o.Needed, DB: w.DB, Keys: keys, Jobs: w.Jobs, Members: w.members, Waves: w.Waves, Signer: w.Signer,
		Statements: []string{"citizen"}, ChangesPerDay: o.Changes, Identity: w.facts, Proven: w.proven, Tell: w.tell})
	w.Draws = draw.New(draw.Config{DB: w.DB, Jobs: w.Jobs, Waves: w.Waves, Signer: w.Signer, Dir: t.TempDir(),
		Beacon: draw.Relays{URLs: []string{w.Beacon.URL()}}, Settle: w.Apps.Settle, Received: w.Apps.Received,
		Entries: func(ctx context.Context, id int64, visit func(draw.Entry) error) error {
			return w.Apps.Entries(ctx, id, func(e application.Entry) error { return visit(draw.Entry(e)) })
		},
		OnEnd: func(tx *sqldb.Tx, wv wave.Wave) error { return w.Announce.Start(tx, wv) }})
	w.Announce = announce.New(announce.Config{DB: w.DB, Jobs: w.Jobs, Waves: w.Waves, Applications: w.Apps, Draws: w.Draws, Tell: w.announce})
	w.Worker = jobs.NewWorker(w.Jobs, jobs.Config{Slots: map[string]int{wave.QueueName: 1, draw.QueueName: 1, announce.QueueName: 1, application.QueueName: 1}})
	for _, handlers := range []map[string]jobs.Handler{w.Waves.Handlers(), w.Apps.Handlers(), w.Draws.Handlers(), w.Announce.Handlers()} {
		for kind, h := range handlers {
			w.Worker.Handle(kind, h)
		}
	}
}

// Chain is the simulator's chain.
func (w *World) Chain() transcript.Chain {
	return transcript.Chain{Hash: w.Beacon.ChainHash(), Scheme: transcript.Scheme, PublicKey: w.Beacon.PublicKeyHex(),
		GenesisS: w.Beacon.Genesis().Unix(), PeriodS: int64(w.Beacon.Period() / time.Second), Demo: true}
}

func (w *World) photo(_ sqldb.Querier, account int64) (photo.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return cmp.Or(w.people[account].Photo, photo.None), nil
}

// NewPerson is somebody whom the registry matched, in Java or elsewhere; people of
// one household number share a family card.
func NewPerson(number, household int) Person {
	province := "31"
	if number%3 == 0 {
		province = "51"
	}
	sex := identity.Sex("male")
	if number%2 == 0 {
		sex = "female"
	}
	return Person{Email: true, Phone: true, Facts: identity.Facts{
		State: identity.Matched, Claimed: true, NIK: identity.NIK(fmt.Sprintf("%s7401%010d", province, number)),
		KK: identity.KK(fmt.Sprintf("3174010101%06d", household)), Sex: sex, Province: province, Regency: province + "74",
		BirthDate: identity.Date{Year: 1970 + number%35, Month: 5, Day: 17},
	}}
}

// Account is the account of a person's number.
func Account(number int) int64 { return int64(1000 + number) }

// Set makes a person known, tells the applications of the change and answers the statements.
func (w *World) Set(t *testing.T, account int64, p Person) {
	t.Helper()
	w.mu.Lock()
	_, known := w.people[account]
	w.people[account] = p
	w.mu.Unlock()
	if !known {
		if err := w.Apps.SaveStatements(t.Context(), account, application.Statements{"citizen": true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return w.Apps.IdentityChanged(tx, account, p.State) }); err != nil {
		t.Fatal(err)
	}
}

// Forget is what erasing an account does elsewhere: nobody knows the person, and
// whoever asks for them or wants to tell them something fails.
func (w *World) Forget(account int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.people, account)
	w.gone[account] = true
}

// Join joins, and fails the test when that is refused.
func (w *World) Join(t *testing.T, account, waveID int64, token string) application.Place {
	t.Helper()
	p, err := w.Apps.Join(t.Context(), account, waveID, token)
	if err != nil {
		t.Fatalf("account %d: %v", account, err)
	}
	return p
}

// Run runs all jobs that are due.
func (w *World) Run(t *testing.T) {
	t.Helper()
	if _, err := w.Worker.RunDue(t.Context(), jobsMost); err != nil {
		t.Fatal(err)
	}
	dead, err := w.Jobs.DeadJobs(t.Context(), 5)
	if err != nil || len(dead) > 0 {
		t.Fatalf("dead jobs: %+v %v", dead, err)
	}
}

// At moves the clock and runs what is due then.
func (w *World) At(t *testing.T, at time.Time) {
	t.Helper()
	w.Clock.Set(at)
	w.Run(t)
}

// Wave reads a wave by its name.
func (w *World) Wave(t *testing.T, name string) wave.Wave {
	t.Helper()
	for _, wv := range Read(t, w.DB, w.Waves.List) {
		if wv.Name == name {
			return wv
		}
	}
	t.Fatalf("no wave %s", name)
	return wave.Wave{}
}

// Published reads a wave's draw.
func (w *World) Published(t *testing.T, waveID int64) draw.Publication {
	t.Helper()
	return Read(t, w.DB, func(q sqldb.Querier) (draw.Publication, error) { return w.Draws.Published(q, waveID) })
}

// Read runs one reading verb.
func Read[T any](t *testing.T, db *sqldb.DB, verb func(sqldb.Querier) (T, error)) (out T) {
	t.Helper()
	err := db.Read(t.Context(), func(rx *sqldb.Rx) (err error) {
		out, err = verb(rx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Told lists what people were told, in order.
func (w *World) Told() []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Message(nil), w.told...)
}

// Value is a value that an official keeps, and its commitment.
func Value(text string) (value, commitment string) {
	v := transcript.Digest(sha256.Sum256([]byte(text)))
	return v.String(), transcript.OfficialCommitment(v).String()
}

func (w *World) facts(_ sqldb.Querier, account int64) (identity.Facts, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, ok := w.people[account]
	if !ok {
		return identity.Facts{State: identity.None}, nil
	}
	return p.Facts, nil
}

func (w *World) proven(_ sqldb.Querier, account int64) (email, phone bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.people[account]
	return p.Email, p.Phone, w.there(account)
}

func (w *World) members(_ sqldb.Querier, after int64, most int) (ids []int64, _ error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for account := range w.people {
		if account > after {
			ids = append(ids, account)
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), most)], nil
}

func (w *World) there(account int64) error {
	if w.gone[account] {
		return fmt.Errorf("account %d was erased", account)
	}
	return nil
}

func (w *World) tell(tx *sqldb.Tx, account int64, key string, args map[string]any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.record(tx, Message{Account: account, Key: key, Args: args})
	return w.there(account)
}

func (w *World) announce(tx *sqldb.Tx, notices []announce.Notice) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range notices {
		if err := w.there(n.Account); err != nil {
			return err
		}
		w.record(tx, Message{Account: n.Account, Key: n.Key, Args: n.Args, SMS: n.SMS})
	}
	return nil
}

func (w *World) record(tx *sqldb.Tx, m Message) {
	tx.AfterCommit(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told = append(w.told, m)
	})
}
