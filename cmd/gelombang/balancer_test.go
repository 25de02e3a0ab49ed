package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gelombang/sim"
)

// node is a process of ours beside others, and how to start it again.
type node struct {
	command string
	flags   []string
	cmd     *exec.Cmd
	said    *diary
}

// diary is what a process said, readable while it runs.
type diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *diary) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(b)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

// complaints are the lines of its log that are not everyday, the last few.
func (n *node) complaints() string {
	var lines []string
	for line := range strings.Lines(n.said.String()) {
		if !strings.Contains(line, "level=INFO") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-40):], "")
}

// worldFlags point a node at the simulated world and at what all nodes share.
func worldFlags(at sim.Addresses, public, data, dsn string) []string {
	return []string{"--no-domain-lookups", "--public-url", public, "--data", data, "--db", dsn,
		"--smtp", "smtp://" + at.SMTP + "?tls=none", "--sms-url", at.SMS, "--sms-key", "key", "--sms-secret", "secret",
		"--registry-url", at.Registry, "--registry-user", "user", "--registry-password", "password", "--beacon-urls", at.Beacon}
}

func startWorld(t *testing.T) *sim.World {
	t.Helper()
	world, err := sim.Start(sim.Config{SMSKey: "key", SMSReceiptSecret: "secret", RegistryUser: "user", RegistryPassword: "password"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close(context.Background()) })
	return world
}

func newNode(t *testing.T, command string, flags ...string) *node {
	t.Helper()
	n := &node{command: command, flags: flags}
	n.start(t)
	t.Cleanup(func() {
		_ = n.cmd.Process.Kill()
		_ = n.cmd.Wait()
	})
	return n
}

// start runs the node until it says that it is ready.
func (n *node) start(t *testing.T) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	n.said = &diary{}
	n.cmd = exec.Command(path, append([]string{n.command}, n.flags...)...)
	n.cmd.Stdout, n.cmd.Stderr = n.said, n.said
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, n.command+" is ready", time.Minute, func() bool { return strings.Contains(n.said.String(), ".ready") })
}

func (n *node) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// ended waits for the process, but not for ever.
func (n *node) ended(t *testing.T, within time.Duration) error {
	t.Helper()
	end := make(chan error, 1)
	cmd := n.cmd
	go func() { end <- cmd.Wait() }()
	select {
	case err := <-end:
		return err
	case <-time.After(within):
		t.Fatalf("%s did not end within %v: %s", n.command, within, n.complaints())
		return nil
	}
}

// restart is what an operator does to each node in turn.
func (n *node) restart(t *testing.T) {
	t.Helper()
	n.signal(t, syscall.SIGTERM)
	if err := n.ended(t, drainFor+20*time.Second); err != nil {
		t.Fatalf("%s ended with %v: %s", n.command, err, n.complaints())
	}
	n.start(t)
}

// balancer sends each request to the next node whose probe is well, over connections
// that it keeps, and never sends a request twice. No visitor stays with a node.
type balancer struct {
	base     string
	backends []*backend
	turn     atomic.Uint64
	mu       sync.Mutex
	failures []string
}

type backend struct {
	address string
	proxy   *httputil.ReverseProxy
	well    atomic.Bool
	served  atomic.Int64
}

// probeEvery is how soon the balancer notices that a node stops.
const probeEvery = 100 * time.Millisecond

func startBalancer(t *testing.T, addresses ...string) *balancer {
	t.Helper()
	b := &balancer{}
	for _, address := range addresses {
		b.backends = append(b.backends, b.newBackend(address))
	}
	server := httptest.NewServer(b)
	b.base = server.URL
	ctx, stop := context.WithCancel(context.Background())
	var probes sync.WaitGroup
	for _, n := range b.backends {
		probes.Go(func() { n.watch(ctx) })
	}
	t.Cleanup(func() {
		stop()
		probes.Wait()
		server.Close()
	})
	return b
}

func (b *balancer) newBackend(address string) *backend {
	return &backend{address: address, proxy: &httputil.ReverseProxy{
		Transport: &http.Transport{MaxIdleConnsPerHost: 32},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: address})
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, req *http.Request, err error) {
			b.fail("%s %s at %s: %v", req.Method, req.URL.Path, address, err)
			w.WriteHeader(http.StatusBadGateway)
		},
	}}
}

func (b *balancer) fail(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = append(b.failures, fmt.Sprintf(format, args...))
}

// ServeHTTP passes a request on. Go's client sends some requests again by itself;
// other balancers don't, so that counts as a failure.
func (b *balancer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	n := b.next()
	if n == nil {
		b.fail("%s %s: no node is well", req.Method, req.URL.Path)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	tries := 0
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { tries++ }}
	n.proxy.ServeHTTP(w, req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	n.served.Add(1)
	if tries > 1 {
		b.fail("%s %s was sent %d times to %s", req.Method, req.URL.Path, tries, n.address)
	}
}

func (b *balancer) next() *backend {
	for range b.backends {
		if n := b.backends[b.turn.Add(1)%uint64(len(b.backends))]; n.well.Load() {
			return n
		}
	}
	return nil
}

// watch asks the node's probe until ctx ends.
func (n *backend) watch(ctx context.Context) {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		status, _ := probe(client, "http://"+n.address+"/readyz")
		n.well.Store(status == http.StatusOK)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// probe gives the status of a page, 0 when nobody answers, and whether the connection was closed.
func probe(client *http.Client, address string) (status int, closed bool) {
	resp, err := client.Get(address)
	if err != nil {
		return 0, false
	}
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Close
}

// openPool looks at the nodes' database beside them.
func openPool(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

func count(t *testing.T, pool *sql.DB, query string) (n int) {
	t.Helper()
	if err := pool.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
