package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/chromedp/chromedp"

	"gelombang/internal/page"
	"gelombang/waitroom"
)

// classes are the routes that anybody may ask for, by who goes on being served when
// there are too many. A new one is entered here before it goes out.
var classes = map[page.Class][]string{
	page.Always: {"GET /{$}", "GET /help", "GET /privacy", "GET /limits", "GET /draws", "GET /draws/{wave}", "GET /draws/{wave}/bundle",
		"GET /waiting", "POST /waiting", "GET /status", "GET /status.json", "GET /message"},
	page.Inside: {"GET /code/{id}", "POST /code/{id}", "GET /code/{id}/resend", "POST /code/{id}/resend", "GET /link/{link}", "POST /link/{link}",
		"GET /sign-in", "POST /sign-in", "GET /sign-in/code", "POST /sign-in/code", "POST /sign-out", "GET /console/sign-in", "POST /console/sign-in", "POST /message",
		"GET /sign-in/passkey", "POST /sign-in/passkey", "POST /sign-in/passkey/begin",
		"GET /sign-in/second", "POST /sign-in/second",
		"GET /recover", "POST /recover", "GET /recover/{id}", "POST /recover/{id}", "GET /undo", "POST /undo", "GET /undo/{link}", "POST /undo/{link}"},
	page.Newcomer: {"GET /register", "POST /register"},
}

func TestWhatEverybodyMayReadIsNeverShedAndNewcomersAreFirst(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	for _, r := range slices.Concat(d.house.portal.Routes(), d.house.console.Routes(), d.house.hooks.Routes()) {
		want, name := page.Inside, r.Method+" "+r.Pattern
		if r.Auth == page.Public {
			want = "no class"
			for class, routes := range classes {
				if slices.Contains(routes, name) {
					want = class
				}
			}
		}
		if r.Class != want {
			t.Errorf("%s is of class %q, want %q", name, r.Class, want)
		}
	}
}

var rawField = regexp.MustCompile(`FieldRule\{Name: "([a-z_]+)"[^}]*Raw: true`)

func TestASecretIsNeverCarriedOnByAPage(t *testing.T) {
	t.Parallel()
	var secrets []string
	walkSources(t, func(_ string, text []byte) {
		for _, m := range rawField.FindAllSubmatch(text, -1) {
			secrets = append(secrets, string(m[1]))
		}
	})
	if !slices.Contains(secrets, "password") {
		t.Fatalf("only %v", secrets)
	}
	for _, name := range append(secrets, "code", "totp") {
		if name == "kept" { // a form that waits for signing in: without its passwords already
			continue
		}
		req := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(url.Values{name: {"rahasia"}, "typed": {"x"}}.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		kept := page.KeptOf(httptest.NewRecorder(), req)
		if !kept.Secrets || slices.ContainsFunc(kept.Fields, func(f page.KeptField) bool { return f.Name == name }) {
			t.Errorf("%s is written into the page", name)
		}
	}
}

func TestTheHoursOfACrowdAreReadFromTheCommandLine(t *testing.T) {
	t.Parallel()
	var c struct {
		Serve struct{ webSettings } `cmd:""`
	}
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"serve", "--opening", "2026-08-03T09:00:00+07:00", "--opening", "2026-08-10T02:00:00Z", "--admit", "600"}); err != nil {
		t.Fatal(err)
	}
	if o := c.Serve.Openings; len(o) != 2 || !o[0].Equal(time.Date(2026, 8, 3, 2, 0, 0, 0, time.UTC)) {
		t.Errorf("the hours are %v", o)
	}
	if p := c.Serve.policy(); p.Start != 10 || p.Most != 10 || p.Rise != 0 || p.Check() != nil {
		t.Errorf("600 a minute became %+v", p)
	}
	if p := (crowdSettings{}).policy(); p != waitroom.DefaultPolicy {
		t.Errorf("without a number: %+v", p)
	}
	if (crowdSettings{Admit: -1}).policy().Check() == nil {
		t.Error("less than nobody is let in")
	}
}

func TestACrowdBeforeTheHourIsLetInInARealBrowser(t *testing.T) {
	t.Parallel()
	d := startCrowdedDemo(t, 25*time.Second, 600)
	early := newTab(t, "crowd-script", d.web.public, "id", true, phoneWidth)
	early.visit("/register")
	early.expectPath("/waiting")
	if early.text("[data-before] .big") == "" || early.eval(`document.querySelectorAll('[data-after]:not([hidden])').length+''`) != "0" {
		t.Errorf("before the hour the page says %s", early.text("main"))
	}
	for range 200 {
		d.house.room.Arrive()
	}
	eventually(t, "the hour", time.Minute, func() bool { return d.house.room.State().Drawn })
	for range 100 {
		d.house.room.Arrive()
	}
	late := newTab(t, "crowd-plain", d.web.public, "en", false, deskWidth)
	late.visit("/register")
	late.expectPath("/waiting")
	if !ranked.MatchString(late.text("[data-say=ahead]")) || late.text("[data-before]") != "" {
		t.Errorf("after the hour the page says %s", late.text("main"))
	}
	// Nobody touches the early one: it counts down, learns its place, and goes in when called.
	eventually(t, "the script goes in by itself", 2*time.Minute, func() bool { return early.at("/register") })
	early.look()
	early.fill(map[string]string{"address": "crowd@example.com", "consent": "on"})
	early.submit("/register")
	if early.text("live-part") == "" {
		t.Errorf("registering led to %s: %s", early.heading(), early.text("main"))
	}
	late.waitFor("/waiting", "main form:not([hidden]) .button", 2*time.Minute)
	late.submit("/waiting")
	late.expectPath("/register")
}

// at says whether a tab that moves by itself has come to a path.
func (b *tab) at(path string) bool {
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.readyState === 'complete' ? location.pathname : ''`))
	return err == nil && got == path
}

// startCrowdedDemo starts a demo for whose opening hour, soon, a crowd is expected.
func startCrowdedDemo(t *testing.T, opensIn time.Duration, admit int) *demo {
	t.Helper()
	c := demoCmd{Listen: "127.0.0.1:0", dataSettings: dataSettings{Data: migrated(t)},
		crowdSettings: crowdSettings{Openings: []time.Time{time.Now().Add(opensIn)}, Admit: admit}}
	d, err := c.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.close(); err != nil {
			t.Errorf("stop the demo: %v", err)
		}
	})
	eventually(t, "a crowd is expected", 10*time.Second, func() bool { return d.house.room.State().Engaged })
	return d
}
