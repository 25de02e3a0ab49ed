package wait_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	dom "golang.org/x/net/html"
)

// visitor is a browser, with cookies or without.
type visitor struct {
	*hall
	client *http.Client
	lang   string
}

func (h *hall) visitor(cookies bool) *visitor {
	v := &visitor{hall: h, client: &http.Client{}, lang: "id"}
	if cookies {
		jar, err := cookiejar.New(nil)
		h.must(err)
		v.client.Jar = jar
	}
	return v
}

// screen is a page as it arrived.
type screen struct {
	t      *testing.T
	status int
	at     *url.URL
	header http.Header
	root   *dom.Node
}

func (v *visitor) do(req *http.Request) screen {
	v.t.Helper()
	req.Header.Set("Accept-Language", v.lang)
	res, err := v.client.Do(req)
	v.must(err)
	defer func() { _ = res.Body.Close() }()
	root, err := dom.Parse(res.Body)
	v.must(err)
	return screen{t: v.t, status: res.StatusCode, at: res.Request.URL, header: res.Header, root: root}
}

func (v *visitor) get(path string) screen {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.url+path, nil)
	v.must(err)
	return v.do(req)
}

func (v *visitor) post(path string, values url.Values) screen {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.url+path, strings.NewReader(values.Encode()))
	v.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(req)
}

// press sends the only form of a page, with more typed into it.
func (v *visitor) press(on screen, pairs ...string) screen {
	v.t.Helper()
	form := on.one("form")
	values := url.Values{}
	for _, in := range cascadia.QueryAll(form, cascadia.MustCompile("input")) {
		values.Add(attr(in, "name"), attr(in, "value"))
	}
	for at := 0; at+1 < len(pairs); at += 2 {
		values.Set(pairs[at], pairs[at+1])
	}
	return v.post(attr(form, "action"), values)
}

func attr(n *dom.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (s screen) one(selector string) *dom.Node {
	s.t.Helper()
	found := cascadia.QueryAll(s.root, cascadia.MustCompile(selector))
	if len(found) != 1 {
		s.t.Fatalf("%s (%d): %d of %s in %s", s.at, s.status, len(found), selector, s.words("body"))
	}
	return found[0]
}

func (s screen) count(selector string) int {
	return len(cascadia.QueryAll(s.root, cascadia.MustCompile(selector)))
}

// words are the text of the first match, spaces evened out.
func (s screen) words(selector string) string {
	n := cascadia.Query(s.root, cascadia.MustCompile(selector))
	if n == nil {
		return ""
	}
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == dom.TextNode {
			b.WriteString(c.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// refresh reads when the page comes again out of <noscript>, which a parser that knows
// scripts keeps as text.
func (s screen) refresh() string {
	s.t.Helper()
	in := s.one("head noscript")
	if in.FirstChild == nil {
		return ""
	}
	root, err := dom.Parse(strings.NewReader(in.FirstChild.Data))
	if err != nil {
		s.t.Fatal(err)
	}
	return attr(screen{t: s.t, at: s.at, root: root}.one("meta[http-equiv=refresh]"), "content")
}

// expect checks status, path and heading.
func (s screen) expect(status int, path, h1 string) screen {
	s.t.Helper()
	if s.status != status || s.at.Path != path || s.words("h1") != h1 || s.count("h1") != 1 {
		s.t.Fatalf("at %s with %d %q, want %s with %d %q: %s", s.at, s.status, s.words("h1"), path, status, h1, s.words("main"))
	}
	return s
}

const (
	waiting = "Anda di ruang tunggu"
	called  = "Giliran Anda tiba"
	full    = "Sedang sangat ramai"
)
