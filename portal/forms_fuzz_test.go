package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"

	"gelombang/internal/page"
)

// fuzzedForm is a form of the portal that anything may be sent to.
type fuzzedForm struct {
	path   string
	on     string   // the page that it stands on; "" takes path
	fields []string // in the order in which a seed gives their values
	kept   []page.FieldRule
	reset  []string // fields whose value takes the place of what was typed
}

// apart separates the values of a seed. Whatever is made of a seed is still some values.
const apart = "\x1f"

// holds sends a form with values that a machine made up. A server works beside the fuzzer,
// so that no coverage repeats: -fuzzminimizetime 1x keeps it from trying to.
func (x fuzzedForm) holds(f *testing.F, b *browser, seeds ...string) {
	f.Helper()
	on := x.on
	if on == "" {
		on = x.path
	}
	form := b.get(on).form(x.path)
	for _, seed := range append(seeds, "", strings.Repeat(apart, len(x.fields)), strings.Repeat("a", 5000), "\x00\xff\u202e"+apart+"<script>&\"'", "%!d(string)"+apart+"⟦x⟧") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		here := *b.scene
		here.t = t
		tab := &browser{scene: &here, client: b.client, lang: b.lang}
		values := url.Values{}
		for name, v := range form {
			values[name] = v
		}
		for i, v := range strings.SplitN(typed, apart, len(x.fields)) {
			values.Set(x.fields[i], v)
		}
		got := tab.post(x.path, values)
		got.answered()
		x.keeps(got, values)
	})
}

// answered: whatever came, the answer is a page of ours that is no fault of ours.
func (s screen) answered() {
	s.t.Helper()
	if s.status >= http.StatusInternalServerError {
		s.t.Fatalf("%s answered %d: %s", s.path, s.status, s.words("main"))
	}
	if strings.HasPrefix(s.header.Get("Content-Type"), "text/html") && (s.count("h1") != 1 || s.words("title") == "") {
		s.t.Fatalf("%s (%d): %d h1, title %q", s.path, s.status, s.count("h1"), s.words("title"))
	}
}

// keeps: a form that comes back has everything in it that was typed, as forms are read.
func (x fuzzedForm) keeps(got screen, sent url.Values) {
	got.t.Helper()
	form := cascadia.Query(got.root, cascadia.MustCompile(fmt.Sprintf("form[action=%q]", x.path)))
	if form == nil || got.status != http.StatusUnprocessableEntity || slices.ContainsFunc(x.reset, sent.Has) {
		return
	}
	for _, rule := range x.kept {
		// Cut to its length and cleaned, as every form of ours is read.
		read, _ := page.Query(&http.Request{URL: &url.URL{RawQuery: url.Values{rule.Name: sent[rule.Name]}.Encode()}}, rule)
		in := cascadia.Query(form, cascadia.MustCompile(fmt.Sprintf("input[name=%q]", rule.Name)))
		if in == nil {
			got.t.Fatalf("%s: the form has lost its field %s", x.path, rule.Name)
		}
		kept := attr(in, "value")
		if attr(in, "type") == "checkbox" {
			kept = ""
			if has(in, "checked") {
				kept = read.Get(rule.Name)
			}
		}
		if kept != read.Get(rule.Name) {
			got.t.Fatalf("%s: %s was typed as %q and came back as %q", x.path, rule.Name, read.Get(rule.Name), kept)
		}
	}
}

func rulesOf(names ...string) (out []page.FieldRule) {
	for _, name := range names {
		out = append(out, page.FieldRule{Name: name})
	}
	return out
}

// seed is the values of one seed.
func seed(values ...string) string { return strings.Join(values, apart) }

func FuzzRegister(f *testing.F) {
	x := fuzzedForm{path: "/register", fields: []string{"address", "consent", "seen", "use", "read", "change", "pass"},
		kept: rulesOf("address", "consent"), reset: []string{"use"}}
	x.holds(f, newScene(f).browser(), seed(rani, "yes"), seed("rani@gmial.com", "yes", "", "", "rani@gmial.com"), seed("0812 3456 7890", "yes", "", "", "0812 3456 7890"),
		seed(rani, "", "", "rani@gmail.com"), seed(rani, "yes", "", "", "", "1", "pass"), seed("ränî@exämple.id", "on"), seed("a@b@c"), seed("@"))
}

func FuzzSignIn(f *testing.F) {
	x := fuzzedForm{path: "/sign-in", fields: []string{"address", "password", "next", "kept"}, kept: rulesOf("address")}
	x.holds(f, newScene(f).browser(), seed(rani, raniPassword, "/me"), seed(rani, "", "//evil.example", "a=%zz"), seed("", "x", "/\\evil", "form_token=1"), seed("081", "\x00"))
}

func FuzzSignInByCode(f *testing.F) {
	x := fuzzedForm{path: "/sign-in/code", fields: []string{"address", "next"}, kept: rulesOf("address")}
	x.holds(f, newScene(f).browser(), seed(rani, "/phone"), seed("rani@", "http://evil.example"), seed("+62 812-3456-7890"), seed("12345"))
}

func FuzzRecover(f *testing.F) {
	x := fuzzedForm{path: "/recover", fields: []string{"address", "what"}, kept: rulesOf("address")}
	x.holds(f, newScene(f).browser(), seed(rani, "forgotten"), seed(rani, "lost"), seed("nobody", "lost"), seed(rani, "something else"))
}

func FuzzUndo(f *testing.F) {
	x := fuzzedForm{path: "/undo", fields: []string{"address"}, kept: rulesOf("address")}
	x.holds(f, newScene(f).browser(), rani, "rani", "0812 3456 7890")
}

func FuzzCode(f *testing.F) {
	b := newScene(f).browser()
	sent := b.registered(rani)
	x := fuzzedForm{path: codePath(sent), fields: []string{"code", "next"}}
	x.holds(f, b, seed("000000"), seed("12 34-56", "/me"), seed("１２３４５６"), seed("1", "//evil.example"))
}

func FuzzMessage(f *testing.F) {
	x := fuzzedForm{path: "/message", fields: []string{"mark"}, kept: []page.FieldRule{{Name: "mark", Max: 24}}}
	x.holds(f, newScene(f).browser(), "AB3", "#abcde fghjk", "O123456789", "AAAAAAAAAB", "ＡＢＣ")
}

// enrolled is the browser of somebody with a mail, a phone and a password.
func enrolled(f *testing.F) *browser {
	f.Helper()
	b := newScene(f).browser()
	b.withPassword()
	b.withPhone(raniPhone)
	return b
}

func FuzzIdentity(f *testing.F) {
	names := []string{"name", "nik", "kk", "birth_place", "birth_day", "birth_month", "birth_year", "sex", "regency", "education", "employment", "seen", "edit"}
	x := fuzzedForm{path: "/identity", fields: names, kept: []page.FieldRule{{Name: "name"}, {Name: "nik", Max: 40}, {Name: "kk", Max: 40}, {Name: "birth_place"},
		{Name: "birth_day", Max: 2}, {Name: "birth_month", Max: 2}, {Name: "birth_year", Max: 4}}}
	x.holds(f, enrolled(f), seed("Rani Contoh", "317401 550692 0000", "3174011203200000", "Jakarta", "15", "6", "1992", "female", "3174", "primary", "job_seeker"),
		seed("Rani", "3174", "", "", "32", "13", "0"), seed("", "3174015506920000", "3174015506920000", "", "-1", "6", "99999"), seed("ﷺ", strings.Repeat("9", 60)),
		seed("Rani Contoh", "3174015506920000", "3174011203200000", "Jakarta", "15", "6", "1992", "unknown", "9999", "none", "x", "nik:x,kk:y", "1"))
}

func FuzzPhone(f *testing.F) {
	b := newScene(f).browser()
	b.proven(rani)
	x := fuzzedForm{path: "/phone", fields: []string{"address", "seen", "use", "read", "change"}, kept: rulesOf("address"), reset: []string{"use"}}
	x.holds(f, b, seed("0812-3456-7890"), seed("0812"), seed("+1 202 555 0100", "", "", "+1 202 555 0100"), seed("021 555 1234"), seed(rani), seed("62 0812 3456 7890", "62 0812 3456 7890"))
}

func FuzzEmail(f *testing.F) {
	b := newScene(f).browser()
	b.proven(rani)
	x := fuzzedForm{path: "/email", fields: []string{"address", "seen", "use", "read", "change"}, kept: rulesOf("address"), reset: []string{"use"}}
	x.holds(f, b, seed("budi@example.com"), seed(rani), seed("budi@gmial.com"), seed("budi@gmial.com", "budi@gmial.com"), seed("x", "", "budi@gmail.com"), seed("b", "", "", "b", "1"))
}

func FuzzPassword(f *testing.F) {
	x := fuzzedForm{path: "/password", fields: []string{"password"}}
	x.holds(f, enrolled(f), "12345678", "rani@example.com", "gajah makan pelangi", strings.Repeat("ñ", 129), "a\u0301\u0000", "        ")
}

func FuzzRecoveryData(f *testing.F) {
	b := newScene(f).browser()
	b.proven(rani)
	b.withPhone(raniPhone)
	b.withIdentity()
	b.clock.Add(2 * time.Hour)
	stranger := b.browser()
	path := stranger.types(stranger.asks("/recover", rani, "what", "lost"), rani).path
	x := fuzzedForm{path: path, fields: []string{"nik", "kk", "birth_day", "birth_month", "birth_year"}, kept: []page.FieldRule{{Name: "nik", Max: 40}, {Name: "kk", Max: 40},
		{Name: "birth_day", Max: 2}, {Name: "birth_month", Max: 2}, {Name: "birth_year", Max: 4}}}
	x.holds(f, stranger, seed("3174015506920001", "3174011203200000", "15", "6", "1992"), seed("317401 550692 000", "", "0", "0", "0"), seed("١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦", "x", "29", "2", "1900"))
}

func FuzzStatements(f *testing.F) {
	b := enrolled(f)
	b.withIdentity()
	x := fuzzedForm{path: "/statements", fields: []string{"citizen"}}
	x.holds(f, b, "no", "maybe", "yes\n")
}

// everyPost is where the portal takes a form, whoever sends it, but for signing out.
var everyPost = []string{"/register", "/sign-in", "/sign-in/code", "/sign-in/passkey", "/sign-in/passkey/begin", "/recover", "/recover/1", "/undo", "/undo/here",
	"/undo/1.x", "/link/1.x", "/code/1", "/code/1/resend", "/message", "/password", "/phone", "/email", "/identity", "/identity/review", "/statements", "/join",
	"/withdraw/1", "/passkeys", "/passkeys/begin", "/passkeys/1", "/passkeys/1/remove", "/sessions"}

// FuzzAnyBody sends bytes that need not be a form at all, with a token that is good.
func FuzzAnyBody(f *testing.F) {
	b := enrolled(f)
	token := b.get("/email").attr(`main input[name=form_token]`, "value")
	const asForm = "application/x-www-form-urlencoded"
	for at, path := range everyPost {
		f.Add(uint8(at), asForm, "address="+path+"&next=%zz")
		f.Add(uint8(at), asForm, "answer=%7B%7D&failed=cancelled")
	}
	for _, body := range []string{"", "%", "a=1;b=2", "address=a&address=b", strings.Repeat("a=b&", 20000), "\xff\xfe=\x00", "code=1&next=%2F%2Fevil", `{"id":"x"}`,
		"answer=" + url.QueryEscape(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}`)} {
		f.Add(uint8(3), asForm, body)
		f.Add(uint8(22), asForm, body)
		f.Add(uint8(1), "multipart/form-data; boundary=x", body)
		f.Add(uint8(0), "application/json", body)
	}
	f.Fuzz(func(t *testing.T, at uint8, kind, body string) {
		path := everyPost[int(at)%len(everyPost)]
		here := *b.scene
		here.t = t
		tab := &browser{scene: &here, client: b.client, lang: b.lang}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+path, strings.NewReader("form_token="+url.QueryEscape(token)+"&"+body))
		if err != nil {
			return
		}
		req.Header["Content-Type"] = []string{strings.Map(printable, kind)}
		tab.do(req).answered()
	})
}

// printable is what a header may hold.
func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}
