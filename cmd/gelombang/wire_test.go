package main

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/identity"
)

const (
	// The first page with everything that it loads: what an old phone fetches before
	// anybody can read anything, within the first flight of a TCP connection.
	firstPageMost = 14 << 10
	// The whole way to joining, without the photo.
	wholeWayMost = 100 << 10
)

// meter counts what comes over the wire, headers included, compressed as browsers ask for it.
type meter struct{ bytes atomic.Int64 }

// RoundTrip fetches compressed and hands out plain.
func (m *meter) RoundTrip(req *http.Request) (*http.Response, error) {
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := plainTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	head, err := httputil.DumpResponse(resp, false)
	if err != nil {
		return nil, err
	}
	m.bytes.Add(int64(len(head)))
	body := io.Reader(metered{resp.Body, m})
	if resp.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			return nil, err
		}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{body, resp.Body}
	return resp, nil
}

var plainTransport = &http.Transport{DisableCompression: true}

type metered struct {
	io.Reader
	m *meter
}

func (r metered) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.m.bytes.Add(int64(n))
	return n, err
}

func TestTheFirstPageAndTheWholeWayStaySmall(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	v, m := newVisitor(t, d.web.public, "id"), &meter{}
	v.client.Transport = m
	home := v.get("/")
	for _, n := range home.all(`link[rel=stylesheet], link[rel=icon], script[src]`) {
		path := attr(n, "href") + attr(n, "src")
		if a := v.get(path); a.status != http.StatusOK || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s answered %d, cached as %q", path, a.status, a.header.Get("Cache-Control"))
		}
	}
	t.Logf("the first page takes %d bytes", m.bytes.Load())
	if m.bytes.Load() > firstPageMost {
		t.Errorf("the first page takes %d bytes", m.bytes.Load())
	}
	prove(t, d, v, "small@example.com", "628125557777")
	v.identify(form("3174014508920031"))
	id := accountOf(t, d, "small@example.com")
	eventually(t, "matched", 30*time.Second, func() bool { return record(t, d, id).State == identity.Matched })
	v.get("/me")
	v.send(v.get("/statements"), "/statements", map[string]string{"citizen": "yes", "in_formal_education": "no", "excluded_office": "no"})
	if a := v.send(v.get("/join"), "/join", map[string]string{"true": "yes", "agree": "yes"}); !strings.HasPrefix(a.path, "/receipt/") {
		t.Fatalf("joining led to %s", a.path)
	}
	t.Logf("the whole way takes %d bytes", m.bytes.Load())
	if m.bytes.Load() > wholeWayMost {
		t.Errorf("the whole way takes %d bytes", m.bytes.Load())
	}
}
