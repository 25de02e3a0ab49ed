package transcript

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/cloudflare/circl/sign/bls"
)

// Scheme is the one drand scheme that is verified: unchained rounds, signatures
// on G1 and keys on G2 of BLS12-381, hashed to the curve as in RFC 9380.
const Scheme = "bls-unchained-g1-rfc9380"

// Chain names a randomness beacon.
type Chain struct {
	Hash      string `json:"hash"`
	Scheme    string `json:"scheme"`
	PublicKey string `json:"public_key"`
	GenesisS  int64  `json:"genesis_s"`
	PeriodS   int64  `json:"period_s"`
	// Demo admits a chain of one's own and a short delay. Whoever holds its key
	// knows the randomness beforehand, so such a draw proves nothing to a stranger.
	Demo bool `json:"demo"`
}

// Quicknet is drand's public chain: the only one that a draw may use, the demo's apart.
var Quicknet = Chain{
	Hash:   "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
	Scheme: Scheme,
	PublicKey: "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451" +
		"0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
	GenesisS: 1692803367,
	PeriodS:  3,
}

// Beacon is one round as the relays serve it.
type Beacon struct {
	Round      uint64 `json:"round"`
	Randomness Digest `json:"randomness"`
	Signature  string `json:"signature"`
}

var (
	errChainKey    = errors.New("the chain's public key cannot be read")
	errRoundForged = errors.New("the signature was not made by the chain for this round")
)

// VerifyBeacon checks that the chain signed exactly this round, and that the
// randomness is the hash of that signature. A relay is never believed.
func VerifyBeacon(c Chain, b Beacon) error {
	if c.Scheme != Scheme {
		return fmt.Errorf("the scheme %q is not %q", c.Scheme, Scheme)
	}
	raw, err := hex.DecodeString(c.PublicKey)
	if err != nil {
		return errChainKey
	}
	var key bls.PublicKey[bls.KeyG2SigG1]
	if err := key.UnmarshalBinary(raw); err != nil {
		return errChainKey
	}
	signature, err := hex.DecodeString(b.Signature)
	if err != nil || hex.EncodeToString(signature) != b.Signature {
		return fmt.Errorf("the signature of round %d is not lower-case hexadecimal", b.Round)
	}
	message := sha256.Sum256(binary.BigEndian.AppendUint64(nil, b.Round))
	if !bls.Verify(&key, message[:], signature) {
		return fmt.Errorf("round %d: %w", b.Round, errRoundForged)
	}
	if sha256.Sum256(signature) != b.Randomness {
		return fmt.Errorf("the randomness of round %d is not the hash of its signature", b.Round)
	}
	return nil
}

// RoundTime is when a round is due. Round 1 comes at genesis.
func RoundTime(c Chain, round uint64) time.Time {
	return time.Unix(c.GenesisS+int64(round-1)*c.PeriodS, 0).UTC() //nolint:gosec // chainProblems bounds the round
}

// RoundAt is the first round due at t or after it.
func RoundAt(c Chain, t time.Time) uint64 {
	since := t.UnixMilli() - c.GenesisS*1000
	if since <= 0 {
		return 1
	}
	period := c.PeriodS * 1000
	return uint64((since+period-1)/period) + 1
}

func chainProblems(c Chain, round uint64) []string {
	const maxS = maxMs / 1000
	switch {
	case c.GenesisS <= 0 || c.GenesisS > maxS || c.PeriodS <= 0 || c.PeriodS > maxS:
		return []string{"the chain's genesis or period is out of range"}
	case round == 0 || round > uint64(maxS/c.PeriodS):
		return []string{fmt.Sprintf("the round %d is out of range", round)}
	case c.Demo:
		return demoChainProblems(c)
	case c != Quicknet:
		return []string{fmt.Sprintf("the chain %q is neither drand's quicknet (%s), to the letter, nor declared as a demo", c.Hash, Quicknet.Hash)}
	}
	return nil
}

func demoChainProblems(c Chain) []string {
	_, errHash := ParseDigest(c.Hash)
	key, errKey := hex.DecodeString(c.PublicKey)
	if errHash != nil || errKey != nil || len(key) != 96 || hex.EncodeToString(key) != c.PublicKey {
		return []string{"the demo chain's hash or public key is not written as 32 and 96 bytes in lower-case hexadecimal"}
	}
	return nil
}
