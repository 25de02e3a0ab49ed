package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// scanner is a program that reads somebody's mail: it opens every address in it in every
// way, follows what it finds there, and presses every button.
type scanner struct {
	*visitor
	t *testing.T
}

var undoPath = regexp.MustCompile(`/undo/[0-9A-Za-z_.-]+`)

// scan does all that to a link. owners is what the owner's own page would send.
func (s scanner) scan(link string, owners url.Values) {
	s.t.Helper()
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodGet} {
		req, err := http.NewRequest(method, s.base+link, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		if a, err := s.do(req); err != nil || a.status >= http.StatusInternalServerError {
			s.t.Fatalf("%s of the link answered %d, %v", method, a.status, err)
		}
	}
	s.pressAll(s.get(link))
	for name, v := range map[string]*visitor{"no cookie": s.without(""), "a cookie that we never gave": s.without("browser=" + strings.Repeat("A", 43))} {
		if a := v.post(link, owners); a.status >= http.StatusInternalServerError || v.get("/me").path != "/sign-in" {
			s.t.Errorf("the owner's form with %s answered %d at %s", name, a.status, a.path)
		}
	}
	if a := s.get("/me"); a.path != "/sign-in" {
		s.t.Errorf("the scanner is signed in, at %s", a.path)
	}
}

// pressAll sends every form of a page as it stands, and follows its links to codes.
func (s scanner) pressAll(a answer) {
	s.t.Helper()
	for _, to := range a.actions() {
		if to == "" {
			continue
		}
		if got := s.send(a, to, nil); got.status >= http.StatusInternalServerError {
			s.t.Errorf("%s answered %d", to, got.status)
		}
	}
	for _, n := range a.all(`a[href^="/code/"], a[href^="/link/"], a[href^="/undo/"]`) {
		s.get(attr(n, "href"))
	}
}

// without is a program that keeps no cookies and sends this one.
func (s scanner) without(cookie string) *visitor {
	v := newVisitor(s.t, s.base, "id")
	v.client.Jar = nil
	if cookie != "" {
		v.client.Transport = withCookie(cookie)
	}
	return v
}

type withCookie string

func (c withCookie) RoundTrip(req *http.Request) (*http.Response, error) {
	req.Header.Set("Cookie", string(c))
	return http.DefaultTransport.RoundTrip(req)
}

// newest waits for one more mail to an address, and gives it.
func newest(t *testing.T, d *demo, to string, before int) letter {
	t.Helper()
	inbox := d.world.Addresses().Inbox
	eventually(t, "a mail to "+to, 30*time.Second, func() bool { return len(mails(t, inbox, to)) > before })
	return mails(t, inbox, to)[0]
}

// errand is something for which a mail with a link is asked for.
type errand struct {
	name  string
	path  string // of the form
	fill  map[string]string
	lands string // where the owner comes to in the end
}

var errands = []errand{
	{"register", "/register", map[string]string{"consent": "yes"}, "/password"},
	{"sign-in", "/sign-in/code", nil, "/me"},
	{"forgotten", "/recover", map[string]string{"what": "forgotten"}, "/password"},
	{"lost", "/recover", map[string]string{"what": "lost"}, "/password"}, // whoever has one address has lost none
	{"undo", "/undo", nil, "/undo/done"},
}

func TestAMailScannerUsesUpNoLinkAndNoCode(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	for _, e := range errands {
		for _, by := range []string{"button", "digits"} {
			t.Run(e.name+" by "+by, func(t *testing.T) {
				t.Parallel()
				address := fmt.Sprintf("scan-%s-%s@example.com", e.name, by)
				before := e.prepare(t, d, address)
				owner := newVisitor(t, d.web.public, "id")
				typed := map[string]string{"address": address}
				maps.Copy(typed, e.fill)
				owner.send(owner.get(e.path), e.path, typed)
				m := newest(t, d, address, before)
				link := linkPath.FindString(m.Text)
				if link == "" {
					t.Fatalf("no link in %q", m.Text)
				}
				scanner{newVisitor(t, d.web.public, "id"), t}.scan(link, owner.filled(owner.get(link), link, nil))
				if got := opens(owner, link, by, m.code()); got.status != http.StatusOK || got.path != e.lands {
					t.Errorf("after the scan the owner is at %s (%d): %s", got.path, got.status, got.text("main"))
				}
			})
		}
	}
}

// prepare makes the account that an errand is about, and says how many mails that took.
func (e errand) prepare(t *testing.T, d *demo, address string) (sent int) {
	t.Helper()
	switch e.name {
	case "register":
		return 0
	case "undo":
		changed(t, d, address)
		return 2
	}
	proves(t, d, newVisitor(t, d.web.public, "id"), address)
	return 1
}

// changed makes an account whose address was replaced, and gives the warning that the
// former one got.
func changed(t *testing.T, d *demo, address string) (owner *visitor, warning letter) {
	t.Helper()
	owner = newVisitor(t, d.web.public, "id")
	proves(t, d, owner, address)
	asked := owner.send(owner.get("/email"), "/email", map[string]string{"address": "new-" + address})
	owner.send(asked, asked.path, map[string]string{"code": newest(t, d, "new-"+address, 0).code()})
	return owner, newest(t, d, address, 1)
}

func TestAMailScannerTakesNoChangeBack(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	const address = "scan-warned@example.com"
	owner, warning := changed(t, d, address)
	link := undoPath.FindString(warning.Text)
	if link == "" {
		t.Fatalf("no link in %q", warning.Text)
	}
	reader := newVisitor(t, d.web.public, "id")
	scanner{newVisitor(t, d.web.public, "id"), t}.scan(link, reader.filled(reader.get(link), link, nil))
	if now := owner.get("/email").text("main"); !strings.Contains(now, "new-"+address) {
		t.Errorf("the scanner took the change back: %s", now)
	}
	// The code that the scanner asked for is the former address's to type, in any browser.
	m := newest(t, d, address, 2)
	if got := opens(reader, linkPath.FindString(m.Text), "digits", m.code()); got.path != "/undo/done" {
		t.Errorf("whoever reads the mail is at %s (%d): %s", got.path, got.status, got.text("main"))
	}
}

// proves makes an account of an address, in a browser of its own.
func proves(t *testing.T, d *demo, v *visitor, address string) {
	t.Helper()
	path, err := v.register(address)
	if err != nil {
		t.Fatal(err)
	}
	if a := v.send(v.get(path), path, map[string]string{"code": newest(t, d, address, 0).code()}); a.path != "/password" {
		t.Fatalf("proving %s led to %s: %s", address, a.path, a.text("main"))
	}
}

var codeAction = regexp.MustCompile(`^/code/\d+$`)

// opens does what the owner came for: the button in the browser that asked, or the digits
// in another one.
func opens(owner *visitor, link, by, code string) answer {
	owner.t.Helper()
	if by == "button" {
		return owner.send(owner.get(link), link, nil)
	}
	v := newVisitor(owner.t, owner.base, "id")
	a := v.get(link)
	for _, to := range a.actions() {
		if codeAction.MatchString(to) {
			return v.send(a, to, map[string]string{"code": code})
		}
	}
	return a
}
