package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/sim/mailbox"
)

// crowd are visitors who come without a break.
type crowd struct {
	balancer *balancer
	leave    chan struct{}
	wait     sync.WaitGroup
	done     atomic.Int64
	mu       sync.Mutex
	heard    []string // addresses that were told 202
}

// each does something every now and then until the crowd goes home. An error is a
// request that failed.
func (c *crowd) each(every time.Duration, what func(turn int) error) {
	c.wait.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for turn := 0; ; turn++ {
			if err := what(turn); err != nil {
				c.balancer.fail("%v", err)
			}
			c.done.Add(1)
			select {
			case <-tick.C:
			case <-c.leave:
				return
			}
		}
	})
}

func (c *crowd) goHome() {
	close(c.leave)
	c.wait.Wait()
}

// registers keeps registering new people.
func (c *crowd) registers(t *testing.T, name string) {
	c.each(100*time.Millisecond, func(turn int) error {
		address := fmt.Sprintf("%s-%d@example.com", name, turn)
		if _, err := registerQuietly(newVisitor(t, c.balancer.base, "id"), address); err != nil {
			return fmt.Errorf("registering: %w", err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.heard = append(c.heard, address)
		return nil
	})
}

// reads keeps reading one page as one visitor.
func (c *crowd) reads(v *visitor, path string) {
	c.each(50*time.Millisecond, func(int) error {
		req, err := http.NewRequest(http.MethodGet, v.base+path, nil)
		if err != nil {
			return err
		}
		got, err := v.do(req)
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		if got.status != http.StatusOK || got.path != path {
			return fmt.Errorf("reading %s led to %d at %s", path, got.status, got.path)
		}
		return nil
	})
}

func TestARollingRestartFailsNoRequest(t *testing.T) {
	t.Parallel()
	world, data, dsn := startWorld(t), t.TempDir(), sqldbtest.DSN(t, sqldb.Postgres)
	listen := []string{freeAddress(t), freeAddress(t), freeAddress(t)}
	b := startBalancer(t, listen...)
	flags := worldFlags(world.Addresses(), b.base, data, dsn)
	var nodes, workers []*node
	for _, address := range listen {
		nodes = append(nodes, newNode(t, "serve", append(flags, "--no-work", "--drain-wait", "2s", "--trusted-proxies", "127.0.0.0/8", "--listen", address)...))
	}
	for range 2 {
		workers = append(workers, newNode(t, "work", flags...))
	}
	allWell(t, b)
	c := &crowd{balancer: b, leave: make(chan struct{})}
	citizen := signedIn(t, b.base, world.Addresses().Inbox, "citizen@example.com")
	c.reads(citizen, "/me") // every request on the next node
	c.reads(newVisitor(t, b.base, "id"), "/")
	for i := range 4 {
		c.registers(t, fmt.Sprintf("rolling-%d", i))
	}
	for i, n := range nodes {
		before := b.backends[i].served.Load()
		n.restart(t)
		eventually(t, "the balancer uses the node again", 30*time.Second, func() bool { return b.backends[i].served.Load() > before+20 })
	}
	for _, w := range workers {
		w.restart(t)
	}
	c.goHome()
	expectNoFailure(t, b)
	expectOneMailEach(t, world.Addresses().Inbox, c.heard)
	t.Logf("%d visits, %d registrations, 5 restarts", c.done.Load(), len(c.heard))
}

func allWell(t *testing.T, b *balancer) {
	t.Helper()
	for _, n := range b.backends {
		eventually(t, n.address+" is well", 30*time.Second, n.well.Load)
	}
}

// signedIn is a visitor who has proven an e-mail address.
func signedIn(t *testing.T, base, inbox, address string) *visitor {
	t.Helper()
	v := newVisitor(t, base, "id")
	code, err := v.register(address)
	if err != nil {
		t.Fatal(err)
	}
	if a := v.send(v.get(code), code, map[string]string{"code": codeFor(t, inbox, address, 0)}); a.path != "/password" {
		t.Fatalf("proving %s led to %d %s: %s", address, a.status, a.path, a.text("h1"))
	}
	return v
}

func expectNoFailure(t *testing.T, b *balancer) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, f := range b.failures {
		if i == 10 {
			t.Fatalf("and %d more", len(b.failures)-i)
		}
		t.Error(f)
	}
}

func expectOneMailEach(t *testing.T, inbox string, addresses []string) {
	t.Helper()
	if len(addresses) < 100 {
		t.Errorf("only %d registrations: no load to speak of", len(addresses))
	}
	for _, address := range addresses {
		eventually(t, "mail to "+address, 30*time.Second, func() bool { return len(mails(t, inbox, address)) > 0 })
		if n := len(mails(t, inbox, address)); n != 1 {
			t.Errorf("%s has %d mails", address, n)
		}
	}
}

func TestAStoppingNodeSaysSoServesOnAndEndsAtTheSecondSignal(t *testing.T) {
	t.Parallel()
	listen, data := freeAddress(t), t.TempDir()
	base := "http://" + listen
	n := newNode(t, "serve", append(worldFlags(startWorld(t).Addresses(), base, data, "sqlite:"+data+"/test.db"), "--listen", listen, "--drain-wait", "10m")...)
	if status, closed := probe(http.DefaultClient, base+"/readyz"); status != http.StatusOK || closed {
		t.Fatalf("before: %d, connection closed: %t", status, closed)
	}
	n.signal(t, syscall.SIGTERM)
	eventually(t, "/readyz says 503", 10*time.Second, func() bool {
		status, _ := probe(http.DefaultClient, base+"/readyz")
		return status == http.StatusServiceUnavailable
	})
	if _, err := registerQuietly(newVisitor(t, base, "id"), "late@example.com"); err != nil {
		t.Errorf("a stopping node did not serve: %v", err)
	}
	if status, closed := probe(http.DefaultClient, base+"/"); status != http.StatusOK || !closed {
		t.Errorf("a stopping node answered %d and kept the connection: %t", status, !closed)
	}
	n.signal(t, syscall.SIGTERM)
	if err := n.ended(t, 10*time.Second); err == nil {
		t.Error("the second signal was not what ended the node")
	}
}

func TestAStoppingWorkerFinishesWhatItHolds(t *testing.T) {
	t.Parallel()
	world, data, dsn := startWorld(t), t.TempDir(), sqldbtest.DSN(t, sqldb.Postgres)
	at, listen := world.Addresses(), freeAddress(t)
	if err := world.Mailbox.SetControl(mailbox.Control{SlowMS: 3000}); err != nil {
		t.Fatal(err)
	}
	flags := worldFlags(at, "http://"+listen, data, dsn)
	newNode(t, "serve", append(flags, "--no-work", "--listen", listen)...)
	worker := newNode(t, "work", flags...)
	const address = "slow+drain@example.com"
	if _, err := registerQuietly(newVisitor(t, "http://"+listen, "id"), address); err != nil {
		t.Fatal(err)
	}
	pool := openPool(t, dsn)
	eventually(t, "the mail is being sent", 30*time.Second, func() bool { return count(t, pool, `SELECT count(*) FROM message WHERE state = 'sending'`) == 1 })
	worker.signal(t, syscall.SIGTERM)
	if err := worker.ended(t, 30*time.Second); err != nil {
		t.Fatalf("the worker ended with %v: %s", err, worker.complaints())
	}
	if got := mails(t, at.Inbox, address); len(got) != 1 {
		t.Errorf("%d mails: %s", len(got), worker.complaints())
	}
	if n := count(t, pool, `SELECT count(*) FROM job WHERE kind LIKE 'notify.%' AND attempts > 0`); n != 0 {
		t.Errorf("the worker left its job behind: %s", worker.complaints())
	}
}
