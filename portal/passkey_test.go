package portal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

const raniPassword = "kapal layar biru"

func (b *browser) withPassword() {
	b.t.Helper()
	b.proven(rani)
	b.send(b.get("/password"), "/password", "password", raniPassword).expect(200, "/phone")
}

// tab is a page of a real Chromium whose phone has a finger on its sensor.
type tab struct {
	*scene
	ctx  context.Context
	keys webauthn.AuthenticatorID
}

func (s *scene) tab(flags ...chromedp.ExecAllocatorOption) *tab {
	s.t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		s.t.Fatalf("a real Chromium is needed (make test installs it): %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	options = append(options, flags...)
	ctx, quit := chromedp.NewExecAllocator(context.WithoutCancel(s.t.Context()), options...)
	s.t.Cleanup(quit)
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	s.t.Cleanup(stop)
	ctx, closeAll := chromedp.NewContext(ctx)
	s.t.Cleanup(closeAll)
	s.must(chromedp.Do(ctx))
	_, wide := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride,
		emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 780, DeviceScaleFactor: 1, Mobile: true})
	_, on := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{})
	phone, added := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	s.must(errors.Join(wide, on, added))
	return &tab{scene: s, ctx: ctx, keys: phone.AuthenticatorID}
}

func (b *tab) open(path string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Navigate(b.site+path)))
}

func (b *tab) eval(expression string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
	b.must(err)
	return s
}

func (b *tab) fill(name, value string) {
	b.t.Helper()
	v, _ := json.Marshal(value)
	b.eval(fmt.Sprintf(`document.querySelector('main [name=%s]').value = %s`, name, v))
}

// pressWithin bounds one press: the machine may be busy.
const pressWithin = 30 * time.Second

// press presses the button of a form and waits for the page that follows.
func (b *tab) press(action string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pressWithin)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(fmt.Sprintf(`main form[action=%q] .button`, action))))
	if err != nil {
		b.t.Fatalf("press %s: %v; the page says: %s", action, err, b.eval(`document.body.innerText`))
	}
}

func (b *tab) at(path string) {
	b.t.Helper()
	if got := b.eval(`location.pathname`); got != path {
		b.t.Fatalf("at %s, not %s: %s", got, path, b.eval(`document.querySelector('main').innerText`))
	}
	if width := b.eval(`String(document.documentElement.scrollWidth)`); width != "360" {
		b.t.Errorf("%s is %s wide", path, width)
	}
}

func (b *tab) held() []*webauthn.Credential {
	b.t.Helper()
	got, err := chromedp.Call(b.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: b.keys})
	b.must(err)
	return got.Credentials
}

func TestAPasskeyIsMadeAndSignsInInARealBrowser(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.browser().withPassword()
	b := s.tab()
	b.open("/?lang=id")
	b.open("/sign-in?next=/passkeys")
	b.fill("address", rani)
	b.fill("password", raniPassword)
	b.press("/sign-in")
	b.at("/passkeys")

	b.press("/passkeys")
	b.at("/passkeys")
	if rows := b.eval(`document.querySelector('main .facts').innerText`); !strings.Contains(rows, "Chrome") || !strings.Contains(rows, "Belum pernah") {
		t.Errorf("the list says %q", rows)
	}
	if held := b.held(); len(held) != 1 || !held[0].IsResidentCredential || held[0].RpID != "localhost" {
		t.Fatalf("the phone holds %+v", held)
	}
	b.press("/passkeys")
	b.at("/passkeys")
	if said := b.eval(`document.querySelector('.summary').innerText`); !strings.Contains(said, "sudah punya kunci sandi") {
		t.Errorf("made twice: %q", said)
	}

	b.open("/sessions")
	b.press("/sign-out")
	s.clock.Add(time.Minute)
	b.open("/sign-in?next=/sessions")
	b.press("/sign-in/passkey") // no address is typed
	b.at("/sessions")

	b.press("/sign-out")
	s.clock.Add(time.Minute)
	b.open("/sign-in")
	b.fill("address", rani) // with one, in a browser that it knows
	b.press("/sign-in/passkey")
	b.at("/me")

	_, err := chromedp.Call(b.ctx, webauthn.ClearCredentials, webauthn.ClearCredentialsParams{AuthenticatorID: b.keys})
	b.must(err)
	b.open("/sessions")
	b.press("/sign-out")
	b.open("/sign-in")
	b.press("/sign-in/passkey")
	b.at("/sign-in/passkey")
	if said := b.eval(`document.querySelector('.summary').innerText`); !strings.Contains(said, "kata sandi atau kode") {
		t.Errorf("without a passkey: %q", said)
	}
}

func TestThePagesOfPasskeysSayWhatToDoWithoutAScript(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"id", "en"} {
		b := newScene(t).browser()
		b.lang = lang
		b.withPassword()
		list := b.get("/passkeys").expect(200, "/passkeys")
		if list.count("form[data-passkey][hidden]") != 1 || list.words("[data-passkey-none]") == "" || list.count("script[src*=passkey]") != 1 {
			t.Errorf("%s", list.words("main"))
		}
		for _, why := range []string{"begin", "cancelled", "exists", "unsupported", "", "made up"} {
			got := b.send(list, "/passkeys", "failed", why).expect(422, "/passkeys")
			if got.words(".summary li") == "" {
				t.Errorf("%q says nothing", why)
			}
		}
		b.send(list, "/passkeys", "answer", `{"id":"AA"}`).expect(422, "/passkeys")
		b.get("/passkeys/1").expect(404, "/passkeys/1")
		b.send(b.get("/me"), "/sign-out").expect(200, "/")
		in := b.get("/sign-in").expect(200, "/sign-in")
		if in.count("form[data-passkey][hidden]") != 1 {
			t.Errorf("%s", in.words("main"))
		}
		b.send(in, "/sign-in/passkey", "failed", "cancelled").expect(422, "/sign-in/passkey")
		b.send(in, "/sign-in/passkey", "answer", strings.Repeat("{", 100)).expect(422, "/sign-in/passkey")
		b.get("/sign-in/passkey").expect(200, "/sign-in")
		if begun := b.post("/sign-in/passkey/begin", url.Values{}); begun.status != 422 {
			t.Errorf("begun without a form of ours: %d", begun.status)
		}
		begun := b.post("/sign-in/passkey/begin", url.Values{"form_token": {in.attr("input[name=form_token]", "value")}, "address": {rani}})
		if begun.status != 200 || begun.header.Get("Content-Type") != "application/json" || begun.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v", begun.status, begun.header)
		}
	}
}

func TestSomebodySeesWhereTheyAreSignedInAndSignsOutThere(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	here, there, third := s.browser(), s.browser(), s.browser()
	here.withPassword()
	enter := func(b *browser) {
		b.send(b.get("/sign-in"), "/sign-in", "address", rani, "password", raniPassword).expect(200, "/me")
	}
	alone := here.get("/sessions").expect(200, "/sessions")
	if alone.count(".facts > div") != 1 || alone.count("form[action='/sessions']") != 0 {
		t.Errorf("alone: %s", alone.words("main"))
	}
	enter(there)
	s.clock.Add(time.Hour)
	enter(third)
	list := here.get("/sessions").expect(200, "/sessions")
	if list.count(".facts > div") != 3 || list.count("form[action='/sessions']") != 3 {
		t.Fatalf("%s", list.words("main"))
	}
	ended := here.send(list, "/sessions").expect(200, "/sessions") // the first form: the one used last
	if ended.count(".facts > div") != 2 {
		t.Errorf("%s", ended.words("main"))
	}
	there.get("/me").expect(200, "/me")
	third.get("/me").expect(200, "/sign-in")
	last := here.send(ended, "/sessions", "session", "others").expect(200, "/sessions")
	if last.count(".facts > div") != 1 {
		t.Errorf("%s", last.words("main"))
	}
	there.get("/me").expect(200, "/sign-in")
	here.send(last, "/sign-out").expect(200, "/")
}
