package smtp_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gelombang/notify"
	"gelombang/notify/sendertest"
	"gelombang/notify/smtp"
	"gelombang/sim/loopback"
	"gelombang/sim/mailbox"
)

// patience is how long the sender under test waits for a server.
const patience = 300 * time.Millisecond

func start(t *testing.T) (*mailbox.Server, *smtp.Sender) {
	t.Helper()
	server, err := mailbox.Start(mailbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	greeted(t, server.SMTPAddr())
	sender, err := smtp.New(smtp.Config{Addr: server.SMTPAddr(), From: "Gelombang <halo@gelombang.test>", TLS: smtp.None, Timeout: patience, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sender.Close() })
	return server, sender
}

// greeted waits until the server serves: closing it earlier would not end it.
func greeted(t *testing.T, addr string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
}

func inbox(t *testing.T, server *mailbox.Server, to string) []mailbox.Message {
	t.Helper()
	resp, err := http.Get(server.URL() + "/messages?to=" + url.QueryEscape(to))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var found []mailbox.Message
	if err := json.NewDecoder(resp.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestMailKeepsTheRulesOfASender(t *testing.T) {
	t.Parallel()
	sendertest.Conform(t, func(t *testing.T) sendertest.World {
		server, sender := start(t)
		trouble := func(c mailbox.Control) func(*testing.T) {
			return func(t *testing.T) {
				if err := server.SetControl(c); err != nil {
					t.Fatal(err)
				}
			}
		}
		fault := func(word string) func(*testing.T) {
			return trouble(mailbox.Control{Control: loopback.Control{Fault: word}})
		}
		return sendertest.World{
			Sender:    sender,
			Provider:  "smtp",
			Reachable: "ani@example.id",
			Refused:   map[string]notify.Reason{"nosuch@example.id": notify.NoSuchMailbox, "full@example.id": notify.MailboxFull},
			Troubled:  []string{"greylist@example.id", "drop@example.id", "tempfail@example.id"},
			Trouble: map[sendertest.Fault]func(*testing.T){
				sendertest.Hangs:    trouble(mailbox.Control{Control: loopback.Control{DelayMS: int(10 * patience / time.Millisecond)}}),
				sendertest.Broken:   fault("tempfail_all"),
				sendertest.WrongKey: fault("sign_in"),
				sendertest.Reset:    fault("reset"),
				sendertest.Gone:     func(t *testing.T) { _ = server.Close(t.Context()) },
			},
			Heal: trouble(mailbox.Control{}),
			Refs: func(t *testing.T, to string) (refs []string) {
				for _, m := range inbox(t, server, to) {
					if !m.Duplicate { // a mailbox shows one Message-ID once
						refs = append(refs, m.MessageID)
					}
				}
				return refs
			},
		}
	})
}

func TestAMailHasBothFormsAndItsSubject(t *testing.T) {
	t.Parallel()
	server, sender := start(t)
	o := notify.Outgoing{To: "ani@example.id", Subject: "Kode masuk – Ani", Text: "Kode 123456\n", HTML: "<p>Kode <b>123456</b></p>", Ref: "7.gelombang@example.test"}
	if _, err := sender.Send(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	got := inbox(t, server, "ani@example.id")
	if len(got) != 1 {
		t.Fatalf("%d mails", len(got))
	}
	m := got[0]
	if m.Subject != o.Subject || strings.TrimSpace(m.Text) != "Kode 123456" || strings.TrimSpace(m.HTML) != o.HTML || m.MessageID != o.Ref {
		t.Errorf("mail %+v", m)
	}
}

func TestAConnectionThatDiedMeanwhileCostsNoMail(t *testing.T) {
	t.Parallel()
	server, sender := start(t)
	o := notify.Outgoing{To: "ani@example.id", Subject: "s", Text: "t", Ref: "1@example.test"}
	if _, err := sender.Send(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	control := func(outage bool) {
		if err := server.SetControl(mailbox.Control{Control: loopback.Control{Outage: outage}}); err != nil {
			t.Fatal(err)
		}
	}
	control(true)
	o.Ref = "2@example.test"
	_, err := sender.Send(t.Context(), o)
	var e *notify.SendError
	if !errors.As(err, &e) || e.Permanent {
		t.Fatalf("during an outage: %v", err)
	}
	control(false)
	if _, err := sender.Send(t.Context(), o); err != nil {
		t.Fatalf("after it: %v", err)
	}
	if n := len(inbox(t, server, "ani@example.id")); n != 2 {
		t.Errorf("%d mails", n)
	}
}

func TestAServerThatIsNotThereIsTemporaryAndNamesNoAddress(t *testing.T) {
	t.Parallel()
	server, sender := start(t)
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := sender.Send(t.Context(), notify.Outgoing{To: "ani@example.id", Subject: "s", Text: "t", Ref: "1@example.test"})
	var e *notify.SendError
	if !errors.As(err, &e) || e.Permanent {
		t.Fatalf("%v", err)
	}
	if strings.Contains(err.Error(), "ani@") {
		t.Errorf("the error shows the address: %v", err)
	}
}

func TestARefusalNamesNoAddress(t *testing.T) {
	t.Parallel()
	_, sender := start(t)
	for _, to := range []string{"nosuch+ani@example.id", "tempfail+ani@example.id", "not an address"} {
		_, err := sender.Send(t.Context(), notify.Outgoing{To: to, Subject: "s", Text: "t", Ref: "1@example.test"})
		if err == nil || strings.Contains(err.Error(), "ani@") || strings.Contains(err.Error(), "not an") {
			t.Errorf("%s: %v", to, err)
		}
	}
}

func TestWrongSettingsAreToldAtStart(t *testing.T) {
	t.Parallel()
	good := smtp.Config{Addr: "127.0.0.1:25", From: "halo@gelombang.test", Now: time.Now}
	for name, spoil := range map[string]func(c *smtp.Config){
		"no port":     func(c *smtp.Config) { c.Addr = "127.0.0.1" },
		"a word port": func(c *smtp.Config) { c.Addr = "127.0.0.1:mail" },
		"sender":      func(c *smtp.Config) { c.From = "halo" },
		"tls":         func(c *smtp.Config) { c.TLS = "perhaps" },
	} {
		c := good
		spoil(&c)
		if _, err := smtp.New(c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := smtp.New(good); err != nil {
		t.Error(err)
	}
}
