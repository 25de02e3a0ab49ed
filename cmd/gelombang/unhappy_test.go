package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/account"
	"gelombang/identity"
)

func mustAddress(email string) account.Address {
	a, _ := account.ParseAddress(email)
	return a
}

// TestBadInputGetsAClearErrorAndLosesNothing sends what browsers don't.
func TestBadInputGetsAClearErrorAndLosesNothing(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	for name, send := range map[string]func(v *visitor) answer{
		"an unknown field": func(v *visitor) answer {
			return v.send(v.get("/register"), "/register", map[string]string{"address": "a@example.com", "consent": "yes", "admin": "1"})
		},
		"an over-long value": func(v *visitor) answer {
			return v.send(v.get("/register"), "/register", map[string]string{"address": strings.Repeat("a", 5000) + "@example.com", "consent": "yes"})
		},
		"a wrong type": func(v *visitor) answer { return v.post("/code/abc", url.Values{"code": {"1"}}) },
		"no token": func(v *visitor) answer {
			return v.post("/register", url.Values{"address": {"a@example.com"}, "consent": {"yes"}})
		},
		"a forged token": func(v *visitor) answer {
			return v.send(v.get("/register"), "/register", map[string]string{"address": "a@example.com", "consent": "yes", "form_token": "forged"})
		},
		"a value twice": func(v *visitor) answer {
			f := v.filled(v.get("/register"), "/register", map[string]string{"address": "a@example.com", "consent": "yes"})
			f.Add("address", "b@example.com")
			return v.post("/register", f)
		},
		"no consent": func(v *visitor) answer {
			return v.send(v.get("/register"), "/register", map[string]string{"address": "kept@example.com"})
		},
		"no address": func(v *visitor) answer {
			return v.send(v.get("/register"), "/register", map[string]string{"address": "not an address", "consent": "yes"})
		},
		"10 MB": func(v *visitor) answer {
			return v.post("/register", url.Values{"address": {strings.Repeat("x", 10<<20)}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := send(newVisitor(t, d.web.public, "id"))
			if a.status < 400 || a.status >= 500 {
				t.Errorf("answered %d: %s", a.status, a.text("h1"))
			}
			if a.text("h1") == "" || strings.Contains(a.text("body"), "⟦") {
				t.Errorf("says nothing: %q", a.text("body"))
			}
		})
	}
}

func TestAReplayedRegistrationIsTheSameRegistration(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	v := newVisitor(t, d.web.public, "id")
	form := v.filled(v.get("/register"), "/register", map[string]string{"address": "twice@example.com", "consent": "yes"})
	first, again := v.post("/register", form), v.post("/register", form)
	if first.status != http.StatusAccepted || again.status != http.StatusAccepted || first.header.Get("Content-Location") != again.header.Get("Content-Location") {
		t.Errorf("%d %s, then %d %s", first.status, first.header.Get("Content-Location"), again.status, again.header.Get("Content-Location"))
	}
	codeFor(t, d.world.Addresses().Inbox, "twice@example.com", 0)
	if n := len(mails(t, d.world.Addresses().Inbox, "twice@example.com")); n != 1 {
		t.Errorf("%d mails", n)
	}
}

func TestALinkInAnotherBrowserConsumesNothingAndAsksForTheCode(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	owner, other := newVisitor(t, d.web.public, "id"), newVisitor(t, d.web.public, "id")
	if _, err := owner.register("link@example.com"); err != nil {
		t.Fatal(err)
	}
	codeFor(t, d.world.Addresses().Inbox, "link@example.com", 0)
	m := mails(t, d.world.Addresses().Inbox, "link@example.com")[0]
	link := linkPath.FindString(m.Text)
	if link == "" {
		t.Fatalf("no link in %q", m.Text)
	}
	for range 3 { // a scanner opens it, again and again
		if a := other.get(link); a.status != http.StatusOK || a.one(`form[action^="/link/"]`) != nil {
			t.Fatalf("another browser got %d and a button: %v", a.status, a.actions())
		}
	}
	// Pressing the button without the browser that asked leads to the six digits.
	own := owner.get(link)
	if a := other.post(link, other.filled(own, link, nil)); !strings.HasPrefix(a.path, "/code/") {
		t.Errorf("the other browser's button led to %s (%d)", a.path, a.status)
	}
	if a := other.get("/me"); a.path != "/sign-in" {
		t.Errorf("the other browser is signed in, at %s", a.path)
	}
	if a := owner.send(owner.get(link), link, nil); a.status != http.StatusOK || a.path != "/password" {
		t.Errorf("the owner's button led to %d %s: %s", a.status, a.path, a.text("h1"))
	}
}

func TestTwoStrangersWhoClaimOneMailShareItsFirstProver(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	first, second := newVisitor(t, d.web.public, "id"), newVisitor(t, d.web.public, "id")
	one, err := first.register("shared@example.com")
	if err != nil {
		t.Fatal(err)
	}
	code := codeFor(t, d.world.Addresses().Inbox, "shared@example.com", 0)
	if _, err := second.register("shared@example.com"); err != nil {
		t.Fatal(err)
	}
	if a := first.send(first.get(one), one, map[string]string{"code": code}); a.path != "/password" {
		t.Fatalf("the prover got to %s: %s", a.path, a.text("h1"))
	}
	if a := second.get("/me"); a.path != "/sign-in" {
		t.Errorf("the stranger is at %s", a.path)
	}
}

func TestTwoTabsThatSubmitAtOnceAreOneSubmission(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	v := newVisitor(t, d.web.public, "id")
	prove(t, d, v, "tabs@example.com", "628121111222")
	review := v.send(v.get("/identity"), "/identity", form("3174014508920007"))
	body := v.filled(review, "/identity/review", nil)
	both(t, func() answer { return v.post("/identity/review", body) })
	id := accountOf(t, d, "tabs@example.com")
	eventually(t, "matched", 30*time.Second, func() bool { return record(t, d, id).State == identity.Matched })
	v.send(v.get("/statements"), "/statements", map[string]string{"citizen": "yes", "in_formal_education": "no", "excluded_office": "no"})
	join := v.filled(v.get("/join"), "/join", map[string]string{"true": "yes", "agree": "yes"})
	a := both(t, func() answer { return v.post("/join", join) })
	if !strings.HasPrefix(a.path, "/receipt/") {
		t.Errorf("joining led to %s: %s", a.path, a.text("h1"))
	}
}

// both sends the same thing twice at once; both must succeed alike.
func both(t *testing.T, send func() answer) answer {
	t.Helper()
	var wait sync.WaitGroup
	var answers [2]answer
	for i := range answers {
		wait.Go(func() { answers[i] = send() })
	}
	wait.Wait()
	for _, a := range answers {
		if a.status != http.StatusOK || a.path != answers[0].path {
			t.Errorf("answered %d at %s (%s), the other %s", a.status, a.path, a.text("h1"), answers[0].path)
		}
	}
	return answers[0]
}

func TestTwoPeopleWithOneNIKAreToldApart(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	const nik = "3174014508920008"
	states := map[identity.State]int{}
	for i := range 2 {
		v := newVisitor(t, d.web.public, "id")
		email := fmt.Sprintf("nik%d@example.com", i)
		prove(t, d, v, email, fmt.Sprintf("62812222333%d", i))
		v.identify(form(nik))
		id := accountOf(t, d, email)
		eventually(t, "an answer", 30*time.Second, func() bool { return record(t, d, id).State != identity.Parked })
		states[record(t, d, id).State]++
		if a := v.get("/identity/status"); a.status != http.StatusOK {
			t.Errorf("the page of %s answered %d", email, a.status)
		}
	}
	if states[identity.Matched] != 1 || states[identity.InUse] != 1 {
		t.Errorf("%v", states)
	}
}

func TestEachAnswerOfTheRegistryIsShownApart(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	headings := map[string]string{}
	for i, c := range []struct {
		serial string
		state  identity.State
	}{
		{"0000", identity.Matched}, {"9101", identity.Deceased}, {"9102", identity.Duplicate}, {"9103", identity.Inactive},
		{"9104", identity.NotFound}, {"9202", identity.Differs},
	} {
		v := newVisitor(t, d.web.public, "id")
		email := fmt.Sprintf("state%d@example.com", i)
		prove(t, d, v, email, fmt.Sprintf("62813444555%d", i))
		v.identify(form("317401450892" + c.serial))
		id := accountOf(t, d, email)
		eventually(t, string(c.state), 30*time.Second, func() bool { return record(t, d, id).State == c.state })
		a := v.get("/identity/status")
		said := a.text(".state")
		if a.status != http.StatusOK || said == "" {
			t.Errorf("%s answered %d and says %q", c.state, a.status, said)
		}
		if other, twice := headings[said]; twice {
			t.Errorf("%s and %s say the same: %s", c.state, other, said)
		}
		headings[said] = string(c.state)
	}
}

func TestANewPasswordSignsEverybodyElseOut(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	here, there := newVisitor(t, d.web.public, "id"), newVisitor(t, d.web.public, "id")
	prove(t, d, here, "pass@example.com", "628125553333")
	set := func(password string) answer {
		return here.send(here.get("/password"), "/password", map[string]string{"password": password})
	}
	set("ombak pertama 1")
	if a := there.send(there.get("/sign-in"), "/sign-in", map[string]string{"address": "pass@example.com", "password": "ombak pertama 1"}); a.path == "/sign-in" {
		t.Fatalf("the second browser did not get in: %s", a.text(".summary"))
	}
	if a := set("ombak kedua 22"); a.status != http.StatusOK || a.path == "/sign-in" {
		t.Errorf("whoever changed it is at %s", a.path)
	}
	if a := here.get("/me"); a.path != "/me" {
		t.Errorf("whoever changed it was signed out: %s", a.path)
	}
	if a := there.get("/me"); a.path != "/sign-in" {
		t.Errorf("the other browser is still at %s", a.path)
	}
}
