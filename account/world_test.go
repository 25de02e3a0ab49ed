package account_test

import (
	"context"
	"regexp"
	"sync"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/locale"
	"gelombang/internal/password"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
	"gelombang/otp"
)

const (
	mine   = "browser of the owner"
	theirs = "browser of a stranger"
	most   = 1000
	secret = "tiga kuda liar"
	tries  = 3
	window = 15 * time.Minute
)

var (
	rani = account.Address{Channel: notify.Email, Value: "rani@example.com"}
	budi = account.Address{Channel: notify.Email, Value: "budi@example.com"}
	hp   = account.Address{Channel: notify.SMS, Value: "+6281234567890"}
)

// outbox is the outside: it keeps what is sent.
type outbox struct {
	mu   sync.Mutex
	sent []notify.Outgoing
}

func (o *outbox) Send(_ context.Context, out notify.Outgoing) (notify.Sent, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, out)
	return notify.Sent{Provider: "test"}, nil
}

func (o *outbox) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.sent)
}

type world struct {
	testing.TB
	db       *sqldb.DB
	clock    *sqldbtest.Clock
	keys     *seal.Keys
	codes    *otp.Service
	accounts *account.Service
	worker   *jobs.Worker
	out      *outbox
	phones   []int64 // accounts whose phone was proven
	ended    []int64 // accounts whose sessions were ended
	identity map[int64]account.RecoveryClaim

	messages *notify.Service
	watches  bool // whether warnings arrived is asked for

	resolver   account.Resolver // nil: no domain is looked up
	disposable account.Disposable
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) { test(newWorld(t, db, clock)) })
}

func newWorld(t testing.TB, db *sqldb.DB, clock *sqldbtest.Clock) *world {
	t.Helper()
	keys, err := seal.New(clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, db: db, clock: clock, out: &outbox{}, identity: map[int64]account.RecoveryClaim{}}
	w.open(keys)
	return w
}

// words are read once for all worlds.
var words = sync.OnceValues(func() (*locale.Catalog, error) {
	return locale.Load(nil, account.Catalog, otp.Catalog, notify.Catalog)
})

// open starts the services, as a process does; under other keys after a rotation.
func (w *world) open(keys *seal.Keys) {
	w.Helper()
	all, err := words()
	if err != nil {
		w.Fatal(err)
	}
	texts := all.Clone()
	texts.Globals(map[string]any{"programme": "Kartu Prakerja"})
	texts.OnMissing(func(lang locale.Lang, key string) { w.Errorf("text %s is missing in %s", key, lang) })
	queue := jobs.NewQueue(w.db)
	messages := notify.New(notify.Config{
		DB: w.db, Keys: keys, Jobs: queue, PublicURL: "https://example.com",
		Texts:     func(lang, key string, args map[string]any) string { return texts.Text(locale.Lang(lang), key, args) },
		Providers: map[notify.Channel][]notify.Provider{notify.Email: {{Name: "test", Sender: w.out}}, notify.SMS: {{Name: "test", Sender: w.out}}},
		Fill:      func(q sqldb.Querier, ref int64) (map[string]string, error) { return w.codes.Code(q, ref) },
		OnFailed:  func(tx *sqldb.Tx, ref int64) error { return w.codes.OnFailed(tx, ref) },
	})
	if w.codes, err = otp.New(otp.Config{DB: w.db, Keys: keys, Notify: messages}); err != nil {
		w.Fatal(err)
	}
	w.messages = messages
	var arrived func(sqldb.Querier, int64) (time.Time, error)
	if w.watches {
		arrived = messages.Arrived
	}
	w.accounts, err = account.New(account.Config{Arrived: arrived, Passwords: password.New(password.Config{Workers: 1, MaxWaiting: 8}), DB: w.db, Keys: keys, Jobs: queue, Codes: w.codes,
		Policy: account.Policy{PasswordTries: tries, Window: window}, Site: site,
		Tell: messages.Queue,
		Mail: account.Mail{Resolver: w.resolver, To: messages.To, Fail: messages.Fail}, Disposable: w.disposable,
		IdentityMatches: func(_ sqldb.Querier, id int64, claim account.RecoveryClaim) (bool, error) {
			return w.identity[id] == claim, nil
		},
		OnPasswordSet: func(_ *sqldb.Tx, id int64) error {
			w.ended = append(w.ended, id)
			return nil
		},
		OnPhoneProven: func(_ *sqldb.Tx, id int64) error {
			w.phones = append(w.phones, id)
			return nil
		}})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(w.accounts.Close)
	w.keys = keys
	w.worker = jobs.NewWorker(queue, jobs.Config{Slots: map[string]int{notify.QueueName: 4, account.QueueName: 1, account.DomainQueue: 4}})
	for _, handlers := range []map[string]jobs.Handler{messages.Handlers(), w.accounts.Handlers()} {
		for kind, handler := range handlers {
			w.worker.Handle(kind, handler)
		}
	}
}

func form(a account.Address, browser, token string) account.Registration {
	return account.Registration{Address: a, Lang: "id", Browser: browser, ConsentVersion: "1", Token: token}
}

func (w *world) register(a account.Address, browser string) int64 {
	w.Helper()
	challenge, err := w.accounts.Register(context.Background(), form(a, browser, ""))
	if err != nil {
		w.Fatal(err)
	}
	return challenge.Challenge
}

func (w *world) deliver() {
	w.Helper()
	if _, err := w.worker.RunDue(context.Background(), most); err != nil {
		w.Fatal(err)
	}
}

// inbox is the last message to an address, as its owner reads it.
func (w *world) inbox(a account.Address) notify.Outgoing {
	w.Helper()
	w.deliver()
	w.out.mu.Lock()
	defer w.out.mu.Unlock()
	for i := len(w.out.sent) - 1; i >= 0; i-- {
		if w.out.sent[i].To == a.Value {
			return w.out.sent[i]
		}
	}
	w.Fatalf("nothing was sent to %s", a.Value)
	return notify.Outgoing{}
}

var (
	sixDigits = regexp.MustCompile(`\b\d{6}\b`)
	linkPath  = regexp.MustCompile(`https://example\.com/link/(\S+)`)
)

func (w *world) code(a account.Address) string {
	w.Helper()
	return sixDigits.FindString(w.inbox(a).Text)
}

func (w *world) prove(challenge int64, a account.Address, browser string) account.Signed {
	w.Helper()
	signed, err := w.accounts.Prove(context.Background(), challenge, w.code(a), browser)
	if err != nil {
		w.Fatal(err)
	}
	return signed
}

// member is somebody who registered with an address and proved it.
func (w *world) member(a account.Address, browser string) int64 {
	w.Helper()
	return w.prove(w.register(a, browser), a, browser).Account
}

// adds is a member who adds a contact.
func (w *world) adds(id int64, a account.Address) int64 {
	w.Helper()
	challenge, err := w.accounts.AddContact(context.Background(), id, a, "id", mine)
	if err != nil {
		w.Fatal(err)
	}
	return challenge
}

func read[T any](w *world, fn func(q sqldb.Querier) (T, error)) T {
	w.Helper()
	out, err := tryRead(w, fn)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

func tryRead[T any](w *world, fn func(q sqldb.Querier) (T, error)) (out T, err error) {
	err = w.db.Read(context.Background(), func(rx *sqldb.Rx) (err error) {
		out, err = fn(rx)
		return err
	})
	return out, err
}

func (w *world) get(id int64) account.Account {
	w.Helper()
	return read(w, func(q sqldb.Querier) (account.Account, error) { return w.accounts.Get(q, id) })
}

func (w *world) owner(a account.Address) int64 {
	w.Helper()
	return read(w, func(q sqldb.Querier) (int64, error) { return w.accounts.FindByAddress(q, a) })
}

func (w *world) write(fn func(tx *sqldb.Tx) error) {
	w.Helper()
	if err := w.db.Write(context.Background(), fn); err != nil {
		w.Fatal(err)
	}
}

// want holds an error against a kind and a key, of its own or of its first field.
func want(t testing.TB, err error, kind fault.Kind, key string) *fault.Error {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || (f.Key != key && (len(f.Fields) == 0 || f.Fields[0].Key != key)) {
		t.Fatalf("got %v, want %s %s", err, kind, key)
	}
	return f
}
