package portal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/internal/blob"
	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/locale"
	"gelombang/internal/sqldb"
	"gelombang/photo"
	check "gelombang/photo/ktp"
	"gelombang/portal"
	ktp "gelombang/sim/ktp"
	registrysim "gelombang/sim/registry"
)

// cardSeed is of the photographs of these tests; no threshold was ever set by it.
const cardSeed = 20_261_123

// card is a photograph of a class, made once: to print one costs more than to check it.
func card(class ktp.Class) ktp.Photo {
	made, _ := cards.LoadOrStore(class, sync.OnceValue(func() ktp.Photo { return ktp.Sample(cardSeed, class, 0) }))
	return made.(func() ktp.Photo)()
}

var cards sync.Map

// moody is an object store that can be away.
type moody struct {
	blob.Store
	mu   sync.Mutex
	away bool
}

func (m *moody) set(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
}

func (m *moody) Put(ctx context.Context, name string, data []byte) error {
	m.mu.Lock()
	away := m.away
	m.mu.Unlock()
	if away {
		return fault.Wrap(errors.New("away"), fault.Unavailable, blob.AwayKey)
	}
	return m.Store.Put(ctx, name, data)
}

func (s *scene) photos(queue *jobs.Queue) {
	s.t.Helper()
	folder, err := blob.Open(s.t.TempDir())
	s.must(err)
	s.store = &moody{Store: folder}
	s.photo = photo.New(photo.Config{DB: s.db, Keys: s.keys, Jobs: queue, Store: s.store,
		NIKOf: func(q sqldb.Querier, id int64) (string, error) {
			f, err := s.identity.Facts(q, id)
			return string(f.NIK), err
		}})
}

// withNIK gives a browser that has sent its identity data with a NIK, doubtful or not.
func (b *browser) withNIK(nik string) {
	b.t.Helper()
	b.proven(rani)
	b.withPhone(raniPhone)
	b.typesNIK(nik)
}

func (b *browser) typesNIK(nik string) {
	b.t.Helper()
	asked := b.send(b.get("/identity"), "/identity", append(raniCard[:len(raniCard):len(raniCard)], "nik", nik)...)
	if asked.status == http.StatusUnprocessableEntity {
		asked = b.send(asked, "/identity")
	}
	b.send(asked.expect(200, "/identity"), "/identity/review").expect(200, "/identity/status")
}

// sends sends a file by the form of a page, as a browser without a script does.
func (b *browser) sends(on screen, name string, file []byte) screen {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, values := range on.form("/photo") {
		if field != "photo" {
			b.must(form.WriteField(field, values[0]))
		}
	}
	part, err := form.CreateFormFile("photo", name)
	b.must(err)
	_, err = part.Write(file)
	b.must(errors.Join(err, form.Close()))
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+"/photo", &body)
	b.must(err)
	req.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(req)
}

// shown sends a photo, has it checked, and gives the page that tells of it.
func (b *browser) shown(class ktp.Class) screen {
	b.t.Helper()
	b.sends(b.get("/photo").expect(200, "/photo"), "ktp.jpg", card(class).JPEG).expect(200, "/photo")
	b.work()
	return b.get("/photo").expect(200, "/photo")
}

func TestAPhotoIsSentByThePlainFormCheckedAndAccepted(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.withNIK(card(ktp.Good).NIK)
	form := b.get("/photo").expect(200, "/photo")
	if form.count("input[type=file][accept='image/*'][capture=environment]") != 1 || form.count("main .button:not([type=button])") != 1 ||
		!strings.Contains(form.words("main"), "tidak memengaruhi undian") {
		t.Errorf("the form: %s", form.words("main"))
	}
	if !strings.Contains(form.header.Get("Permissions-Policy"), "camera=(self)") || !strings.Contains(b.get("/me").header.Get("Permissions-Policy"), "camera=()") {
		t.Error("the camera is not for this page alone")
	}
	checking := b.sends(form, "ktp.jpg", card(ktp.Good).JPEG).expect(200, "/photo")
	if checking.count("live-part[name=photo]") != 1 || checking.count("input[type=file], [data-done]") != 0 || !strings.Contains(checking.words("h1"), "sedang diperiksa") {
		t.Errorf("while it is checked: %s", checking.words("main"))
	}
	b.work()
	done := b.get("/photo").expect(200, "/photo")
	if done.words("h1") != "Foto KTP diterima" || done.count(".rules .good") != 8 || done.count(".rules li") != 8 || done.count("[data-done]") != 1 {
		t.Errorf("accepted: %s", done.words("main"))
	}
	picture := b.get("/photo/picture")
	if picture.status != 200 || picture.header.Get("Content-Type") != "image/jpeg" || picture.header.Get("Cache-Control") != "no-store" ||
		!strings.Contains(picture.header.Get("Content-Security-Policy"), "sandbox") || !strings.HasPrefix(picture.body, "\xff\xd8") {
		t.Errorf("the picture: %d %v", picture.status, picture.header)
	}
	me := b.get("/me").expect(200, "/me")
	if me.words(".steps a[href='/photo'] + .badge") != "Diterima" || !strings.Contains(me.words(".timeline"), "Foto KTP diterima") {
		t.Errorf("the person's page: %s", me.words("main"))
	}
}

func TestEachFaultOfAPhotoIsNamedAtItsRuleWithTheWayToMendIt(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.withNIK(card(ktp.Good).NIK)
	for _, c := range []struct {
		class  ktp.Class
		at     int // which rule, from 1
		advice string
	}{{ktp.Dark, 3, "nyalakan lampu"}, {ktp.Blur, 5, "ketuk layar"}, {ktp.NotFound, 1, "tempat datar"}} {
		got := b.shown(c.class)
		if c.class == ktp.NotFound { // the third in a row is a person's to look at
			if got.count(".summary, .rules .bad") != 0 || got.words("h1") != "Foto KTP menunggu petugas" || !strings.Contains(got.words(".state"), "Tiga foto") {
				t.Errorf("the third: %s", got.words("main"))
			}
			continue
		}
		if got.words("#photo-e") != got.words(".summary li") || !strings.Contains(got.words("#photo-e"), c.advice) || got.attr(".summary a", "href") != "#photo" {
			t.Errorf("%s: %q, on top %q", c.class, got.words("#photo-e"), got.words(".summary"))
		}
		if got.count(".rules .good") != c.at-1 || got.count(".rules .bad") != 1 || got.count(fmt.Sprintf(".rules li:nth-child(%d).bad", c.at)) != 1 {
			t.Errorf("%s: %s", c.class, got.words(".rules"))
		}
		if me := b.get("/me"); me.words(".steps a[href='/photo'] + .badge") != "Perlu diulang" || me.count(".steps .now") != 1 {
			t.Errorf("%s on the person's page: %s", c.class, me.words(".steps"))
		}
		b.clock.Add(time.Minute)
	}
}

// faulty are the photographs that are refused, with the rule that fails, from 1, and the
// way to mend it.
var faulty = []struct {
	class  ktp.Class
	rule   int
	advice string
}{{ktp.Dark, 3, "nyalakan lampu"}, {ktp.Blur, 5, "ketuk layar"}, {ktp.Cropped, 2, "Mundurkan ponsel"},
	{ktp.Copy, 4, "Foto KTP aslinya"}, {ktp.Small, 1, "Dekatkan ponsel"}, {ktp.NotFound, 1, "tempat datar"}}

func TestEachRuleIsToldWithoutAScript(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.withNIK(card(ktp.Good).NIK)
	for n, c := range faulty {
		if n%2 == 0 && n > 0 { // a good one ends the row of refusals
			b.shown(ktp.Good)
		}
		got := b.shown(c.class)
		if (got.count(".frame circle") > 0) != (c.class == ktp.Cropped) {
			t.Errorf("%s: %d corners are marked", c.class, got.count(".frame circle"))
		}
		if !strings.Contains(got.words("#photo-e"), c.advice) || got.count(fmt.Sprintf(".rules li:nth-child(%d).bad", c.rule)) != 1 {
			t.Errorf("%s: %s", c.class, got.words("main"))
		}
	}
}

func TestADisplayAndALampAreToldWithoutAScript(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		class ktp.Class
		rule  int
		title string
		tone  string
		told  string
	}{{ktp.Screen, 6, "Foto KTP menunggu petugas", "wait", "Petugas akan melihatnya."}, {ktp.Glare, 7, "Foto KTP diterima", "good", "Kurang sempurna, tetapi cukup."}} {
		b := newScene(t).browser()
		b.withNIK(card(c.class).NIK)
		got := b.shown(c.class)
		if got.words("h1") != c.title || got.count(".summary, .rules .bad, .frame circle") != 0 ||
			!strings.Contains(got.words(fmt.Sprintf(".rules li:nth-child(%d).%s", c.rule, c.tone)), c.told) {
			t.Errorf("%s: %s", c.class, got.words("main"))
		}
	}
}

func TestANIKThatDiffersShowsBothAndIsMendedOrLookedAt(t *testing.T) {
	t.Parallel()
	good := card(ktp.Good)
	slip := []byte(good.NIK)
	slip[15] = '0' + (slip[15]-'0'+5)%10
	for _, silent := range []bool{true, false} {
		b := newScene(t, func(s *scene) {
			if silent {
				s.must(s.registry.SetControl(registrysim.Control{Outage: true}))
			}
		}).browser()
		b.withNIK(string(slip))
		got := b.shown(ktp.Good)
		if got.words("h1") != "NIK di foto berbeda" || got.count(".digits") != 2 || got.count(".digits mark") != 2 ||
			(got.count("main a.button[href='/identity']") == 1) != silent || got.count("main .button:not(.quiet):not([type=button])") != 1 {
			t.Fatalf("the registry is silent: %t: %s", silent, got.words("main"))
		}
		if silent { // what it has confirmed is not to be mended
			b.typesNIK(good.NIK)
			if after := b.get("/photo"); after.words("h1") != "Foto KTP diterima" {
				t.Errorf("mended, and still: %s", after.words("main"))
			}
			continue
		}
		looked := b.send(got, "/photo/ask").expect(200, "/photo")
		if looked.words("h1") != "Foto KTP menunggu petugas" || looked.count("form[action='/photo/ask']") != 0 {
			t.Errorf("asked for a look: %s", looked.words("main"))
		}
		b.send(got, "/photo/ask").expect(200, "/photo") // the button was pressed twice
	}
}

func TestADecisionIsReadWithItsReasonAndAppealedOnce(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.withNIK("3174015506920000")
	b.send(b.shown(ktp.Good), "/photo/ask")
	b.decided(7, photo.ReasonNIKDiffers)
	declined := b.get("/photo").expect(200, "/photo")
	if declined.words("h1") != "Foto KTP belum diterima" || !strings.Contains(declined.words(".lead"), "tidak sama dengan yang Anda ketik") ||
		declined.count("main .button:not(.quiet):not([type=button])") != 1 {
		t.Errorf("%s", declined.words("main"))
	}
	b.send(declined, "/photo/ask").expect(200, "/photo")
	b.decided(8, photo.ReasonNIKDiffers)
	last := b.get("/photo").expect(200, "/photo")
	if last.count("form[action='/photo/ask']") != 0 || last.count("input[type=file]") != 1 || !strings.Contains(last.words(".state"), "dua petugas") {
		t.Errorf("appealed twice: %s", last.words("main"))
	}
	if gone := b.send(declined, "/photo/ask"); gone.status != 409 || gone.count("a[href='/photo']") == 0 {
		t.Errorf("a second appeal is answered %d: %s", gone.status, gone.words("main"))
	}
}

// decided has an official decline what waits.
func (s *scene) decided(officer int64, why photo.Reason) {
	s.t.Helper()
	var list []photo.Photo
	s.must(s.db.Read(s.t.Context(), func(rx *sqldb.Rx) (err error) {
		list, _, err = s.photo.Reviews(rx, 1)
		return err
	}))
	s.must(s.photo.Decide(s.t.Context(), list[0].ID, photo.Decision{Officer: officer, Reason: why}))
}

func TestAFormThatIsNoPhotoIsAnsweredAtItsField(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.withNIK(card(ktp.Good).NIK)
	form := b.get("/photo")
	for _, c := range []struct {
		file  []byte
		words string
	}{{nil, "Pilih atau ambil foto"}, {bytes.Repeat([]byte{1}, 11<<20), "lebih besar dari 10 MB"}} {
		got := b.sends(form, "ktp.jpg", c.file).expect(422, "/photo")
		if !strings.Contains(got.words("#photo-e"), c.words) || got.count(".summary a[href='#photo']") != 1 {
			t.Errorf("%d bytes: %s", len(c.file), got.words("main"))
		}
	}
	b.sends(form, "surat.pdf", []byte("%PDF-1.7 not a picture")).expect(200, "/photo")
	b.work()
	if got := b.get("/photo"); !strings.Contains(got.words("#photo-e"), "bukan foto JPEG") || got.count(".rules .bad") != 1 {
		t.Errorf("no picture: %s", got.words("main"))
	}
}

func TestTheSameFormTwiceIsOnePhotoAndAnotherFileByItIsAnother(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.withNIK(card(ktp.Good).NIK)
	form := b.get("/photo")
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() { b.sends(form, "a.jpg", card(ktp.Dark).JPEG).expect(200, "/photo") })
	}
	group.Wait()
	b.work()
	if got := b.get("/messages"); strings.Count(got.words(".timeline"), "sedang diperiksa") != 1 {
		t.Errorf("sent twice: %s", got.words(".timeline"))
	}
	b.sends(form, "b.jpg", card(ktp.Good).JPEG).expect(200, "/photo")
	b.work()
	if got := b.get("/photo"); got.words("h1") != "Foto KTP diterima" {
		t.Errorf("the file that was chosen later: %s", got.words("main"))
	}
}

func TestAStoreThatIsAwayIsToldAsOursAndNothingIsLost(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.withNIK(card(ktp.Good).NIK)
	form := b.get("/photo")
	b.store.set(true)
	away := b.sends(form, "ktp.jpg", card(ktp.Good).JPEG)
	if away.status != 503 || away.header.Get("Retry-After") == "" || away.count("main a[href='/photo']") == 0 || !strings.Contains(away.words("main"), "penyimpanan gambar") {
		t.Errorf("%d: %s", away.status, away.words("main"))
	}
	up := b.begins(form, card(ktp.Good).JPEG)
	if got := b.patch(up, 0, card(ktp.Good).JPEG); got.StatusCode != 503 {
		t.Errorf("the upload is answered %d", got.StatusCode)
	}
	if at := b.stands(up); at != "0" {
		t.Errorf("stands at %s", at)
	}
	b.store.set(false)
	b.sends(form, "ktp.jpg", card(ktp.Good).JPEG).expect(200, "/photo")
	b.work()
	if got := b.get("/photo"); got.words("h1") != "Foto KTP diterima" {
		t.Errorf("%s", got.words("main"))
	}
}

// begins makes room for an upload as the script does, and gives its address.
func (b *browser) begins(on screen, file []byte) string {
	b.t.Helper()
	got := b.post("/photo/upload", url.Values{"form_token": {on.attr("input[name=form_token]", "value")}, "size": {fmt.Sprint(len(file))}, "digest": {fmt.Sprintf("%032x", len(file))}})
	if got.status != 201 || !strings.HasPrefix(got.header.Get("Location"), "/photo/upload/") || got.header.Get("Upload-Offset") == "" {
		b.t.Fatalf("%d %v: %s", got.status, got.header, got.words("main"))
	}
	return got.header.Get("Location")
}

func (b *browser) upload(method, path string, offset int, body io.Reader) *http.Response {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, body)
	b.must(err)
	req.Header.Set("Content-Type", "application/offset+octet-stream")
	req.Header.Set("Upload-Offset", fmt.Sprint(offset))
	res, err := b.client.Do(req)
	b.must(err)
	b.must(res.Body.Close())
	return res
}

func (b *browser) patch(path string, offset int, body []byte) *http.Response {
	b.t.Helper()
	return b.upload(http.MethodPatch, path, offset, bytes.NewReader(body))
}

func (b *browser) stands(path string) string {
	b.t.Helper()
	return b.upload(http.MethodHead, path, 0, nil).Header.Get("Upload-Offset")
}

// cut is a body whose connection breaks after so many bytes.
type cut struct {
	io.Reader
}

func (c cut) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("the line is cut")
	}
	return n, err
}

func TestAnUploadThatIsCutOffGoesOnWhereItStood(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.withNIK(card(ktp.Good).NIK)
	form, file := b.get("/photo"), card(ktp.Good).JPEG
	up, part := b.begins(form, file), len(file)/3
	if again := b.begins(form, file); again != up {
		t.Errorf("the same file began twice: %s, %s", up, again)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, b.url+up, cut{bytes.NewReader(file[:part])})
	b.must(err)
	req.ContentLength = int64(len(file))
	req.Header.Set("Content-Type", "application/offset+octet-stream")
	req.Header.Set("Upload-Offset", "0")
	if res, err := b.client.Do(req); err == nil {
		b.must(res.Body.Close())
		t.Fatal("the line did not break")
	}
	at := 0
	for until := time.Now().Add(20 * time.Second); at == 0 && time.Now().Before(until); { // the server hears of it in its own time
		_, err = fmt.Sscan(b.stands(up), &at)
		b.must(err)
	}
	if at == 0 || at > part {
		t.Fatalf("stands at %d after %d of %d", at, part, len(file))
	}
	if moved := b.patch(up, 0, file); moved.StatusCode != 409 || moved.Header.Get("Upload-Offset") != fmt.Sprint(at) {
		t.Errorf("from the beginning again: %d, stands at %s", moved.StatusCode, moved.Header.Get("Upload-Offset"))
	}
	if got := b.patch(up, at, file[at:]); got.StatusCode != 204 || got.Header.Get("Upload-Offset") != fmt.Sprint(len(file)) || got.Header.Get("Tus-Resumable") != "1.0.0" {
		t.Fatalf("%d %v", got.StatusCode, got.Header)
	}
	if whole := b.patch(up, len(file), nil); whole.StatusCode != 204 {
		t.Errorf("whole already, and told %d", whole.StatusCode)
	}
	b.work()
	if got := b.get("/photo"); got.words("h1") != "Foto KTP diterima" {
		t.Errorf("%s", got.words("main"))
	}
}

func TestOfTwoUploadsAtOnceTheOneBegunLastCounts(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.withNIK(card(ktp.Good).NIK)
	form := b.get("/photo")
	dark, good := b.begins(form, card(ktp.Dark).JPEG), b.begins(form, card(ktp.Good).JPEG)
	var group sync.WaitGroup
	for up, file := range map[string][]byte{dark: card(ktp.Dark).JPEG, good: card(ktp.Good).JPEG} {
		group.Go(func() {
			if got := b.patch(up, 0, file); got.StatusCode != 204 {
				t.Errorf("%d", got.StatusCode)
			}
		})
	}
	group.Wait()
	b.work()
	if got := b.get("/photo"); got.words("h1") != "Foto KTP diterima" {
		t.Errorf("%s", got.words("main"))
	}
}

func TestAnUploadIsItsOwnersAndKeepsToItsForm(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := s.browser()
	b.withNIK(card(ktp.Good).NIK)
	form, file := b.get("/photo"), card(ktp.Good).JPEG
	up := b.begins(form, file)
	token := form.attr("input[name=form_token]", "value")
	for name, values := range map[string]url.Values{"no token": {"size": {"100"}}, "no size": {"form_token": {token}},
		"too large": {"form_token": {token}, "size": {"10485761"}}, "no number": {"form_token": {token}, "size": {"-1"}}} {
		if got := b.post("/photo/upload", values); got.status != 422 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	plain, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, b.url+up, bytes.NewReader(file))
	b.must(err)
	if got := b.do(plain); got.status != 422 {
		t.Errorf("without an offset: %d", got.status)
	}
	if got := b.patch(up+"0", 0, file); got.StatusCode != 404 {
		t.Errorf("an upload that is not there: %d", got.StatusCode)
	}
	if got := s.browser().patch(up, 0, file); got.Header.Get("Upload-Offset") != "" {
		t.Errorf("without an account: %d", got.StatusCode)
	}
	foreign, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, b.url+up, bytes.NewReader(file))
	b.must(err)
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	foreign.Header.Set("Content-Type", "application/offset+octet-stream")
	foreign.Header.Set("Upload-Offset", "0")
	if got := b.do(foreign); got.status != 403 {
		t.Errorf("from another site: %d", got.status)
	}
	s.clock.Add(25 * time.Hour)
	if at := b.stands(up); at != "" {
		t.Errorf("a day later it still stands at %s", at)
	}
}

func TestAProgrammeWithoutPhotosHasNoSuchPage(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(s *scene) { s.photo = nil })
	b := s.browser()
	b.proven(rani)
	for _, path := range []string{"/photo", "/photo/picture", "/photo/upload/1"} {
		if got := b.get(path); got.status != 404 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	for _, path := range []string{"/photo", "/photo/ask", "/photo/upload"} {
		if got := b.post(path, url.Values{}); got.status != 404 {
			t.Errorf("POST %s: %d", path, got.status)
		}
	}
	if me := b.get("/me").expect(200, "/me"); strings.Contains(me.words("main"), "Foto KTP") {
		t.Errorf("told of: %s", me.words("main"))
	}
}

func TestThePhotoOpensWithTheIdentityAndHoldsUpNothing(t *testing.T) {
	t.Parallel()
	for _, needed := range []bool{false, true} {
		b := newScene(t, func(s *scene) { s.needsPhoto = needed }).browser()
		b.proven(rani)
		b.withPhone(raniPhone)
		b.get("/photo").expect(200, "/identity")
		if me := b.get("/me"); !strings.Contains(me.words(".steps"), "Foto KTP Nanti") || me.count(".steps a[href='/photo']") != 0 {
			t.Errorf("before: %s", me.words(".steps"))
		}
		b.withIdentity()
		me := b.get("/me")
		if me.words(".steps a[href='/photo'] + .badge") != "Belum ada" || me.count(".steps .now a[href='/statements']") != 1 ||
			strings.Contains(me.words(".steps"), "memerlukan foto") != needed {
			t.Errorf("needed %t: %s", needed, me.words(".steps"))
		}
		if got := b.get("/photo").expect(200, "/photo"); strings.Contains(got.words(".lead"), "memerlukan") != needed {
			t.Errorf("needed %t: %s", needed, got.words(".lead"))
		}
	}
}

func TestEveryWordAboutAPhotoHasItsSentences(t *testing.T) {
	t.Parallel()
	c, err := locale.Load(nil, portal.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	need := func(stem, word string, ends ...string) {
		for _, end := range ends {
			if !c.Has(stem + word + end) {
				t.Errorf("%s is missing", stem+word+end)
			}
		}
	}
	for _, state := range photo.States {
		switch state {
		case photo.Replaced: // is never the newest
		case photo.None:
			need("portal.photo.", "none", ".title", ".lead")
		case photo.Review, photo.Declined: // say why besides
			need("portal.photo.", string(state), ".title", ".next", ".when")
		default:
			need("portal.photo.", string(state), ".title", ".lead", ".happened", ".next", ".when")
		}
		if state != photo.Replaced {
			need("portal.photo.badge.", string(state), "")
		}
	}
	for _, why := range []photo.Why{photo.WhyFailures, photo.WhyDoubt, photo.WhyNIK, photo.WhyAppeal} {
		need("portal.photo.why.", string(why), "")
	}
	for _, reason := range photo.Reasons {
		need("portal.photo.reason.", string(reason), "")
	}
	for _, verdict := range check.Verdicts[1:] {
		need("portal.photo.bad.", string(verdict), "")
	}
	for set := 1; set < 1<<len(check.Corners); set++ {
		var cut []string
		for at, corner := range check.Corners {
			if set&(1<<at) != 0 {
				cut = append(cut, string(corner))
			}
		}
		need("portal.photo.cut.", strings.Join(cut, "."), "")
	}
}

func TestTooManyPhotosInADayAreToldWhenTheNextMayCome(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	b.withNIK(card(ktp.Good).NIK)
	form := b.get("/photo")
	for n := range photo.DefaultPolicy.PerDay {
		b.sends(form, "x.jpg", fmt.Appendf(nil, "no picture %d", n)).expect(200, "/photo")
	}
	got := b.sends(form, "x.jpg", card(ktp.Good).JPEG)
	if got.status != 429 || !strings.Contains(got.words("main"), "10 foto") || got.count("a[href='/me']") == 0 {
		t.Errorf("%d: %s", got.status, got.words("main"))
	}
}
