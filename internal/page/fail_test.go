package page_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/page"
)

func TestEveryKindOfFaultHasItsPage(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	for _, c := range []struct {
		err         error
		status      int
		h1id, h1en  string
		retry, lead string
	}{
		{fault.New(fault.Invalid, "page.form.repeated", fault.Args{"name": "<b>"}), 422, "Isian belum bisa diterima", "We cannot take this form yet", "", "Isian <b> terkirim dua kali. Buka lagi halamannya, lalu kirim dari sana."},
		{fault.New(fault.Refused, "", nil), 409, "Belum bisa dilanjutkan", "You cannot go on yet", "", "Langkah ini belum terbuka untuk Anda."},
		{fault.LimitedUntil("", noon.Add(861*time.Second), nil), 429, "Terkunci sementara", "Locked for a while", "861", ""},
		{fault.New(fault.Unavailable, "", nil), 503, "Ada gangguan di pihak kami", "Something is wrong on our side", "30", "Bukan karena Anda."},
		{fault.New(fault.NotFound, "", nil), 404, "Halaman ini tidak ada", "There is no such page", "", "Mungkin alamatnya salah ketik, atau tautannya sudah tidak berlaku. Data Anda aman."},
		{fault.New(fault.Forbidden, "", nil), 403, "Tidak bisa dibuka dari sini", "This cannot be opened from here", "", "Masuk dengan akun yang berhak, atau kembali ke halaman awal."},
		{errors.New("disk is on fire"), 500, "Ada gangguan di pihak kami", "Something is wrong on our side", "", "Bukan karena Anda."},
	} {
		for lang, h1 := range map[locale.Lang]string{locale.ID: c.h1id, locale.EN: c.h1en} {
			w := httptest.NewRecorder()
			r.Fail(w, in(lang, get("/hal")), c.err)
			if w.Code != c.status {
				t.Errorf("%v: status %d, want %d", c.err, w.Code, c.status)
			}
			root := dom(t, w.Body.String())
			check(t, "h1", words(t, root, "h1"), h1)
			check(t, "Retry-After", w.Header().Get("Retry-After"), c.retry)
			check(t, "Cache-Control", w.Header().Get("Cache-Control"), "no-store")
			if lang == locale.ID && c.lead != "" {
				check(t, "lead", words(t, root, "p.lead"), c.lead)
			}
			if count(root, "a.button") != 1 || count(root, "h1") != 1 {
				t.Errorf("%v: not one way forward", c.err)
			}
		}
	}
}

func TestAFaultOfOursIsNeverRedNorAtAFieldAndHasACode(t *testing.T) {
	t.Parallel()
	r, log := renderer(t)
	h := front(t, r, func(w http.ResponseWriter, req *http.Request) {
		r.Fail(w, req, &fault.Error{Kind: fault.Unavailable, Until: noon.Add(3 * time.Minute), Err: errors.New("dial registry")})
	})
	w := serve(h, in(locale.ID, httptest.NewRequest(http.MethodPost, "/hal/7", nil)))
	root := dom(t, w.Body.String())
	if count(root, ".error, .wrong, .bad, .summary") != 0 {
		t.Error("a fault of ours is shown as the applicant's")
	}
	if !strings.Contains(words(t, root, ".state"), "Yang tersimpan") || !strings.Contains(words(t, root, ".state strong"), "12.03 WIB") {
		t.Errorf("state: %s", words(t, root, ".state"))
	}
	id := w.Header().Get("X-Request-Id")
	if !strings.Contains(words(t, root, "main small"), id) || !strings.Contains(log.String(), id) {
		t.Error("the code on the page is not the one in the log")
	}
}

func TestALimitSaysUntilWhenAndWhatElse(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	w := httptest.NewRecorder()
	r.Fail(w, in(locale.ID, get("/kode")), fault.LimitedUntil("page.form.unreadable", noon.Add(861*time.Second), nil),
		page.Link{Href: "/ponsel", Text: page.Plain("Lanjut dengan ponsel")}, page.Link{Href: "/batas", Text: page.Plain("Semua batas")})
	root := dom(t, w.Body.String())
	check(t, "h1's next line", words(t, root, "h1 + p"), "Bisa dicoba lagi pukul 12.14 WIB")
	check(t, "clock", words(t, root, ".big.countdown[data-left='861']"), "14.21")
	check(t, "main way", attr(t, root, "a.button", "href"), "/ponsel")
	check(t, "other way", attr(t, root, ".actions a:not(.button)", "href"), "/batas")
	if !strings.Contains(words(t, root, ".state"), "Isian tidak sampai") {
		t.Error("the reason is not said")
	}
}

func TestABodyThatIsTooLargeIsNotOurFault(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	w := httptest.NewRecorder()
	req := in(locale.ID, post("name="+strings.Repeat("x", 10<<20)))
	_, err := page.Form(w, req, rules...)
	r.Fail(w, req, err)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", w.Code)
	}
	check(t, "lead", words(t, dom(t, w.Body.String()), "p.lead"), "Kiriman ini terlalu besar. Isian biasa cukup beberapa baris.")
}

func TestTryAgainLeadsBackToTheFormAndToNoOtherSite(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	for referer, want := range map[string]string{
		"http://example.com/hal?c=7": "/hal?c=7",
		"http://evil.example/hal":    "/daftar",
		"":                           "/daftar",
	} {
		req := post("")
		req.Header.Set("Referer", referer)
		w := httptest.NewRecorder()
		r.Fail(w, req, errors.New("x"))
		check(t, referer, attr(t, dom(t, w.Body.String()), "a.button", "href"), want)
	}
}

func TestAssetsAreKeptForEverUnderTheirHash(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	w := httptest.NewRecorder()
	r.Render(w, get("/"), http.StatusOK, "hero", nil)
	path := attr(t, dom(t, w.Body.String()), "link[rel=stylesheet]", "href")
	req := get(path)
	req.Header.Set("Accept-Encoding", "gzip")
	got := serve(r.AssetHandler(), req)
	check(t, "Cache-Control", got.Header().Get("Cache-Control"), "public, max-age=31536000, immutable")
	check(t, "Content-Type", got.Header().Get("Content-Type"), "text/css; charset=utf-8")
	z, err := gzip.NewReader(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	zipped, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if plain := serve(r.AssetHandler(), get(path)).Body.Bytes(); !bytes.Equal(plain, zipped) {
		t.Error("compressed and plain differ")
	}
	again := get(path)
	again.Header.Set("If-None-Match", got.Header().Get("ETag"))
	if code := serve(r.AssetHandler(), again).Code; code != http.StatusNotModified {
		t.Errorf("status %d", code)
	}
	other := serve(r.AssetHandler(), get("/assets/look.0123456789ab.css"))
	if other.Code != http.StatusOK || strings.Contains(other.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("a hash of another version: %d, %s", other.Code, other.Header().Get("Cache-Control"))
	}
	if code := serve(r.AssetHandler(), get("/assets/../page.go")).Code; code != http.StatusNotFound {
		t.Errorf("outside: %d", code)
	}
}

// The first page with everything it loads stays under 14 KB, the first window
// of a TCP connection; some 3.5 KB of it are for the page itself.
func TestStyleAndScriptFitTheFirstWindow(t *testing.T) {
	t.Parallel()
	assets, err := page.NewAssets()
	if err != nil {
		t.Fatal(err)
	}
	css, js := assets.Size("look.css"), assets.Size("live.js")
	t.Logf("look.css %d, live.js %d, console.css %d bytes compressed", css, js, assets.Size("console.css"))
	if css == 0 || js == 0 || css+js > 10_500 || js > 4_000 {
		t.Errorf("look.css %d + live.js %d bytes", css, js)
	}
}

func TestAPageMayBringAssetsOfItsOwn(t *testing.T) {
	t.Parallel()
	if _, err := page.NewAssets(fstestFile("scan.js", "// c\nlet a = 1;\n")); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"look.css", "page.exe"} {
		if _, err := page.NewAssets(fstestFile(name, "")); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAnErrorPageDoesNotNeedItsFrame(t *testing.T) {
	t.Parallel()
	r, log := renderer(t, func(c *page.Config) {
		c.Frame = func(*http.Request) page.Frame { panic("no session was read") }
	})
	h := front(t, r, func(w http.ResponseWriter, req *http.Request) { r.Render(w, req, http.StatusOK, "form", nil) })
	req := in(locale.ID, httptest.NewRequest(http.MethodPost, "/hal/7", nil))
	req.Header.Set("Origin", "https://jahat.example.org")
	refused := serve(h, req)
	check(t, "refused", words(t, dom(t, refused.Body.String()), "h1"), "Tidak bisa dibuka dari sini")
	if refused.Code != http.StatusForbidden || strings.Contains(log.String(), "page.panic") {
		t.Errorf("%d: %s", refused.Code, log)
	}
	if broken := serve(h, get("/hal/7")); broken.Code != http.StatusInternalServerError {
		t.Errorf("a page without its frame answers %d", broken.Code)
	}
}

func TestTheAnswerToAFormIsSwitchedWhereItStands(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	h := front(t, r, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Location", "/kode/9?next=%2Flain")
		r.Fail(w, req, fault.New(fault.NotFound, "", nil))
	})
	w := serve(h, in(locale.ID, httptest.NewRequest(http.MethodPost, "/hal/7", nil)))
	if !strings.Contains(w.Body.String(), `href="/kode/9?lang=en&amp;next=%2Flain"`) {
		t.Error(w.Body.String())
	}
}
