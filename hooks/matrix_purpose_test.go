package hooks_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"gelombang/hooks"
	"gelombang/internal/jobs"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
	"gelombang/notify/smtp"
	"gelombang/otp"
	"gelombang/portal"
	"gelombang/sim/mailbox"
)

// purposes is the matrix with real codes on its messages: what is asked for, counted,
// given back and shown to people.
type purposes struct {
	*matrix
	codes *otp.Service
	texts *locale.Catalog
	post  *mailbox.Server
	asked int
}

// errand is one code on its way.
type errand struct {
	purpose   otp.Purpose
	challenge int64
	message   int64
	to        string
	code      string
}

// carried are the purposes that a channel carries: a phone is not proven by a mail.
var carried = map[notify.Channel][]otp.Purpose{
	notify.SMS:   {otp.ProvePhone, otp.SignIn, otp.Reset, otp.Recover, otp.Undo},
	notify.Email: {otp.ProveEmail, otp.SignIn, otp.Reset, otp.Recover, otp.Undo},
}

func TestEveryFaultOfEveryShapeIsRightForEveryPurpose(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{"sim", "form", "wa"} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			sqldbtest.On(t, enginesOf(shape), func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
				p := newPurposes(t, db, clock)
				for _, x := range append(everyWay[:len(everyWay):len(everyWay)], theWay{fault: "http500", lasts: true, state: notify.Failed, reason: notify.Expired}) {
					way := x.with(shape)
					p.openSMS(shape, way.spare)
					p.all(notify.SMS, shape, way, "+62812345%05d")
				}
			})
		})
	}
}

// byMail are the faults of a mail server and of single mailboxes: what stands before the
// number of the address is the mailbox's own fault.
var byMail = []struct {
	theWay
	address string
}{
	{theWay{state: notify.Accepted, copies: 1}, "rani+%d@example.com"},
	{theWay{fault: "reject_all", state: notify.Failed, reason: notify.Rejected}, "rani+%d@example.com"},
	{theWay{fault: "tempfail_all", state: notify.Accepted, copies: 1}, "rani+%d@example.com"},
	{theWay{fault: "reset", state: notify.Accepted, copies: 1}, "rani+%d@example.com"},
	{theWay{fault: "sign_in", state: notify.Accepted, copies: 1}, "rani+%d@example.com"},
	{theWay{fault: "tempfail_all", lasts: true, state: notify.Failed, reason: notify.Expired}, "rani+%d@example.com"},
	{theWay{state: notify.Failed, reason: notify.MailboxFull}, "full+%d@example.com"},
	{theWay{state: notify.Failed, reason: notify.NoSuchMailbox}, "nosuch+%d@example.com"},
	{theWay{state: notify.Accepted, copies: 1}, "greylist+%d@example.com"},
	{theWay{state: notify.Accepted, copies: 1}, "slow+%d@example.com"},
	{theWay{state: notify.Failed, reason: notify.Expired}, "drop+%d@example.com"},
	{theWay{state: notify.Failed, reason: notify.Expired}, "tempfail+%d@example.com"},
}

func TestEveryFaultOfAMailServerIsRightForEveryPurpose(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
		p := newPurposes(t, db, clock)
		for _, x := range byMail {
			p.openMail()
			p.all(notify.Email, "mail "+x.address, x.theWay, x.address)
		}
	})
}

func newPurposes(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) *purposes {
	t.Helper()
	p := &purposes{matrix: newMatrix(t, db, clock)}
	var err error
	if p.texts, err = locale.Load(nil, page.Words, portal.Catalog, notify.Catalog, otp.Catalog); err != nil {
		t.Fatal(err)
	}
	p.texts.Globals(map[string]any{"programme": "Program Contoh"})
	p.texts.OnMissing(func(lang locale.Lang, key string) { t.Errorf("%s misses %s", lang, key) })
	if p.post, err = mailbox.Start(mailbox.Config{Now: clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.post.Close(t.Context()) })
	return p
}

func (p *purposes) openSMS(shape string, spare bool) {
	p.t.Helper()
	providers := []notify.Provider{{Name: shape, Sender: p.sender(shape, p.first.URL())}}
	if spare {
		providers = append(providers, notify.Provider{Name: "spare", Sender: p.sender("spare", p.next.URL())})
	}
	p.start(notify.SMS, providers)
}

func (p *purposes) openMail() {
	p.t.Helper()
	s, err := smtp.New(smtp.Config{Provider: "mail", Addr: p.post.SMTPAddr(), From: "kami@example.com", TLS: smtp.None, Timeout: 2 * time.Second, Now: p.clock.Now})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = s.Close() })
	p.start(notify.Email, []notify.Provider{{Name: "mail", Sender: s}})
}

// start starts a process: the services as they are wired, with these providers.
func (p *purposes) start(channel notify.Channel, providers []notify.Provider) {
	p.t.Helper()
	p.failed.Store(0)
	queue := jobs.NewQueue(p.db)
	p.service = notify.New(notify.Config{DB: p.db, Keys: p.keys, Jobs: queue, PublicURL: p.web.URL,
		Texts:     func(lang, key string, args map[string]any) string { return p.texts.Text(locale.Lang(lang), key, args) },
		Providers: map[notify.Channel][]notify.Provider{channel: providers},
		Fill:      func(q sqldb.Querier, ref int64) (map[string]string, error) { return p.codes.Code(q, ref) },
		OnFailed: func(tx *sqldb.Tx, ref int64) error {
			tx.AfterCommit(func() { p.failed.Add(1) })
			return p.codes.OnFailed(tx, ref)
		}})
	var err error
	if p.codes, err = otp.New(otp.Config{DB: p.db, Keys: p.keys, Notify: p.service}); err != nil {
		p.t.Fatal(err)
	}
	p.hooks.Store(hooks.New(hooks.Config{Notify: p.service, Now: p.clock.Now, SMSSecrets: map[string]string{"sim": secret, "spare": secret},
		FormSecrets: map[string]string{"form": secret}, WhatsApp: map[string]hooks.WhatsApp{"wa": {Secret: secret}}}))
	p.worker = jobs.NewWorker(queue, jobs.Config{Slots: map[string]int{notify.QueueName: 1}})
	for kind, handle := range p.service.Handlers() {
		p.worker.Handle(kind, handle)
	}
}

// all sends a code for every purpose of a channel while the provider has its fault.
func (p *purposes) all(channel notify.Channel, shape string, x theWay, address string) {
	p.t.Helper()
	p.fault(channel, x.fault)
	var sent []errand
	for _, purpose := range carried[channel] {
		p.asked++
		sent = append(sent, p.asks(purpose, channel, fmt.Sprintf(address, 25000+p.asked)))
	}
	p.strangeReceipts(sent)
	p.run()
	if !x.lasts {
		p.fault(channel, "")
	}
	for _, e := range sent {
		p.ends(fmt.Sprintf("%s, %q, spare %t, lasting %t, %s", shape, x.fault, x.spare, x.lasts, e.purpose), channel, e, x)
	}
	if want := int32(0); x.state == notify.Failed {
		want = int32(len(sent))
		if got := p.failed.Load(); got != want {
			p.t.Errorf("%s, %q: told of %d failures, want %d", shape, x.fault, got, want)
		}
	} else if got := p.failed.Load(); got != want {
		p.t.Errorf("%s, %q: told of %d failures", shape, x.fault, got)
	}
	p.fault(channel, "")
}

// run does what is due: a message of each purpose, and the checks of those before.
func (p *purposes) run() {
	p.t.Helper()
	if _, err := p.worker.RunDue(p.t.Context(), 100); err != nil {
		p.t.Fatal(err)
	}
}

func (p *purposes) fault(channel notify.Channel, fault string) {
	p.t.Helper()
	if channel == notify.SMS {
		p.control(fault)
		return
	}
	c := mailbox.Control{SlowMS: 20}
	c.Fault = fault
	if err := p.post.SetControl(c); err != nil {
		p.t.Fatal(err)
	}
}

func (p *purposes) asks(purpose otp.Purpose, channel notify.Channel, to string) errand {
	p.t.Helper()
	e := errand{purpose: purpose, to: to}
	err := p.db.Write(p.t.Context(), func(tx *sqldb.Tx) error {
		issued, err := p.codes.Issue(tx, otp.Request{Purpose: purpose, Channel: channel, Destination: to, Account: 7, Browser: "browser", Lang: "id"})
		if err != nil {
			return err
		}
		if issued[0].Refused != nil {
			return issued[0].Refused
		}
		e.challenge, e.message = issued[0].Challenge, issued[0].Message
		values, err := p.codes.Code(tx, e.challenge)
		e.code = values["code"]
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return e
}

// strangeReceipts come signed for messages that nobody sent, and move nothing.
func (p *purposes) strangeReceipts(sent []errand) {
	p.t.Helper()
	body := strings.Replace(delivered, `"42"`, `"41"`, 1)
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.web.URL+"/hooks/sms/sim", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("X-Signature", sign(p.clock.Now(), secret, body))
	asForm := form(secret, func(v url.Values) {
		v.Set("ref", "41")
		v.Set("messageId", "none")
		v.Set("time", strconv.FormatInt(p.clock.Now().Unix(), 10))
	})
	for name, send := range map[string]func() (*http.Response, error){
		"json": func() (*http.Response, error) { return http.DefaultClient.Do(req) },
		"form": func() (*http.Response, error) { return http.Get(p.web.URL + "/hooks/sms/form?" + asForm) },
	} {
		resp, err := send()
		if err != nil {
			p.t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusNoContent {
			p.t.Errorf("a %s receipt for a message that nobody sent answered %d", name, resp.StatusCode)
		}
	}
	for _, e := range sent {
		if v := p.view(e); v.Message.State != notify.Queued || v.Message.ID != e.message {
			p.t.Errorf("%s: a receipt for another message made it %s", e.purpose, v.Message.State)
		}
	}
}

func (p *purposes) view(e errand) (v otp.View) {
	p.t.Helper()
	err := p.db.Read(p.t.Context(), func(rx *sqldb.Rx) (err error) {
		v, err = p.codes.View(rx, e.challenge, "browser")
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}
