package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAFormFromAnotherSiteIsRefusedWithAPage(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	for _, path := range []string{"/register", "/sign-in", "/sign-out", "/me"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+path, strings.NewReader("address=x"))
		b.must(err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "https://evil.example")
		b.do(req).expect(http.StatusForbidden, path)
	}
}

func TestRegisteringByPhoneIsTheSecondStepAndALockLeadsSomewhere(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	sent := b.registered("0812 3456 7890")
	path := codePath(sent)
	if got := b.get(path).words(".progress"); !strings.Contains(got, "2") || strings.Contains(got, "3") {
		t.Errorf("the progress says %q", got)
	}
	wrong := "000000"
	if b.code(raniPhone) == wrong {
		wrong = "000001"
	}
	for range 4 {
		b.send(sent, path, "code", wrong).expect(422, path)
	}
	locked := b.send(sent, path, "code", wrong).expect(429, path)
	if got := locked.attr(".actions .button", "href"); got != "/register" {
		t.Errorf("whoever has no account is led to %q", got)
	}
	if locked.count("main a[href='"+path+"']") != 0 {
		t.Error("the way back leads to the same lock")
	}
}

func TestAWaitForTheNextMessageLeavesTheCodeToBeTyped(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	sent := b.registered(rani)
	path := codePath(sent)
	wait := b.send(sent, path+"/resend").expect(429, path+"/resend")
	if wait.count("main a[href='"+path+"']") != 1 {
		t.Errorf("no way back to the code: %s", wait.words("main"))
	}
	b.get(path+"/resend").expect(200, path)
}

func TestACodeSentTwiceIsNoMistake(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	sent := b.registered(rani)
	path := codePath(sent)
	form := sent.form(path, "code", b.code(rani))
	b.post(path, form).expect(200, "/password")
	again := b.post(path, form)
	if again.count(".summary") != 0 || again.attr(".actions .button", "href") != "/me" {
		t.Errorf("a second tap is told as a mistake: %s", again.words("main"))
	}
}

func TestThePageOfACodeIsSwitchedToItselfInTheOtherLanguage(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	sent := b.registered(rani)
	if want := codePath(sent) + "?lang=en"; sent.count("a[href='"+want+"']") != 1 {
		t.Errorf("no link to %s", want)
	}
}

func TestAnAddressTooLongToGoBackToIsLeftOut(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	form := b.get("/sign-in?next=" + url.QueryEscape("/me?"+strings.Repeat("a", 300)))
	if got := form.attr("input[name=next]", "value"); got != "/me" {
		t.Errorf("next is %q", got)
	}
}

func TestTheAddressOfTheReviewLeadsToItsForm(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.proven(rani)
	b.withPhone(raniPhone)
	b.get("/identity/review").expect(200, "/identity")
}
