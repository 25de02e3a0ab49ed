package main

import (
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// trouble is something that befalls the database from outside, and goes by.
type trouble struct {
	dsn        string
	begin, end func(p *process)
}

// befall lets a trouble come over a server under load, and go: meanwhile everybody is
// told kindly to come back and what needs no database is served, afterwards everything
// goes on by itself, and nothing that was acknowledged is lost.
func befall(t *testing.T, x trouble) {
	t.Helper()
	at, letters := outside(t)
	p := startServe(t, freeAddress(t), at, t.TempDir(), x.dsn)
	c := gather(t, "crowd", p.base)
	c.more(t, 100, time.Minute)
	x.begin(p)
	eventually(t, "somebody is told to come back", 15*time.Second, func() bool { _, away, _ := c.count(); return away > 0 })
	expectStaticPages(t, p.base)
	x.end(p)
	t.Logf("%.1f s from the end of the trouble to a hundred registrations", c.more(t, 100, 15*time.Second).Seconds())
	c.leave()
	c.expectGoodAnswers(t)
	c.expectLetters(t, letters, 2*inFlight) // when it begins, and when it is half over
	c.expectProofs(t, letters, 3)
}

// expectStaticPages asks, for as long as a trouble lasts, for what needs no database.
func expectStaticPages(t *testing.T, base string) {
	t.Helper()
	client := &http.Client{Timeout: 2 * time.Second}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(troubleFor); time.Now().Before(end); <-tick.C {
		for _, path := range []string{"/help", "/privacy", "/limits", "/healthz"} {
			resp, err := client.Get(base + path)
			if err != nil {
				t.Errorf("GET %s: %v", path, err)
				return
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("GET %s answered %d", path, resp.StatusCode)
				return
			}
		}
	}
}

// fileLimit sets how long a file of the server may become. It needs no rights to be
// lowered or to be raised again; past it the kernel refuses to write.
func fileLimit(t *testing.T, p *process, limit string) {
	t.Helper()
	out, err := exec.Command("prlimit", "--pid", strconv.Itoa(p.cmd.Process.Pid), fmt.Sprintf("--fsize=%s:", limit)).CombinedOutput()
	if err != nil {
		t.Fatalf("prlimit: %v: %s", err, out)
	}
}
