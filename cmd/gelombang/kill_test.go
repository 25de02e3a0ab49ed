package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/sim"
)

// binary is the real program, built once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gelombang-binary-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "gelombang")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	quitChromium()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// process is a running server that a test may kill.
type process struct {
	cmd  *exec.Cmd
	base string
	log  *bytes.Buffer
}

func startServe(t *testing.T, listen string, world sim.Addresses, data, dsn string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{base: "http://" + listen, log: &bytes.Buffer{}}
	p.cmd = exec.Command(path, "serve", "--listen", listen, "--data", data, "--db", dsn,
		"--smtp", "smtp://"+world.SMTP+"?tls=none", "--sms-url", world.SMS, "--sms-key", "key", "--sms-secret", "secret",
		"--registry-url", world.Registry, "--registry-user", "user", "--registry-password", "password", "--beacon-urls", world.Beacon)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	eventually(t, "ready", 30*time.Second, func() bool {
		resp, err := http.Get(p.base + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return p
}

// kill is kill -9: nothing is flushed, nothing is said goodbye to.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestAKillLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			killAndCount(t, engine)
		})
	}
}

func killAndCount(t *testing.T, engine sqldb.Engine) {
	world, err := sim.Start(sim.Config{SMSKey: "key", SMSReceiptSecret: "secret", RegistryUser: "user", RegistryPassword: "password"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close(context.Background()) })
	data, dsn, listen := t.TempDir(), sqldbtest.DSN(t, engine), freeAddress(t)
	p := startServe(t, listen, world.Addresses(), data, dsn)
	acknowledged := map[string][2]string{}
	for round := range kills {
		acknowledged = registerUntilKilled(t, p, round, 200)
		t.Logf("%d registrations were acknowledged before the kill", len(acknowledged))
		p = startServe(t, listen, world.Addresses(), data, dsn)
		expectMails(t, world.Addresses().Inbox, acknowledged)
	}
	n := 0
	for address, pair := range acknowledged {
		v := newVisitor(t, p.base, "id")
		page := v.get(pair[0])
		if done := v.send(page, pair[0], map[string]string{"code": pair[1]}); done.status != http.StatusOK || done.path != "/password" {
			t.Errorf("%s cannot prove its address after the restart: %d %s %s", address, done.status, done.path, done.text("h1"))
		}
		if n++; n == 5 {
			break
		}
	}
}

// expectMails waits until everybody who was acknowledged has mail, and notes the code.
func expectMails(t *testing.T, inbox string, acknowledged map[string][2]string) {
	t.Helper()
	for address, pair := range acknowledged {
		// A job that was under way when the process died comes back when its lease ends.
		eventually(t, "mail to "+address, jobs.LeaseFor+time.Minute, func() bool { return len(mails(t, inbox, address)) > 0 })
		got := mails(t, inbox, address)
		for _, m := range got[1:] { // sent twice only when the kill fell inside the sending
			if m.MessageID != got[0].MessageID || m.code() != got[0].code() {
				t.Errorf("%s got two different mails: %q and %q", address, m.MessageID, got[0].MessageID)
			}
		}
		acknowledged[address] = [2]string{pair[0], got[0].code()}
	}
}

// registerUntilKilled registers from many browsers at once and kills the server in
// the middle. It gives the addresses that heard 202, with the path of their code page.
func registerUntilKilled(t *testing.T, p *process, round int, enough int64) map[string][2]string {
	t.Helper()
	var mu sync.Mutex
	acknowledged := map[string][2]string{}
	var count atomic.Int64
	var wait sync.WaitGroup
	dead := make(chan struct{})
	for worker := range 16 {
		wait.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-dead:
					return
				default:
				}
				v := newVisitor(t, p.base, "id")
				address := fmt.Sprintf("kill-%d-%d-%d@example.com", round, worker, n)
				path, err := registerQuietly(v, address)
				if err != nil {
					continue // not acknowledged: nothing was promised
				}
				mu.Lock()
				acknowledged[address] = [2]string{path, ""}
				mu.Unlock()
				if count.Add(1) == enough {
					p.kill()
					close(dead)
				}
			}
		})
	}
	wait.Wait()
	return acknowledged
}

// registerQuietly registers and treats every failure as "not acknowledged".
func registerQuietly(v *visitor, address string) (string, error) {
	req, err := http.NewRequest(http.MethodGet, v.base+"/register", nil)
	if err != nil {
		return "", err
	}
	page, err := v.do(req)
	if err != nil {
		return "", err
	}
	if page.one(`form[action="/register"]`) == nil {
		return "", fmt.Errorf("no form: %d", page.status)
	}
	got, err := v.tryPost("/register", v.filled(page, "/register", map[string]string{"address": address, "consent": "yes"}))
	if err != nil {
		return "", err
	}
	if got.status != http.StatusAccepted {
		return "", fmt.Errorf("answered %d", got.status)
	}
	return got.header.Get("Content-Location"), nil
}
