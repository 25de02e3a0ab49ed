package page_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/page"
)

var noon = time.Date(2026, 8, 7, 5, 0, 0, 0, time.UTC) // 12.00 WIB

func catalog(t *testing.T) *locale.Catalog {
	t.Helper()
	c, err := locale.Load(nil, page.Words, os.DirFS("testdata/pages"))
	if err != nil {
		t.Fatal(err)
	}
	c.OnMissing(func(lang locale.Lang, key string) { t.Errorf("%s misses %s", lang, key) })
	return c
}

// renderer gives a portal over the pages in testdata, and what it logs.
func renderer(t *testing.T, change ...func(*page.Config)) (*page.Renderer, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	cfg := page.Config{
		Catalog: catalog(t), Layout: page.Portal,
		Templates: nil, Globals: map[string]string{"brand": "Program Contoh"},
		PublicURL: "https://contoh.example.com",
		Log:       slog.New(slog.NewJSONHandler(&log, nil)),
		Now:       func() time.Time { return noon },
		Frame: func(*http.Request) page.Frame {
			return page.Frame{
				Nav:  []page.Link{{Href: "/masuk", Text: page.Plain("Masuk")}},
				Foot: []page.Link{{Href: "/batas", Text: page.Plain("Batas")}},
				Note: page.Plain("Gratis"), Who: []page.Text{page.Plain("Petugas 07")},
			}
		},
	}
	cfg.Templates = append(cfg.Templates, os.DirFS("testdata/pages"))
	for _, c := range change {
		c(&cfg)
	}
	r, err := page.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r, &log
}

func get(path string) *http.Request { return httptest.NewRequest(http.MethodGet, path, nil) }

func in(lang locale.Lang, req *http.Request) *http.Request {
	req.Header.Set("Accept-Language", string(lang))
	return req
}

func dom(t *testing.T, body string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// words gives the text of the one element that matches, with spaces folded.
func words(t *testing.T, root *html.Node, selector string) string {
	t.Helper()
	found := cascadia.QueryAll(root, cascadia.MustCompile(selector))
	if len(found) != 1 {
		t.Fatalf("%s: found %d elements, want 1", selector, len(found))
	}
	var b strings.Builder
	for n := range found[0].Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attr(t *testing.T, root *html.Node, selector, name string) string {
	t.Helper()
	found := cascadia.Query(root, cascadia.MustCompile(selector))
	if found == nil {
		t.Fatalf("%s: not found", selector)
	}
	for _, a := range found.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	t.Fatalf("%s: no attribute %s", selector, name)
	return ""
}

func count(root *html.Node, selector string) int {
	return len(cascadia.QueryAll(root, cascadia.MustCompile(selector)))
}

func check(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

type formPage struct {
	page.Summary
	Progress page.Progress
	Token    string
	Email    page.Field
	NIK      page.Field
	Sex      page.Choices
	Province page.Select
	Birth    page.Row
	Code     page.Code
	Consent  page.Choice
	Actions  page.Actions
}

func newForm() formPage {
	return formPage{
		Progress: page.Progress{Step: 2, Of: 4, Label: page.Plain("E-mail")},
		Token:    "token",
		Email:    page.Field{Name: "email", Label: page.Plain("E-mail"), Hint: page.Plain("Satu saja"), Type: "email", Value: `"><script>x</script>`},
		NIK: page.Field{Name: "nik", Label: page.Plain("NIK"), Number: true, Grouped: true, InputMode: "numeric", Value: "3174015508920000",
			Digits: page.Digits("3174015508920000", 10, page.Plain("wilayah")), Confirm: &page.Choice{Name: "as_written", Label: page.Plain("Memang begini")}},
		Sex: page.Choices{Name: "sex", Label: page.Plain("Jenis kelamin"), Value: "f",
			Options: []page.Option{{Value: "f", Label: page.Plain("Perempuan")}, {Value: "m", Label: page.Plain("Laki-laki")}}},
		Province: page.Select{Name: "province", Label: page.Plain("Provinsi"), Empty: page.Plain("Pilih"), Value: "32",
			Options: []page.Option{{Value: "31", Label: page.Plain("DKI Jakarta")}, {Value: "32", Label: page.Plain("Jawa Barat")}}},
		Birth: page.Row{Name: "birth_date", Label: page.Plain("Tanggal lahir"), Hint: page.Plain("Contoh: 15 6 1992"), Fields: []page.Field{
			{Name: "birth_day", Label: page.Plain("Tanggal"), InputMode: "numeric", Value: "15"},
			{Name: "birth_month", Label: page.Plain("Bulan"), InputMode: "numeric"}}},
		Code:    page.Code{Name: "code", Label: page.Plain("Kode"), Hint: page.Plain("6 angka")},
		Consent: page.Choice{Name: "consent", Label: page.Plain("Saya setuju"), Required: true},
		Actions: page.Actions{Button: page.Plain("Kirim"), Links: []page.Link{{Href: "/masuk", Text: page.Plain("Masuk")}}},
	}
}

func TestAFormShowsEveryInputWithLabelHintMessageAndValue(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	v := newForm()
	err := fault.InvalidFields([]fault.Field{
		{Name: "email", Key: "page.form.too_long", Args: fault.Args{"max": 1200}},
		{Name: "nik", Key: "page.form.unreadable", Soft: true},
		{Name: "birth_date", Key: "page.form.unreadable"},
	})
	summary, ok := page.Mend(err, &v.Email, &v.NIK, &v.Birth, &v.Sex, &v.Province, &v.Code, &v.Consent)
	if !ok {
		t.Fatal("an Invalid fault was not taken")
	}
	v.Summary = summary
	w := httptest.NewRecorder()
	r.Render(w, in(locale.ID, get("/daftar")), http.StatusUnprocessableEntity, "form", v)
	root := dom(t, w.Body.String())

	check(t, "title", words(t, root, "title"), "Ada 3 hal yang perlu diperiksa: Buat akun – Program Contoh")
	check(t, "summary", words(t, root, ".summary[role=alert][tabindex='-1'] h2"), "Periksa 3 hal")
	check(t, "link to field", attr(t, root, ".summary a", "href"), "#email")
	check(t, "same words", words(t, root, "#email-e.error"), "Paling panjang 1.200 huruf; sisanya kami potong.")
	check(t, "description", attr(t, root, "#email", "aria-describedby"), "email-h email-e")
	check(t, "invalid", attr(t, root, "#email", "aria-invalid"), "true")
	check(t, "value kept", attr(t, root, "#email", "value"), `"><script>x</script>`)
	check(t, "doubt", words(t, root, ".field.doubt #nik-e.warning"), "Isian tidak sampai dengan utuh. Kirim sekali lagi.")
	check(t, "marked digit", words(t, root, ".digits mark"), "8")
	check(t, "digits", attr(t, root, ".digits", "aria-label"), "317401 550892 0000")
	check(t, "radio", attr(t, root, "#sex input[checked]", "value"), "f")
	check(t, "option", attr(t, root, "#province option[selected]", "value"), "32")
	check(t, "row", words(t, root, "fieldset#birth_date .error"), "Isian tidak sampai dengan utuh. Kirim sekali lagi.")
	check(t, "code", attr(t, root, "input.code", "autocomplete"), "one-time-code")
	check(t, "token", attr(t, root, "input[name=form_token]", "value"), "token")
	check(t, "progress", words(t, root, ".progress p"), "Langkah 2 dari 4: E-mail")
	check(t, "shared part", words(t, root, "#tail strong"), "1.432.133 orang")
	for selector, want := range map[string]int{
		".progress li.done": 1, ".progress li.now": 1, ".progress li": 4, "h1": 1, "main": 1, "aside": 1,
		"[style]": 0, "style": 0, "script:not([src])": 0, ".summary li.doubt": 1, ".button": 1,
	} {
		if got := count(root, selector); got != want {
			t.Errorf("%s: %d, want %d", selector, got, want)
		}
	}
}

func TestAPageIsWholeInBothLanguages(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	for lang, want := range map[locale.Lang]struct{ title, other, amount, again string }{
		locale.ID: {"Buat akun – Program Contoh", "English", "Rp 3.550.000 74,2 %", "12.14 WIB , 14.21 lagi"},
		locale.EN: {"Make an account – Program Contoh", "Bahasa Indonesia", "Rp 3,550,000 74.2%", "12:14 WIB , 14:21 left"},
	} {
		w := httptest.NewRecorder()
		r.Render(w, in(lang, get("/status?x=1")), http.StatusOK, "area/status", newStatus())
		root := dom(t, w.Body.String())
		check(t, "lang", attr(t, root, "html", "lang"), string(lang))
		check(t, "title", words(t, root, "title"), want.title)
		check(t, "switch", words(t, root, ".masthead a[hreflang]"), want.other)
		check(t, "amounts", words(t, root, "p:has(.badge)"), "Terbukti "+want.amount)
		check(t, "countdown", words(t, root, "p:has(.countdown)"), want.again)
		check(t, "seconds", attr(t, root, ".countdown", "data-left"), "861")
		check(t, "step", words(t, root, ".steps li.now[aria-current=step] a.button"), "Mulai")
		check(t, "bar", attr(t, root, "svg.bar rect", "width"), "74.2")
		check(t, "change", attr(t, root, ".facts .change a", "href"), "/ubah")
	}
}

type statusPage struct {
	State     page.State
	Facts     []page.Fact
	Steps     []page.Step
	Timeline  page.Timeline
	Notice    page.Notice
	Countdown *page.Countdown
	Badge     page.Badge
	Bar       page.Bar
}

func newStatus() statusPage {
	return statusPage{
		State: page.Happened(page.Plain("Kode dikirim"), page.Plain("Ketik kodenya"), page.Plain("Sekarang")),
		Facts: []page.Fact{
			{Label: page.Plain("NIK"), Digits: page.Digits("3174015506920000", 0), Change: &page.Link{Href: "/ubah", Text: page.Plain("Ubah")}},
			{Label: page.Plain("Bergabung"), At: noon}},
		Steps: []page.Step{
			{State: page.StepDone, Label: page.Plain("Akun"), Href: "/akun", Badge: page.Badge{Tone: page.Quiet, Text: page.Plain("Selesai")}},
			{State: page.StepNow, Number: 2, Label: page.Plain("E-mail"), Badge: page.Badge{Tone: page.Look, Text: page.Plain("Giliran Anda")},
				Action: &page.Link{Href: "/email", Text: page.Plain("Mulai")}},
			{State: page.StepAhead, Number: 3, Label: page.Plain("Gabung"), Badge: page.Badge{Tone: page.Quiet, Text: page.Plain("Nanti")}}},
		Timeline: page.Timeline{Clock: true, Events: []page.Event{
			{At: noon, Text: page.Plain("Dikirim")}, {State: page.Now, When: page.Plain("Sekarang"), Title: page.Plain("Menunggu Anda")}}},
		Notice:    page.Notice{Tone: page.Warm, Title: page.Plain("Luring"), Text: page.Plain("Isian tersimpan"), Live: true},
		Countdown: page.CountdownTo(noon, noon.Add(14*time.Minute+21*time.Second)),
		Badge:     page.Badge{Tone: page.Good, Text: page.Plain("Terbukti")},
		Bar:       page.Bar{Percent: 74.2, Label: page.Plain("74,2 %")},
	}
}

func TestALivePartGetsItsBlockAlone(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	req := in(locale.ID, get("/status"))
	req.Header.Set("Live-Part", "delivery")
	w := httptest.NewRecorder()
	r.Render(w, req, http.StatusOK, "area/status", newStatus())
	if body := strings.TrimSpace(w.Body.String()); !strings.HasPrefix(body, `<ol class="timeline clock">`) {
		t.Errorf("got %q", body)
	}
	check(t, "answer is marked", w.Header().Get("Live-Part"), "delivery")
}

func TestAPageMayTakeTheWholeWidth(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	w := httptest.NewRecorder()
	r.Render(w, get("/"), http.StatusOK, "hero", nil)
	root := dom(t, w.Body.String())
	check(t, "hero", words(t, root, "body > main > .hero h1"), "Program Contoh")
	if count(root, "aside, .page") != 0 {
		t.Error("the usual frame is there as well")
	}
}

func TestTheConsoleHasARailAndItsOwnStyle(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t, func(c *page.Config) {
		c.Layout, c.Templates = page.Console, []fs.FS{os.DirFS("testdata/pages/area")}
	})
	w := httptest.NewRecorder()
	r.Render(w, get("/status"), http.StatusOK, "status", newStatus())
	root := dom(t, w.Body.String())
	check(t, "rail", words(t, root, ".rail nav li a"), "Masuk")
	if !strings.HasPrefix(words(t, root, ".rail p"), "Petugas 07") {
		t.Error("the rail does not say who is signed in")
	}
	if count(root, "body.console main.desk h1") != 1 || count(root, "link[rel=stylesheet]") != 2 {
		t.Error("not a console page")
	}
}

func TestHeadersForbidWhatPagesDoNotUse(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	w := httptest.NewRecorder()
	r.Render(w, get("/"), http.StatusOK, "hero", nil)
	for name, want := range map[string]string{
		"Content-Type":              "text/html; charset=utf-8",
		"Cache-Control":             "no-store",
		"X-Content-Type-Options":    "nosniff",
		"Referrer-Policy":           "same-origin",
		"Strict-Transport-Security": "max-age=31536000",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
			"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	} {
		check(t, name, w.Header().Get(name), want)
	}
}

func TestAHandlerMayLetAPageBeCached(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	w := httptest.NewRecorder()
	w.Header().Set("Cache-Control", "public, max-age=10")
	r.Render(w, get("/"), http.StatusOK, "hero", nil)
	check(t, "Cache-Control", w.Header().Get("Cache-Control"), "public, max-age=10")
}

func TestPagesAreCompressedForWhoeverAccepts(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	for header, want := range map[string]string{"gzip, br": "gzip", "br;q=1.0, gzip;q=0.5": "gzip", "gzip;q=0": "", "gzip; q=0.0": "", "br": "", "": ""} {
		req := in(locale.ID, get("/daftar"))
		req.Header.Set("Accept-Encoding", header)
		w := httptest.NewRecorder()
		r.Render(w, req, http.StatusOK, "form", newForm())
		check(t, header, w.Header().Get("Content-Encoding"), want)
		body := io.Reader(w.Body)
		if want == "gzip" {
			z, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		text, err := io.ReadAll(body)
		if err != nil || !bytes.HasSuffix(bytes.TrimSpace(text), []byte("</html>")) {
			t.Errorf("%q: not the whole page: %v", header, err)
		}
	}
}

func TestAFaultyTemplateStopsTheStart(t *testing.T) {
	t.Parallel()
	title := `{{define "title"}}x{{end}}`
	for name, text := range map[string]string{
		"no main":         title,
		"no title":        `{{define "main"}}x{{end}}`,
		"unknown key":     title + `{{define "main"}}{{t "no.such.key"}}{{end}}`,
		"unknown part":    title + `{{define "main"}}{{template "no-such-part"}}{{end}}`,
		"ambiguous place": title + `{{define "main"}}<a href={{if .}}"{{end}}x>y</a>{{end}}`,
		"syntax":          title + `{{define "main"}}{{if}}{{end}}`,
	} {
		files := fstest.MapFS{"bad.html": {Data: []byte(text)}}
		_, err := page.New(page.Config{Catalog: catalog(t), Layout: page.Portal, Templates: []fs.FS{files}, Now: func() time.Time { return noon }})
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestATemplateThatFailsGivesAWholeErrorPage(t *testing.T) {
	t.Parallel()
	r, log := renderer(t)
	w := httptest.NewRecorder()
	r.Render(w, in(locale.ID, get("/status")), http.StatusOK, "area/status", map[string]any{"State": page.State{}})
	if w.Code != http.StatusInternalServerError {
		t.Errorf("status %d", w.Code)
	}
	check(t, "h1", words(t, dom(t, w.Body.String()), "h1"), "Ada gangguan di pihak kami")
	if !strings.Contains(log.String(), `"page.render"`) {
		t.Error("not logged")
	}
}

func TestKeysNamedInTemplatesAreFound(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"a.html": {Data: []byte(`{{define "x"}}{{if eq (t "k.one") ""}}{{th "k.two" "n" 1}}{{else}}{{range .L}}{{template "notice" (dict "T" (text "k.three"))}}{{end}}{{end}}{{end}}{{with t "k.four"}}<p title="{{$x := t "k.five"}}">{{end}}`)}}
	got, err := page.KeysUsed(files)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "keys", strings.Join(got, " "), "k.five k.four k.one k.three k.two")
}

func fstestFile(name, text string) fs.FS { return fstest.MapFS{name: {Data: []byte(text)}} }
