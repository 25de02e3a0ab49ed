package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// walkers look at every page around codes, limits and getting an account back: in both
// languages, with and without JavaScript, on an old phone. Each page is checked as it is
// opened (tab.look).
var walkers = []applicant{
	{name: "axe-id-script", lang: "id", script: true, email: "axe1@example.com", phone: "0812 7777 1111", number: "6281277771111", nik: "3174014508920041", kk: "3174011203200041"},
	{name: "axe-id-plain", lang: "id", script: false, email: "axe2@example.com", phone: "0812 7777 2222", number: "6281277772222", nik: "3174014508920042", kk: "3174011203200042"},
	{name: "axe-en-script", lang: "en", script: true, email: "axe3@example.com", phone: "0812 7777 3333", number: "6281277773333", nik: "3174014508920043", kk: "3174011203200043"},
	{name: "axe-en-plain", lang: "en", script: false, email: "axe4@example.com", phone: "0812 7777 4444", number: "6281277774444", nik: "3174014508920044", kk: "3174011203200044"},
}

// walker is one of them on the way.
type walker struct {
	*tab
	who  applicant
	d    *demo
	read map[string]int // how many mails of each address were read
}

func TestThePagesOfCodesAndOfGettingAnAccountBackWorkForEverybody(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	for _, a := range walkers {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			w := &walker{tab: newTab(t, a.name, d.web.public, a.lang, a.script, phoneWidth), who: a, d: d, read: map[string]int{}}
			w.enrols()
			w.asksWhetherAMessageIsOurs()
			w.looksAfterTheAccount()
			w.changesTheAddress()
			w.takesTheChangeBack()
			w.losesThePhone()
			w.meetsALimit()
		})
	}
}

// mail waits for the next mail to an address.
func (w *walker) mail(to string) letter {
	w.t.Helper()
	m := newest(w.t, w.d, to, w.read[to])
	w.read[to]++
	return m
}

// types types a code into the page that asks for one.
func (w *walker) types(code string) {
	w.t.Helper()
	w.fill(map[string]string{"code": code})
	w.press(`main form[action^="/code/"]:not([action$="/resend"]) .button`)
}

// told looks at a page that says what was wrong.
func (w *walker) told(what string) {
	w.t.Helper()
	if w.text(".summary") == "" {
		w.t.Errorf("%s: %s is not told: %s", w.name, what, w.text("main"))
	}
}

// enrols comes as far as identity data that are matched.
func (w *walker) enrols() {
	w.t.Helper()
	w.visit("/register")
	w.fill(map[string]string{"address": w.who.email, "consent": "on"})
	w.submitAddress("/register")
	right := w.mail(w.who.email).code()
	w.types(other(right))
	w.told("a wrong code")
	w.types(right)
	w.expectPath("/password")
	w.fill(map[string]string{"password": journeyPassword})
	w.submit("/password")
	w.visit("/phone")
	w.fill(map[string]string{"address": w.who.phone})
	w.submitAddress("/phone")
	w.types(smsCodeFor(w.t, w.d.world.Addresses().SMS, w.who.number))
	w.who.identify(w.t, w.tab)
}

// other is a code that this one is not.
func other(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

var markOf = regexp.MustCompile(`#([2-9A-HJ-NP-Z]{10})\b`)

func (w *walker) asksWhetherAMessageIsOurs() {
	w.t.Helper()
	w.visit("/status")
	w.visit("/limits")
	w.visit("/message")
	w.fill(map[string]string{"mark": "O123"})
	w.submit("/message")
	w.told("a mark that cannot be")
	var mark []string
	for _, m := range messagesTo(w.t, w.d.world.Addresses().SMS, w.who.number) {
		mark = markOf.FindStringSubmatch(m.Text)
	}
	if mark == nil {
		w.t.Fatalf("%s: no mark in the SMS", w.name)
	}
	w.fill(map[string]string{"mark": mark[1]})
	w.submit("/message")
	if w.text(".facts") == "" {
		w.t.Errorf("%s: our own message is not known: %s", w.name, w.text("main"))
	}
}

func (w *walker) looksAfterTheAccount() {
	w.t.Helper()
	for _, path := range []string{"/me", "/sessions", "/passkeys", "/undo", "/email", "/phone", "/password"} {
		w.visit(path)
		w.expectPath(path)
	}
}

func (w *walker) changesTheAddress() {
	w.t.Helper()
	next := "new-" + w.who.email
	w.visit("/email")
	w.fill(map[string]string{"address": "new@"})
	w.submit("/email")
	w.told("half an address")
	w.fill(map[string]string{"address": next})
	w.submitAddress("/email")
	w.types(w.mail(next).code())
	for _, path := range []string{"/email", "/undo", "/me", "/messages"} { // each tells of the change now
		w.visit(path)
		w.expectPath(path)
	}
}

// takesTheChangeBack comes from the warning that the former address got.
func (w *walker) takesTheChangeBack() {
	w.t.Helper()
	w.signsOut()
	link := undoPath.FindString(w.mail(w.who.email).Text)
	if link == "" {
		w.t.Fatalf("%s: the warning has no link", w.name)
	}
	w.visit("/undo")
	w.visit(link)
	w.submit(link)
	w.types(w.mail(w.who.email).code())
	w.expectPath("/undo/done")
	w.visit(link) // it is over
	w.signsOut()
}

func (w *walker) signsOut() {
	w.t.Helper()
	w.visit("/me")
	w.press(`form[action="/sign-out"] button`)
}

// losesThePhone gets as far as the wait.
func (w *walker) losesThePhone() {
	w.t.Helper()
	w.mail(w.who.email) // that the change was taken back
	w.visit("/recover")
	w.fill(map[string]string{"address": "nobody", "what": "lost"})
	w.submit("/recover")
	w.told("half an address")
	w.fill(map[string]string{"address": w.who.email, "what": "lost"})
	w.submit("/recover")
	w.types(w.mail(w.who.email).code())
	w.expectPath("/recover/")
	at := w.path()
	card := map[string]string{"nik": w.who.nik, "kk": w.who.kk, "birth_day": "5", "birth_month": "8", "birth_year": "1992"}
	w.fill(map[string]string{"nik": "3174", "kk": "", "birth_day": "32", "birth_month": "8", "birth_year": "1992"})
	w.submit(at)
	w.told("a short NIK")
	w.fill(card)
	w.submit(at)
	w.expectPath(at)
	if w.text(".summary") != "" || w.text(".state") == "" {
		w.t.Errorf("%s: the wait is not told: %s", w.name, w.text("main"))
	}
	w.visit("/undo")
}

// meetsALimit asks for more codes than an address gets.
func (w *walker) meetsALimit() {
	w.t.Helper()
	const most = 8
	for range most {
		w.visit("/sign-in/code")
		w.fill(map[string]string{"address": w.who.email})
		w.submit("/sign-in/code")
		if !strings.HasPrefix(w.path(), "/code/") {
			break
		}
		if _, err := chromedp.Call(w.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil { // another browser asks
			w.t.Fatal(err)
		}
	}
	w.expectPath("/sign-in/code")
	if w.text("main .countdown") == "" || w.text(`main a[href="/limits"]`) == "" {
		w.t.Errorf("%s: the limit does not say until when, or where limits stand: %s", w.name, w.text("main"))
	}
}
