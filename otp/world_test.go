package otp_test

import (
	"context"
	"regexp"
	"sync"
	"testing"

	"gelombang/internal/jobs"
	"gelombang/internal/locale"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
	"gelombang/otp"
)

const (
	mail   = "rani@example.com"
	phone  = "+6281234567890"
	mine   = "browser of the one who asks"
	theirs = "another browser"
	most   = 500

	price   = 350 // of an SMS
	paidFor = 150 // SMS an hour
)

// outbox is the outside: it takes what is sent, or fails it.
type outbox struct {
	mu   sync.Mutex
	sent []notify.Outgoing
	fail *notify.SendError
}

func (o *outbox) Send(_ context.Context, out notify.Outgoing) (notify.Sent, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return notify.Sent{}, o.fail
	}
	o.sent = append(o.sent, out)
	return notify.Sent{Provider: "test"}, nil
}

func (o *outbox) last(t *testing.T) notify.Outgoing {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return o.sent[len(o.sent)-1]
}

type world struct {
	*testing.T
	db     *sqldb.DB
	clock  *sqldbtest.Clock
	codes  *otp.Service
	worker *jobs.Worker
	out    *outbox
	mail   *notify.Service
	texts  *locale.Catalog
	config otp.Config
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		test(newWorld(t, db, clock, otp.DefaultPolicy))
	})
}

func newWorld(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock, policy otp.Policy) *world {
	t.Helper()
	return newWorldOf(t, db, clock, otp.Config{Policy: policy})
}

// newWorldOf is a world whose codes are as c says.
func newWorldOf(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock, c otp.Config) *world {
	t.Helper()
	keys, err := seal.New(clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	texts, err := locale.Load(nil, otp.Catalog, notify.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	texts.Globals(map[string]any{"programme": "Kartu Prakerja"})
	texts.OnMissing(func(lang locale.Lang, key string) { t.Errorf("text %s is missing in %s", key, lang) })
	w := &world{T: t, db: db, clock: clock, out: &outbox{}, texts: texts}
	queue := jobs.NewQueue(db)
	messages := notify.New(notify.Config{
		DB: db, Keys: keys, Jobs: queue, PublicURL: "https://example.com",
		Texts:     func(lang, key string, args map[string]any) string { return texts.Text(locale.Lang(lang), key, args) },
		Providers: map[notify.Channel][]notify.Provider{notify.Email: {{Name: "test", Sender: w.out}}, notify.SMS: {{Name: "test", Sender: w.out, Price: price}}},
		Fill:      func(q sqldb.Querier, ref int64) (map[string]string, error) { return w.codes.Code(q, ref) },
		OnFailed:  func(tx *sqldb.Tx, ref int64) error { return w.codes.OnFailed(tx, ref) },
		Spend:     notify.SpendPolicy{Hour: paidFor * price},
	})
	c.DB, c.Keys, c.Notify = db, keys, messages
	w.config = c
	w.mail = messages
	if w.codes, err = otp.New(c); err != nil {
		t.Fatal(err)
	}
	w.worker = jobs.NewWorker(queue, jobs.Config{Slots: map[string]int{notify.QueueName: 4}})
	for kind, handler := range messages.Handlers() {
		w.worker.Handle(kind, handler)
	}
	return w
}

func asking(browser string) otp.Request {
	return otp.Request{Purpose: otp.ProveEmail, Channel: notify.Email, Destination: mail, Account: 7, Browser: browser, Lang: "id"}
}

func (w *world) issue(rs ...otp.Request) (out []otp.Issued) {
	w.Helper()
	err := w.db.Write(w.Context(), func(tx *sqldb.Tx) (err error) {
		out, err = w.codes.Issue(tx, rs...)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return out
}

func (w *world) challenge(r otp.Request) int64 {
	w.Helper()
	issued := w.issue(r)[0]
	if issued.Refused != nil {
		w.Fatal(issued.Refused)
	}
	return issued.Challenge
}

func (w *world) deliver() {
	w.Helper()
	if _, err := w.worker.RunDue(w.Context(), most); err != nil {
		w.Fatal(err)
	}
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code reads the code of the last message, as its receiver does.
func (w *world) code() string {
	w.Helper()
	w.deliver()
	code := sixDigits.FindString(w.out.last(w.T).Text)
	if code == "" {
		w.Fatalf("no code in %q", w.out.last(w.T).Text)
	}
	return code
}

// another is a code that is certainly not this one.
func another(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

var linkPath = regexp.MustCompile(`https://example\.com/link/(\S+)`)

func (w *world) link() string {
	w.Helper()
	w.deliver()
	found := linkPath.FindStringSubmatch(w.out.last(w.T).Text)
	if found == nil {
		w.Fatalf("no link in %q", w.out.last(w.T).Text)
	}
	return found[1]
}

func (w *world) view(challenge int64, browser string) (v otp.View) {
	w.Helper()
	err := w.db.Read(w.Context(), func(rx *sqldb.Rx) (err error) {
		v, err = w.codes.View(rx, challenge, browser)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return v
}

// codeOf is the code of a challenge, as its message will carry it.
func (w *world) codeOf(challenge int64) (code string) {
	w.Helper()
	err := w.db.Read(w.Context(), func(rx *sqldb.Rx) error {
		fill, err := w.codes.Code(rx, challenge)
		code = fill["code"]
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return code
}

func nothing(*sqldb.Tx, otp.Proof) error { return nil }

func (w *world) check(challenge int64, code string) error {
	return w.codes.Check(w.Context(), challenge, code, nothing)
}
