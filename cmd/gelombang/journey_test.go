package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"gelombang/draw/transcript"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/wave"
)

// startDemo starts the real demo on free ports, with a folder of its own.
func startDemo(t *testing.T, programme string) *demo {
	t.Helper()
	c := demoCmd{Listen: "127.0.0.1:0", dataSettings: dataSettings{Data: migrated(t)}, programmeSettings: programmeSettings{Programme: programme}}
	d, err := c.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.close(); err != nil {
			t.Errorf("stop the demo: %v", err)
		}
	})
	return d
}

// migrated is a folder for state whose database has its tables. To run all migrations
// costs more than most tests do; the demo that goes on after a restart runs them.
func migrated(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	sqldbtest.Fill(t, filepath.Join(folder, "gelombang.db"))
	return folder
}

// applicant is one person of the journey.
type applicant struct {
	name   string
	lang   string
	script bool
	email  string
	phone  string // as typed
	number string // as sent
	nik    string
	kk     string
}

var applicants = []applicant{
	{name: "id-script", lang: "id", script: true, email: "rani@example.com", phone: "0812 3456 7890", number: "6281234567890", nik: "3174014508920000", kk: "3174011203200000"},
	{name: "id-plain", lang: "id", script: false, email: "sinta@example.com", phone: "+62 813-1111-2222", number: "6281311112222", nik: "3273014508920011", kk: "3273011203200011"},
	{name: "en-script", lang: "en", script: true, email: "dewi@example.com", phone: "62 (857) 2222 3333", number: "6285722223333", nik: "3578014508920012", kk: "3578011203200012"},
	{name: "en-plain", lang: "en", script: false, email: "maya@example.com", phone: "8213334444", number: "628213334444", nik: "5171014508920013", kk: "5171011203200013"},
}

const journeyPassword = "ombak tenang 17"

// TestTheJourney walks the whole way in a real browser, in both languages, with and
// without JavaScript, then draws the wave in the console and recomputes it.
func TestTheJourney(t *testing.T) {
	d := startDemo(t, "")
	t.Run("applicants", func(t *testing.T) {
		for _, a := range applicants {
			t.Run(a.name, func(t *testing.T) {
				t.Parallel()
				b := newTab(t, a.name, d.web.public, a.lang, a.script, phoneWidth)
				a.enrol(t, b, d)
			})
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	if !t.Run("staff", func(t *testing.T) { drawTheWave(t, d) }) {
		t.FailNow()
	}
	t.Run("results", func(t *testing.T) {
		for _, a := range applicants {
			t.Run(a.name, func(t *testing.T) {
				t.Parallel()
				b := newTab(t, a.name, d.web.public, a.lang, a.script, phoneWidth)
				a.seeResult(t, b, d)
			})
		}
	})
	t.Run("other widths and colours", func(t *testing.T) { lookAround(t, d) })
	t.Run("verify", func(t *testing.T) { recompute(t, d) })
}

func (a applicant) enrol(t *testing.T, b *tab, d *demo) {
	at := d.world.Addresses()
	b.visit("/")
	b.press(`.hero a[href="/register"]`)
	b.fill(map[string]string{"address": a.email, "consent": "on"})
	b.submitAddress("/register")
	b.fill(map[string]string{"code": codeFor(t, at.Inbox, a.email, 0)})
	b.press(`main form[action^="/code/"] .button`)
	b.expectPath("/password")
	b.fill(map[string]string{"password": journeyPassword})
	b.submit("/password")

	a.signOutAndIn(t, b, d)

	b.visit("/phone")
	b.fill(map[string]string{"address": a.phone})
	b.submitAddress("/phone")
	b.fill(map[string]string{"code": smsCodeFor(t, at.SMS, a.number)})
	b.press(`main form[action^="/code/"] .button`)
	a.identify(t, b)
	a.declareAndJoin(b)
}

func (a applicant) signOutAndIn(t *testing.T, b *tab, d *demo) {
	b.visit("/me")
	b.press(`form[action="/sign-out"] button`)
	b.visit("/sign-in")
	b.fill(map[string]string{"address": strings.ToUpper(a.email), "password": journeyPassword})
	b.submit("/sign-in")
	b.visit("/me")
	b.expectPath("/me")
	b.press(`form[action="/sign-out"] button`)
	sent := len(mails(t, d.world.Addresses().Inbox, a.email))
	b.visit("/sign-in/code")
	b.fill(map[string]string{"address": a.email})
	b.submit("/sign-in/code")
	b.fill(map[string]string{"code": codeFor(t, d.world.Addresses().Inbox, a.email, sent)})
	b.press(`main form[action^="/code/"] .button`)
	b.visit("/me")
	b.expectPath("/me")
}

// identify first sends a birth date that the NIK contradicts, is shown the digit,
// and mends it.
func (a applicant) identify(t *testing.T, b *tab) {
	b.visit("/identity")
	b.fill(map[string]string{"name": "Rani Contoh", "nik": a.nik, "kk": a.kk, "birth_place": "Jakarta", "birth_day": "5", "birth_month": "6",
		"birth_year": "1992", "sex": "female", "regency": a.nik[:4], "education": "upper_secondary", "employment": "job_seeker"})
	if a.script { // the digit is pointed at before anything is sent
		b.set("nik", a.nik)
		eventually(t, "the NIK is checked as it is typed", 20*time.Second, func() bool { return b.text("live-check mark") == "8" })
		b.look()
	}
	b.submit("/identity")
	if got := b.text(".summary"); got == "" || !strings.Contains(b.text(".doubt"), "10") {
		t.Errorf("%s: the wrong month is not pointed at: %q", a.name, got)
	}
	b.fill(map[string]string{"birth_month": "8"})
	b.submit("/identity")
	if got := strings.ReplaceAll(b.text(".digits"), " ", ""); !strings.Contains(got, a.nik[:6]) {
		t.Errorf("%s: the NIK is not read back: %q", a.name, got)
	}
	b.submit("/identity/review")
	b.waitFor("/identity/status", ".badge.good, .state", 30*time.Second)
	b.waitFor("/me", `.steps li.done a[href="/identity/status"]`, 60*time.Second)
}

func (a applicant) declareAndJoin(b *tab) {
	b.visit("/statements")
	b.fill(map[string]string{"citizen": "yes", "in_formal_education": "no", "excluded_office": "no"})
	b.submit("/statements")
	b.expectPath("/join")
	b.fill(map[string]string{"true": "on", "agree": "on"})
	b.submit("/join")
	b.expectPath("/receipt/")
	for _, path := range []string{"/me", "/messages", "/limits", "/help", "/privacy", "/draws"} {
		b.visit(path)
	}
}

// officer signs in to the console with password and second factor.
func officer(t *testing.T, d *demo, who int) *tab {
	t.Helper()
	return officerAt(t, d, who, deskWidth)
}

func officerAt(t *testing.T, d *demo, who int, width int64) *tab {
	t.Helper()
	s := d.state.Staff[who]
	b := newTab(t, fmt.Sprintf("console-%s-%d", s.Name, width), d.web.public, "id", who == 0 || width == phoneWidth, width)
	b.visit("/console/sign-in")
	code := freshCode(t, s.TOTP)
	b.fill(map[string]string{"email": s.Email, "password": s.Password, "code": code})
	b.submit("/console/sign-in")
	return b
}

var usedCodes sync.Map // a code of the second factor works once

func freshCode(t *testing.T, secret string) (code string) {
	t.Helper()
	eventually(t, "a new code of the authenticator", time.Minute, func() bool {
		var err error
		if code, err = totp.GenerateCode(secret, time.Now()); err != nil {
			t.Fatal(err)
		}
		_, used := usedCodes.LoadOrStore(secret+code, true)
		return !used
	})
	return code
}

// drawTheWave closes the wave in the console, waits for the round, draws, approves
// as two people and releases, and opens every other page of the console on the way.
func drawTheWave(t *testing.T, d *demo) {
	sari, budi := officer(t, d, 0), officer(t, d, 1)
	sari.expectPath("/console")
	for _, path := range []string{"/console", "/console/waves", "/console/jobs", "/console/messages", "/console/people", "/console/checks", "/console/review", "/console/routes"} {
		sari.visit(path)
	}
	sari.seeHowToDoWithoutTheCheck()
	sari.lookAPersonUp(applicants[0])
	at := fmt.Sprintf("/console/waves/%d", firstWave(t, d).ID)
	sari.visit(at)
	do := func(b *tab, verb string, within time.Duration) {
		t.Helper()
		b.waitFor(at, fmt.Sprintf(`main a[href="%s/%s"]`, at, verb), within)
		b.press(fmt.Sprintf(`main a[href="%s/%s"]`, at, verb))
		b.submit(at + "/" + verb)
		b.expectPath(at)
	}
	do(sari, "close", 10*time.Second)
	do(sari, "run", 2*time.Minute) // the list is frozen, then the round comes out
	do(sari, "approve", 30*time.Second)
	do(budi, "approve", 10*time.Second)
	do(sari, "release", 10*time.Second)
	sari.visit(at)
	eventually(t, "released", 10*time.Second, func() bool { return firstWave(t, d).State == wave.Released })
}

// seeHowToDoWithoutTheCheck opens the page that asks again, and leaves it at that.
func (b *tab) seeHowToDoWithoutTheCheck() {
	b.t.Helper()
	b.visit("/console/checks")
	b.fill(map[string]string{"mode": "off", "reason": "latihan"})
	b.submit("/console/checks/mode")
	b.expectPath("/console/checks/mode")
	if b.eval(`String(!!document.querySelector('input[name="sure"]'))`) != "true" {
		b.t.Errorf("%s: it is not asked twice: %s", b.name, b.text("main"))
	}
}

func (b *tab) lookAPersonUp(a applicant) {
	b.t.Helper()
	b.visit("/console/people")
	b.fill(map[string]string{"query": a.email, "reason": "panggilan 17"})
	b.submit("/console/people")
	b.expectPath("/console/people/")
}

func firstWave(t *testing.T, d *demo) (w wave.Wave) {
	t.Helper()
	err := d.house.db.Read(t.Context(), func(rx *sqldb.Rx) error {
		ws, err := d.house.wave.List(rx)
		if err == nil {
			w = ws[0]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (a applicant) seeResult(t *testing.T, b *tab, d *demo) {
	at := d.world.Addresses()
	b.signIn(a)
	b.visit("/me")
	b.press(`a[href^="/result/"]`)
	if big := b.text(".panel.deep .big"); !ranked.MatchString(big) {
		t.Errorf("%s: no rank: %q", a.name, big)
	}
	eventually(t, "the announcement to "+a.email, 30*time.Second, func() bool {
		for _, m := range mails(t, at.Inbox, a.email) {
			if strings.Contains(m.Text, "/result/") {
				return true
			}
		}
		return false
	})
}

// lookAround opens the citizen's pages on a desk and in the dark, and the staff's on a phone.
func lookAround(t *testing.T, d *demo) {
	wave := firstWave(t, d)
	public := []string{"/", "/register", "/sign-in", "/sign-in/code", "/help", "/privacy", "/limits", "/draws", fmt.Sprintf("/draws/%d", wave.ID), "/nothing-here"}
	person := []string{"/me", "/messages", "/identity/status", "/statements", "/password", "/email",
		fmt.Sprintf("/receipt/%d", wave.ID), fmt.Sprintf("/result/%d", wave.ID)}
	for name, as := range map[string]struct {
		width int64
		dark  bool
		lang  string
	}{"wide": {deskWidth, false, "id"}, "wide-dark": {deskWidth, true, "en"}, "dark": {phoneWidth, true, "id"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newTab(t, name, d.web.public, as.lang, true, as.width)
			if as.dark {
				b.dark()
			}
			for _, path := range public {
				b.visit(path)
			}
			b.signIn(applicants[0])
			for _, path := range person {
				b.visit(path)
			}
		})
	}
	t.Run("console on a phone", func(t *testing.T) {
		t.Parallel()
		b := officerAt(t, d, 1, phoneWidth)
		for _, path := range []string{"/console", "/console/waves", fmt.Sprintf("/console/waves/%d", wave.ID), "/console/messages", "/console/jobs", "/console/people", "/console/checks", "/console/review"} {
			b.visit(path)
		}
	})
}

func (b *tab) signIn(a applicant) {
	b.t.Helper()
	b.visit("/sign-in")
	b.fill(map[string]string{"address": a.email, "password": journeyPassword})
	b.submit("/sign-in")
}

// recompute downloads the bundle as a stranger and verifies it.
func recompute(t *testing.T, d *demo) {
	v := newVisitor(t, d.web.public, "en")
	draws := v.get("/draws")
	link := draws.one(`a[href^="/draws/"]`)
	if link == nil {
		t.Fatal("no draw is published")
	}
	page := v.get(attr(link, "href"))
	bundle := v.get(attr(link, "href") + "/bundle")
	if bundle.status != http.StatusOK {
		t.Fatalf("the bundle answered %d", bundle.status)
	}
	file := filepath.Join(t.TempDir(), "wave.draw")
	if err := os.WriteFile(file, []byte(bundle.body), 0o600); err != nil {
		t.Fatal(err)
	}
	root := page.text(".hash")
	report, err := transcript.Verify(bytes.NewReader([]byte(bundle.body)), transcript.Options{})
	if err != nil || !report.OK() || report.Listed != len(applicants) {
		t.Fatalf("%+v %v", report, err)
	}
	if !strings.Contains(strings.ReplaceAll(root, " ", ""), report.Root.String()) {
		t.Errorf("the page shows %q, the bundle has %s", root, report.Root)
	}
	if err := (drawVerifyCmd{Bundle: file, Root: report.Root.String()}).Run(); err != nil {
		t.Error(err)
	}
	spoilt := strings.Replace(bundle.body, "selected", "sElected", 1)
	if err := os.WriteFile(file, []byte(spoilt), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (drawVerifyCmd{Bundle: file}).Run(); err == nil {
		t.Error("a bundle with a byte changed passes")
	}
}
