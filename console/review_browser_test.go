package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"gelombang/identity"
	"gelombang/staff"
)

// tab is a page of a real Chromium at which an official sits.
type tab struct {
	*scene
	ctx context.Context
}

// tab opens a browser that is signed in as another one is; without script it runs none of
// the pages' own.
func (b *browser) tab(script bool) *tab {
	b.t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		b.t.Fatalf("a real Chromium is needed (make test installs it): %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, quit := chromedp.NewExecAllocator(context.WithoutCancel(b.t.Context()), options...)
	b.t.Cleanup(quit)
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	b.t.Cleanup(stop)
	ctx, closeAll := chromedp.NewContext(ctx)
	b.t.Cleanup(closeAll)
	b.must(chromedp.Do(ctx))
	_, wide := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride,
		emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 800, DeviceScaleFactor: 1})
	_, off := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script})
	b.must(errors.Join(wide, off))
	at, err := url.Parse(b.url + "/console")
	b.must(err)
	for _, c := range b.client.Jar.Cookies(at) {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.url})
		b.must(err)
	}
	return &tab{b.scene, ctx}
}

func (b *tab) open(path string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Navigate(b.url+path)))
}

func (b *tab) eval(expression string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
	b.must(err)
	return s
}

// leads does something that opens another page, and says where it is.
func (b *tab) leads(by chromedp.Action[chromedp.Void], want string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second) // the machine may be busy
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, by); err != nil {
		b.t.Fatalf("%v; the page says: %s", err, b.eval(`document.querySelector('main').innerText`))
	}
	if got := b.eval(`location.pathname + location.search`); got != want {
		b.t.Fatalf("at %s, not %s: %s", got, want, b.eval(`document.body.innerText`))
	}
}

// types presses keys, one after the other.
func (b *tab) types(keys string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(keys)))
}

func (b *tab) is(what, expression, want string) {
	b.t.Helper()
	if got := b.eval(expression); got != want {
		b.t.Errorf("%s: %q, not %q", what, got, want)
	}
}

const (
	cardNow   = `[...document.querySelectorAll('.look-at')].map(f => f.dataset.turn + (f.classList.contains('large') ? ' large' : '')).join(',')`
	chosenNow = `document.querySelector('main [name=decision]:checked')?.value ?? ''`
	shownNow  = `String(document.querySelector('.look-at img').naturalWidth > 100)`
)

// twoItems are a photo and behind it a NIK that too many want, with a card.
func twoItems(t *testing.T) (agent *browser, newcomer int64, card, nik string) {
	t.Helper()
	s := newScene(t)
	_, p := s.misread()
	s.world.Clock.Add(time.Minute)
	newcomer = s.crowded()
	return s.desk(staff.Agent), newcomer, photoAt(p), fmt.Sprintf("/console/review/identity/%d", newcomer)
}

func TestTheDeskIsWorkedDownWithTheKeyboardAlone(t *testing.T) {
	t.Parallel()
	agent, newcomer, photo, nik := twoItems(t)
	b := agent.tab(true)
	b.open("/console/review/next")
	b.is("the address", `location.pathname`, photo)
	b.is("the card is seen", shownNow, "true")
	b.types("r")
	b.is("turned once", cardNow, "1")
	b.types("R+")
	b.is("turned twice, and large", cardNow, "2 large")
	b.types("=rr")
	b.is("as it was", cardNow, "0")
	b.types("3")
	b.is("the third decision", chosenNow, "unreadable")
	b.types("9")
	b.is("a ninth there is not", chosenNow, "unreadable")
	b.leads(chromedp.KeyEvent("n"), nik)
	b.types("2")
	b.is("the second decision", chosenNow, "decline")
	b.eval(`document.querySelector('#reason').focus(); ''`)
	b.types("r1n+ kartunya milik orang lain")
	b.is("typing a reason chooses nothing", chosenNow, "decline")
	b.is("typing a reason turns no card", cardNow, "0")
	b.leads(chromedp.KeyEvent("\r"), photo)
	b.identityIs(newcomer, identity.Declined)
}

func TestTheDeskIsWorkedDownWithoutAScript(t *testing.T) {
	t.Parallel()
	agent, newcomer, photo, nik := twoItems(t)
	b := agent.tab(false)
	b.open(photo)
	b.leads(chromedp.Click(chromedp.CSS("[data-key=r]")), photo+"?turn=1")
	b.leads(chromedp.Click(chromedp.CSS("[data-key='+']")), photo+"?turn=1&large=1")
	b.is("turned, and large", cardNow, "1 large")
	b.leads(chromedp.Click(chromedp.CSS("[data-key=n]")), nik)
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("main [value=decline]"))))
	b.must(chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS("#reason"), "kartunya milik orang lain")))
	b.leads(chromedp.Click(chromedp.CSS("main form:has([name=decision]) .button")), photo)
	b.identityIs(newcomer, identity.Declined)
	b.leads(chromedp.Click(chromedp.CSS("main a[href$='/pass']")), photo+"/pass")
	b.must(chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS("#reason"), "saya mengenal pemiliknya")))
	b.leads(chromedp.Click(chromedp.CSS("main form .button")), "/console/review")
}
