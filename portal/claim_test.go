package portal_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"gelombang/audit"
	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/photo"
)

const rivalMail, rivalPhone = "asli@example.com", "+6281234567899"

// contested are two browsers that the registry matched with one NIK, the first its owner.
func contested(t *testing.T, changes ...func(*scene)) (owner, person *browser) {
	t.Helper()
	s := newScene(t, changes...)
	owner, person = s.browser(), s.browser()
	owner.proven(rani)
	owner.withPhone(raniPhone)
	owner.withIdentity()
	owner.work()
	person.proven(rivalMail)
	person.withPhone(rivalPhone)
	person.withIdentity()
	person.work()
	return owner, person
}

// proveCard has an official accept the card of whoever sent something that the check could
// not read.
func (b *browser) proveCard() {
	b.t.Helper()
	for n := range 3 {
		b.sends(b.get("/photo"), "ktp.jpg", fmt.Appendf(nil, "no picture %d", n)).expect(200, "/photo")
		b.work()
	}
	var list []photo.Photo
	b.must(b.db.Read(b.t.Context(), func(rx *sqldb.Rx) (err error) {
		list, _, err = b.photo.Reviews(rx, 1)
		return err
	}))
	b.must(b.photo.Decide(b.t.Context(), list[0].ID, photo.Decision{Officer: 7, Accept: true, NIK: "3174015506920000"}))
}

// claimant is the one account that an official is to look at.
func (s *scene) claimant() int64 {
	s.t.Helper()
	var list []identity.Held
	s.must(s.db.Read(s.t.Context(), func(rx *sqldb.Rx) (err error) {
		list, err = s.identity.Reviews(rx, 2)
		return err
	}))
	if len(list) != 1 || !list[0].Claim {
		s.t.Fatalf("for review: %+v", list)
	}
	return list[0].Account
}

func TestANIKIsClaimedWithTheCardThatShowsIt(t *testing.T) {
	t.Parallel()
	owner, person := contested(t)
	taken := person.get("/identity/status")
	if taken.attr("main a.button", "href") != "/photo" || taken.count("form[action='/identity/claim']") != 0 {
		t.Errorf("without a card: %s", taken.words("main"))
	}
	if early := person.post("/identity/claim", url.Values{page.TokenField: {person.get("/photo").attr("input[name=form_token]", "value")}}); early.status != 409 || early.count("a[href='/identity/status']") == 0 {
		t.Errorf("asked without a card: %d %s", early.status, early.words("main"))
	}
	person.proveCard()
	proven := person.get("/identity/status")
	if got := proven.words("form[action='/identity/claim'] .number"); got != "NIK 3174•• •••••• ••00" {
		t.Errorf("the number reads %q", got)
	}
	person.clock.Add(time.Minute)
	asked := person.send(proven, "/identity/claim").expect(200, "/identity/status")
	if asked.count("form[action='/identity/claim']") != 0 || !strings.Contains(asked.words(".state"), "petugas memeriksa siapa pemilik NIK ini") {
		t.Errorf("after asking: %s", asked.words("main"))
	}
	if !strings.Contains(person.get("/me").words(".timeline"), "Anda meminta petugas memeriksa siapa pemilik NIK Anda.") {
		t.Error("the timeline does not tell of it")
	}
	person.clock.Add(time.Minute)
	person.must(person.identity.MoveClaim(t.Context(), person.claimant(), audit.Staff(7), "kartunya ada di akun ini"))
	if done := person.get("/identity/status"); done.words("h1") != "Data Anda cocok" {
		t.Errorf("after the decision: %s", done.words("main"))
	}
	if lost := owner.get("/identity/status"); lost.attr("main a.button", "href") != "/photo" {
		t.Errorf("the former owner: %s", lost.words("main"))
	}
	if got := owner.get("/me").words(".timeline"); !strings.Contains(got, "Petugas memeriksa siapa pemilik NIK Anda.") || strings.Contains(got, "kartunya ada") {
		t.Errorf("the former owner reads: %s", got)
	}
}

func TestAProgrammeWithoutPhotosOffersNoClaim(t *testing.T) {
	t.Parallel()
	_, person := contested(t, func(s *scene) { s.photo = nil })
	taken := person.get("/identity/status").expect(200, "/identity/status")
	if taken.attr("main a.button", "href") != "/identity" || taken.count("a[href='/photo'], form[action='/identity/claim']") != 0 {
		t.Errorf("%s", taken.words("main"))
	}
	person.get("/identity/claim").expect(200, "/identity/status")
}
