package portal_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"gelombang/audit"
	"gelombang/identity"
	"gelombang/internal/sqldb"
)

// crowded is a browser whose NIK too many accounts tried before.
func crowded(t *testing.T) *browser {
	t.Helper()
	s := newScene(t)
	var last *browser
	for n := range 4 { // three are let through
		last = s.browser()
		last.proven(fmt.Sprintf("warga%d@example.com", n))
		last.withPhone(fmt.Sprintf("+628123456780%d", n))
		last.withIdentity()
		last.work()
	}
	if got := last.get("/identity/status").words("h1"); got != "Data Anda dilihat petugas dulu" {
		t.Fatalf("the newcomer reads %q", got)
	}
	return last
}

// newcomer is the one account that waits for an official.
func (s *scene) newcomer() int64 {
	s.t.Helper()
	var list []identity.Held
	s.must(s.db.Read(s.t.Context(), func(rx *sqldb.Rx) (err error) {
		list, err = s.identity.Reviews(rx, 2)
		return err
	}))
	if len(list) != 1 || list[0].Claim {
		s.t.Fatalf("for review: %+v", list)
	}
	return list[0].Account
}

func TestWhomAnOfficialDeclinedReadsWhyAndMayAskForAnother(t *testing.T) {
	t.Parallel()
	b := crowded(t)
	id := b.newcomer()
	b.clock.Add(time.Minute)
	b.must(b.identity.Decline(t.Context(), id, audit.Staff(7), "kartu yang dikirim milik orang lain"))
	no := b.get("/identity/status").expect(200, "/identity/status")
	if no.words("h1") != "Data Anda belum diteruskan" || no.words(".notice.warm p") != "kartu yang dikirim milik orang lain" {
		t.Errorf("%s", no.words("main"))
	}
	if no.attr("main a.button", "href") != "/identity" || no.count("main .button:not(.quiet)") != 1 {
		t.Errorf("no single main action: %s", no.words("main"))
	}
	if got := b.get("/me").words(".timeline"); !strings.Contains(got, "tidak meneruskannya ke pencocokan") {
		t.Errorf("the timeline: %s", got)
	}
	b.get("/identity/appeal").expect(200, "/identity/status")

	b.clock.Add(time.Minute)
	asked := b.send(no, "/identity/appeal").expect(200, "/identity/status")
	if asked.count("form[action='/identity/appeal']") != 0 || !strings.Contains(asked.words(".state"), "Petugas lain memeriksa data ini sekali lagi.") {
		t.Errorf("after asking: %s", asked.words("main"))
	}
	if got := b.get("/me").words(".timeline"); !strings.Contains(got, "Anda meminta petugas lain memeriksa") {
		t.Errorf("the timeline: %s", got)
	}
	b.must(b.identity.Decline(t.Context(), id, audit.Staff(8), "kartunya tetap milik orang lain"))
	again := b.get("/identity/status")
	if again.count("form[action='/identity/appeal']") != 0 || !strings.Contains(again.words(".state"), "sekali lagi") {
		t.Errorf("after the second look: %s", again.words("main"))
	}
	if late := b.post("/identity/appeal", url.Values{"form_token": {no.attr("form[action='/identity/appeal'] input", "value")}}); late.status != 409 {
		t.Errorf("asked a third time: %d %s", late.status, late.words("main"))
	}
	review := b.send(b.get("/identity"), "/identity").expect(200, "/identity")
	wrong := b.send(review, "/identity/review").expect(422, "/identity/review")
	if wrong.count("#nik[aria-invalid=true]") != 1 || !strings.Contains(wrong.words(".summary"), "dua kali petugas memutuskan") {
		t.Errorf("sent a third time: %s", wrong.words("main"))
	}
}
