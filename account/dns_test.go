package account_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameserver is a server of the domain name system on this machine.
type nameserver struct {
	t     testing.TB
	conn  net.PacketConn
	mu    sync.Mutex
	zones map[string]zone
	asked map[string]int
}

// zone is what it says of a domain. One that it does not have does not exist.
type zone struct {
	mx     []string // "." is the null MX
	a      bool
	code   dnsmessage.RCode
	silent bool
}

func newNameserver(t testing.TB) *nameserver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &nameserver{t: t, conn: conn, zones: map[string]zone{}, asked: map[string]int{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.serve()
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return n
}

func (n *nameserver) serve() {
	buf := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(buf)
		if err != nil {
			return // closed
		}
		if answer := n.answer(buf[:size]); answer != nil {
			_, _ = n.conn.WriteTo(answer, from)
		}
	}
}

func (n *nameserver) answer(raw []byte) []byte {
	var question dnsmessage.Message
	if err := question.Unpack(raw); err != nil || len(question.Questions) != 1 {
		n.t.Errorf("a strange question: %v", err)
		return nil
	}
	q := question.Questions[0]
	name := strings.TrimSuffix(q.Name.String(), ".")
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked[name]++
	z, there := n.zones[name]
	if z.silent {
		return nil
	}
	out := dnsmessage.Message{Header: dnsmessage.Header{ID: question.ID, Response: true, RecursionDesired: true, RecursionAvailable: true, RCode: z.code},
		Questions: question.Questions}
	if !there {
		out.RCode = dnsmessage.RCodeNameError
	}
	out.Answers = z.records(q)
	packed, err := out.Pack()
	if err != nil {
		n.t.Error(err)
	}
	return packed
}

func (z zone) records(q dnsmessage.Question) (out []dnsmessage.Resource) {
	head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	switch {
	case z.code != dnsmessage.RCodeSuccess:
	case q.Type == dnsmessage.TypeMX:
		for _, host := range z.mx {
			out = append(out, dnsmessage.Resource{Header: head, Body: &dnsmessage.MXResource{MX: dnsmessage.MustNewName(host)}})
		}
	case q.Type == dnsmessage.TypeA && z.a:
		out = append(out, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}})
	}
	return out
}

func (n *nameserver) set(name string, z zone) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.zones[name] = z
}

func (n *nameserver) questions(name string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[name]
}

func (n *nameserver) all() (all int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, count := range n.asked {
		all += count
	}
	return all
}

// resolver asks this server alone, and does not wait for long.
func (n *nameserver) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "udp", n.conn.LocalAddr().String())
		return hasty{conn}, err
	}}
}

// hasty gives up on a silent server sooner than the machine's settings say.
type hasty struct{ net.Conn }

func (c hasty) SetDeadline(time.Time) error {
	return c.Conn.SetDeadline(time.Now().Add(200 * time.Millisecond))
}

// Read and write as packets: the resolver tells by this what it speaks.
func (c hasty) ReadFrom(b []byte) (int, net.Addr, error) {
	return c.Conn.(net.PacketConn).ReadFrom(b)
}

func (c hasty) WriteTo(b []byte, to net.Addr) (int, error) {
	return c.Conn.(net.PacketConn).WriteTo(b, to)
}
