package mailbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/smtp"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"gelombang/sim/loopback"
	"gelombang/sim/mailbox"
)

func start(t *testing.T, config mailbox.Config) *mailbox.Server {
	t.Helper()
	server, err := mailbox.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	return server
}

const body = "From: Gelombang <halo@gelombang.test>\r\nTo: %to%\r\nSubject: =?UTF-8?Q?Kode_masuk_=E2=80=93_Ani?=\r\n" +
	"Message-ID: <%id%@gelombang.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"Kode 123456. Buka http://127.0.0.1:8080/bukti?t=3Dabc.\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
	"<p>Kode <b>123456</b> <a href=\"http://127.0.0.1:8080/bukti?t=abc\">Buktikan <i>alamat</i></a>" +
	"<a href=\"javascript:alert(1)\">x</a><script>alert(2)</script></p>\r\n--b--\r\n"

func send(server *mailbox.Server, id string, to ...string) error {
	text := strings.NewReplacer("%to%", to[0], "%id%", id).Replace(body)
	return smtp.SendMail(server.SMTPAddr(), nil, "halo@gelombang.test", to, []byte(text))
}

func list(t *testing.T, server *mailbox.Server, to string) []mailbox.Message {
	t.Helper()
	resp, err := http.Get(server.URL() + "/messages?to=" + url.QueryEscape(to))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var found []mailbox.Message
	if err := json.NewDecoder(resp.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	return found
}

func page(t *testing.T, address string) *html.Node {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d", address, resp.StatusCode)
	}
	root, err := html.Parse(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestAMessageCanBeReadAsJSON(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_700_000_000_123)
	server := start(t, mailbox.Config{Now: func() time.Time { return now }})
	if err := send(server, "m1", "ani@example.id", "budi@example.id"); err != nil {
		t.Fatal(err)
	}
	found := list(t, server, "Ani@Example.id")
	if len(found) != 1 {
		t.Fatalf("%d messages", len(found))
	}
	m := found[0]
	if m.To != "ani@example.id" || m.From != "Gelombang <halo@gelombang.test>" || m.Subject != "Kode masuk – Ani" ||
		m.MessageID != "m1@gelombang.test" || m.ReceivedMS != now.UnixMilli() || m.Duplicate {
		t.Errorf("message %+v", m)
	}
	if strings.TrimSpace(m.Text) != "Kode 123456. Buka http://127.0.0.1:8080/bukti?t=abc." || !strings.Contains(m.HTML, "<b>123456</b>") {
		t.Errorf("text %q, html %q", m.Text, m.HTML)
	}
	if len(list(t, server, "budi@example.id")) != 1 || len(list(t, server, "")) != 2 {
		t.Error("each recipient has a message of their own")
	}
}

func TestThePageOfAMessageHasClickableLinksAndRunsNothing(t *testing.T) {
	t.Parallel()
	server := start(t, mailbox.Config{})
	if err := send(server, "m1", "ani@example.id"); err != nil {
		t.Fatal(err)
	}
	inbox := page(t, server.URL()+"/?to=ani@example.id&refresh=1")
	if cascadia.Query(inbox, cascadia.MustCompile(`meta[http-equiv=refresh]`)) == nil {
		t.Error("?refresh=1 does not reload the page")
	}
	if cascadia.Query(inbox, cascadia.MustCompile(`a[href="/message/1"]`)) == nil {
		t.Fatal("the inbox has no link to the message")
	}
	message := page(t, server.URL()+"/message/1")
	for _, selector := range []string{
		`pre a[href="http://127.0.0.1:8080/bukti?t=abc"]`,
		`li a[href="http://127.0.0.1:8080/bukti?t=abc"]`,
		`iframe[sandbox*="allow-popups"][srcdoc*="<b>123456</b>"]`,
	} {
		if cascadia.Query(message, cascadia.MustCompile(selector)) == nil {
			t.Errorf("no %s", selector)
		}
	}
	if cascadia.Query(message, cascadia.MustCompile(`script, a[href^=javascript], iframe[sandbox*="allow-scripts"]`)) != nil {
		t.Error("a mail's script stands in the page")
	}
}

func TestMagicAddressesAreRefusedWithTheirCodes(t *testing.T) {
	t.Parallel()
	server := start(t, mailbox.Config{})
	tests := []struct {
		to       string
		code     int
		enhanced string
	}{
		{"full@example.id", 552, "5.2.2"},
		{"FULL+7@example.id", 552, "5.2.2"},
		{"nosuch@example.id", 550, "5.1.1"},
		{"tempfail@example.id", 421, "4.3.2"},
		{"greylist@example.id", 451, "4.7.1"},
	}
	for _, test := range tests {
		checkReply(t, send(server, "m1", test.to), test.code, test.enhanced)
	}
	if err := send(server, "m1", "later-bounce@example.id"); err != nil {
		t.Error(err)
	}
	if got := list(t, server, ""); len(got) != 1 {
		t.Errorf("%d messages were stored", len(got))
	}
}

func checkReply(t *testing.T, err error, code int, enhanced string) {
	t.Helper()
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code != code || !strings.HasPrefix(reply.Msg, enhanced+" ") {
		t.Errorf("got %v, want %d %s", err, code, enhanced)
	}
}

func TestAGreylistedMessageIsAcceptedAtItsSecondTry(t *testing.T) {
	t.Parallel()
	server := start(t, mailbox.Config{})
	checkReply(t, send(server, "m1", "greylist@example.id"), 451, "4.7.1")
	if err := send(server, "m1", "greylist@example.id"); err != nil {
		t.Error(err)
	}
	checkReply(t, send(server, "m2", "greylist@example.id"), 451, "4.7.1")
}

func TestADroppedConnectionStoresNothing(t *testing.T) {
	t.Parallel()
	server := start(t, mailbox.Config{})
	var reply *textproto.Error
	if err := send(server, "m1", "drop@example.id"); err == nil || errors.As(err, &reply) {
		t.Errorf("got %v, want a connection error", err)
	}
	if got := list(t, server, ""); len(got) != 0 {
		t.Errorf("%d messages were stored", len(got))
	}
}

func TestASlowMailboxAcceptsAfterItsDelay(t *testing.T) {
	t.Parallel()
	server := start(t, mailbox.Config{})
	if err := server.SetControl(mailbox.Control{SlowMS: 150}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := send(server, "m1", "slow@example.id"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 150*time.Millisecond {
		t.Errorf("accepted after %v", took)
	}
}

func TestTheSameMessageIDTwiceIsStoredTwiceAndFlagged(t *testing.T) {
	t.Parallel()
	server := start(t, mailbox.Config{})
	for _, id := range []string{"m1", "m1", "m2"} {
		if err := send(server, id, "ani@example.id"); err != nil {
			t.Fatal(err)
		}
	}
	found := list(t, server, "ani@example.id")
	if len(found) != 3 || found[0].Duplicate || !found[1].Duplicate || found[2].Duplicate {
		t.Errorf("messages %+v", found)
	}
}

func TestControlFaultsHitEveryAddress(t *testing.T) {
	t.Parallel()
	server := start(t, mailbox.Config{})
	set := func(c loopback.Control) {
		if err := server.SetControl(mailbox.Control{Control: c}); err != nil {
			t.Fatal(err)
		}
	}
	set(loopback.Control{Fault: "reject_all"})
	checkReply(t, send(server, "m1", "ani@example.id"), 554, "5.7.1")
	set(loopback.Control{Fault: "tempfail_all"})
	checkReply(t, send(server, "m1", "ani@example.id"), 451, "4.3.0")
	set(loopback.Control{CapacityPerSecond: 1})
	var busy error
	for range 5 { // five sends do not take five seconds
		busy = errors.Join(busy, send(server, "m1", "ani@example.id"))
	}
	checkReply(t, busy, 451, "4.3.2")
	for _, cut := range []loopback.Control{{Fault: "reset"}, {Outage: true}} {
		set(cut)
		var reply *textproto.Error
		if err := send(server, "m1", "ani@example.id"); err == nil || errors.As(err, &reply) {
			t.Errorf("%+v: got %v, want a connection error", cut, err)
		}
	}
	set(loopback.Control{})
	if err := send(server, "m1", "ani@example.id"); err != nil {
		t.Error(err)
	}
}

func TestSigningInIsAccepted(t *testing.T) {
	t.Parallel()
	server := start(t, mailbox.Config{})
	auth := smtp.PlainAuth("", "anybody", "anything", "127.0.0.1")
	err := smtp.SendMail(server.SMTPAddr(), auth, "a@b.test", []string{"ani@example.id"}, []byte("Subject: x\r\n\r\ny\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if found := list(t, server, "ani@example.id"); len(found) != 1 || found[0].Text != "y\n" {
		t.Errorf("messages %+v", found)
	}
}

func TestMessagesSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := start(t, mailbox.Config{Dir: dir})
	if err := send(server, "m1", "ani@example.id"); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	server = start(t, mailbox.Config{Dir: dir})
	if err := send(server, "m1", "ani@example.id"); err != nil {
		t.Fatal(err)
	}
	found := list(t, server, "ani@example.id")
	if len(found) != 2 || found[0].ID != "2" || !found[0].Duplicate || found[1].Subject != "Kode masuk – Ani" {
		t.Errorf("messages %+v", found)
	}
}

func TestAnUnknownMessageIsNotFound(t *testing.T) {
	t.Parallel()
	server := start(t, mailbox.Config{})
	resp, err := http.Get(server.URL() + "/message/99")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", resp.StatusCode)
	}
}
