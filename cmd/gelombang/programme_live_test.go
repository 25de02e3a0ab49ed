package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gelombang/identity"
)

// TestAVillagesProgrammeRunsWithItsOwnWordsAndRules walks through a village training
// grant: its own words, statements, choices, rules, strata and code length.
func TestAVillagesProgrammeRunsWithItsOwnWordsAndRules(t *testing.T) {
	t.Parallel()
	d := startDemo(t, villageNow(t))
	for _, lang := range []string{"id", "en"} {
		v := newVisitor(t, d.web.public, lang)
		for _, path := range []string{"/", "/register", "/sign-in", "/help", "/privacy", "/limits", "/draws"} {
			a := v.get(path)
			if text := strings.ToLower(a.text("html")); a.status != 200 || strings.Contains(text, "prakerja") || strings.Contains(text, "⟦") {
				t.Errorf("%s in %s (%d) is not the village's", path, lang, a.status)
			}
		}
		if h1 := v.get("/").text("h1"); h1 != "Hibah pelatihan warga" && h1 != "Training grants for villagers" {
			t.Errorf("the home page says %q", h1)
		}
	}
	v := newVisitor(t, d.web.public, "id")
	at := d.world.Addresses()
	code, err := v.register("warga@example.com")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "a mail", 30*time.Second, func() bool { return len(mails(t, at.Inbox, "warga@example.com")) == 1 })
	m := mails(t, at.Inbox, "warga@example.com")[0]
	if strings.Contains(strings.ToLower(m.Subject+m.Text+m.HTML), "prakerja") || eightDigits.FindString(m.Text) == "" {
		t.Errorf("the mail is not the village's: %s\n%s", m.Subject, m.Text)
	}
	v.send(v.get(code), code, map[string]string{"code": eightDigits.FindString(m.Text)})
	v.send(v.get("/phone"), "/phone", map[string]string{"address": "+628125550001"})
	var sent string
	eventually(t, "an SMS", 30*time.Second, func() bool {
		for _, s := range messagesTo(t, at.SMS, "628125550001") {
			sent = eightDigits.FindString(s.Text)
		}
		return sent != ""
	})
	a := v.get("/me")
	if n := a.one(`a[href^="/code/"]`); n != nil {
		a = v.get(attr(n, "href"))
	} else {
		a = v.send(v.get("/phone"), "/phone", map[string]string{"address": "+628125550001"})
	}
	v.send(a, a.path, map[string]string{"code": sent})

	person := form("3308014508920021")
	person["regency"], person["education"], person["employment"] = "3308", "never", "artisan"
	v.identify(person)
	id := accountOf(t, d, "warga@example.com")
	eventually(t, "matched", 30*time.Second, func() bool { return record(t, d, id).State == identity.Matched })
	if done := v.send(v.get("/statements"), "/statements", map[string]string{"village_letter": "no", "other_grant": "no"}); done.status != 200 {
		t.Fatalf("the statements answered %d: %s", done.status, done.text(".summary"))
	}
	if said := v.get("/join").text("main"); !strings.Contains(said, "surat pengantar") {
		t.Errorf("the village's rule does not refuse: %s", said)
	}
	v.send(v.get("/statements"), "/statements", map[string]string{"village_letter": "yes", "other_grant": "no"})
	if a := v.send(v.get("/join"), "/join", map[string]string{"true": "yes", "agree": "yes"}); !strings.HasPrefix(a.path, "/receipt/") {
		t.Errorf("joining led to %s: %s", a.path, a.text("main"))
	}
}

var eightDigits = regexp.MustCompile(`\b\d{8}\b`)

// villageNow is the village's programme with its season begun an hour ago.
func villageNow(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/desa.yaml")
	if err != nil {
		t.Fatal(err)
	}
	season := map[string]string{"opens": "now-1h", "closes": "now+2d", "announce": "now+9d"}
	for name, moment := range season {
		text = regexp.MustCompile(`(?m)^(\s+`+name+`:) .*$`).ReplaceAll(text, []byte("$1 "+moment))
	}
	path := filepath.Join(t.TempDir(), "desa.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
