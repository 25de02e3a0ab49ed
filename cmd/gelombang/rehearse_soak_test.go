//go:build soak

package main

import (
	"bytes"
	"encoding/pem"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

func TestARehearsalOfAnOpeningBringsEverybodyThrough(t *testing.T) {
	t.Parallel()
	r := rehearse(t, "opening", "--self", "--applicants", "200", "--opens-in", "10s")
	if r.Acknowledged != 200 || r.Errors != 0 || r.Lost == nil || *r.Lost != 0 || r.Waited < 100 {
		t.Errorf("%+v", r)
	}
	if r.WaitedP50S <= 0 || r.WaitedP99S < r.WaitedP50S || r.Polls == 0 || r.PollsPerSecond == nil || r.PollsToNoop == nil {
		t.Errorf("%+v", r)
	}
}

func TestALineDoesNotStallOnThoseWhoLeft(t *testing.T) {
	t.Parallel()
	r := rehearse(t, "waiting", "--self", "--applicants", "200", "--admit", "600", "--leave", "0.4", "--rate", "100")
	if r.LeftLine < 20 || r.Acknowledged+r.LeftLine != 200 || r.Errors != 0 || r.Lost == nil || *r.Lost != 0 {
		t.Errorf("%+v", r)
	}
	if r.LongestGapS > 30 { // the polls are some fifteen seconds apart
		t.Errorf("nobody was let in for %v s", r.LongestGapS)
	}
}

func TestADayIsRehearsedThroughTheProxyThatEndsTLS(t *testing.T) {
	t.Parallel()
	world, listen := startWorld(t).Addresses(), freeAddress(t)
	proxy := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: listen}))
	t.Cleanup(proxy.Close)
	data, dsn := t.TempDir(), sqldbtest.DSN(t, sqldb.SQLite)
	newNode(t, "serve", append(worldFlags(world, proxy.URL, data, dsn), "--listen", listen)...)
	authority := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, _ := rehearseCommand(t, "day", "--target", proxy.URL, "--inbox", world.Inbox, "--phone", world.Phone,
		"--applicants", "60", "--seed", "5", "--compress", "10000", "--db", dsn, "--keys", filepath.Join(data, "keyset.json"))
	cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+authority)
	r := told(t, cmd, 0)
	if r.Acknowledged != 60 || r.Errors != 0 || r.Lost == nil || *r.Lost != 0 || r.Agrees == nil || !*r.Agrees || len(r.Funnel) != 6 || r.Funnel[5].People == 0 {
		t.Errorf("%+v", r)
	}
}

func TestAnInterruptedRehearsalLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	cmd, temp := rehearseCommand(t, "surge", "--self", "--engine", "postgres", "--applicants", "1000", "--rate", "1")
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a server's log", time.Minute, func() bool {
		found, _ := filepath.Glob(filepath.Join(temp, "gelombang-rehearsal-*", "serve.log"))
		return len(found) == 1
	})
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(log.String(), "stopped") {
		t.Errorf("%v: %s", err, log.String())
	}
	expectEmpty(t, temp)
}
