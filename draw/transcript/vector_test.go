package transcript_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	. "gelombang/draw/transcript"
)

const (
	page    = "../../docs/algorithms/draw.md"
	example = "testdata/example.draw"
	slip    = "testdata/example.receipt.txt"
)

var update = flag.Bool("update", false, "write the example bundle anew")

// vectors reads the table of test vectors from the page: | name | `value` |.
func vectors(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) == 4 && strings.HasPrefix(strings.TrimSpace(cells[2]), "`") {
			found[strings.TrimSpace(cells[1])] = strings.Trim(strings.TrimSpace(cells[2]), "`")
		}
	}
	return found
}

func filled(b byte) Digest { return Digest(bytes.Repeat([]byte{b}, 32)) }

func rankKey(seed, commitment Digest) string {
	mac := hmac.New(sha256.New, seed[:])
	mac.Write(commitment[:])
	return hex.EncodeToString(mac.Sum(nil))
}

func TestVectorsOnThePageAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	tag := HouseholdTag(filled(0x01), "3174012345678901")
	commitment := Commitment("7", "31", tag, "3174014107900001", filled(0x02))
	seed := Seed(filled(0x03), filled(0x04))
	h := Header{Strata: []Stratum{{ID: "31", Quota: 1}}}
	results, _ := Rank(h, nil, []Entry{{Commitment: filled(0x05), Stratum: "31", State: StateIn}, {Commitment: filled(0x06), Stratum: "31", State: StateIn}}, seed)
	randomness := realRound().Randomness
	got := vectors(t)
	for name, want := range map[string]string{
		"household tag":       tag.String(),
		"commitment":          commitment.String(),
		"seed":                seed.String(),
		"fallback seed":       FallbackSeed(filled(0x03), [2]Digest{filled(0x07), filled(0x08)}).String(),
		"official commitment": OfficialCommitment(filled(0x07)).String(),
		"rank key 05":         rankKey(seed, filled(0x05)),
		"rank key 06":         rankKey(seed, filled(0x06)),
		"first in rank":       results[0].Commitment.String(),
		"quicknet randomness": randomness.String(),
		"quicknet round time": strconv.FormatInt(RoundTime(Quicknet, quicknetRound).Unix(), 10),
		"quicknet key":        Quicknet.PublicKey,
		"quicknet hash":       Quicknet.Hash,
		"quicknet signature":  quicknetSignature,
	} {
		if got[name] != want {
			t.Errorf("the page says %s %q, the code %q", name, got[name], want)
		}
	}
}

func TestExampleBundleIsTheOneThatThePageDescribes(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 20)
	file, receipt := written(t, b), issued(t, receiptOf(b.Header, 5), operator("key"))
	if *update {
		for name, content := range map[string][]byte{example: file, slip: receipt} {
			if err := os.WriteFile(name, content, 0o644); err != nil { //nolint:gosec // published text
				t.Fatal(err)
			}
		}
	}
	for name, want := range map[string][]byte{example: file, slip: receipt} {
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the code writes (-update writes it anew): %v", name, err)
		}
	}
	got := vectors(t)
	r := verified(t, file, Options{Root: &b.Root, Receipt: receipt})
	fine(t, r)
	if got["example root"] != r.Root.String() || got["example seed"] != r.Seed.String() {
		t.Errorf("the page says root %q and seed %q, the code %s and %s", got["example root"], got["example seed"], r.Root, r.Seed)
	}
}
