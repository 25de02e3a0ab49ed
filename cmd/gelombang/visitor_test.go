package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/andybalholm/cascadia"
)

// visitor is a browser without JavaScript: cookies, forms, nothing else.
type visitor struct {
	t      testing.TB
	base   string
	client *http.Client
	lang   string
}

// answer is a page as a visitor got it.
type answer struct {
	status int
	header http.Header
	path   string // after redirects
	body   string
	doc    *html.Node
}

func newVisitor(t testing.TB, base, lang string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, base: base, lang: lang, client: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

func (v *visitor) do(req *http.Request) (answer, error) {
	req.Header.Set("Accept-Language", v.lang)
	resp, err := v.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	doc, err := html.Parse(strings.NewReader(string(body)))
	return answer{resp.StatusCode, resp.Header, resp.Request.URL.Path, string(body), doc}, err
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	return v.ask(http.MethodGet, path)
}

// ask sends a request without a body.
func (v *visitor) ask(method, path string) answer {
	v.t.Helper()
	req, err := http.NewRequest(method, v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	a, err := v.do(req)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (v *visitor) tryPost(path string, form url.Values) (answer, error) {
	req, err := http.NewRequest(http.MethodPost, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(req)
}

func (v *visitor) post(path string, form url.Values) answer {
	v.t.Helper()
	a, err := v.tryPost(path, form)
	if err != nil {
		v.t.Fatalf("POST %s: %v", path, err)
	}
	return a
}

// send fills the form of a page, the one whose action is given, and sends it.
func (v *visitor) send(a answer, action string, fill map[string]string) answer {
	v.t.Helper()
	return v.post(action, v.filled(a, action, fill))
}

// filled gives the values that a form would send: what the page holds, overlaid by fill.
func (v *visitor) filled(a answer, action string, fill map[string]string) url.Values {
	v.t.Helper()
	form := a.one(fmt.Sprintf(`form[method=post][action=%q]`, action))
	if form == nil {
		v.t.Fatalf("%s (%d) has no form to %s; h1: %s; actions: %v", a.path, a.status, action, a.text("h1"), a.actions())
	}
	out := url.Values{}
	for _, in := range cascadia.QueryAll(form, cascadia.MustCompile("input[name], select[name], textarea[name]")) {
		name, kind := attr(in, "name"), attr(in, "type")
		if kind == "radio" || kind == "checkbox" {
			if _, checked := lookup(in, "checked"); !checked {
				continue
			}
		}
		out.Set(name, value(in))
	}
	if address, typed := fill["address"]; typed && out.Has("read") {
		out.Set("read", address) // as the script does once it showed how that is understood
	}
	for name, v := range fill {
		out.Set(name, v)
	}
	return out
}

func value(in *html.Node) string {
	if in.Data != "select" {
		return attr(in, "value")
	}
	if o := cascadia.Query(in, cascadia.MustCompile("option[selected]")); o != nil {
		return attr(o, "value")
	}
	return ""
}

func attr(n *html.Node, name string) string { v, _ := lookup(n, name); return v }

func lookup(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func (a answer) one(selector string) *html.Node {
	return cascadia.Query(a.doc, cascadia.MustCompile(selector))
}

func (a answer) all(selector string) []*html.Node {
	return cascadia.QueryAll(a.doc, cascadia.MustCompile(selector))
}

func (a answer) actions() (out []string) {
	for _, f := range a.all("form") {
		out = append(out, attr(f, "action"))
	}
	return out
}

// text is what the first match says, white space folded.
func (a answer) text(selector string) string {
	n := a.one(selector)
	if n == nil {
		return ""
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// register goes through the first form and gives the path of the code page.
func (v *visitor) register(address string) (string, error) {
	page := v.get("/register")
	got, err := v.tryPost("/register", v.filled(page, "/register", map[string]string{"address": address, "consent": "yes"}))
	if err != nil {
		return "", err
	}
	if got.status != http.StatusAccepted {
		return "", fmt.Errorf("registering answered %d: %s", got.status, got.text("h1"))
	}
	return got.header.Get("Content-Location"), nil
}

// letter is a mail as the simulated inbox shows it.
type letter struct {
	To        string `json:"to"`
	Subject   string `json:"subject"`
	MessageID string `json:"message_id"`
	Text      string `json:"text"`
	HTML      string `json:"html"`
}

var (
	sixDigits = regexp.MustCompile(`\b\d{6}\b`)
	linkPath  = regexp.MustCompile(`/link/[0-9A-Za-z_.-]+`)
)

func (m letter) code() string { return sixDigits.FindString(m.Text) }

func mails(t testing.TB, inbox, to string) []letter {
	t.Helper()
	var out []letter
	fetch(t, inbox+"/messages?to="+url.QueryEscape(to), &out)
	return out
}

type sms struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

func (s sms) code() string { return sixDigits.FindString(s.Text) }

func messagesTo(t testing.TB, gateway, number string) []sms {
	t.Helper()
	var out []sms
	fetch(t, gateway+"/messages?to="+url.QueryEscape(number), &out)
	return out
}

func fetch(t testing.TB, address string, into any) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
}

// eventually polls until ok, for what a worker does soon.
func eventually(t testing.TB, what string, within time.Duration, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(within)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// codeFor waits for the newest code sent to an e-mail address.
func codeFor(t testing.TB, inbox, to string, after int) string {
	t.Helper()
	var code string
	eventually(t, "mail to "+to, 30*time.Second, func() bool {
		got := mails(t, inbox, to)
		if len(got) <= after {
			return false
		}
		code = got[0].code()
		return code != ""
	})
	return code
}

func smsCodeFor(t testing.TB, gateway, number string) string {
	t.Helper()
	var code string
	eventually(t, "SMS to "+number, 30*time.Second, func() bool {
		for _, m := range slices.Backward(messagesTo(t, gateway, number)) {
			if c := m.code(); c != "" {
				code = c
			}
		}
		return code != ""
	})
	return code
}
