package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/audit"
	"gelombang/draw/drawtest"
	"gelombang/internal/jobs"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/staff"
	"gelombang/wave"
)

func TestEveryRoleEntersOnlyWhatItsPermissionsSay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	id := fmt.Sprint(s.world.Wave(t, "1").ID)
	for _, role := range staff.Roles {
		b := s.desk(role)
		for _, r := range s.routes {
			if r.Auth != page.Staff {
				continue
			}
			if !slices.Contains(staff.Permissions, staff.Permission(r.Permission)) {
				t.Fatalf("%s names no permission that there is: %q", r.Pattern, r.Permission)
			}
			path := strings.NewReplacer("{id}", id, "{$}", "").Replace(r.Pattern)
			got := b.get(path)
			if r.Method == http.MethodPost { // without a form: refused as unreadable by whoever may
				got = b.post(path, url.Values{"x": {"1"}})
			}
			if forbidden := got.status == http.StatusForbidden; forbidden == role.May(staff.Permission(r.Permission)) {
				t.Errorf("%s %s as %s: %d", r.Method, path, role, got.status)
			}
		}
	}
}

func TestAStrangerIsLedToTheSignInPageAndBack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.hire(staff.Agent)
	b := s.browser()
	form := b.get("/console/messages?channel=sms").expect(http.StatusOK, "/console/sign-in")
	if n := form.count(".rail li"); n != 0 {
		t.Errorf("%d areas are shown to a stranger", n)
	}
	wrong := b.send(form, "/console/sign-in", "email", "agent@example.com", "password", "salah sekali", "code", s.code())
	wrong.expect(http.StatusUnprocessableEntity, "/console/sign-in")
	wrong.says(".summary li", "E-mail, kata sandi atau kode tidak cocok. Kode berlaku 30 detik dan hanya sekali pakai.")
	in := b.send(wrong, "/console/sign-in", "password", pass, "code", s.code()).expect(http.StatusOK, "/console/messages")
	in.says(".rail [aria-current]", "Pesan")
	in.says(".rail li", "Ikhtisar Gelombang Orang Pesan Meja periksa Pencocokan Pekerjaan berhenti")
	b.send(b.get("/console/sign-out"), "/console/sign-out").expect(http.StatusOK, "/console/sign-in")
	b.get("/console").expect(http.StatusOK, "/console/sign-in")
	b.post("/console/people", nil).expect(http.StatusOK, "/console/sign-in")
}

func TestSigningInNeverLeadsToAnotherSite(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.hire(staff.Agent)
	for i, next := range []string{"//evil.example", "https://evil.example/console", "/consoles", "/me", "\\\\evil"} {
		b := s.browser()
		s.world.Clock.Add(time.Minute) // a new code
		form := b.get("/console/sign-in?next=" + url.QueryEscape(next))
		got := b.send(form, "/console/sign-in", "email", "agent@example.com", "password", pass, "code", s.code())
		if got.path != "/console" {
			t.Errorf("%d %s led to %s", i, next, got.path)
		}
	}
}

func TestGuessingHasALimitThatSaysWhenItEnds(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.hire(staff.Agent)
	b := s.browser()
	var last screen
	for range 11 {
		last = b.send(b.get("/console/sign-in"), "/console/sign-in", "email", "agent@example.com", "password", "tebakan", "code", "123456")
	}
	last.expect(http.StatusTooManyRequests, "/console/sign-in")
	if last.count(".countdown") != 1 {
		t.Error("no countdown")
	}
}

func TestAClosedAccountIsOutAtTheNextRequest(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.desk(staff.Operator)
	var all []staff.Staff
	s.must(s.world.DB.Read(t.Context(), func(rx *sqldb.Rx) (err error) { all, err = s.staff.List(rx); return err }))
	s.must(s.world.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return s.staff.Disable(tx, all[0].ID, audit.System) }))
	b.get("/console").expect(http.StatusOK, "/console/sign-in")
}

// enrol lets people join the first wave over four days.
func enrol(s *scene, people int) wave.Wave {
	s.t.Helper()
	w := s.world.Wave(s.t, "1")
	for n := 1; n <= people; n++ {
		s.world.Clock.Add(2 * time.Hour)
		s.world.Set(s.t, drawtest.Account(n), drawtest.NewPerson(n, n))
		s.world.Join(s.t, drawtest.Account(n), w.ID, "form")
	}
	return w
}

func TestAWaveIsLedToItsResultFromTheConsole(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	w := enrol(s, 40)
	at := fmt.Sprintf("/console/waves/%d", w.ID)
	operator, first, second := s.desk(staff.Operator), s.desk(staff.Supervisor), s.browser()
	s.must2(s.staff.Add(t.Context(), staff.New{Email: "kedua@example.com", Name: "Petugas kedua", Role: staff.Supervisor, Password: pass, TOTPSecret: secret}))
	second.signIn("kedua@example.com").expect(http.StatusOK, "/console")

	operator.get("/console/waves").says("tbody tr:first-child .badge", "Terbuka")
	open := operator.get(at)
	open.says(".steps .now strong", "Gelombang ditutup")
	open.says(".steps .now .button", "Tutup gelombang")
	ask := operator.get(at + "/close")
	ask.says("h1", "Tutup Gelombang 1 sekarang?")
	if s.world.Wave(t, "1").State != wave.Open {
		t.Fatal("a GET closed the wave")
	}
	done := operator.send(ask, at+"/close").expect(http.StatusOK, at)
	done.says(".notice.good p", "Gelombang ditutup. Daftar dikunci sendiri setelah masa tunggu.")
	operator.get(at).says(".notice.good", "")
	again := operator.send(ask, at+"/close").expect(http.StatusUnprocessableEntity, at+"/close")
	again.holds(".summary", "Gelombang hanya bisa ditutup selagi terbuka.", true)

	early := operator.send(operator.get(at+"/run"), at+"/run")
	early.expect(http.StatusUnprocessableEntity, at+"/run").holds(".summary", "belum dikunci", true)
	s.world.At(t, s.world.Wave(t, "1").SettledBy)
	operator.get(at).says(".steps .now strong", "Angka acak publik terbit")
	s.world.At(t, s.world.Wave(t, "1").RoundAt)
	operator.get("/console").holds(".todo li:first-child", "Gelombang 1 siap diundi.", true)
	operator.send(operator.get(at+"/run"), at+"/run").expect(http.StatusOK, at)
	s.world.Run(t)

	drawn := first.get(at)
	drawn.says(".steps .now .badge", "0 dari 2")
	if n := drawn.count("svg.gate rect"); n < 3 {
		t.Errorf("%d days in the chart", n)
	}
	if n := drawn.count(".grid .panel:nth-child(2) tbody .badge.good"); n < 8 {
		t.Errorf("%d tests passed", n)
	}
	first.get("/console").holds(".todo", "menunggu persetujuan: 0 dari 2.", true)
	operator.get(at+"/approve").expect(http.StatusForbidden, at+"/approve")
	first.send(first.get(at+"/approve"), at+"/approve").expect(http.StatusOK, at)
	waiting := first.get(at)
	waiting.says(".steps .now .badge", "1 dari 2")
	if waiting.count(".steps .now .button") != 0 {
		t.Error("who has approved is asked again")
	}
	first.send(first.get(at+"/approve"), at+"/approve").expect(http.StatusUnprocessableEntity, at+"/approve").
		says(".summary li", "Anda sudah menyetujui. Perlu satu orang lain.")
	operator.send(operator.get(at+"/release"), at+"/release").expect(http.StatusUnprocessableEntity, at+"/release")
	second.send(second.get(at+"/approve"), at+"/approve").expect(http.StatusOK, at)
	operator.get("/console").holds(".todo", "Hasil Gelombang 1 siap diumumkan.", true)
	operator.send(operator.get(at+"/release"), at+"/release").expect(http.StatusOK, at)
	over := operator.get(at)
	over.says(".head .badge", "Diumumkan")
	s.world.Run(t)
	operator.get(at).holds(".steps li:last-child", "40 orang diberi tahu.", true)
	if n := over.count(".track .done"); n != 6 {
		t.Errorf("%d states are done", n)
	}
	if got := s.deeds("wave", w.ID); !slices.Equal(got, []string{"announce.start", "draw.release", "draw.approve", "draw.approve", "draw.run", "wave.freeze", "wave.close", "wave.open"}) {
		t.Error(got)
	}
	over.holds("section:last-child tbody", "Petugas kedua Hasil disetujui", true)
	operator.lang = "en"
	operator.get(at).says(".head .badge", "Announced")
	operator.get("/console")
}

func (s *scene) must2(_ any, err error) { s.t.Helper(); s.must(err) }

func TestAnOfficialsValueIsCommittedBeforeTheFreeze(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	at := fmt.Sprintf("/console/waves/%d", s.world.Wave(t, "1").ID)
	b := s.desk(staff.Supervisor)
	b.get(at).holds(".panel", "Daftarkan nilai cadangan pejabat", true)
	form := b.get(at + "/commit")
	bad := b.send(form, at+"/commit", "official", "1", "commitment", "abc").expect(http.StatusUnprocessableEntity, at+"/commit")
	bad.says("#commitment-e", "Isi SHA-256 dari nilai: 64 angka heksadesimal huruf kecil.")
	b.send(form, at+"/commit", "official", "1", "commitment", strings.Repeat("ab", 32)).expect(http.StatusOK, at)
	b.send(form, at+"/commit", "official", "3", "commitment", strings.Repeat("ab", 32)).expect(http.StatusUnprocessableEntity, at+"/commit")
}

func TestAFileIsOpenedOnlyWithAReasonAndEachLookIsKept(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	id := s.rani()
	at := fmt.Sprintf("/console/people/%d", id)
	b := s.desk(staff.Agent)
	ask := b.get(at).expect(http.StatusOK, at)
	ask.says("h1", "Buka berkas")
	ask.holds("main", "Rani", false)
	none := b.send(ask, at+"/open", "reason", "  ").expect(http.StatusUnprocessableEntity, at+"/open")
	none.says("#reason-e", "Tulis alasannya, paling sedikit 5 huruf.")
	for _, leak := range []string{"NIK " + raniNIK, "dari rani@example.com"} {
		b.send(ask, at+"/open", "reason", leak).expect(http.StatusUnprocessableEntity, at+"/open")
	}
	if got := s.deeds("account", id); len(got) != 0 {
		t.Fatalf("nothing was seen, but %v is kept", got)
	}
	file := b.send(ask, at+"/open", "reason", "Telepon, kasus K-20418").expect(http.StatusOK, at)
	file.says("h1", "Rani C•••••")
	file.holds("main", "3201•• •••••• ••01", true)
	for _, hidden := range []string{raniNIK, raniMail, "81234567890", "Lestari", "Bogor", "1990"} {
		if strings.Contains(strings.ReplaceAll(file.body, " ", ""), hidden) {
			t.Errorf("%s is shown without a reason", hidden)
		}
	}
	if got := s.deeds("account", id); !slices.Equal(got, []string{"person.look Telepon, kasus K-20418"}) {
		t.Error(got)
	}

	b.send(file, at+"/reveal", "reason", "x").expect(http.StatusUnprocessableEntity, at+"/reveal").holds("main", "Rani C•••••", true)
	full := b.send(file, at+"/reveal", "reason", "Surat kuasa diperiksa").expect(http.StatusOK, at)
	full.says("h1", "Rani Citra Lestari")
	for _, shown := range []string{"320101 410790 0001", raniMail, "Bogor, 1 Juli 1990"} {
		full.holds("main", shown, true)
	}
	full.holds("section:last-child tbody tr:first-child", "Melihat nilai penuh Surat kuasa diperiksa", true)
	if got := s.deeds("account", id)[0]; got != "person.reveal Surat kuasa diperiksa" {
		t.Error(got)
	}
	s.world.Clock.Add(5 * time.Minute)
	b.get(at).says("h1", "Rani C•••••")
	b.lang = "en"
	b.get(at).holds("main", "What you can say", true)
}

func TestASearchNeedsAReasonAndIsKept(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	id := s.rani()
	file := fmt.Sprintf("/console/people/%d", id)
	b := s.desk(staff.Agent)
	form := b.get("/console/people")
	bare := b.send(form, "/console/people", "query", raniMail).expect(http.StatusUnprocessableEntity, "/console/people")
	bare.says("#reason-e", "Tulis alasannya, paling sedikit 5 huruf.")
	if got := s.deeds("account", id); len(got) != 0 {
		t.Fatal(got)
	}
	for _, query := range []string{"RANI@Example.com", "0812 3456 7890", "320101 410790 0001", fmt.Sprint(id)} {
		b.send(form, "/console/people", "query", query, "reason", "Telepon masuk").expect(http.StatusOK, file).says("h1", "Rani C•••••")
	}
	want := []string{"person.look Telepon masuk", "person.search Telepon masuk"}
	if got := s.deeds("account", id); len(got) != 8 || !slices.Equal(got[:2], want) {
		t.Errorf("%d: %v", len(got), got)
	}
	for query, says := range map[string]string{
		"siapa@example.com": "Tidak ada akun dengan nilai ini. Minta pemohon mengejanya sekali lagi.",
		"3201014107900002":  "Tidak ada akun dengan nilai ini. Minta pemohon mengejanya sekali lagi.",
		"rani":              "Ini bukan e-mail, ponsel, NIK atau nomor akun yang utuh.",
		"":                  "Isi satu nilai untuk dicari.",
	} {
		b.send(form, "/console/people", "query", query, "reason", "Telepon masuk").expect(http.StatusUnprocessableEntity, "/console/people").says("#query-e", says)
	}
	var newest []audit.Entry
	s.must(s.world.DB.Read(t.Context(), func(rx *sqldb.Rx) (err error) { newest, err = audit.Newest(rx, 20); return err }))
	if n := len(slices.DeleteFunc(newest, func(e audit.Entry) bool { return e.Action != "person.search" || e.SubjectKind != "" })); n != 2 {
		t.Errorf("%d fruitless searches are kept", n)
	}
}

func TestTheFileSaysWhereAPersonIsStuck(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.desk(staff.Agent)
	look := func(id int64) screen {
		at := fmt.Sprintf("/console/people/%d", id)
		page := b.get(at)
		if page.count(".timeline") == 0 { // asked for a reason once in a session
			page = b.send(page, at+"/open", "reason", "Telepon masuk")
		}
		return page.expect(http.StatusOK, at)
	}
	fresh := look(s.newcomer("baru@example.com", "f1"))
	fresh.says("h1", "Nama belum diisi")
	fresh.says(".head .badge", "Ponsel belum terbukti")
	fresh.says(".steps .now strong", "Ponsel terbukti")

	id := s.rani()
	look(id).says(".steps .now strong", "Pernyataan dijawab")
	p := drawtest.NewPerson(1, 1)
	s.world.Set(t, id, p)
	look(id).says(".head .badge", "Belum bergabung")
	s.world.Join(t, id, s.world.Wave(t, "1").ID, "form")
	joined := look(id)
	joined.says(".head .badge", "Menunggu hasil")
	joined.holds(".timeline", "Bergabung di Gelombang 1", true)
	joined.holds(".timeline", "Data cocok dengan data kependudukan", true)
	s.must(s.world.Apps.Withdraw(t.Context(), id, s.world.Wave(t, "1").ID))
	look(id).holds("tbody", "Dibatalkan", true)
}

func TestMessagesAreFilteredPagedAndEachLookIsKept(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.rani()
	s.must(s.world.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		return s.failing(tx, 55)
	}))
	s.work()
	b := s.desk(staff.Agent)
	all := b.get("/console/messages")
	if n := all.count("tbody tr"); n != 50 {
		t.Errorf("%d on the first page", n)
	}
	older := b.get(all.href(".pages a"))
	if n := older.count("tbody tr"); n < 6 || older.count(".pages a") != 0 {
		t.Errorf("%d on the second page", n)
	}
	sms := b.get("/console/messages?channel=sms&state=sent&before=x")
	if n := sms.count("tbody tr"); n != 1 {
		t.Errorf("%d SMS", n)
	}
	sms.says("td.masked", "0812••••7890")
	if n := b.get("/console/messages?channel=pigeon").count("tbody tr"); n != 50 {
		t.Errorf("%d with a word that is none", n)
	}
	failed := b.get("/console/messages?state=failed")
	failed.says("tbody tr:first-child .badge", "Kotak surat penuh")
	one := b.get(failed.href("tbody tr:first-child a"))
	one.says(".head .badge", "Kotak surat penuh")
	one.holds(".timeline", "Pesan tidak sampai.", true)
	one.holds("main", "penuh5", false)
	var id int64
	if _, err := fmt.Sscanf(one.path, "/console/messages/%d", &id); err != nil {
		t.Fatal(err)
	}
	if got := s.deeds("message", id); !slices.Equal(got, []string{"message.look"}) {
		t.Error(got)
	}
	b.get("/console/messages/1").expect(http.StatusNotFound, "/console/messages/1")
	b.get("/console").holds(".todo", "E-mail:", true)
}

func TestAStoppedJobRunsAgainAtThePressOfAButton(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	broken := true
	s.worker.Handle("test.job", func(context.Context, jobs.Job) error {
		if broken {
			return jobs.Dead(fmt.Errorf("no such thing"))
		}
		return nil
	})
	s.must(s.world.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		return s.world.Jobs.Enqueue(tx, jobs.New{Kind: "test.job", Queue: "test"})
	}))
	s.work()
	b := s.desk(staff.Operator)
	b.get("/console").holds(".todo li:first-child", "1 pekerjaan berhenti dicoba.", true)
	list := b.get("/console/jobs")
	list.holds("tbody", "no such thing", true)
	action := list.attr("tbody form", "action")
	broken = false
	b.send(list, action).expect(http.StatusOK, "/console/jobs").holds(".notice", "Pekerjaan dijalankan lagi.", true)
	for _, gone := range []string{action, "/console/jobs/1/redrive", "/console/jobs/x/redrive"} {
		b.post(gone, url.Values{page.TokenField: {list.attr("input[name=form_token]", "value")}}).
			expect(http.StatusConflict, gone).holds("main", "tidak sedang berhenti", true)
	}
	s.work()
	b.get("/console/jobs").says(".notice", "Tidak ada pekerjaan yang berhenti.")
	var id int64
	if _, err := fmt.Sscanf(action, "/console/jobs/%d/redrive", &id); err != nil {
		t.Fatal(err)
	}
	if got := s.deeds("job", id); !slices.Equal(got, []string{"job.redrive"}) {
		t.Error(got)
	}
	auditor := s.desk(staff.Auditor)
	if auditor.get("/console/jobs").count("form") != 0 {
		t.Error("an auditor is offered the button")
	}
}

func TestTheOverviewCountsAndItsLivePartComesAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.desk(staff.Auditor)
	empty := b.get("/console")
	empty.says(".notice.good", "Tidak ada yang perlu dilakukan sekarang.")
	s.rani()
	s.newcomer("dua@example.com", "f2")
	s.world.Clock.Add(time.Minute)
	full := b.get("/console")
	full.says(".funnel tbody tr:nth-child(1) td.n strong", "2")
	full.says(".funnel tbody tr:nth-child(3) td.n strong", "1")
	full.says(".funnel tbody tr:nth-child(3) td:last-child", "Data diri belum dikirim (100 %)")
	if n := full.count(".stat"); n != 5 {
		t.Errorf("%d figures", n)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/console", nil)
	s.must(err)
	req.Header.Set("Live-Part", "overview")
	part := b.do(req)
	if part.count("h1") != 0 || part.count(".stats") != 1 {
		t.Errorf("the live part: %s", part.words("body"))
	}
	b.lang = "en"
	for _, path := range []string{"/console", "/console/waves", "/console/messages", "/console/jobs", "/console/sign-out"} {
		b.get(path).expect(http.StatusOK, path)
	}
}
