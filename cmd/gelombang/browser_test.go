package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// tab is one browser profile with one page open, as wide as an old phone unless said otherwise.
type tab struct {
	t      *testing.T
	ctx    context.Context
	name   string
	base   string
	script bool
	axe    string
}

// stepWithin bounds one action in the browser: the machine may be busy.
const stepWithin = 45 * time.Second

const (
	phoneWidth = 360
	deskWidth  = 1280
)

// chromium is started once; every tab has a profile of its own in it.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, fmt.Errorf("a real Chromium is needed (make test installs it): %w", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeAll := chromedp.NewContext(ctx)
	quitChromium = func() { closeAll(); stop() }
	return ctx, chromedp.Do(ctx)
})

// quitChromium ends the browser with the tests.
var quitChromium = func() {}

func newTab(t *testing.T, name, base, lang string, script bool, width int64) *tab {
	t.Helper()
	parent, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, name: name, base: base, script: script, axe: axeSource(t)}
	_, err1 := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	_, err2 := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}})
	_, err3 := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride,
		emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 780, DeviceScaleFactor: 1, Mobile: width < 500})
	_, err4 := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	return b
}

// dark asks for the dark colours, which have contrasts of their own to keep.
func (b *tab) dark() {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	if err != nil {
		b.t.Fatal(err)
	}
}

func axeSource(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is needed (make test installs it; or npm ci --prefix cmd/gelombang/testdata/axe): %v", err)
	}
	return string(b)
}

func (b *tab) run(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.shot("failed")
		b.t.Fatalf("%s: %s: %v (at %s: %s)", b.name, what, err, b.path(), b.heading())
	}
}

// eval runs an expression of ours in the page and gives its text.
func (b *tab) eval(expression string, opts ...chromedp.EvaluateOption) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression, opts...))
	if err != nil {
		b.t.Fatalf("%s: evaluate: %v", b.name, err)
	}
	return s
}

// visit opens a page, checks and pictures it.
func (b *tab) visit(path string) {
	b.t.Helper()
	b.run("visit "+path, chromedp.Navigate(b.base+path))
	b.look()
}

// fill types into fields by name, chooses radios and options, and ticks boxes ("on").
func (b *tab) fill(values map[string]string) {
	b.t.Helper()
	for name, v := range values {
		b.set(name, v)
	}
}

const setValue = `(function(name, value) {
	const all = [...document.querySelectorAll('main [name="' + name + '"]')].filter(e => e.type !== 'hidden');
	if (all.length === 0) return 'no field ' + name;
	const e = all[0];
	if (e.type === 'radio') {
		const r = all.find(r => r.value === value);
		if (!r) return 'no choice ' + value + ' in ' + name;
		r.checked = true;
	} else if (e.type === 'checkbox') e.checked = true;
	else e.value = value;
	if (e.value !== value && e.tagName === 'SELECT') return 'no option ' + value + ' in ' + name;
	e.dispatchEvent(new Event('input', {bubbles: true}));
	return '';
})(%s, %s)`

func (b *tab) set(name, value string) {
	b.t.Helper()
	n, _ := json.Marshal(name)
	v, _ := json.Marshal(value)
	if complaint := b.eval(fmt.Sprintf(setValue, n, v)); complaint != "" {
		b.shot("failed")
		b.t.Fatalf("%s: at %s: %s", b.name, b.path(), complaint)
	}
}

// press clicks the first match and waits for the page that follows.
func (b *tab) press(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
	if err != nil {
		b.shot("failed")
		b.t.Fatalf("%s: press %s: %v (at %s: %s)", b.name, selector, err, b.path(), b.heading())
	}
	b.look()
}

// submit presses the main button of the page's form.
func (b *tab) submit(action string) {
	b.t.Helper()
	b.press(fmt.Sprintf(`main form[action=%q] .button:not(.quiet)`, action))
}

func (b *tab) path() string { b.t.Helper(); return b.eval(`location.pathname`) }

func (b *tab) heading() string { b.t.Helper(); return b.text("h1") }

// text is what the first match says, white space folded.
func (b *tab) text(selector string) string {
	b.t.Helper()
	q, _ := json.Marshal(selector)
	return strings.Join(strings.Fields(b.eval(`(document.querySelector(`+string(q)+`)||{}).textContent||''`)), " ")
}

func (b *tab) expectPath(want string) {
	b.t.Helper()
	if got := b.path(); !strings.HasPrefix(got, want) {
		b.shot("failed")
		b.t.Fatalf("%s: at %s (%s), expected %s; says: %s", b.name, got, b.heading(), want, b.text(".summary"))
	}
}

// waitFor reloads until the page satisfies a selector, as a person without JavaScript would.
func (b *tab) waitFor(path, selector string, within time.Duration) {
	b.t.Helper()
	q, _ := json.Marshal(selector)
	eventually(b.t, fmt.Sprintf("%s: %s on %s", b.name, selector, path), within, func() bool {
		if err := chromedp.Do(b.ctx, chromedp.Navigate(b.base+path)); err != nil {
			return false
		}
		there, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`!!document.querySelector(`+string(q)+`)`))
		return err == nil && there
	})
	b.look()
}

// pageFaults is what must not be on any page, whatever it says.
const pageFaults = `(function() {
	const out = [];
	if (document.querySelectorAll('h1').length !== 1) out.push(document.querySelectorAll('h1').length + ' h1');
	if (document.documentElement.scrollWidth > innerWidth) out.push('wider than the screen: ' + document.documentElement.scrollWidth);
	if (document.body.textContent.includes('⟦')) out.push('a text is missing: ' + document.body.textContent.match(/⟦[^⟧]*⟧/)[0]);
	if (document.querySelector('[style]')) out.push('an inline style');
	if (!document.title.includes('–') && !document.title.includes('Gelombang')) out.push('title: ' + document.title);
	return out.join('; ');
})()`

// look checks the page that is open and takes its picture.
func (b *tab) look() {
	b.t.Helper()
	if faults := b.eval(pageFaults); faults != "" {
		b.shot("failed")
		b.t.Errorf("%s: %s: %s", b.name, b.path(), faults)
	}
	b.shot("")
	if b.script {
		b.checkAccess()
	}
}

const runAxe = `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r =>
	r.violations.map(v => v.id + ': ' + v.help + ' at ' + v.nodes.map(n => n.target.join(' ') + ' ' + (n.any[0]||n.all[0]||n.none[0]||{}).message).join(' | ')).join('\n'))`

// checkAccess runs axe-core on the page.
func (b *tab) checkAccess() {
	b.t.Helper()
	b.run("load axe", chromedp.Evaluate[chromedp.Void](b.axe+";0"))
	if violations := b.eval(runAxe, chromedp.EvalAwaitPromise); violations != "" {
		b.shot("failed")
		b.t.Errorf("%s: %s: axe: %s", b.name, b.path(), violations)
	}
}

// shots is a folder for pictures of every page; none are taken when it is not set.
const shotsEnv = "GELOMBANG_SHOTS"

func (b *tab) shot(why string) {
	dir := os.Getenv(shotsEnv)
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return
	}
	name := strings.Trim(strings.ReplaceAll(digits.ReplaceAllString(b.path(), "n"), "/", "-"), "-")
	if name == "" {
		name = "home"
	}
	if why != "" {
		name += "-" + why
	}
	_ = os.MkdirAll(filepath.Join(dir, b.name), 0o755)
	_ = os.WriteFile(filepath.Join(dir, b.name, name+".png"), png, 0o644)
}

var digits = regexp.MustCompile(`\d{6,}`)

// ranked is any number at all.
var ranked = regexp.MustCompile(`\d`)
