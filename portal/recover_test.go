package portal_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// asks is a stranger's browser that asks for a code on a page of those who cannot sign in.
func (b *browser) asks(path, address string, pairs ...string) screen {
	b.t.Helper()
	return b.send(b.get(path).expect(200, path), path, append([]string{"address", address}, pairs...)...)
}

func (b *browser) types(sent screen, address string) screen {
	b.t.Helper()
	return b.send(sent.expect(200, sent.path), sent.path, "code", b.code(address))
}

func TestAForgottenPasswordIsReplacedByACode(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.browser().withPassword()
	b := s.browser()
	if b.get("/sign-in").expect(200, "/sign-in").count("a[href='/recover']") != 1 {
		t.Error("signing in does not lead to a new password")
	}
	b.types(b.asks("/recover", rani), rani).expect(200, "/password")
	b.send(b.get("/password"), "/password", "password", "gajah makan pelangi").expect(200, "/phone")
	other := s.browser()
	other.send(other.get("/sign-in"), "/sign-in", "address", rani, "password", "gajah makan pelangi").expect(200, "/me")
}

var changing = regexp.MustCompile(`/code/\d+|value="[^"]{20,}"|[a-z]•••@[a-z.]+|[A-Z0-9]{4}-[A-Z0-9]{4}`)

func TestNobodyLearnsFromARecoveryWhetherAnAddressIsKnown(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.browser().proven(rani)
	s.clock.Add(24 * time.Hour)
	for _, what := range []string{"forgotten", "lost"} {
		var bodies []string
		for _, address := range []string{rani, "tono@example.com"} {
			sent := s.browser().asks("/recover", address, "what", what)
			bodies = append(bodies, changing.ReplaceAllString(sent.body, "…"))
		}
		if bodies[0] != bodies[1] {
			t.Errorf("%s: the pages differ:\n%s\n%s", what, bodies[0], bodies[1])
		}
	}
}

func TestALostPhoneIsReplacedAfterTheWait(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	owner := s.browser()
	owner.proven(rani)
	owner.withPhone(raniPhone)
	owner.withIdentity()
	s.clock.Add(2 * time.Hour)
	b := s.browser()
	form := b.types(b.asks("/recover", rani, "what", "lost"), rani)
	path := form.path
	form.expect(200, path)
	if !strings.HasPrefix(path, "/recover/") || b.get("/me").path == "/me" {
		t.Fatalf("at %s", path)
	}
	card := []string{"nik", "317401 550692 0000", "kk", "3174011203200000", "birth_day", "15", "birth_month", "6", "birth_year", "1992"}
	short := b.send(form, path, append(card, "nik", "3174", "birth_day", "32")...).expect(422, path)
	if short.count(".summary li") != 2 {
		t.Errorf("mistakes: %s", short.words(".summary"))
	}
	wrong := b.send(short, path, append(card, "kk", "3174011203200001")...).expect(422, path)
	if !strings.Contains(wrong.words(".summary"), "2") || wrong.count(".field.wrong, .summary a") != 0 {
		t.Errorf("it tells: %s", wrong.words(".summary"))
	}
	b.send(wrong, path, card...).expect(200, path)
	s.browser().get(path).expect(404, path)
	if owner.get("/me").expect(200, "/me").count("a[href='/undo']") == 0 {
		t.Error("the owner's page says nothing")
	}
	s.clock.Add(72 * time.Hour)
	s.work()
	b.get(path).expect(200, path)
	b.types(b.asks("/recover", rani, "what", "lost"), rani).expect(200, "/recover/done")
	b.get("/phone").expect(200, "/phone")
}

func TestAProgramThatPressesTheButtonOfAWarningTakesNothingBack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.browser()
	b.proven(rani)
	b.changesEmail("budi@example.com")
	mail := s.letter(rani).Text
	_, link, _ := strings.Cut(mail, "https://contoh.example.com")
	link = strings.Fields(link)[0]
	scanner := s.browser()
	page := scanner.get(link).expect(200, link)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, s.url+link, nil)
	s.must(err)
	res, err := scanner.client.Do(req)
	s.must(err)
	s.must(res.Body.Close())
	sent := scanner.send(page, link)
	sent.expect(200, sent.path)
	if !strings.HasPrefix(sent.path, "/code/") || !strings.Contains(b.get("/email").words("main"), "budi@example.com") {
		t.Fatalf("the change was taken back at %s", sent.path)
	}
	scanner.types(sent, rani).expect(200, "/undo/done")
	if got := scanner.get("/email").expect(200, "/email").words("main"); !strings.Contains(got, rani) {
		t.Errorf("the address is %s", got)
	}
	scanner.get("/undo").expect(200, "/undo")
}

func (b *browser) changesEmail(to string) {
	b.t.Helper()
	sent := b.send(b.get("/email").expect(200, "/email"), "/email", "address", to)
	b.send(sent, sent.path, "code", b.code(to)).expect(200, "/me")
}

func TestWhoIsSignedInTakesAChangeBackWithOneButton(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.browser()
	b.proven(rani)
	b.changesEmail("budi@example.com")
	if cooling := b.get("/email").expect(200, "/email"); cooling.count("form[action='/email']") != 0 || cooling.count("a[href='/undo']") != 1 {
		t.Errorf("a second change is offered: %s", cooling.words("main"))
	}
	b.post("/undo/here", url.Values{}).expect(422, "/undo/here")
	b.send(b.get("/undo").expect(200, "/undo"), "/undo/here").expect(200, "/undo/done")
	if got := b.get("/email").words("main"); !strings.Contains(got, rani) {
		t.Errorf("the address is %s", got)
	}
}

func TestAnAddressThatHasNothingToTakeBackIsToldSoAfterItsCode(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.browser().proven(rani)
	s.clock.Add(time.Hour)
	b := s.browser()
	sent := b.asks("/undo", rani)
	if got := b.types(sent, rani); got.status != 409 || !strings.Contains(got.words("main"), "tidak ada lagi yang bisa dibatalkan") {
		t.Errorf("%d: %s", got.status, got.words("main"))
	}
}
