package browser_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gelombang/rehearsal/browser"
)

// site starts a server and gives one connection to it.
func site(t *testing.T, handle http.HandlerFunc) *browser.Conn {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	s, err := browser.NewSite(server.URL, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Conn()
	t.Cleanup(c.Close)
	return c
}

func TestPagesAreReadHoweverTheyAreSent(t *testing.T) {
	t.Parallel()
	page := strings.Repeat("a page of some length, ", 3000)
	c := site(t, func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/chunks":
			for part := range slices.Chunk([]byte(page), 7777) {
				_, _ = w.Write(part)
				_ = http.NewResponseController(w).Flush()
			}
		case "/packed":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, page)
			_ = z.Close()
		case "/last":
			w.Header().Set("Connection", "close")
			_, _ = io.WriteString(w, page)
		case "/early":
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = io.WriteString(w, page)
		default:
			w.Header().Set("Content-Length", fmt.Sprint(len(page)))
			_, _ = io.WriteString(w, page)
		}
	})
	for _, path := range []string{"/", "/chunks", "/packed", "/last", "/early", "/packed", "/"} {
		a, err := c.Get(t.Context(), path, nil)
		if err != nil || a.Status != 200 || string(a.Page()) != page {
			t.Errorf("%s: %d, %d bytes, %v", path, a.Status, len(a.Page()), err)
		}
	}
}

func TestAnAnswerTellsWhereToGoAndWhenToComeBack(t *testing.T) {
	t.Parallel()
	c := site(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.Header().Set("Content-Location", "/code/1")
		http.Redirect(w, req, "/elsewhere", http.StatusSeeOther)
	})
	a, err := c.Post(t.Context(), "/", nil, nil)
	if err != nil || a.Status != 303 || a.RetryAfter != 7*time.Second || string(a.Location) != "/elsewhere" || string(a.Place) != "/code/1" {
		t.Errorf("%+v %v", a, err)
	}
}

func TestCookiesOfTheSiteAreKeptAndTakenAway(t *testing.T) {
	t.Parallel()
	c := site(t, func(w http.ResponseWriter, req *http.Request) {
		set := func(name, value string) {
			http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 60, HttpOnly: true})
		}
		switch req.URL.Path {
		case "/a":
			set("session", "one")
			set("stranger", "x")
		case "/b":
			set("ticket", "two")
			set("session", "three")
		case "/c":
			set("session", "")
		case "/d":
			set("__Host-session", "four") // as a site of https calls it
		}
		for _, kept := range req.Cookies() {
			_, _ = fmt.Fprintf(w, "%s=%s;", kept.Name, kept.Value)
		}
	})
	var jar browser.Cookies
	for _, step := range []struct{ path, sent string }{{"/a", ""}, {"/b", "session=one;"}, {"/c", "ticket=two;session=three;"}, {"/d", "ticket=two;"}, {"/e", "ticket=two;__Host-session=four;"}} {
		a, err := c.Get(t.Context(), step.path, &jar)
		if err != nil || string(a.Page()) != step.sent {
			t.Errorf("%s was sent %q, want %q (%v)", step.path, a.Page(), step.sent, err)
		}
	}
}

func TestAFormArrivesAsItWasTyped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		name, value := rapid.StringMatching(`[a-z_]{1,10}`).Draw(r, "name"), rapid.String().Draw(r, "value")
		got, err := url.ParseQuery(string(browser.Form("form_token", "t", name, value)))
		if err != nil || got.Get(name) != value && name != "form_token" {
			r.Errorf("%q became %q (%v)", value, got.Get(name), err)
		}
	})
}

func TestValuesAreFoundOnAPage(t *testing.T) {
	t.Parallel()
	page := []byte(`<form><input type="hidden" name="form_token" value="abc"><select name="work"><option value="">Choose<option value="baker">Baker</select>
		<input id="a" type="radio" name="citizen" value="yes"><input type="radio" name="citizen" value="no"><input type="radio" name="school" value="yes"></form>`)
	if got := browser.Token(page); got != "abc" {
		t.Errorf("token %q", got)
	}
	if got := browser.FirstOption(page, "work"); got != "baker" {
		t.Errorf("option %q", got)
	}
	if got := browser.Questions(page); !slices.Equal(got, []string{"citizen", "school"}) {
		t.Errorf("questions %q", got)
	}
	if browser.FieldValue(page, "none")+browser.FirstOption(page, "none")+browser.Attribute(page, "none") != "" {
		t.Error("found what is not there")
	}
}
