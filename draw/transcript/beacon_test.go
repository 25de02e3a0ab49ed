package transcript_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"

	. "gelombang/draw/transcript"
)

const (
	quicknetRound     = 657413
	quicknetSignature = "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b"
)

func realRound() Beacon {
	signature := must(hex.DecodeString(quicknetSignature))
	return Beacon{Round: quicknetRound, Randomness: sha256.Sum256(signature), Signature: quicknetSignature}
}

func TestRealQuicknetRoundIsAccepted(t *testing.T) {
	t.Parallel()
	if err := VerifyBeacon(Quicknet, realRound()); err != nil {
		t.Fatal(err)
	}
}

func TestLyingRelaysAreRefused(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func(*Chain, *Beacon){
		"the next round":         func(_ *Chain, b *Beacon) { b.Round++ },
		"other randomness":       func(_ *Chain, b *Beacon) { b.Randomness[0] ^= 1 },
		"another chain":          func(c *Chain, _ *Beacon) { *c = demoChain() },
		"another scheme":         func(c *Chain, _ *Beacon) { c.Scheme = "pedersen-bls-chained" },
		"an empty signature":     func(_ *Chain, b *Beacon) { b.Signature = "" },
		"a signature cut short":  func(_ *Chain, b *Beacon) { b.Signature = b.Signature[:94] },
		"a signature in letters": func(_ *Chain, b *Beacon) { b.Signature = "zz" },
		"a broken key":           func(c *Chain, _ *Beacon) { c.PublicKey = c.PublicKey[2:] },
	} {
		chain, beacon := Quicknet, realRound()
		lie(&chain, &beacon)
		if VerifyBeacon(chain, beacon) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// drand derives a chain's hash from its constants, so a wrong digit in any of
// them would give another hash. The group hash enters nothing else.
func TestQuicknetConstantsGiveTheChainHash(t *testing.T) {
	t.Parallel()
	b := binary.BigEndian.AppendUint32(nil, uint32(Quicknet.PeriodS))
	b = binary.BigEndian.AppendUint64(b, uint64(Quicknet.GenesisS))
	b = append(b, must(hex.DecodeString(Quicknet.PublicKey))...)
	b = append(b, must(hex.DecodeString("f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e"))...)
	b = append(b, "quicknet"...)
	if got := sha256.Sum256(b); hex.EncodeToString(got[:]) != Quicknet.Hash {
		t.Fatalf("hash %x", got)
	}
}

func TestRoundAtIsTheFirstOneDueThenOrLater(t *testing.T) {
	t.Parallel()
	genesis := time.Unix(Quicknet.GenesisS, 0)
	for _, c := range []struct {
		after time.Duration
		want  uint64
	}{
		{-time.Hour, 1}, {0, 1}, {time.Millisecond, 2}, {3 * time.Second, 2}, {3001 * time.Millisecond, 3}, {time.Hour, 1201},
	} {
		got := RoundAt(Quicknet, genesis.Add(c.after))
		if got != c.want || RoundTime(Quicknet, got).Before(genesis.Add(c.after)) {
			t.Errorf("%s after genesis: round %d at %s, want %d", c.after, got, RoundTime(Quicknet, got), c.want)
		}
	}
}
