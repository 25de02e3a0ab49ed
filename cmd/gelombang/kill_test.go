package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
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
	p.cmd = exec.Command(path, "serve", "--no-domain-lookups", "--listen", listen, "--data", data, "--db", dsn,
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

func TestAKillAtAnyMomentLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			killAndCount(t, engine)
		})
	}
}

// killAndCount kills the server at random moments of a surge that goes on. What was
// under way comes back when its lease ends, so everything is counted after the last kill.
func killAndCount(t *testing.T, engine sqldb.Engine) {
	seed := killSeed(t)
	moments := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- to be repeated, not to be secret
	at, letters := outside(t)
	data, dsn, listen := t.TempDir(), sqldbtest.DSN(t, engine), freeAddress(t)
	p := startServe(t, listen, at, data, dsn)
	c := gather(t, "kill", p.base)
	for range kills {
		c.more(t, 1, 20*time.Second)
		moment := time.NewTimer(time.Duration(moments.Int64N(int64(killWithin))))
		<-moment.C
		p.kill()
		p = startServe(t, listen, at, data, dsn)
	}
	c.more(t, 1, 20*time.Second)
	c.leave()
	told, _, silent := c.count()
	t.Logf("%d kills: %d registrations were acknowledged, %d requests had no answer, %.1f s without service at most", kills, told, silent, c.gap.Seconds())
	if len(c.wrong) > 0 {
		t.Errorf("%d wrong answers, such as %s", len(c.wrong), c.wrong[0])
	}
	c.expectLetters(t, letters, kills*inFlight)
	c.expectProofs(t, letters, 5)
}

// killWithin bounds how long after it serves a server is killed.
const killWithin = 2 * time.Second

// killSeed is the seed of the moments, to be given again by the one who looks for what
// a run found.
func killSeed(t *testing.T) uint64 {
	t.Helper()
	const name = "GELOMBANG_TEST_SEED"
	seed := rand.Uint64() // #nosec G404 -- as above
	if text := os.Getenv(name); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	t.Logf("to repeat: %s=%d", name, seed)
	return seed
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
