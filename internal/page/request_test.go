package page_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/page"
)

var rules = []page.FieldRule{{Name: "name", Max: 5}, {Name: "skill", Many: true}, {Name: "password", Raw: true}}

func post(body string) *http.Request {
	req := httptest.NewRequest(http.MethodPost, "/daftar", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req
}

func TestAFormGivesCleanValues(t *testing.T) {
	t.Parallel()
	body := url.Values{"name": {" Ra\x00ni\xff "}, "skill": {"a", "b"}, "password": {" p\u0301 "}, "form_token": {"t"}}
	got, err := page.Form(httptest.NewRecorder(), post(body.Encode()), rules...)
	if err != nil {
		t.Fatal(err)
	}
	want := page.Values{"name": {"Rani"}, "skill": {"a", "b"}, "password": {" p\u0301 "}, "form_token": {"t"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !got.Has("name") || got.Has("absent") || got.Get("skill") != "a" || len(got.All("skill")) != 2 {
		t.Error("values are not read back as sent")
	}
}

func TestAFormRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	big := post("name=" + strings.Repeat("x", 70<<10))
	multipart := post("")
	multipart.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	for name, c := range map[string]struct {
		req *http.Request
		key string
	}{
		"unknown field": {post("name=x&admin=1"), "page.form.unknown_field"},
		"repeated":      {post("name=x&name=y"), "page.form.repeated"},
		"too big":       {big, "page.form.too_big"},
		"multipart":     {multipart, "page.form.type"},
		"malformed":     {post("name=%zz"), "page.form.unreadable"},
	} {
		_, err := page.Form(httptest.NewRecorder(), c.req, rules...)
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid || f.Key != c.key {
			t.Errorf("%s: got %v, want %s", name, err, c.key)
		}
	}
}

func TestAnOverlongValueIsNamedAndKeptCut(t *testing.T) {
	t.Parallel()
	got, err := page.Form(httptest.NewRecorder(), post("name="+url.QueryEscape("Sukmé Ayu")), rules...)
	f, ok := fault.As(err)
	if !ok || len(f.Fields) != 1 || f.Fields[0].Name != "name" || f.Fields[0].Key != "page.form.too_long" {
		t.Fatalf("got %v", err)
	}
	check(t, "kept", got.Get("name"), "Sukmé")
}

func TestAQueryIsReadAgainstTheSameRules(t *testing.T) {
	t.Parallel()
	got, err := page.Query(get("/orang?name=Rani"), rules...)
	if err != nil || got.Get("name") != "Rani" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := page.Query(get("/orang?nama=Rani"), rules...); !fault.Is(err, fault.Invalid) {
		t.Errorf("unknown field: got %v", err)
	}
}

func mac(key string) func([]byte) []byte {
	return func(message []byte) []byte {
		h := hmac.New(sha256.New, []byte(key))
		h.Write(message)
		return h.Sum(nil)
	}
}

func TestATokenHoldsOnlyForItsTimeAndItsKey(t *testing.T) {
	t.Parallel()
	tokens := page.NewTokens(mac("ours"))
	token := tokens.New(noon)
	if token == tokens.New(noon) {
		t.Error("two forms share a token")
	}
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	tampered := slices.Clone(raw)
	tampered[17]++ // the time
	for name, c := range map[string]struct {
		token, key string
		at         time.Time
	}{
		"fresh":           {token, "", noon.Add(time.Hour)},
		"a node behind":   {token, "", noon.Add(-time.Minute)},
		"expired":         {token, "page.form.expired", noon.Add(25 * time.Hour)},
		"from the future": {token, "page.form.expired", noon.Add(-time.Hour)},
		"tampered":        {base64.RawURLEncoding.EncodeToString(tampered), "page.form.no_token", noon},
		"another key":     {page.NewTokens(mac("theirs")).New(noon), "page.form.no_token", noon},
		"short":           {token[:20], "page.form.no_token", noon},
		"none":            {"", "page.form.no_token", noon},
	} {
		var key string
		if f, ok := fault.As(tokens.Check(c.token, c.at, 24*time.Hour)); ok {
			key = f.Key
		}
		check(t, name, key, c.key)
	}
}

// front serves one handler at POST and GET /hal/{id} behind everything.
func front(t *testing.T, r *page.Renderer, h http.HandlerFunc) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", r.NotFound())
	open := func(page.Route) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler { return next }
	}
	err := page.Mount(mux, []page.Route{
		{Method: "GET", Pattern: "/hal/{id}", Auth: page.Public, Handle: h},
		{Method: "POST", Pattern: "/hal/{id}", Auth: page.Public, Handle: h},
	}, open)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := r.Front(mux, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func serve(h http.Handler, req *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func TestAChosenLanguageIsKeptAndLeavesTheAddress(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	var got locale.Lang
	h := front(t, r, func(_ http.ResponseWriter, req *http.Request) { got = page.LangOf(req) })
	w := serve(h, get("/hal/7?lang=en&c=1"))
	if w.Code != http.StatusSeeOther {
		t.Fatalf("status %d", w.Code)
	}
	check(t, "Location", w.Header().Get("Location"), "/hal/7?c=1")
	cookie := w.Result().Cookies()[0]
	if !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie %v", cookie)
	}
	req := in(locale.ID, get("/hal/7"))
	req.AddCookie(cookie)
	serve(h, req)
	check(t, "cookie wins over browser", string(got), "en")
	serve(h, in(locale.EN, get("/hal/7")))
	check(t, "browser's language", string(got), "en")
	serve(h, get("/hal/7"))
	check(t, "first language", string(got), "id")
	check(t, "no other site", serve(h, get("//evil.example/?lang=en")).Header().Get("Location"), "/evil.example/")
}

func TestAnotherSiteCannotSendAForm(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	called := 0
	h := front(t, r, func(http.ResponseWriter, *http.Request) { called++ })
	for origin, want := range map[string]int{
		"https://jahat.example.org":  http.StatusForbidden,
		"https://contoh.example.com": http.StatusOK, // the public address, although Host is another
		"":                           http.StatusOK,
	} {
		req := in(locale.ID, httptest.NewRequest(http.MethodPost, "http://10.1.1.1/hal/7", nil))
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		w := serve(h, req)
		if w.Code != want {
			t.Errorf("origin %q: %d, want %d", origin, w.Code, want)
		}
		if want == http.StatusForbidden {
			check(t, "h1", words(t, dom(t, w.Body.String()), "h1"), "Tidak bisa dibuka dari sini")
		}
	}
	if called != 2 {
		t.Errorf("called %d times", called)
	}
}

func TestAPanicIsOursAndItsValueIsNotLogged(t *testing.T) {
	t.Parallel()
	r, log := renderer(t)
	h := front(t, r, func(http.ResponseWriter, *http.Request) { panic("NIK 3174015506920000") })
	w := serve(h, in(locale.ID, get("/hal/7")))
	root := dom(t, w.Body.String())
	check(t, "h1", words(t, root, "h1"), "Ada gangguan di pihak kami")
	id := w.Header().Get("X-Request-Id")
	if w.Code != http.StatusInternalServerError || len(id) != 9 || !strings.Contains(words(t, root, "main small"), id) {
		t.Errorf("status %d, id %q", w.Code, id)
	}
	if text := log.String(); strings.Contains(text, "3174") || !strings.Contains(text, id) || !strings.Contains(text, "page.panic") {
		t.Errorf("log: %s", text)
	}
}

func TestALogLineNamesTheRouteAndNeverTheAddress(t *testing.T) {
	t.Parallel()
	r, log := renderer(t)
	h := front(t, r, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	serve(h, get("/hal/rahasia?c=rahasia"))
	serve(h, get("/rahasia"))
	text := log.String()
	if strings.Contains(text, "rahasia") || !strings.Contains(text, `"route":"/hal/{id}","status":202`) ||
		!strings.Contains(text, `"route":"none","status":404`) {
		t.Errorf("log: %s", text)
	}
}

func TestOnlyTrustedProxiesSayWhomARequestIsFrom(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	var got netip.Addr
	h := front(t, r, func(_ http.ResponseWriter, req *http.Request) { got = page.IPOf(req) })
	for name, c := range map[string]struct{ remote, forwarded, want string }{
		"direct, forged":        {"203.0.113.9:1", "198.51.100.1", "203.0.113.9"},
		"one proxy":             {"10.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		"two, forged before":    {"10.0.0.1:1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
		"garbage":               {"10.0.0.1:1", "x", "10.0.0.1"},
		"mapped proxy, one hop": {"[::ffff:10.0.0.1]:1", "2001:db8::1", "2001:db8::1"},
	} {
		req := get("/hal/7")
		req.RemoteAddr = c.remote
		req.Header.Set("X-Forwarded-For", c.forwarded)
		serve(h, req)
		check(t, name, got.String(), c.want)
	}
}

func TestRoutesThatDeclareTooLittleAreRefused(t *testing.T) {
	t.Parallel()
	h := func(http.ResponseWriter, *http.Request) {}
	good := page.Route{Method: "GET", Pattern: "/a", Auth: page.Public, Handle: h}
	open := func(page.Route) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler { return next }
	}
	if err := page.Mount(http.NewServeMux(), []page.Route{good}, open); err != nil {
		t.Fatal(err)
	}
	for name, routes := range map[string][]page.Route{
		"no auth":            {{Method: "GET", Pattern: "/a", Handle: h}},
		"unknown auth":       {{Method: "GET", Pattern: "/a", Auth: "anyone", Handle: h}},
		"no permission":      {{Method: "GET", Pattern: "/a", Auth: page.Staff, Handle: h}},
		"permission in vain": {{Method: "GET", Pattern: "/a", Auth: page.Account, Permission: "draw", Handle: h}},
		"no method":          {{Pattern: "/a", Auth: page.Public, Handle: h}},
		"no handler":         {{Method: "GET", Pattern: "/a", Auth: page.Public}},
		"twice":              {good, good},
	} {
		if err := page.Mount(http.NewServeMux(), routes, open); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
