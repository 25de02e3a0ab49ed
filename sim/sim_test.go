package sim_test

import (
	"encoding/json"
	"image"
	_ "image/jpeg"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"github.com/pquerna/otp/totp"
	"golang.org/x/net/html"

	"gelombang/sim"
	"gelombang/sim/loopback"
	"gelombang/sim/mailbox"
	"gelombang/sim/registry"
	"gelombang/sim/smsgw"
)

const totpSecret = "JBSWY3DPEHPK3PXP"

func start(t *testing.T, config sim.Config) *sim.World {
	t.Helper()
	world, err := sim.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close(t.Context()) })
	return world
}

func page(t *testing.T, url string) *html.Node {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	root, err := html.Parse(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", url, resp.StatusCode, err)
	}
	return root
}

func magic() []loopback.Magic {
	return append(append(mailbox.Magic(), smsgw.Magic()...), registry.Magic()...)
}

func TestTheFrontPageLeadsEverywhereAndListsEveryMagicValue(t *testing.T) {
	t.Parallel()
	world := start(t, sim.Config{})
	at := world.Addresses()
	front := page(t, at.Front)
	for _, url := range []string{at.Inbox, at.Phone, at.Registry, at.Beacon} {
		if cascadia.Query(front, cascadia.MustCompile(`a[href="`+url+`"]`)) == nil {
			t.Errorf("no link to %s", url)
		}
		page(t, url)
	}
	listed := map[string]bool{}
	for _, cell := range cascadia.QueryAll(front, cascadia.MustCompile("td code")) {
		listed[cell.FirstChild.Data] = true
	}
	for _, m := range magic() {
		if !listed[m.Value] {
			t.Errorf("%s is not on the front page", m.Value)
		}
	}
	if conn, err := net.Dial("tcp", at.SMTP); err != nil {
		t.Error(err)
	} else {
		_ = conn.Close()
	}
}

func TestTheREADMEListsEveryMagicValue(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range magic() {
		if !strings.Contains(string(text), "| `"+m.Value+"` |") {
			t.Errorf("%s is missing", m.Value)
		}
	}
}

func TestTheAuthenticatorShowsTheCodeOfTheMoment(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0) // 10 s before the next code
	world := start(t, sim.Config{Now: func() time.Time { return now }})
	world.SetAuthenticators([]sim.Authenticator{{Label: "petugas <1>", Secret: totpSecret}, {Label: "rusak", Secret: "!"}})
	resp, err := http.Get(world.Addresses().Front + "/authenticator")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var codes []sim.Code
	if err := json.NewDecoder(resp.Body).Decode(&codes); err != nil || len(codes) != 2 {
		t.Fatalf("codes %v, %v", codes, err)
	}
	want, err := totp.GenerateCode(totpSecret, now)
	if err != nil || codes[0] != (sim.Code{Label: "petugas <1>", Code: want, SecondsLeft: 10}) || codes[1].Code == want {
		t.Errorf("codes %+v, want %s", codes, want)
	}
	front := page(t, world.Addresses().Front)
	shown := cascadia.Query(front, cascadia.MustCompile(".code"))
	if shown == nil || shown.FirstChild.Data != want[:3]+" "+want[3:] {
		t.Error("the front page does not show the code")
	}
	if cascadia.Query(front, cascadia.MustCompile(`meta[http-equiv=refresh][content="10"]`)) == nil {
		t.Error("the page does not reload when the code changes")
	}
}

func TestARestartKeepsThePortsAndTheChain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	world := start(t, sim.Config{Dir: dir})
	at, chain := world.Addresses(), world.Beacon.ChainHash()
	if err := world.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", strings.TrimPrefix(at.Registry, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	world = start(t, sim.Config{Dir: dir})
	again := world.Addresses()
	if again.Registry == at.Registry {
		t.Errorf("a port that is taken was taken again")
	}
	again.Registry = at.Registry
	if again != at || world.Beacon.ChainHash() != chain {
		t.Errorf("was %+v, is %+v", at, again)
	}
}

func TestABrokenChainFileRefusesToStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/beacon.json", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if world, err := sim.Start(sim.Config{Dir: dir}); err == nil {
		_ = world.Close(t.Context())
		t.Fatal("a broken chain was taken")
	}
}

func TestTheFrontPageTakesPhotographsOfSpecimenCards(t *testing.T) {
	t.Parallel()
	at := start(t, sim.Config{}).Addresses().Front
	for query, want := range map[string]int{
		"nik=317401+550692+0000&photo=good": http.StatusOK, "nik=3174015506920000&photo=dark": http.StatusOK,
		"nik=31740155069200&photo=good": http.StatusBadRequest, "nik=3174015506920000&photo=perfect": http.StatusBadRequest,
	} {
		resp, err := http.Get(strings.TrimSuffix(at, "/") + "/ktp?" + query)
		if err != nil {
			t.Fatal(err)
		}
		card, format, err := image.DecodeConfig(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != want || want == http.StatusOK && (err != nil || format != "jpeg" || card.Width > 4000) {
			t.Errorf("%s: %d, %s %d pixels wide, %v", query, resp.StatusCode, format, card.Width, err)
		}
	}
}
