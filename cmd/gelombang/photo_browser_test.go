package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"gelombang/sim/ktp"
)

// photograph is a good picture of somebody's card, who is not the one who sends it.
func photograph(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ktp.jpg")
	if err := os.WriteFile(file, ktp.Sample(20_261_124, ktp.Good, 0).JPEG, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestAPhotoIsSentCheckedAndLookedAtInAWholeHouse goes through the pages of a photo with
// the workers of a running house: once with the script, once without.
func TestAPhotoIsSentCheckedAndLookedAtInAWholeHouse(t *testing.T) {
	d := startDemo(t, "")
	at := d.world.Addresses()
	for name, script := range map[string]bool{"photographer": true, "plain": false} {
		b := newTab(t, name, d.web.public, "id", script, phoneWidth)
		mail, phone := name+"@example.com", map[bool]string{true: "6281234567821", false: "6281234567822"}[script]
		b.visit("/register")
		b.fill(map[string]string{"address": mail, "consent": "on"})
		b.submitAddress("/register")
		b.fill(map[string]string{"code": codeFor(t, at.Inbox, mail, 0)})
		b.press(`main form[action^="/code/"] .button`)
		b.visit("/phone")
		b.fill(map[string]string{"address": "0" + phone[2:]})
		b.submitAddress("/phone")
		b.fill(map[string]string{"code": smsCodeFor(t, at.SMS, phone)})
		b.press(`main form[action^="/code/"] .button`)
		b.visit("/photo") // not before there is a NIK to compare it with
		b.expectPath("/identity")
		b.fill(map[string]string{"name": "Rani Contoh", "nik": "3174015506920000", "kk": "3174011203200000", "birth_place": "Jakarta", "birth_day": "15",
			"birth_month": "6", "birth_year": "1992", "sex": "female", "regency": "3174", "education": "upper_secondary", "employment": "job_seeker"})
		b.submit("/identity")
		b.submit("/identity/review")
		b.visit("/photo")
		b.run("choose a photo", chromedp.SetUploadFiles(chromedp.CSS("#photo"), []string{photograph(t)}))
		if script {
			eventually(t, "the photo is looked at", 20*time.Second, func() bool { return b.eval(`String(!document.querySelector('.taken canvas'))`) == "false" })
		}
		b.press(`main form[action="/photo"] .button:not([type=button])`)
		b.expectPath("/photo")
		b.waitFor("/photo", ".digits mark", 60*time.Second)
		if got := b.heading(); got != "NIK di foto berbeda" {
			t.Fatalf("%s: the card is another person's, and the page says %q", name, got)
		}
		b.press(`main form[action="/photo/ask"] .button`)
		if got := b.heading(); got != "Foto KTP menunggu petugas" {
			t.Errorf("%s: asked for a look: %q", name, got)
		}
		b.visit("/me")
		if got := b.text(`.steps a[href="/photo"] + .badge`); got != "Diperiksa petugas" {
			t.Errorf("%s: the person's page says %q", name, got)
		}
	}
}
