package portal_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	ktp "gelombang/sim/ktp"
)

// camera is Chromium's, which shows whatever photograph is in a file when it is opened.
func camera(film string) []chromedp.ExecAllocatorOption {
	return []chromedp.ExecAllocatorOption{chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-file-for-fake-video-capture", film)}
}

// takes has the camera take and send what it is pointed at.
func (b *tab) takes(film string, shows ktp.Class) {
	b.t.Helper()
	b.must(os.WriteFile(film, card(shows).JPEG, 0o600))
	b.eval(`for (const folded of document.querySelectorAll('main details')) folded.open = true; ''`)
	b.click("[data-do=open]")
	b.until("[data-do=shoot]", "Ambil foto")
	b.click("[data-do=shoot]")
	b.until("[data-do=open]", "Ambil dengan kamera")
	b.until("[data-say]", " ")
	b.click("[data-send]")
}

// as signs the tab in as whoever a browser is.
func (b *tab) as(who *browser) {
	b.t.Helper()
	b.open("/?lang=id")
	at, err := url.Parse(who.url)
	b.must(err)
	for _, c := range who.client.Jar.Cookies(at) {
		_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.site})
		b.must(err)
	}
}

// until works the jobs off and waits for the page to say something.
func (b *tab) until(selector, words string) {
	b.t.Helper()
	got := ""
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(pressWithin); time.Now().Before(end); <-tick.C {
		b.work()
		got = b.eval(fmt.Sprintf(`[...document.querySelectorAll(%q)].filter(el => el.offsetParent).map(el => el.innerText).join('|')`, selector))
		if strings.Contains(got, words) {
			return
		}
	}
	b.t.Fatalf("%s says %q and not %q: %s", selector, got, words, b.eval(`document.querySelector('main').innerText`))
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.eval(fmt.Sprintf(`document.querySelector(%q).click(); ''`, selector))
}

// chooses puts a photograph into the field, as a person does who has it on the phone.
func (b *tab) chooses(class ktp.Class) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "foto.jpg")
	b.must(os.WriteFile(file, card(class).JPEG, 0o600))
	b.must(chromedp.Do(b.ctx, chromedp.SetUploadFiles(chromedp.CSS("#photo"), []string{file})))
}

func TestTheCameraTakesThePhotoWithinTheFrameOfTheCard(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	who := s.browser()
	who.withNIK(card(ktp.Good).NIK)
	film := filepath.Join(t.TempDir(), "card.mjpeg")
	s.must(os.WriteFile(film, card(ktp.Good).JPEG, 0o600))
	b := s.tab(camera(film)...)
	b.as(who)
	b.open("/photo")
	b.click("[data-do=open]")
	b.until("[data-do=shoot]", "Ambil foto")
	if got := b.eval(`document.querySelector('.aim svg path').getBoundingClientRect().width > 200 ? 'over the video' : 'beside'`); got != "over the video" {
		t.Errorf("the frame is %s", got)
	}
	b.at("/photo")
	b.click("[data-do=shoot]")
	b.until("[data-say]", "Foto siap dikirim")
	if got := b.eval(`String(document.querySelector('video').srcObject) + document.querySelector('.taken canvas').hidden`); got != "nullfalse" {
		t.Errorf("the camera is still on, or nothing is shown: %s", got)
	}
	b.click("[data-send]")
	b.until("h1", "Foto KTP diterima")
	picture := len(who.get("/photo/picture").body)
	if picture == 0 || picture > 300_000 {
		t.Errorf("the picture has %d bytes", picture)
	}
}

func TestEachRuleIsToldOfWhatTheCameraTook(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	who := s.browser()
	who.withNIK(card(ktp.Good).NIK)
	film := filepath.Join(t.TempDir(), "card.mjpeg")
	b := s.tab(camera(film)...)
	b.as(who)
	b.open("/photo")
	for n, c := range faulty {
		if n%2 == 0 && n > 0 { // a good one ends the row of refusals
			b.takes(film, ktp.Good)
			b.until("h1", "Foto KTP diterima")
		}
		b.takes(film, c.class)
		b.until("#photo-e", c.advice)
	}
}

// A display and a lamp are seen by the server alone, which refuses nobody for them: an
// official looks at the one, and the other is told and accepted.
func TestADisplayAndALampAreToldOfWhatTheCameraTook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		class              ktp.Class
		rule               int
		title, told        string // in Indonesian
		titleEnglish, more string // in English
	}{
		{ktp.Screen, 6, "Foto KTP menunggu petugas", "Petugas akan melihatnya.", "Your photo waits for an official", "An official will look at it."},
		{ktp.Glare, 7, "Foto KTP diterima", "Kurang sempurna, tetapi cukup.", "Your photo is accepted", "Not perfect, but good enough."},
	} {
		t.Run(string(c.class), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			who := s.browser()
			who.withNIK(card(c.class).NIK)
			film := filepath.Join(t.TempDir(), "card.mjpeg")
			s.must(os.WriteFile(film, card(c.class).JPEG, 0o600))
			b := s.tab(camera(film)...)
			b.as(who)
			b.open("/photo")
			b.takes(film, c.class)
			b.until("h1", c.title)
			rule := fmt.Sprintf(".rules li:nth-child(%d)", c.rule)
			b.until(rule, c.told)
			b.open("/photo?lang=en")
			b.until("h1", c.titleEnglish)
			b.until(rule, c.more)
			b.at("/photo")
		})
	}
}

func TestTheCornerThatTheCameraCutOffIsNamedAndMarked(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	who := s.browser()
	who.withNIK(card(ktp.Cropped).NIK)
	film := filepath.Join(t.TempDir(), "card.mjpeg")
	s.must(os.WriteFile(film, card(ktp.Cropped).JPEG, 0o600))
	b := s.tab(camera(film)...)
	b.as(who)
	b.open("/photo")
	b.takes(film, ktp.Cropped)
	b.until("#photo-e", "Kedua sudut kiri KTP terpotong di foto. Mundurkan ponsel")
	marked := `[...document.querySelectorAll('.frame circle')].filter(el => el.getBoundingClientRect().width > 20)
		.map(el => el.getAttribute('cx') + ' ' + el.getAttribute('cy')).join('|') + ': ' + document.querySelector('figcaption').innerText`
	if got := b.eval(marked); !strings.HasPrefix(got, "22 18|22 186: Yang dilingkari terpotong.") {
		t.Errorf("marked: %s", got)
	}
	b.open("/photo?lang=en")
	b.until("#photo-e", "Both left-hand corners of the card are outside the picture.")
	b.until(".rules li:nth-child(2)", "Both left-hand corners")
	b.at("/photo")
	b.chooses(ktp.Good)
	b.until("[data-say]", "ready")
	if got := b.eval(marked); got != ": The whole card inside the frame, from above, in good light" {
		t.Errorf("marked over another photo: %s", got)
	}
}

func TestThePageHintsAtABadPhotoAndTheServerJudges(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	who := s.browser()
	who.withNIK(card(ktp.Good).NIK)
	b := s.tab()
	b.as(who)
	b.open("/photo")
	b.chooses(ktp.Dark)
	b.until("[data-say]", "tampak gelap")
	b.click("[data-send]")
	b.until("#photo-e", "nyalakan lampu")
	b.at("/photo")
	b.chooses(ktp.Blur)
	b.until("[data-say]", "buram")
	b.chooses(ktp.Good)
	b.until("[data-say]", "Foto siap dikirim")
	b.chooses(ktp.NotFound)
	b.until("[data-say]", "Foto siap dikirim") // what is in a picture only the server knows
	b.click("[data-send]")
	b.until("#photo-e", "tempat datar")
	b.chooses(ktp.Good)
	b.until("[data-say]", "Foto siap dikirim")
	b.click("[data-send]")
	b.until("h1", "Foto KTP diterima")
}

func TestAnUploadGoesOnByItselfAndAfterAReload(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	who := s.browser()
	who.withNIK(card(ktp.Good).NIK)
	b := s.tab()
	b.as(who)
	b.open("/photo")
	s.store.set(true)
	b.chooses(ktp.Good)
	b.until("[data-say]", "Foto siap dikirim")
	b.click("[data-send]")
	b.until("[data-say]", "Koneksi terputus")
	url := b.eval(`JSON.parse(localStorage.photo).url`)
	b.open("/photo")
	s.store.set(false)
	b.chooses(ktp.Good)
	b.until("[data-say]", "Foto siap dikirim")
	b.click("[data-send]")
	b.until("h1", "Foto KTP diterima")
	if got := who.get(url); got.status != 404 { // an upload is asked about by HEAD alone
		t.Errorf("%s: %d", url, got.status)
	}
	if at := who.stands(url); at == "" || at == "0" {
		t.Errorf("the upload that began before the reload stands at %q", at)
	}
	if got := b.eval(`String(localStorage.photo)`); got != "undefined" {
		t.Errorf("still kept: %s", got)
	}
}
