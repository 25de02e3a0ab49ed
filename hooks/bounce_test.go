package hooks_test

import (
	"context"
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/hooks"
	"gelombang/internal/jobs"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
	mail "gelombang/notify/smtp"
	"gelombang/sim/mailbox"
)

const ours = "bounce+7.1-mark@mail.example"

// post keeps what mail servers reported; one address is its own.
type post struct {
	mu    sync.Mutex
	taken []notify.Bounce
	err   error
}

func (p *post) ReturnedTo(address string) (notify.Returned, bool) {
	return notify.Returned{Message: 7, Try: 1}, address == ours
}

func (p *post) Bounced(_ context.Context, b notify.Bounce) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken = append(p.taken, b)
	return p.err
}

func (p *post) all() []notify.Bounce {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// receiving runs the mail server of the bounces.
func receiving(t *testing.T, m hooks.Mailer, clock func() time.Time) (*hooks.Bounces, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := hooks.NewBounces(hooks.BounceConfig{Mail: m, Domain: "mail.example", Now: clock})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return b, l.Addr().String()
}

func fixed() time.Time { return now }

func counted(b *hooks.Bounces, o hooks.Outcome) int64 {
	for _, c := range b.Counts() {
		if c.Outcome == o {
			return c.Calls
		}
	}
	return -1
}

func code(err error) int {
	var said *textproto.Error
	if errors.As(err, &said) {
		return said.Code
	}
	return 0
}

func report(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.ReplaceAll(string(text), "\n", "\r\n"))
}

func TestReportsOfManyServersAreRead(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]notify.Bounce{
		"no_such_user.eml": {Failed: true, Reason: notify.NoSuchMailbox},
		"no_domain.eml":    {Failed: true, Reason: notify.NoSuchDomain},
		"full.eml":         {Failed: true, Reason: notify.MailboxFull},
		"vague.eml":        {Failed: true, Reason: notify.NoSuchMailbox},
		"given_up.eml":     {Failed: true, Reason: notify.ServerUnreachable},
		"delayed.eml":      {},
		"utf8.eml":         {Failed: true, Reason: notify.Rejected},
	} {
		p := &post{}
		b, addr := receiving(t, p, fixed)
		if err := smtp.SendMail(addr, nil, "", []string{ours}, report(t, name)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want.Returned = notify.Returned{Message: 7, Try: 1}
		if got := p.all(); len(got) != 1 || got[0] != want || counted(b, hooks.Taken) != 1 {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestWhatIsNoReportIsTakenAndForgotten(t *testing.T) {
	t.Parallel()
	p := &post{}
	b, addr := receiving(t, p, fixed)
	delivered := strings.Replace(string(report(t, "no_such_user.eml")), "Action: failed", "Action: delivered", 1)
	odd := []string{
		"Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday.\r\n", "\r\n", "not a mail at all", delivered,
		"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b--\r\n",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n",
		"Content-Type: multipart/report\r\n\r\nno boundary\r\n",
	}
	for _, text := range odd {
		if err := smtp.SendMail(addr, nil, "ani@example.id", []string{ours}, []byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	if counted(b, hooks.Unreadable) != int64(len(odd)) || len(p.all()) != 0 {
		t.Errorf("%d unreadable, %+v", counted(b, hooks.Unreadable), p.all())
	}
}

func TestMailToAnAddressThatWeDidNotWriteIsRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	p := &post{}
	b, addr := receiving(t, p, fixed)
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Mail("spam@example.net"); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"ani@mail.example", "bounce+8.1-mark@mail.example"} {
		if got := code(c.Rcpt(to)); got != 550 {
			t.Errorf("%s: %d", to, got)
		}
	}
	if err := c.Rcpt("postmaster@elsewhere.example"); err == nil {
		t.Error("a third stranger was taken")
	}
	if err := c.Noop(); err == nil {
		t.Error("who tries addresses may go on")
	}
	if counted(b, hooks.Unsigned) != 3 || len(p.all()) != 0 {
		t.Errorf("%d unsigned", counted(b, hooks.Unsigned))
	}
}

func TestAReportThatIsTooLongIsRefused(t *testing.T) {
	t.Parallel()
	p := &post{}
	b, addr := receiving(t, p, fixed)
	long := append(report(t, "no_such_user.eml"), strings.Repeat(strings.Repeat("a", 70)+"\r\n", 4000)...)
	if got := code(smtp.SendMail(addr, nil, "", []string{ours}, long)); got != 552 {
		t.Errorf("reply %d", got)
	}
	if counted(b, hooks.Unreadable) != 1 || len(p.all()) != 0 {
		t.Errorf("%+v", p.all())
	}
}

func TestAReportThatWeCannotKeepIsBroughtAgain(t *testing.T) {
	t.Parallel()
	b, addr := receiving(t, &post{err: errors.New("no database")}, fixed)
	if got := code(smtp.SendMail(addr, nil, "", []string{ours}, report(t, "full.eml"))); got != 451 {
		t.Errorf("reply %d", got)
	}
	if counted(b, hooks.Unkept) != 1 {
		t.Errorf("%+v", b.Counts())
	}
}

func TestASecondTakesSoManyReportsAndTheRestComeBack(t *testing.T) {
	t.Parallel()
	clock := sqldbtest.NewClock()
	b, addr := receiving(t, &post{}, clock.Now)
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	turn := func() error {
		if err := c.Mail(""); err != nil {
			t.Fatal(err)
		}
		return errors.Join(c.Rcpt(ours), c.Reset())
	}
	for n := range 100 {
		if err := turn(); err != nil {
			t.Fatalf("report %d: %v", n, err)
		}
	}
	if err := turn(); code(err) != 451 || counted(b, hooks.Slowed) != 1 {
		t.Errorf("%v", err)
	}
	clock.Add(time.Second)
	if err := turn(); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

// The whole way: our mail, a server that takes it and returns it, and what its reader sees.
func TestAMailThatIsReturnedLaterEndsItsMessage(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		box, err := mailbox.Start(mailbox.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = box.Close(context.Background()) }()
		service, worker, failed := mailing(t, db, clock, box.SMTPAddr())
		_, addr := receiving(t, service, clock.Now)
		box.SetBounces(addr)
		if err := box.SetControl(mailbox.Control{BounceMS: 1}); err != nil {
			t.Fatal(err)
		}
		for to, want := range map[string]notify.Reason{"later-bounce+1@example.id": notify.NoSuchMailbox, "later-full@example.id": notify.MailboxFull} {
			id := queueMail(t, db, service, to)
			if _, err := worker.RunDue(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
			st := awaited(t, db, service, id, func(st notify.Status) bool { return st.State == notify.Failed })
			if st.Reason != want || (<-failed) != id {
				t.Errorf("%s: %s", to, st.Reason)
			}
		}
		id := queueMail(t, db, service, "later-delay@example.id")
		if _, err := worker.RunDue(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		st := awaited(t, db, service, id, func(st notify.Status) bool { return st.Events[len(st.Events)-1].Detail == notify.Delayed })
		if st.State != notify.Accepted {
			t.Errorf("delayed: %s", st.State)
		}
	})
}

func mailing(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock, server string) (*notify.Service, *jobs.Worker, chan int64) {
	t.Helper()
	keys, err := seal.New(clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	sender, err := mail.New(mail.Config{Addr: server, From: "Uji <halo@mail.example>", TLS: mail.None, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sender.Close() })
	failed := make(chan int64, 10)
	queue := jobs.NewQueue(db)
	service := notify.New(notify.Config{DB: db, Keys: keys, Jobs: queue, PublicURL: "https://example.id", BounceDomain: "mail.example",
		Texts:     func(_, key string, _ map[string]any) string { return key },
		Providers: map[notify.Channel][]notify.Provider{notify.Email: {{Name: "smtp", Sender: sender}}},
		Fill:      func(sqldb.Querier, int64) (map[string]string, error) { return map[string]string{"code": "123456"}, nil },
		OnFailed: func(tx *sqldb.Tx, ref int64) error {
			tx.AfterCommit(func() { failed <- ref })
			return nil
		}})
	worker := jobs.NewWorker(queue, jobs.Config{Slots: map[string]int{notify.QueueName: 1}})
	for kind, do := range service.Handlers() {
		worker.Handle(kind, do)
	}
	return service, worker, failed
}

// queueMail queues a mail whose fill is its own number.
func queueMail(t *testing.T, db *sqldb.DB, service *notify.Service, to string) (id int64) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		ids, err := service.Queue(tx, notify.Message{Channel: notify.Email, To: to, Key: "test", Lang: "id", Fill: 1})
		if err != nil {
			return err
		}
		id = ids[0]
		_, err = tx.Exec(`UPDATE message SET fill_ref = $1 WHERE id = $1`, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func awaited(t *testing.T, db *sqldb.DB, service *notify.Service, id int64, done func(notify.Status) bool) (st notify.Status) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(10 * time.Second)
	for {
		err := db.Read(t.Context(), func(rx *sqldb.Rx) (err error) {
			st, err = service.Status(rx, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if done(st) {
			return st
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s: %+v", st.State, st.Events)
		}
	}
}
