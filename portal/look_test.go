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
	if doubt.count(".digits > span") != 6 || doubt.words(".digits mark") != "8" || !strings.Contains(doubt.words(".warning"), "ke-10") {
		t.Errorf("the tenth digit is not pointed at: %s", doubt.body)
	}
	if short := b.ask(form, "kk", "kk", "317401120320000"); short.count(".error") != 1 || short.count(".digits") != 0 {
		t.Errorf("fifteen digits: %s", short.body)
	}
	if same := b.ask(form, "kk", "kk", "3174015506920000", "nik", "3174015506920000"); same.count(".warning") != 1 {
		t.Errorf("the family card has the number of the person: %s", same.body)
	}
	if strings.Contains(doubt.words("body"), "Agustus") {
		t.Errorf("what is probably wrong is read out: %s", doubt.words("body"))
	}
	if meant := doubt.words(".hint + div .digits"); meant != "317401 550692 0000" {
		t.Errorf("the number that was meant is not shown: %q in %s", meant, doubt.body)
	}
	for _, sound := range []screen{b.ask(form, "nik", append(born, "nik", "3174015506920000")...), b.ask(form, "nik", "nik", "")} {
		if sound.status != 200 || sound.count(".warning, .error, .digits") != 0 {
			t.Errorf("%d, says %q", sound.status, sound.words("body"))
		}
	}
	if kept := b.get("/identity"); kept.attr("#nik", "value") != "" {
		t.Error("what was only looked at is kept")
	}
}

func TestANumberIsReadOutAndDoubtedGroupByGroup(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.proven(rani)
	b.withPhone(raniPhone)
	form := b.get("/identity").expect(200, "/identity")
	born := []string{"birth_day", "15", "birth_month", "6", "birth_year", "1992", "sex", "female"}
	for _, step := range []struct {
		about, typed, says string
		doubts             int
	}{
		{"nik", "317401", "terdaftar di Tebet, Kota Administrasi Jakarta Selatan", 0},
		{"nik", "317499", "kecamatan itu tidak ada", 1},
		{"nik", "317401 550692", "lahir 15 Juni 1992, perempuan", 0},
		{"nik", "317401 550892", "bulan lahir Anda 06", 1},
		{"kk", "317401 120320", "terbit 12 Maret 2020", 0},
		{"kk", "317401 321320", "tanggal terbit kartu", 1},
	} {
		got := b.ask(form, step.about, append(born, "typing", step.about, step.about, step.typed)...)
		if got.count(".warning") != step.doubts || got.count(".error") != 0 || !strings.Contains(strings.ToLower(got.words("body")), strings.ToLower(step.says)) {
			t.Errorf("%s %s: %s", step.about, step.typed, got.words("body"))
		}
	}
	long := b.ask(form, "nik", append(born, "nik", "317401 5506692 0000")...)
	if long.count(".error") != 1 || long.words(".digits") != "317401 550692 0000" {
		t.Errorf("a digit too many: %s", long.words("body"))
	}
	swapped := b.ask(form, "nik", append(born, "nik", "3174011203200000", "kk", "3174015506920000")...)
	if !strings.Contains(swapped.words(".warning"), "tertukar") || swapped.words(".digits") != "317401 550692 0000" {
		t.Errorf("the two numbers have changed places: %s", swapped.words("body"))
	}
}

func TestBeforeSendingTheNIKIsReadOutInWords(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.proven(rani)
	b.withPhone(raniPhone)
	review := b.send(b.get("/identity"), "/identity", raniCard...).expect(200, "/identity")
	for _, words := range []string{"Tebet, Kota Administrasi Jakarta Selatan; lahir 15 Juni 1992; perempuan", "Jakarta, 15 Juni 1992", "Rani Contoh"} {
		if !strings.Contains(review.words(".facts"), words) {
			t.Errorf("no %q in %s", words, review.words(".facts"))
		}
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
