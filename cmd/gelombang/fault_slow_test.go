package main

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

const (
	// hoard is how many connections a hostile client opens.
	hoard = 5000
	// filesKept are the open files that everything else in this process may need.
	filesKept = 2000
	// serverMost bounds the server's memory while somebody holds all these connections.
	serverMost = 512 << 20
)

// way is how a client holds a connection for itself.
type way struct {
	says  string
	drips bool // and then goes on, byte by byte
	deaf  bool // reads nothing
}

var (
	mute     = way{}
	mumbler  = way{says: "GET /register HTTP/1.1\r\nHost: slow\r\nX-Slow: ", drips: true}
	dawdler  = way{says: "POST /register HTTP/1.1\r\nHost: slow\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\naddress=", drips: true}
	deafened = way{says: strings.Repeat("GET /privacy HTTP/1.1\r\nHost: slow\r\n\r\n", 50), deaf: true}
	// ways are taken in turn. The deaf are few: what they ask for is made before it is
	// not read, and thousands of pages at once are a flood, not a slow client.
	ways = slices.Concat(slices.Repeat([]way{mute, mumbler, dawdler}, 10), []way{deafened})
)

func TestClientsThatAreSlowOrNeverReadOrOpenThousandsOfConnectionsDoNotStopTheOthers(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.Postgres} { // one after the other: open files are few
		t.Run(string(engine), func(t *testing.T) { besiege(t, engine) })
	}
}

func besiege(t *testing.T, engine sqldb.Engine) {
	at, letters := outside(t)
	p := startServe(t, freeAddress(t), at, t.TempDir(), sqldbtest.DSN(t, engine))
	held := hold(t, strings.TrimPrefix(p.base, "http://"))
	t.Logf("%d connections are held", len(held))
	c := gather(t, "beside", p.base)
	t.Logf("300 people registered beside them in %.1f s", c.more(t, 300, 30*time.Second).Seconds())
	c.leave()
	c.expectGoodAnswers(t)
	if _, away, _ := c.count(); away > 0 {
		t.Errorf("%d people were turned away", away)
	}
	expectGivenBack(t, held[0])
	if used := memory(t, p); used > serverMost {
		t.Errorf("the server holds %d MB", used>>20)
	} else {
		t.Logf("the server holds %d MB", used>>20)
	}
	c.expectLetters(t, letters, 0)
}

// hold opens the connections, as many as this process may, and keeps the slow ones going.
func hold(t *testing.T, address string) []net.Conn {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	held := make([]net.Conn, max(len(ways), min(hoard, int(limit.Cur)-filesKept)))
	for i := range held {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		held[i] = conn
		w := ways[i%len(ways)]
		if w.deaf {
			_ = conn.(*net.TCPConn).SetReadBuffer(4096)
		}
		_, _ = conn.Write([]byte(w.says))
	}
	go drip(t, held)
	return held
}

// drip sends a byte now and then where a byte is expected.
func drip(t *testing.T, held []net.Conn) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-t.Context().Done():
			return
		case <-tick.C:
		}
		for i, conn := range held {
			if ways[i%len(ways)].drips {
				_, _ = conn.Write([]byte("x"))
			}
		}
	}
}

// expectGivenBack waits for the server to close a connection on which nothing was said.
func expectGivenBack(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(headerWithin + 5*time.Second))
	if _, err := conn.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("a connection on which nothing was said is still open: %v", err)
	}
}

// memory is what the kernel says that a server holds.
func memory(t *testing.T, p *process) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
