package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// ask sends what a <live-check> sends about one input.
func (b *browser) ask(on screen, about string, pairs ...string) screen {
	b.t.Helper()
	values := url.Values{"form_token": {on.attr("input[name=form_token]", "value")}}
	for at := 0; at+1 < len(pairs); at += 2 {
		values.Set(pairs[at], pairs[at+1])
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+on.attr("live-check[for="+about+"]", "src"), strings.NewReader(values.Encode()))
	b.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Live-Part", about)
	return b.do(req)
}

func TestANumberIsLookedAtWhileItIsTyped(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.proven(rani)
	b.withPhone(raniPhone)
	form := b.get("/identity").expect(200, "/identity")
	born := []string{"birth_day", "15", "birth_month", "6", "birth_year", "1992", "sex", "female"}
	doubt := b.ask(form, "nik", append(born, "nik", "317401 550892 0000")...)
	if doubt.status != 200 || doubt.header.Get("Live-Part") != "nik" || doubt.count("form, h1") != 0 {
		t.Fatalf("%d %q", doubt.status, doubt.body)
	}
	if doubt.count(".digits > span") != 3 || doubt.words(".digits mark") != "8" || !strings.Contains(doubt.words(".warning"), "ke-10") {
		t.Errorf("the tenth digit is not pointed at: %s", doubt.body)
	}
	if short := b.ask(form, "kk", "kk", "317401120320000"); short.count(".error") != 1 || short.count(".digits") != 0 {
		t.Errorf("fifteen digits: %s", short.body)
	}
	if same := b.ask(form, "kk", "kk", "3174015506920000", "nik", "3174015506920000"); same.count(".warning") != 1 {
		t.Errorf("the family card has the number of the person: %s", same.body)
	}
	for _, sound := range []screen{b.ask(form, "nik", append(born, "nik", "3174015506920000")...), b.ask(form, "nik", "nik", "")} {
		if words := sound.words("body"); sound.status != 200 || words != "" {
			t.Errorf("%d, says %q", sound.status, words)
		}
	}
	if kept := b.get("/identity"); kept.attr("#nik", "value") != "" {
		t.Error("what was only looked at is kept")
	}
}

func TestLookingAtANumberNeedsAFormOfOursAndAnAccount(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.proven(rani)
	b.withPhone(raniPhone)
	form := b.get("/identity").expect(200, "/identity")
	if got := b.post("/identity/check", url.Values{"nik": {"3174015506920000"}}); got.status < 400 || got.header.Get("Live-Part") != "" {
		t.Errorf("without a token: %d", got.status)
	}
	if got := b.scene.browser().ask(form, "nik", "nik", "3174015506920000"); got.status != 401 || got.header.Get("Live-Part") != "" {
		t.Errorf("without an account: %d", got.status)
	}
}
