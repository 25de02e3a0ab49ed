package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gelombang/audit"
	"gelombang/internal/page"
)

const (
	rani      = "rani@example.com"
	raniPhone = "+6281234567890"
)

// registered gives a browser that has asked for a code, and the page it got.
func (b *browser) registered(address string) screen {
	b.t.Helper()
	form := b.get("/register").expect(200, "/register")
	return b.send(form, "/register", "address", address, "consent", "yes").expect(202, "/register")
}

// codePath is the address of the code that the page asks for.
func codePath(s screen) string { return s.header.Get("Content-Location") }

// proven gives a browser that has proven an address and is signed in.
func (b *browser) proven(address string) {
	b.t.Helper()
	sent := b.registered(address)
	b.send(sent, codePath(sent), "code", b.code(address)).expect(200, "/password")
}

func (b *browser) withPhone(number string) {
	b.t.Helper()
	sent := b.send(b.get("/phone").expect(200, "/phone"), "/phone", "address", "0"+number[3:])
	b.send(sent, sent.path, "code", b.code(number)).expect(200, "/me")
}

var raniCard = []string{"name", "Rani Contoh", "nik", "317401 550692 0000", "kk", "3174011203200000", "birth_place", "Jakarta",
	"birth_day", "15", "birth_month", "6", "birth_year", "1992", "sex", "female", "regency", "3174", "education", "primary", "employment", "job_seeker"}

func (b *browser) withIdentity(pairs ...string) screen {
	b.t.Helper()
	review := b.send(b.get("/identity").expect(200, "/identity"), "/identity", append(raniCard[:len(raniCard):len(raniCard)], pairs...)...)
	review.expect(200, "/identity")
	return b.send(review, "/identity/review").expect(200, "/identity/status")
}

func (b *browser) joined() screen {
	b.t.Helper()
	b.proven(rani)
	b.withPhone(raniPhone)
	b.withIdentity()
	b.work()
	ready := b.send(b.get("/statements").expect(200, "/statements"), "/statements", "citizen", "yes").expect(200, "/join")
	return b.send(ready, "/join", "true", "yes", "agree", "yes")
}

func TestTheWholeWayFromTheFirstPageToTheReceipt(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"id", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			b := newScene(t).browser()
			b.lang = lang
			if home := b.get("/").expect(200, "/"); home.count(".dates div") != 4 || home.count("a[href='/register']") != 1 {
				t.Errorf("home: %s", home.words("main"))
			}
			sent := b.registered(rani)
			code := b.code(rani)
			if live := b.get(codePath(sent)).expect(200, codePath(sent)); live.count("live-part .timeline li") < 2 {
				t.Errorf("no delivery: %s", live.words("main"))
			}
			password := b.send(sent, codePath(sent), "code", code[:3]+" "+code[3:]).expect(200, "/password")
			phone := b.send(password, "/password", "password", "kapal layar biru").expect(200, "/phone")
			sms := b.send(phone, "/phone", "address", "0812-3456-7890")
			sms.expect(200, sms.path)
			b.send(sms, sms.path, "code", b.code(raniPhone)).expect(200, "/me")
			parked := b.withIdentity()
			if parked.count("[data-done]") != 0 {
				t.Error("parked is shown as answered")
			}
			b.work()
			if done := b.get("/identity/status").expect(200, "/identity/status"); done.count("[data-done]") != 1 || done.attr("a.button", "href") != "/statements" {
				t.Errorf("not matched: %s", done.words("main"))
			}
			ready := b.send(b.get("/statements").expect(200, "/statements"), "/statements", "citizen", "yes").expect(200, "/join")
			receipt := b.send(ready, "/join", "true", "yes", "agree", "yes")
			receipt.expect(200, receipt.path)
			if receipt.words(".hash") == "" || !strings.Contains(receipt.words("pre"), "gelombang receipt v1") {
				t.Errorf("no receipt: %s", receipt.words("main"))
			}
			file := b.get(receipt.path + "/file")
			if file.status != 200 || !strings.HasPrefix(file.body, "gelombang receipt v1\n") || !strings.Contains(file.header.Get("Content-Disposition"), "attachment") {
				t.Errorf("file: %d %q", file.status, file.header)
			}
			me := b.get("/me").expect(200, "/me")
			if me.count(".steps .done") != 6 || me.count(".timeline li") < 3 {
				t.Errorf("me: %d steps done, %d events", me.count(".steps .done"), me.count(".timeline li"))
			}
			b.get("/messages").expect(200, "/messages")
		})
	}
}

func TestPublicPagesAreSoundInBothLanguages(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, lang := range []string{"id", "en"} {
		b := s.browser()
		b.lang = lang
		for _, path := range []string{"/", "/register", "/sign-in", "/sign-in/code", "/help", "/privacy", "/limits", "/draws"} {
			b.get(path).expect(200, path)
		}
		draw := b.get("/draws").attr("tbody a", "href")
		b.get(draw).expect(200, draw)
		b.get("/draws/77").expect(404, "/draws/77")
		b.get(draw+"/bundle").expect(404, draw+"/bundle")
		b.get("/no/such").expect(404, "/no/such")
		if len(b.client.Jar.Cookies(mustURL(b))) != 0 {
			t.Error("a visitor who only reads carries a cookie")
		}
	}
}

func mustURL(b *browser) *url.URL {
	u, err := url.Parse(b.url)
	b.must(err)
	return u
}

func TestEveryAccountPageSendsStrangersToSignInAndBack(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	for _, path := range []string{"/me", "/phone", "/email", "/identity", "/identity/status", "/statements", "/join", "/receipt/1", "/result/1", "/withdraw/1", "/messages", "/password"} {
		in := b.get(path).expect(200, "/sign-in")
		if in.attr("input[name=next]", "value") != path {
			t.Errorf("%s: does not come back", path)
		}
	}
}

func TestARegistrationSentTwiceIsTheSame(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	form := b.get("/register").form("/register", "address", rani, "consent", "yes")
	first, second := b.post("/register", form), b.post("/register", form)
	if codePath(first) == "" || codePath(first) != codePath(second) || second.status != 202 {
		t.Errorf("%q and %q", codePath(first), codePath(second))
	}
}

func TestAProbableSlipIsAskedAboutOnceAndNeverForced(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	asked := b.send(b.get("/register"), "/register", "address", "rani@gmial.com", "consent", "yes").expect(422, "/register")
	if asked.count(".summary.doubt li.doubt") != 1 || asked.attr("button[name=use]", "value") != "rani@gmail.com" {
		t.Fatalf("not asked: %s", asked.words("main"))
	}
	if asked.attr("#address", "value") != "rani@gmial.com" {
		t.Error("what was typed is lost")
	}
	b.send(asked, "/register", "consent", "yes").expect(202, "/register")
	b.send(asked, "/register", "consent", "yes", "use", "rani@gmail.com").expect(202, "/register")
	if b.letter("rani@gmial.com").To == "" || b.letter("rani@gmail.com").To == "" {
		t.Error("not sent")
	}
}

func TestErrorsStandOnTopAndAtTheFieldWithTheValueKept(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	wrong := b.send(b.get("/register"), "/register", "address", "rani@").expect(422, "/register")
	if wrong.count(".summary li") != 2 || wrong.words("#address-e") == "" || wrong.words("#consent-e") == "" || wrong.attr("#address", "value") != "rani@" {
		t.Errorf("%s", wrong.words("main"))
	}
	if !strings.Contains(wrong.words("title"), "2") {
		t.Errorf("the title says nothing: %s", wrong.words("title"))
	}
	long := b.send(b.get("/register"), "/register", "address", strings.Repeat("a", 300), "consent", "yes").expect(422, "/register")
	if got := long.attr("#address", "value"); len(got) != 200 || long.words("#address-e") == "" || long.count(".summary li") != long.count(".summary li a") {
		t.Errorf("over-long: %d letters kept", len(got))
	}
}

func TestStrangeRequestsGetAClearAnswer(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	form := b.get("/register").form("/register", "address", rani, "consent", "yes")
	unknown := url.Values{}
	for name, values := range form {
		unknown[name] = values
	}
	unknown.Set("role", "admin")
	b.post("/register", unknown).expect(422, "/register")
	unknown.Del("role")
	unknown.Set("form_token", "made up")
	b.post("/register", unknown).expect(422, "/register")
	b.post("/register", url.Values{"address": {strings.Repeat("x", 10<<20)}}).expect(422, "/register")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/register", strings.NewReader(`{"address":"rani@example.com"}`))
	b.must(err)
	req.Header.Set("Content-Type", "application/json")
	b.do(req).expect(422, "/register")
	for _, path := range []string{"/code/abc", "/code/99999999999999999999", "/code/7", "/link/x", "/link/7.abc"} {
		b.get(path).expect(404, path)
	}
}

func TestALimitOnSendingSaysUntilWhenAndWhatElse(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for range 3 {
		s.browser().registered(rani)
		s.clock.Add(2 * time.Minute)
	}
	b := s.browser()
	limited := b.send(b.get("/register"), "/register", "address", rani, "consent", "yes").expect(429, "/register")
	if limited.count(".countdown") != 1 || limited.attr("a.button", "href") != "/sign-in" {
		t.Errorf("%s", limited.words("main"))
	}
}

func TestALinkOpenedByAMachineConsumesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.browser()
	b.registered(rani)
	link := linkIn(t, s.letter(rani).Text)
	scanner := s.browser()
	for range 3 {
		other := scanner.get(link).expect(200, link)
		if other.count("input.code") != 1 || other.count("form[action^='/link/']") != 0 {
			t.Fatalf("another browser is offered a button: %s", other.words("main"))
		}
	}
	scanner.post(link, url.Values{page.TokenField: {b.get("/register").form("/register").Get(page.TokenField)}})
	scanner.get("/me").expect(200, "/sign-in")
	mine := b.get(link).expect(200, link)
	b.get(link).expect(200, link)
	b.send(mine, link).expect(200, "/password")
	b.get("/me").expect(200, "/me")
}

func linkIn(t *testing.T, text string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "/link/")
	if !found {
		t.Fatalf("no link in %q", text)
	}
	return "/link/" + strings.Fields(rest)[0]
}

func TestWrongDigitsAreCountedAndTheLockSaysUntilWhen(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	sent := b.registered(rani)
	path := codePath(sent)
	right := b.code(rani)
	wrong := "000000"
	if right == wrong {
		wrong = "000001"
	}
	first := b.send(sent, path, "code", wrong).expect(422, path)
	if first.words("#code-e") == "" || first.count(".summary li") != 1 {
		t.Errorf("no message at the code: %s", first.words("main"))
	}
	for range 3 {
		b.send(first, path, "code", wrong).expect(422, path)
	}
	b.send(first, path, "code", wrong)
	if locked := b.get(path).expect(429, path); locked.count(".countdown") != 1 || locked.header.Get("Retry-After") == "" {
		t.Errorf("not locked: %s", locked.words("main"))
	}
	b.send(first, path, "code", right).expect(429, path)
}

func TestPasswordAndCodeBothSignIn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.browser()
	b.proven(rani)
	b.send(b.get("/password"), "/password", "password", "pendek").expect(422, "/password")
	b.send(b.get("/password"), "/password", "password", "kapal layar biru").expect(200, "/phone")
	b.send(b.get("/me"), "/sign-out").expect(200, "/")
	b.get("/me").expect(200, "/sign-in")

	wrong := b.send(b.get("/sign-in"), "/sign-in", "address", rani, "password", "kapal layar merah").expect(422, "/sign-in")
	if wrong.attr("#address", "value") != rani || wrong.attr("#password", "value") != "" {
		t.Error("the address is lost, or the password is shown")
	}
	b.send(b.get("/sign-in?next=/phone"), "/sign-in", "address", rani, "password", "kapal layar biru").expect(200, "/phone")
	b.send(b.get("/me"), "/sign-out")
	b.send(b.get("/sign-in?next=//elsewhere.example.com"), "/sign-in", "address", rani, "password", "kapal layar biru").expect(200, "/me")

	other := s.browser()
	s.clock.Add(time.Hour)
	code := other.send(other.get("/sign-in/code?next=/phone"), "/sign-in/code", "address", rani)
	other.send(code, code.path, "code", s.code(rani)).expect(200, "/phone")
}

func TestAFormSentAfterTheSessionEndedIsCarriedThroughSigningIn(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.proven(rani)
	b.send(b.get("/password"), "/password", "password", "kapal layar biru")
	b.withPhone(raniPhone)
	form := b.get("/identity").form("/identity", raniCard...)
	b.send(b.get("/me"), "/sign-out")
	ended := b.post("/identity", form).expect(401, "/identity")
	resume := b.send(ended, "/sign-in", "address", rani, "password", "kapal layar biru").expect(200, "/sign-in")
	review := b.post("/identity", resume.form("/identity")).expect(200, "/identity")
	if !strings.Contains(review.words(".facts"), "Rani Contoh") {
		t.Errorf("lost: %s", review.words("main"))
	}
}

func TestAStepThatIsNotOpenLeadsToTheOneThatIs(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.proven(rani)
	for _, path := range []string{"/identity", "/statements", "/join"} {
		b.get(path).expect(200, "/phone")
	}
	b.withPhone(raniPhone)
	b.get("/join").expect(200, "/identity")
	b.get("/statements").expect(200, "/identity")
	b.withIdentity()
	b.get("/join").expect(200, "/statements")
}

func TestADoubtfulDigitIsPointedAtAndPassesTheSecondTime(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.proven(rani)
	b.withPhone(raniPhone)
	typed := append(raniCard[:len(raniCard):len(raniCard)], "nik", "3174015508920000")
	doubt := b.send(b.get("/identity"), "/identity", typed...).expect(422, "/identity")
	if doubt.words(".digits mark") != "8" || doubt.count(".field.doubt") != 1 || doubt.attr("#name", "value") != "Rani Contoh" {
		t.Fatalf("not pointed at: %s", doubt.words("main"))
	}
	review := b.send(doubt, "/identity").expect(200, "/identity")
	back := b.send(review, "/identity/review", "edit", "yes").expect(200, "/identity/review")
	if back.attr("#nik", "value") != "3174015508920000" {
		t.Error("going back loses what was typed")
	}
	other := b.send(doubt, "/identity", "nik", "3174015507920000").expect(422, "/identity")
	if other.words(".digits mark") != "7" {
		t.Error("another doubt passes unseen")
	}
	b.send(review, "/identity/review").expect(200, "/identity/status")
	b.send(review, "/identity/review").expect(200, "/identity/status")
}

func TestEachAnswerOfTheRegistryHasItsPage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	titles := map[string]bool{}
	for at, serial := range []string{"9101", "9102", "9104", "9202", "9002"} {
		b := s.browser()
		address := serial + "@example.com"
		b.proven(address)
		b.withPhone("+628123456780" + string(rune('0'+at)))
		b.withIdentity("nik", "317401550692"+serial)
		b.work()
		answer := b.get("/identity/status").expect(200, "/identity/status")
		if serial == "9002" {
			if answer.count(".error, .bad, [data-done]") != 0 || answer.count("a.button[href='/statements']") != 1 {
				t.Errorf("no answer is shown as the person's fault: %s", answer.words("main"))
			}
			continue
		}
		titles[answer.words(".lead")] = true
		if answer.attr("a.button", "href") != "/identity" {
			t.Errorf("%s: no way to mend: %s", serial, answer.words("main"))
		}
		if got := b.get("/me").words(".state"); !strings.Contains(got, "Data kependudukan menjawab") {
			t.Errorf("%s: the own page keeps the answer back: %s", serial, got)
		}
		form := b.get("/identity").expect(200, "/identity")
		if wrong := form.count("#kk-e"); (serial == "9202") != (wrong == 1) {
			t.Errorf("%s: the field that differs is not the one pointed at", serial)
		}
	}
	if len(titles) != 4 {
		t.Errorf("%d answers apart, want 4", len(titles))
	}
}

func TestARuleThatRefusesSaysWhyAndWhereToMendIt(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.proven(rani)
	b.withPhone(raniPhone)
	b.withIdentity()
	b.send(b.get("/statements"), "/statements").expect(422, "/statements")
	refused := b.send(b.get("/statements"), "/statements", "citizen", "no").expect(200, "/join")
	if refused.attr(".rules a", "href") != "/statements" || refused.count("form[action='/join']") != 0 {
		t.Fatalf("%s", refused.words("main"))
	}
	ready := b.send(b.get("/statements"), "/statements", "citizen", "yes").expect(200, "/join")
	b.send(ready, "/join").expect(422, "/join")
}

func TestJoiningTwiceIsOneReceiptAndLeavingCanBeTakenBack(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.proven(rani)
	b.withPhone(raniPhone)
	b.withIdentity()
	ready := b.send(b.get("/statements"), "/statements", "citizen", "yes")
	form := ready.form("/join", "true", "yes", "agree", "yes")
	first, second := b.post("/join", form), b.post("/join", form)
	if first.words(".hash") == "" || first.words(".hash") != second.words(".hash") {
		t.Fatal("two receipts")
	}
	wave := strings.TrimPrefix(first.path, "/receipt/")
	leave := b.get("/withdraw/"+wave).expect(200, "/withdraw/"+wave)
	left := b.send(leave, "/withdraw/"+wave).expect(200, first.path)
	b.send(leave, "/withdraw/"+wave).expect(200, first.path)
	if left.attr("a.button", "href") != "/join" {
		t.Errorf("no way back: %s", left.words("main"))
	}
	again := b.send(b.get("/join").expect(200, "/join"), "/join", "true", "yes", "agree", "yes").expect(200, first.path)
	if again.words(".hash") == first.words(".hash") {
		t.Error("the old receipt came back")
	}
}

func TestTheResultShowsRankAndCutOffOnceReleased(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.browser()
	receipt := b.joined()
	wave := strings.TrimPrefix(receipt.path, "/receipt/")
	waiting := b.get("/result/"+wave).expect(200, "/result/"+wave)
	if waiting.count(".scale") != 0 {
		t.Error("a result before the draw")
	}
	id := s.wave().ID
	s.must(s.waves.Close(t.Context(), id, audit.Staff(1)))
	s.clock.Add(15 * time.Second)
	s.work()
	draw := b.get("/draws/"+wave).expect(200, "/draws/"+wave)
	if len(draw.words(".hash")) != 64 || draw.count("thead th") != 3 {
		t.Errorf("no root, or cut-offs before the release: %s", draw.words("main"))
	}
	list := b.get("/draws/" + wave + "/bundle")
	if list.status != 200 || !strings.HasPrefix(list.body, "header ") || strings.Contains(list.body, "\nresult ") {
		t.Errorf("list: %d %.60q", list.status, list.body)
	}
	s.clock.Add(time.Minute)
	s.work()
	s.must(s.draw.Run(t.Context(), id, audit.Staff(1)))
	s.work()
	s.must(s.draw.Approve(t.Context(), id, audit.Staff(1)))
	s.must(s.draw.Release(t.Context(), id, audit.Staff(2)))
	for _, lang := range []string{"id", "en"} {
		b.lang = lang
		result := b.get("/result/"+wave).expect(200, "/result/"+wave)
		if result.words(".panel.deep .big") != "1" || result.count(".scale .you") != 1 {
			t.Errorf("no rank: %s", result.words("main"))
		}
		if cut := b.get("/draws/"+wave).expect(200, "/draws/"+wave); cut.count("thead th") != 5 {
			t.Error("no cut-offs")
		}
		b.get("/me").expect(200, "/me")
		if proof := b.get("/receipt/"+wave).expect(200, "/receipt/"+wave); proof.count(`.button[href="/result/`+wave+`"]`) != 1 || proof.count(".state") != 0 {
			t.Errorf("the receipt still waits for the draw: %s", proof.words("main"))
		}
	}
	if bundle := b.get("/draws/" + wave + "/bundle"); !strings.Contains(bundle.body, "\nresult ") {
		t.Error("no result in the bundle")
	}
	stranger := s.browser()
	stranger.proven("lain@example.com")
	stranger.get("/receipt/"+wave).expect(404, "/receipt/"+wave)
	stranger.get("/result/"+wave).expect(404, "/result/"+wave)
}

func TestTheLivePartOfThePageOfACodeIsABlockAlone(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	sent := b.registered(rani)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+codePath(sent), nil)
	b.must(err)
	req.Header.Set("Live-Part", "delivery")
	part := b.do(req)
	if part.count("h1, header") != 0 || part.count(".timeline") != 1 || part.header.Get("Live-Part") != "delivery" {
		t.Errorf("%s", part.body)
	}
}
