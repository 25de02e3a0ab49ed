package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// typeInto presses keys in a field, as a person does: the page hears of each.
func (b *tab) typeInto(selector, keys string) {
	b.t.Helper()
	b.run("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), keys))
}

// says waits until a live check says something.
func (b *tab) says(about, words string) {
	b.t.Helper()
	eventually(b.t, b.name+": the check of "+about+" says "+words, 20*time.Second, func() bool {
		return strings.Contains(b.text("live-check[for="+about+"]"), words)
	})
}

func TestTheNIKIsGroupedReadAndDoubtedAsItIsTyped(t *testing.T) {
	d := startDemo(t, "")
	at := d.world.Addresses()
	b := newTab(t, "typist", d.web.public, "id", true, phoneWidth)
	b.visit("/register")
	b.fill(map[string]string{"address": "typist@example.com", "consent": "on"})
	b.submitAddress("/register")
	b.fill(map[string]string{"code": codeFor(t, at.Inbox, "typist@example.com", 0)})
	b.press(`main form[action^="/code/"] .button`)
	b.visit("/phone")
	b.fill(map[string]string{"address": "0812-3456-7811"})
	b.submitAddress("/phone")
	b.fill(map[string]string{"code": smsCodeFor(t, at.SMS, "6281234567811")})
	b.press(`main form[action^="/code/"] .button`)

	b.visit("/identity")
	b.fill(map[string]string{"birth_day": "15", "birth_month": "6", "birth_year": "1992", "sex": "female", "regency": "3174"})
	b.typeInto("#nik", "317401")
	b.says("nik", "Tebet, Kota Administrasi Jakarta Selatan")
	b.typeInto("#nik", "550892")
	if got := b.eval(`document.querySelector('#nik').value`); got != "317401 550892" {
		t.Errorf("not grouped while it is typed: %q", got)
	}
	b.says("nik", "ke-10")
	b.typeInto("#nik", "0000")
	b.says("nik", "Apakah maksud Anda")
	b.look()
	b.shot("doubted")
	if got := b.text("live-check[for=nik] mark"); got != "8" {
		t.Errorf("the digit is not marked: %q", got)
	}
	b.eval(`document.querySelector('#nik').setSelectionRange(10, 11); ''`)
	b.run("mend the digit", chromedp.KeyEvent("6"))
	if got := b.eval(`document.querySelector('#nik').value`); got != "317401 550692 0000" {
		t.Errorf("a digit in the middle was mended to %q", got)
	}
	b.says("nik", "lahir 15 Juni 1992, perempuan")
	b.typeInto("#kk", "3174015506920000")
	b.says("kk", "sama dengan NIK")
	b.look()
}
