package beacon_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cloudflare/circl/sign/bls"

	"gelombang/sim/beacon"
	"gelombang/sim/loopback"
)

var genesis = time.Unix(1_700_000_000, 0)

func start(t *testing.T, config beacon.Config) *beacon.Server {
	t.Helper()
	if config.Now == nil {
		config.Now = func() time.Time { return genesis.Add(30*time.Second + 500*time.Millisecond) } // round 11
	}
	if config.Genesis.IsZero() {
		config.Genesis = genesis
	}
	server, err := beacon.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	return server
}

func get(t *testing.T, url string, into any) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK && into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode
}

// verify is an outsider's check, from the public facts alone.
func verify(t *testing.T, public string, round beacon.Round) (signed, derived bool) {
	t.Helper()
	key := new(bls.PublicKey[bls.KeyG2SigG1])
	if err := key.UnmarshalBinary(decode(t, public)); err != nil {
		t.Fatal(err)
	}
	signature := decode(t, round.Signature)
	message := sha256.Sum256(binary.BigEndian.AppendUint64(nil, round.Round))
	randomness := sha256.Sum256(signature)
	return bls.Verify(key, message[:], signature), round.Randomness == hex.EncodeToString(randomness[:])
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestTheCheckAcceptsARealRound holds the check of the other tests against
// round 657413 of drand's quicknet, so that the shape simulated is the real one.
func TestTheCheckAcceptsARealRound(t *testing.T) {
	t.Parallel()
	const public = "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
	const signature = "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b"
	if signed, _ := verify(t, public, beacon.Round{Round: 657413, Signature: signature}); !signed {
		t.Error("the real round is refused")
	}
	if signed, _ := verify(t, public, beacon.Round{Round: 657414, Signature: signature}); signed {
		t.Error("its signature is accepted for the next round")
	}
}

func TestRoundsVerifyWithThePublicKey(t *testing.T) {
	t.Parallel()
	server := start(t, beacon.Config{})
	chain := server.URL() + "/" + server.ChainHash()
	for _, path := range []string{chain + "/public/1", chain + "/public/latest", server.URL() + "/public/11"} {
		var round beacon.Round
		if status := get(t, path, &round); status != http.StatusOK {
			t.Fatalf("%s: status %d", path, status)
		}
		if signed, derived := verify(t, server.PublicKeyHex(), round); !signed || !derived {
			t.Errorf("%s: signed %v, derived %v", path, signed, derived)
		}
		if len(decode(t, round.Signature)) != 48 {
			t.Errorf("signature of %d bytes", len(round.Signature)/2)
		}
	}
	var latest beacon.Round
	if get(t, chain+"/public/latest", &latest); latest.Round != 11 {
		t.Errorf("latest round %d", latest.Round)
	}
}

func TestTheFutureIsTooEarlyAndTheUnknownNotFound(t *testing.T) {
	t.Parallel()
	server := start(t, beacon.Config{})
	chain := server.URL() + "/" + server.ChainHash()
	want := map[string]int{
		chain + "/public/12":                 http.StatusTooEarly,
		chain + "/public/0":                  http.StatusNotFound,
		chain + "/public/-1":                 http.StatusBadRequest,
		server.URL() + "/ab12/public/1":      http.StatusNotFound,
		chain + "/public/1":                  http.StatusOK,
		chain + "/public/11":                 http.StatusOK,
		chain + "/public/184467440737095516": http.StatusTooEarly,
	}
	for path, status := range want {
		if got := get(t, path, nil); got != status {
			t.Errorf("%s: status %d, want %d", path, got, status)
		}
	}
}

type info struct {
	PublicKey   string `json:"public_key"`
	Period      int64  `json:"period"`
	GenesisTime int64  `json:"genesis_time"`
	Hash        string `json:"hash"`
	GroupHash   string `json:"groupHash"`
	SchemeID    string `json:"schemeID"`
	Metadata    struct {
		BeaconID string `json:"beaconID"`
	} `json:"metadata"`
}

func chainHash(t *testing.T, i info) string {
	t.Helper()
	text := binary.BigEndian.AppendUint32(nil, uint32(i.Period))
	text = binary.BigEndian.AppendUint64(text, uint64(i.GenesisTime))
	text = append(append(text, decode(t, i.PublicKey)...), decode(t, i.GroupHash)...)
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

// TestTheChainHashIsThatOfDrand recomputes drand's oldest chain from its public
// facts, then the simulator's in the same way.
func TestTheChainHashIsThatOfDrand(t *testing.T) {
	t.Parallel()
	real := info{
		PublicKey: "868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31",
		Period:    30, GenesisTime: 1595431050,
		GroupHash: "176f93498eac9ca337150b46d21dd58673ea4e3581185f869672e59fa4cb390a",
	}
	if got := chainHash(t, real); got != "8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce" {
		t.Errorf("drand's chain hashes to %s", got)
	}
	server := start(t, beacon.Config{Period: 5 * time.Second})
	var own, named info
	get(t, server.URL()+"/info", &own)
	get(t, server.URL()+"/"+server.ChainHash()+"/info", &named)
	if own != named || own.Hash != chainHash(t, own) || own.Hash != server.ChainHash() || own.PublicKey != server.PublicKeyHex() {
		t.Errorf("info %+v", own)
	}
	if own.Period != 5 || own.GenesisTime != genesis.Unix() || own.SchemeID != "bls-unchained-g1-rfc9380" || own.Metadata.BeaconID == "" {
		t.Errorf("info %+v", own)
	}
}

func TestFaultsAreSeenByWhoeverVerifies(t *testing.T) {
	t.Parallel()
	server := start(t, beacon.Config{})
	tests := []struct {
		fault           string
		signed, derived bool
	}{{"wrong_signature", false, true}, {"wrong_randomness", true, false}}
	for _, test := range tests {
		if err := server.SetControl(beacon.Control{Control: loopback.Control{Fault: test.fault}}); err != nil {
			t.Fatal(err)
		}
		var round beacon.Round
		get(t, server.URL()+"/public/3", &round)
		if signed, derived := verify(t, server.PublicKeyHex(), round); signed != test.signed || derived != test.derived {
			t.Errorf("%s: signed %v, derived %v", test.fault, signed, derived)
		}
	}
}

func TestMissingRoundsOutageAndCapacity(t *testing.T) {
	t.Parallel()
	server := start(t, beacon.Config{})
	_ = server.SetControl(beacon.Control{Missing: []uint64{4}})
	if lost, kept := get(t, server.URL()+"/public/4", nil), get(t, server.URL()+"/public/5", nil); lost != 404 || kept != 200 {
		t.Errorf("missing round: status %d, another: %d", lost, kept)
	}
	_ = server.SetControl(beacon.Control{Control: loopback.Control{CapacityPerSecond: 1}})
	if status := get(t, server.URL()+"/public/5", nil); status != 503 { // the clock stands still
		t.Errorf("over capacity: status %d", status)
	}
	_ = server.SetControl(beacon.Control{Control: loopback.Control{Outage: true}})
	if resp, err := http.Get(server.URL() + "/info"); err == nil {
		_ = resp.Body.Close()
		t.Errorf("outage: status %d", resp.StatusCode)
	}
	if get(t, server.URL()+"/", nil) != 200 {
		t.Error("the page is out as well")
	}
}

func TestAChainIsKeptWithItsPeriod(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, beacon.Config{Dir: dir, Period: 7 * time.Second})
	again := start(t, beacon.Config{Dir: dir, Period: 9 * time.Second, Genesis: genesis.Add(time.Hour)})
	if again.ChainHash() != first.ChainHash() || again.Period() != 7*time.Second || !again.Genesis().Equal(genesis) {
		t.Errorf("chain %s, period %v, genesis %v", again.ChainHash(), again.Period(), again.Genesis())
	}
	var a, b beacon.Round
	get(t, first.URL()+"/public/2", &a)
	get(t, again.URL()+"/public/2", &b)
	if a != b || a.Signature == "" {
		t.Errorf("round 2 was %+v and is %+v", a, b)
	}
	file, err := os.Stat(filepath.Join(dir, "beacon.json"))
	if err != nil || file.Mode().Perm() != 0o600 {
		t.Errorf("chain file %v, %v", file, err)
	}
}

func TestBeforeGenesisThereIsNoRound(t *testing.T) {
	t.Parallel()
	server := start(t, beacon.Config{Now: func() time.Time { return genesis.Add(-time.Second) }})
	for _, round := range []string{"latest", "1"} {
		if status := get(t, server.URL()+"/public/"+round, nil); status != http.StatusTooEarly {
			t.Errorf("%s: status %d", round, status)
		}
	}
}

func TestABrokenPeriodIsRefused(t *testing.T) {
	t.Parallel()
	if server, err := beacon.Start(beacon.Config{Period: 1500 * time.Millisecond}); err == nil {
		_ = server.Close(t.Context())
		t.Error("a period of 1.5 s was taken")
	}
}
