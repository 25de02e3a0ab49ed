package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/identity"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/photo"
	"gelombang/sim/ktp"
	"gelombang/staff"
)

// card is a photograph of a synthetic card; it is made once, as that costs more than to check it.
var card = sync.OnceValue(func() ktp.Photo { return ktp.Sample(20_261_123, ktp.Good, 3) })

// eachDesk runs a test over a scene on both engines.
func eachDesk(t *testing.T, test func(t *testing.T, s *scene)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, clock *sqldbtest.Clock) { test(t, newSceneOn(t, db, clock)) })
}

// unreadable sends three files that are no photo: the third goes to a person.
func (s *scene) unreadable(account int64) photo.Photo {
	s.t.Helper()
	for n := range 3 {
		s.must2(s.photo.Send(s.t.Context(), account, fmt.Sprint("form ", n), []byte("%PDF-1.4 no photo")))
		s.work()
	}
	return s.inReview(account)
}

func (s *scene) current(account int64) (p photo.Photo) {
	s.t.Helper()
	s.must(s.world.DB.Read(s.t.Context(), func(rx *sqldb.Rx) (err error) {
		p, err = s.photo.Current(rx, account)
		return err
	}))
	return p
}

func (s *scene) inReview(account int64) photo.Photo {
	s.t.Helper()
	p := s.current(account)
	if p.State != photo.Review {
		s.t.Fatalf("the photo is %s (%s), not in review", p.State, p.Verdict)
	}
	return p
}

// misread is rani with a photo of a card that shows another NIK, who says it was misread.
func (s *scene) misread() (account int64, p photo.Photo) {
	s.t.Helper()
	account = s.rani()
	s.must2(s.photo.Send(s.t.Context(), account, "form", card().JPEG))
	s.work()
	if p = s.current(account); p.State != photo.Differs {
		s.t.Fatalf("the photo is %s (%s, NIK %s)", p.State, p.Verdict, p.NIKMatch)
	}
	s.must(s.photo.Ask(s.t.Context(), account, p.ID))
	return account, s.inReview(account)
}

func photoAt(p photo.Photo) string { return fmt.Sprintf("/console/review/photo/%d", p.ID) }

func TestTheReviewDeskIsWorkedDownFromWhoWaitsLongest(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		desk := s.desk(staff.Agent)
		empty := desk.get("/console/review").expect(http.StatusOK, "/console/review")
		empty.holds("main", "Tidak ada yang menunggu diperiksa.", true)
		if empty.count(".rail .count") != 0 {
			t.Error("nobody waits, and the rail counts them")
		}
		first := s.unreadable(s.rani())
		s.world.Clock.Add(10 * time.Minute)
		second := s.unreadable(s.newcomer("budi@example.com", "form 2"))
		s.world.Clock.Add(30 * time.Minute)

		list := desk.get("/console/review")
		list.says(".head p", "2 menunggu, tertua 40 menit.")
		list.says(".rail .count", "2")
		list.says("tbody tr:first-child td:nth-child(2)", "Foto ditolak 3 kali berturut-turut, terakhir: bukan foto JPEG atau PNG.")
		desk.get("/console").holds(".todo", "2 menunggu di meja periksa, yang terlama 40 menit.", true)

		one := desk.get("/console/review/next").expect(http.StatusOK, photoAt(first))
		desk.get(one.href(".actions > a[href*='?after=']")).expect(http.StatusOK, photoAt(second))
		desk.get("/console/review/next?after="+photoAt(second)).expect(http.StatusOK, "/console/review")

		two := desk.send(one, photoAt(first), "decision", "unreadable").expect(http.StatusOK, photoAt(second))
		two.says(".notice.good", "Foto tidak diterima. Pemiliknya diberi tahu alasannya.")
		two.says(".head p", "1 menunggu, tertua 30 menit. Anda: 1 selesai hari ini.")
		desk.send(two, photoAt(second), "decision", "accept").expect(http.StatusOK, "/console/review")
		if got := s.current(second.Account); got.State != photo.Accepted {
			t.Errorf("the second photo is %s", got.State)
		}
	})
}

func TestAPhotoIsShownBesideWhatWasTypedAndEachLookIsWrittenDown(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		account, p := s.misread()
		desk := s.desk(staff.Agent)
		on := desk.get(photoAt(p)).expect(http.StatusOK, photoAt(p))
		on.says(".notice.warm", "Pemilik mengatakan: NIK di kartu terbaca keliru")
		if on.count("tr.differs .digits[aria-label='320101 410790 0001']") != 1 {
			t.Errorf("the typed NIK: %s", on.words("tr.differs"))
		}
		if on.count("tr.differs mark") != 2 || on.count("tr.differs .badge.look") != 1 {
			t.Errorf("the digit that differs is not pointed at: %s", on.words("tr.differs"))
		}
		for _, kept := range []string{"Citra", "Lestari", "1990", "Perempuan"} {
			on.holds("main", kept, false)
		}
		on.holds("main", "Rani C•••••", true)
		if got := s.deeds("account", account); got[0] != "photo.look" {
			t.Errorf("written down: %q", got)
		}
		looks := len(s.deeds("account", account))

		picture := desk.get(on.attr(".look-at img", "src"))
		if picture.status != http.StatusOK || picture.header.Get("Content-Type") != "image/jpeg" || picture.header.Get("Cache-Control") != "no-store" ||
			len(picture.body) < 10_000 {
			t.Errorf("the picture: %d %v, %d bytes", picture.status, picture.header, len(picture.body))
		}
		desk.get(photoAt(p)+on.href("[data-key=r]")).says(".look-at[data-turn='1'] figcaption span:first-child", "Kartu lengkap, tajam dan terang.")
		if got := s.deeds("account", account); len(got) != looks {
			t.Errorf("turning the card is a look of its own: %q", got)
		}
		s.world.Clock.Add(11 * time.Minute)
		desk.get(on.attr(".look-at img", "src"))
		if got := s.deeds("account", account); len(got) != looks+1 {
			t.Errorf("a later look is not written down: %q", got)
		}
		full := desk.send(desk.get(photoAt(p)), photoAt(p)+"/reveal").expect(http.StatusOK, photoAt(p))
		full.holds("main", "Rani Citra Lestari", true)
		full.holds("main", "Perempuan", true)
		if got := s.deeds("account", account); got[0] != "person.reveal" {
			t.Errorf("written down: %q", got)
		}
	})
}

func TestTheSecondOfficialHearsThatAPhotoIsDecided(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		_, p := s.misread()
		agent, supervisor := s.desk(staff.Agent), s.desk(staff.Supervisor)
		first, second := agent.get(photoAt(p)), supervisor.get(photoAt(p))
		supervisor.get("/console/review/next").expect(http.StatusOK, "/console/review") // the agent has it open
		agent.send(first, photoAt(p), "decision", "accept").expect(http.StatusOK, "/console/review")
		late := supervisor.send(second, photoAt(p), "decision", "not_card").expect(http.StatusConflict, photoAt(p))
		late.holds("main", "Foto ini sudah diputuskan.", true)
		if got := s.current(p.Account); got.State != photo.Accepted || !got.ShowsNIK() {
			t.Errorf("the photo is %s, its NIK %s", got.State, got.NIKMatch)
		}
		supervisor.get(photoAt(p)+"/picture").expect(http.StatusConflict, photoAt(p)+"/picture")
	})
}

func TestADecisionIsAskedForAndNeedsTheNIKThatWasSeen(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		p := s.unreadable(s.rani())
		desk := s.desk(staff.Agent)
		on := desk.get(photoAt(p))
		desk.send(on, photoAt(p)).expect(http.StatusUnprocessableEntity, photoAt(p)).says(".summary li", "Pilih satu keputusan.")
		stale := desk.send(on, photoAt(p), "decision", "accept", "seen", "1").expect(http.StatusConflict, photoAt(p))
		stale.holds("main", "baru saja memperbaiki NIK-nya", true)
		if got := s.current(p.Account); got.State != photo.Review {
			t.Errorf("the photo is %s", got.State)
		}
	})
}

func TestAnAppealIsNeverForTheOneWhoDeclined(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		account, p := s.misread()
		agent, supervisor := s.desk(staff.Agent), s.desk(staff.Supervisor)
		before := agent.get(photoAt(p))
		agent.send(before, photoAt(p), "decision", "not_own").expect(http.StatusOK, "/console/review")
		s.must(s.photo.Ask(t.Context(), account, p.ID))
		agent.get("/console/review/next").expect(http.StatusOK, "/console/review")
		if own := agent.get(photoAt(p)); own.count("form[action='"+photoAt(p)+"']") != 0 {
			t.Error("who declined is offered to decide again")
		}
		agent.send(before, photoAt(p), "decision", "accept").expect(http.StatusConflict, photoAt(p))
		supervisor.send(supervisor.get("/console/review/next"), photoAt(p), "decision", "accept").expect(http.StatusOK, "/console/review")
		if got := s.current(account); got.State != photo.Accepted {
			t.Errorf("after the appeal it is %s", got.State)
		}
	})
}

// rival is another account that the registry matched with rani's NIK.
func (s *scene) rival(mail string, phone string) int64 {
	s.t.Helper()
	id := s.newcomer(mail, mail)
	challenge, err := s.account.AddContact(s.t.Context(), id, address(s.t, phone), "id", "peramban")
	s.must(err)
	s.must2(s.account.Prove(s.t.Context(), challenge, s.codeOf(challenge), "peramban"))
	s.must(s.identity.Submit(s.t.Context(), id, raniForm))
	s.work()
	return id
}

func (s *scene) identityIs(account int64, want identity.State) {
	s.t.Helper()
	s.must(s.world.DB.Read(s.t.Context(), func(rx *sqldb.Rx) error {
		r, err := s.identity.Record(rx, account)
		if err == nil && r.State != want {
			s.t.Errorf("account %d is %s, not %s", account, r.State, want)
		}
		return err
	}))
}

func TestANIKIsGivenToWhoseCardShowsIt(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		owner := s.rani()
		person := s.rival("asli@example.com", "+6281234567899")
		desk := s.desk(staff.Agent)
		p := s.unreadable(person)
		desk.send(desk.get("/console/review/next"), photoAt(p), "decision", "accept")
		s.must(s.identity.AskClaim(t.Context(), person))
		at := fmt.Sprintf("/console/review/identity/%d", person)

		on := desk.get("/console/review/next").expect(http.StatusOK, at)
		on.says(".panel > .digits", "320101 410790 0001")
		if on.count("tbody tr") != 2 || on.count("tr.differs .badge.good") != 1 || on.count(".look-at img") != 1 {
			t.Errorf("who wants it: %s", on.words("main"))
		}
		desk.send(on, at, "decision", "give").expect(http.StatusUnprocessableEntity, at).says(".summary li", "Tulis alasannya, paling sedikit 5 huruf.")
		next := desk.send(on, at, "decision", "give", "reason", "kartunya ada di akun ini").expect(http.StatusOK, "/console/review")
		next.holds(".notice.good", "NIK dipindahkan. Kedua pemilik akun diberi tahu.", true)
		s.identityIs(owner, identity.InUse)
		s.identityIs(person, identity.Matched)
		if got := s.deeds("account", owner); got[0] != "identity.take" {
			t.Errorf("the former owner reads %q", got)
		}
		desk.send(on, at, "decision", "keep", "reason", "kartunya ada di akun ini").expect(http.StatusConflict, at)
	})
}

// crowded is a newcomer to rani's NIK, which three others asked about.
func (s *scene) crowded() (id int64) {
	s.t.Helper()
	for n := range 3 {
		id = s.newcomer(fmt.Sprintf("n%d@example.com", n), fmt.Sprint("form n", n))
		s.must(s.identity.Submit(s.t.Context(), id, raniForm))
		s.work()
	}
	return id
}

func TestANewcomerToACrowdedNIKIsLetThroughOrWaits(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, s *scene) {
		s.rani()
		s.crowded()
		desk := s.desk(staff.Agent)
		on := desk.get("/console/review/next")
		on.says(".notice.warm", "NIK ini sudah dicoba oleh terlalu banyak akun")
		on.holds(".choices", "Teruskan ke pencocokan", true)
		on.holds(".choices", "Pindahkan NIK", false)
		waits := desk.send(on, on.path, "decision", "keep", "reason", "belum ada kartunya").expect(http.StatusOK, on.path)
		desk.send(waits, on.path, "decision", "admit", "reason", "ditelepon, benar pemiliknya").expect(http.StatusOK, "/console/review")
	})
}

func TestAPhotoIsNoOtherOfficialsBusiness(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.unreadable(s.rani())
	for _, role := range []staff.Role{staff.Operator, staff.Auditor} {
		b := s.desk(role)
		b.get(photoAt(p)+"/picture").expect(http.StatusForbidden, photoAt(p)+"/picture")
		if b.get("/console").count(".rail a[href='/console/review']") != 0 {
			t.Errorf("the rail leads a %s to the review desk", role)
		}
	}
	if got := s.deeds("account", p.Account); strings.Contains(strings.Join(got, " "), "photo.look") {
		t.Errorf("written down: %q", got)
	}
}

func TestTheReviewDeskSpeaksEnglishToo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, p := s.misread()
	desk := s.desk(staff.Agent)
	desk.lang = "en"
	on := desk.get("/console/review/next").expect(http.StatusOK, photoAt(p))
	on.says(".notice.warm", "The owner says: the NIK on the card was misread")
	desk.get("/console/review").says("h1", "Review desk")
}
