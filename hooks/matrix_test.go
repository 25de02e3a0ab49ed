package hooks_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/hooks"
	"gelombang/internal/jobs"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
	"gelombang/notify/smsform"
	"gelombang/notify/smsgw"
	"gelombang/notify/wacloud"
	sim "gelombang/sim/smsgw"
)

// matrix is the whole way of a message: the real service, real senders, simulated
// gateways, real callbacks.
type matrix struct {
	t           *testing.T
	db          *sqldb.DB
	clock       *sqldbtest.Clock
	keys        *seal.Keys
	first, next *sim.Server
	web         *httptest.Server
	hooks       atomic.Pointer[hooks.Hooks]
	service     *notify.Service
	worker      *jobs.Worker
	failed      atomic.Int32
}

// theWay is one fault of the first provider and what has to become of a message.
type theWay struct {
	fault  string
	spare  bool // another provider is there
	lasts  bool // the fault never heals
	taken  bool // the gateway has the message although it did not say so: only its receipt may end this
	state  notify.State
	reason notify.Reason
	copies int
}

var everyWay = []theWay{
	{fault: "", state: notify.Confirmed, copies: 1},
	{fault: "timeout", state: notify.Confirmed, copies: 1},
	{fault: "garbage", state: notify.Confirmed, copies: 1},
	{fault: "huge", state: notify.Confirmed, copies: 1},
	{fault: "reset", taken: true, state: notify.Confirmed, copies: 1},
	{fault: "half_answer", taken: true, state: notify.Confirmed, copies: 1},
	{fault: "http500", spare: true, state: notify.Confirmed, copies: 1},
	{fault: "busy", spare: true, state: notify.Confirmed, copies: 1},
	{fault: "unauthorized", spare: true, state: notify.Confirmed, copies: 1},
	{fault: "http500", state: notify.Confirmed, copies: 1},
	{fault: "busy", state: notify.Confirmed, copies: 1},
	{fault: "unauthorized", state: notify.Confirmed, copies: 1},
	{fault: "late_receipt", state: notify.Confirmed, copies: 1},
	{fault: "double_receipt", state: notify.Confirmed, copies: 1},
	{fault: "early_receipt", state: notify.Confirmed, copies: 1},
	{fault: "no_receipt", state: notify.Unconfirmed, copies: 1},
	{fault: "no_report", state: notify.Unconfirmed, copies: 1},
	{fault: "failed_at_operator", state: notify.Failed, reason: notify.OperatorFailed, copies: 1},
	{fault: "blocked", state: notify.Failed, reason: notify.Blocked, copies: 1},
	{fault: "invalid_number", state: notify.Failed, reason: notify.NoSuchNumber},
}

// with is the way with a provider of this shape: to WhatsApp a number that it does not
// know is a matter for another provider.
func (x theWay) with(shape string) theWay {
	if shape == "wa" && x.fault == "invalid_number" {
		return theWay{fault: x.fault, spare: true, state: notify.Confirmed, copies: 1}
	}
	return x
}

func TestEveryFaultOfEveryShapeEndsInTheRightState(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{"sim", "form", "wa"} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) {
				m := newMatrix(t, db, clock)
				for _, x := range everyWay {
					m.goes(shape, x.with(shape))
				}
			})
		})
	}
}

func newMatrix(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) *matrix {
	t.Helper()
	keys, err := seal.New(clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	m := &matrix{t: t, db: db, clock: clock, keys: keys}
	m.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { m.hooks.Load().Handler().ServeHTTP(w, r) }))
	t.Cleanup(m.web.Close)
	m.first, m.next = m.gateway(), m.gateway()
	return m
}

func (m *matrix) gateway() *sim.Server {
	m.t.Helper()
	g, err := sim.Start(sim.Config{Key: "kunci", ReceiptSecret: secret, ReceiptDelay: time.Millisecond, LateDelay: 50 * time.Millisecond, RetryDelay: 10 * time.Millisecond,
		WhatsAppHook: m.web.URL + "/hooks/sms/wa", Now: m.clock.Now})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = g.Close(m.t.Context()) })
	return g
}

// sender is a sender of a shape at a gateway.
func (m *matrix) sender(shape, at string) (s notify.Sender) {
	m.t.Helper()
	var err error
	const patience = 200 * time.Millisecond
	switch shape {
	case "form":
		s, err = smsform.New(smsform.Config{Provider: shape, URL: at + "/api/sendsms", UserKey: "kami", PassKey: "kunci", Timeout: patience})
	case "wa":
		s, err = wacloud.New(wacloud.Config{Provider: shape, URL: at + "/v23.0", PhoneNumberID: "1", Token: "kunci", CodeTemplate: "kode", Timeout: patience})
	default:
		s, err = smsgw.New(smsgw.Config{Provider: shape, URL: at, Key: "kunci", From: "G", Timeout: patience})
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return s
}

// open starts a process with a provider of the shape, and with another one if there is to
// be one.
func (m *matrix) open(shape string, spare bool) {
	providers := []notify.Provider{{Name: shape, Sender: m.sender(shape, m.first.URL())}}
	if spare {
		providers = append(providers, notify.Provider{Name: "spare", Sender: m.sender("spare", m.next.URL())})
	}
	m.failed.Store(0)
	queue := jobs.NewQueue(m.db)
	m.service = notify.New(notify.Config{DB: m.db, Keys: m.keys, Jobs: queue, PublicURL: m.web.URL,
		Texts:     func(_, key string, _ map[string]any) string { return key },
		Providers: map[notify.Channel][]notify.Provider{notify.SMS: providers},
		Fill:      func(sqldb.Querier, int64) (map[string]string, error) { return map[string]string{"code": "987654"}, nil },
		OnFailed: func(tx *sqldb.Tx, _ int64) error {
			tx.AfterCommit(func() { m.failed.Add(1) })
			return nil
		}})
	m.hooks.Store(hooks.New(hooks.Config{Notify: m.service, Now: m.clock.Now, SMSSecrets: map[string]string{"sim": secret, "spare": secret},
		FormSecrets: map[string]string{"form": secret}, WhatsApp: map[string]hooks.WhatsApp{"wa": {Secret: secret}}}))
	m.worker = jobs.NewWorker(queue, jobs.Config{Slots: map[string]int{notify.QueueName: 1}})
	for kind, handle := range m.service.Handlers() {
		m.worker.Handle(kind, handle)
	}
}

// goes sends one message while the first gateway has its fault, which heals after one try
// that nobody else can mend.
func (m *matrix) goes(shape string, x theWay) {
	m.t.Helper()
	name := fmt.Sprintf("%s, %s, spare %t", shape, x.fault, x.spare)
	m.open(shape, x.spare)
	m.control(x.fault)
	var ids []int64
	err := m.db.Write(m.t.Context(), func(tx *sqldb.Tx) (err error) {
		ids, err = m.service.Queue(tx, notify.Message{Channel: notify.SMS, To: "+6281234567890", Key: "masuk", Lang: "id", Fill: 5})
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.run()
	m.control("")
	end := m.ended(name, ids[0], x)
	confirmed := 0
	for _, e := range end.Events {
		if e.State == notify.Confirmed {
			confirmed++
		}
	}
	if n := len(m.copies(ids[0])); n != x.copies {
		m.t.Errorf("%s: %d copies on phones, want %d", name, n, x.copies)
	}
	if end.Reason != x.reason || (m.failed.Load() == 1) != (x.state == notify.Failed) || confirmed > 1 {
		m.t.Errorf("%s: reason %q, told of %d failures, steps %+v", name, end.Reason, m.failed.Load(), end.Events)
	}
}

func (m *matrix) control(fault string) {
	m.t.Helper()
	if err := m.first.SetControl(sim.Control{Fault: fault}); err != nil {
		m.t.Fatal(err)
	}
}

func (m *matrix) run() {
	m.t.Helper()
	if _, err := m.worker.RunDue(m.t.Context(), 10); err != nil {
		m.t.Fatal(err)
	}
}

// ended lets time go by until the message stands where it has to and no receipt is owed.
func (m *matrix) ended(name string, id int64, x theWay) (st notify.Status) {
	m.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 4000 {
		err := m.db.Read(m.t.Context(), func(rx *sqldb.Rx) (err error) {
			st, err = m.service.Status(rx, id)
			return err
		})
		if err != nil {
			m.t.Fatal(err)
		}
		if st.State == x.state && !m.owed(id) {
			return st
		}
		if !x.taken {
			m.clock.Add(time.Second)
			m.run()
		}
		<-tick.C
	}
	m.t.Fatalf("%s: %s, want %s: %+v", name, st.State, x.state, st.Events)
	return st
}

// copies are the message's on all phones.
func (m *matrix) copies(id int64) (out []sim.Message) {
	m.t.Helper()
	for _, g := range []*sim.Server{m.first, m.next} {
		resp, err := http.Get(g.URL() + "/messages")
		if err != nil {
			m.t.Fatal(err)
		}
		var all []sim.Message
		err = json.NewDecoder(resp.Body).Decode(&all)
		_ = resp.Body.Close()
		if err != nil {
			m.t.Fatal(err)
		}
		for _, c := range all {
			if c.ClientRef == strconv.FormatInt(id, 10) {
				out = append(out, c)
			}
		}
	}
	return out
}

func (m *matrix) owed(id int64) bool {
	for _, c := range m.copies(id) {
		if c.ReceiptsOwed > 0 {
			return true
		}
	}
	return false
}
