package page_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"gelombang/internal/fault"
	"gelombang/internal/locale"
	"gelombang/internal/page"
)

func failed(t *testing.T, req *http.Request, err error) *httptest.ResponseRecorder {
	t.Helper()
	r, _ := renderer(t)
	w := httptest.NewRecorder()
	r.Fail(w, in(locale.ID, req), err)
	return w
}

func TestAFormThatCouldNotBeTakenStaysOnThePage(t *testing.T) {
	t.Parallel()
	away := &fault.Error{Kind: fault.Unavailable, Until: noon.Add(20 * time.Second)}
	w := failed(t, post("name=Ra%22ni&skill=a&skill=b&next=%2Fme&form_token=t&password=rahasia&password2=x&totp=1&code=1"), away)
	root := dom(t, w.Body.String())
	const form = "form[method=post][action='/daftar'] "
	check(t, "Retry-After", w.Header().Get("Retry-After"), "20")
	check(t, "name", attr(t, root, form+"input[type=hidden][name=name]", "value"), `Ra"ni`)
	check(t, "token", attr(t, root, form+"input[name=form_token]", "value"), "t")
	if count(root, form+"input") != 5 || count(root, form+"button") != 1 || count(root, ".button") != 1 {
		t.Errorf("not everything, something secret, or not one way forward: %s", w.Body)
	}
	check(t, "when", words(t, root, ".state div:last-child strong"), "Coba lagi 20 detik lagi")
}

func TestAFormThatALimitStoppedIsSentLaterAndTheOtherWayGoesFirst(t *testing.T) {
	t.Parallel()
	root := dom(t, failed(t, post("name=Rani&form_token=t"), fault.LimitedUntil("", noon.Add(time.Hour), nil)).Body.String())
	if count(root, "form[action='/daftar'] .button.quiet") != 1 || count(root, ".actions a.button:not(.quiet)") != 1 {
		t.Error("the form is lost, or pushes itself forward")
	}
}

func TestNothingIsKeptWhereNothingWasTypedOrSendingAgainIsNoUse(t *testing.T) {
	t.Parallel()
	away := fault.New(fault.Unavailable, "", nil)
	json := post(`{"name":"Rani"}`)
	json.Header.Set("Content-Type", "application/json")
	for name, c := range map[string]struct {
		req *http.Request
		err error
	}{
		"a code alone":  {post("code=123456&next=%2Fme&form_token=t"), away},
		"no form":       {json, away},
		"a broken form": {post("name=%zz"), away},
		"a page":        {get("/daftar?name=Rani"), away},
		"a bug":         {post("name=Rani"), errors.New("x")},
		"a refusal":     {post("name=Rani"), fault.New(fault.Refused, "", nil)},
	} {
		if w := failed(t, c.req, c.err); count(dom(t, w.Body.String()), "form, main input") != 0 {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
}

func TestAFaultMayBringATitleOfItsOwn(t *testing.T) {
	t.Parallel()
	w := failed(t, get("/daftar"), &fault.Error{Kind: fault.Unavailable, Key: "page.busy", Until: noon.Add(time.Second)})
	check(t, "h1", words(t, dom(t, w.Body.String()), "h1"), "Sedang sangat ramai")
}

func TestARouteIsOfOneOfTheClasses(t *testing.T) {
	t.Parallel()
	route := page.Route{Method: http.MethodGet, Pattern: "/x", Auth: page.Public, Handle: func(http.ResponseWriter, *http.Request) {}}
	for _, route.Class = range append(page.Classes, "") {
		if err := route.Fault(); err != nil {
			t.Error(err)
		}
	}
	if route.Class = "soon"; route.Fault() == nil {
		t.Error("a class that nobody knows is taken")
	}
}
