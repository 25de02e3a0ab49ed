package beacon

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cloudflare/circl/sign/bls"

	"gelombang/sim/loopback"
)

const (
	// schemeID is drand's name for what circl's KeyG2SigG1 computes: messages
	// hashed to G1 as RFC 9380 says, under the tag
	// BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_.
	schemeID = "bls-unchained-g1-rfc9380"
	// beaconID "default" is the one that drand leaves out of the chain hash.
	beaconID = "default"
)

// chain is a key and a calendar of rounds; round 1 is at genesis.
type chain struct {
	key     *bls.PrivateKey[bls.KeyG2SigG1]
	public  []byte
	period  time.Duration
	genesis time.Time
	group   []byte
}

// chainFile is what is kept of a chain.
type chainFile struct {
	PrivateKey  string `json:"private_key"`
	PeriodS     int64  `json:"period_s"`
	GenesisTime int64  `json:"genesis_time"`
	GroupHash   string `json:"group_hash"`
}

func openChain(config Config) (chain, error) {
	if config.Dir == "" {
		return newChain(config)
	}
	path := filepath.Join(config.Dir, "beacon.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return createChain(config, path)
	}
	if err != nil {
		return chain{}, fmt.Errorf("read chain: %w", err)
	}
	return decodeChain(text)
}

func createChain(config Config, path string) (chain, error) {
	c, err := newChain(config)
	if err != nil {
		return chain{}, err
	}
	secret, err := c.key.MarshalBinary()
	if err != nil {
		return chain{}, fmt.Errorf("encode chain key: %w", err)
	}
	text, err := json.Marshal(chainFile{
		PrivateKey: hex.EncodeToString(secret), PeriodS: int64(c.period / time.Second),
		GenesisTime: c.genesis.Unix(), GroupHash: hex.EncodeToString(c.group),
	})
	if err != nil {
		return chain{}, fmt.Errorf("encode chain: %w", err)
	}
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return chain{}, fmt.Errorf("keep chain: %w", err)
	}
	if err := loopback.WriteFile(path, text); err != nil {
		return chain{}, fmt.Errorf("keep chain: %w", err)
	}
	return c, nil
}

func newChain(config Config) (chain, error) {
	if config.Period == 0 {
		config.Period = DefaultPeriod
	}
	if config.Period < time.Second || config.Period%time.Second != 0 {
		return chain{}, fmt.Errorf("period %v is not a whole number of seconds", config.Period)
	}
	if config.Genesis.IsZero() {
		config.Genesis = config.Now()
	}
	seed, group := make([]byte, 32), make([]byte, 32)
	_, _ = rand.Read(seed) // never fails
	_, _ = rand.Read(group)
	key, err := bls.KeyGen[bls.KeyG2SigG1](seed, nil, nil)
	if err != nil {
		return chain{}, fmt.Errorf("make chain key: %w", err)
	}
	return assemble(key, config.Period, config.Genesis.Unix(), group)
}

func decodeChain(text []byte) (chain, error) {
	var kept chainFile
	if err := json.Unmarshal(text, &kept); err != nil {
		return chain{}, fmt.Errorf("decode chain: %w", err)
	}
	secret, err := hex.DecodeString(kept.PrivateKey)
	if err != nil {
		return chain{}, fmt.Errorf("decode chain key: %w", err)
	}
	group, err := hex.DecodeString(kept.GroupHash)
	if err != nil {
		return chain{}, fmt.Errorf("decode group hash: %w", err)
	}
	if kept.PeriodS < 1 {
		return chain{}, fmt.Errorf("decode chain: period of %d s", kept.PeriodS)
	}
	key := new(bls.PrivateKey[bls.KeyG2SigG1])
	if err := key.UnmarshalBinary(secret); err != nil {
		return chain{}, fmt.Errorf("decode chain key: %w", err)
	}
	return assemble(key, time.Duration(kept.PeriodS)*time.Second, kept.GenesisTime, group)
}

func assemble(key *bls.PrivateKey[bls.KeyG2SigG1], period time.Duration, genesis int64, group []byte) (chain, error) {
	public, err := key.PublicKey().MarshalBinary()
	if err != nil {
		return chain{}, fmt.Errorf("encode public key: %w", err)
	}
	return chain{key: key, public: public, period: period, genesis: time.Unix(genesis, 0).UTC(), group: group}, nil
}

// hash names the chain by everything that fixes its rounds.
func (c chain) hash() []byte {
	var text []byte
	text = binary.BigEndian.AppendUint32(text, uint32(c.period/time.Second))
	text = binary.BigEndian.AppendUint64(text, uint64(c.genesis.Unix()))
	text = append(text, c.public...)
	text = append(text, c.group...)
	sum := sha256.Sum256(text)
	return sum[:]
}

// roundAt is the newest round at that time, 0 before genesis.
func (c chain) roundAt(at time.Time) uint64 {
	since := at.Sub(c.genesis)
	if since < 0 {
		return 0
	}
	return uint64(since/c.period) + 1
}

func (c chain) timeOf(round uint64) time.Time {
	return c.genesis.Add(time.Duration(round-1) * c.period)
}

// round signs a round. A wrong signature is a valid one of a round that will
// never come, with its own randomness: only who verifies it against the number
// asked notices, and no future round is given away.
func (c chain) round(number uint64, fault string) Round {
	signed := number
	if fault == faultSignature {
		signed |= 1 << 63
	}
	signature := bls.Sign(c.key, message(signed))
	randomness := sha256.Sum256(signature)
	if fault == faultRandomness {
		randomness[0] ^= 1
	}
	return Round{Round: number, Randomness: hex.EncodeToString(randomness[:]), Signature: hex.EncodeToString(signature)}
}

func message(round uint64) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, round))
	return sum[:]
}
