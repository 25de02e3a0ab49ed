package transcript_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/cloudflare/circl/sign/bls"
	"pgregory.net/rapid"

	. "gelombang/draw/transcript"
)

// chainKey is the key of the tests' own chain, always the same.
var chainKey = must(bls.KeyGen[bls.KeyG2SigG1](bytes.Repeat([]byte{7}, 32), nil, nil))

// chainPublic is read once: circl computes it at the first reading, unguarded.
var chainPublic = must(chainKey.PublicKey().MarshalBinary())

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func digest(parts ...any) Digest { return sha256.Sum256(fmt.Append(nil, parts...)) }

func demoChain() Chain {
	return Chain{
		Hash: digest("chain").String(), Scheme: Scheme, PublicKey: hex.EncodeToString(chainPublic),
		GenesisS: 1_700_000_000, PeriodS: 3, Demo: true,
	}
}

func roundOf(round uint64) Beacon {
	message := sha256.Sum256(binary.BigEndian.AppendUint64(nil, round))
	signature := bls.Sign(chainKey, message[:])
	return Beacon{Round: round, Randomness: sha256.Sum256(signature), Signature: hex.EncodeToString(signature)}
}

func operator(name string) *Signer {
	seed := digest("operator", name)
	return must(NewSigner("draw.example", ed25519.NewKeyFromSeed(seed[:])))
}

var officialValues = [2]Digest{digest("official 1"), digest("official 2")}

// fixedHeader is a wave that did everything in time.
func fixedHeader() Header {
	closes := time.UnixMilli(1_760_000_000_000)
	h := Header{
		Wave: "7", Name: "Gelombang 7", HouseholdCap: 2,
		Strata: []Stratum{
			{ID: "31", Name: "DKI Jakarta", Quota: 4, Reserve: 2},
			{ID: "51", Name: "Bali", Quota: 2, Reserve: 1},
		},
		ClosesMs:         closes.UnixMilli(),
		FreezeDeadlineMs: closes.Add(2 * time.Hour).UnixMilli(),
		FrozenMs:         closes.Add(time.Hour).UnixMilli(),
		Chain:            demoChain(),
		MinDelayS:        600,
		RoundFixedMs:     closes.Add(-7 * 24 * time.Hour).UnixMilli(),
		Officials:        [2]Digest{OfficialCommitment(officialValues[0]), OfficialCommitment(officialValues[1])},
	}
	h.Round = h.FirstRound()
	return h
}

// receiptOf is the receipt of applicant n, whose family card is n/3.
func receiptOf(h Header, n int) Receipt {
	return Receipt{
		Wave: h.Wave, Stratum: h.Strata[n%len(h.Strata)].ID,
		Household: HouseholdTag(digest("wave secret"), fmt.Sprintf("31740%011d", n/3)),
		NIK:       fmt.Sprintf("31740%011d", n), Nonce: digest("nonce", n), IssuedMs: h.RoundFixedMs + int64(n),
	}
}

// scene is a wave of n applicants: every seventh withdrew, and the first household has one place left.
func scene(h Header, n int) ([]Household, []Entry) {
	entries := make([]Entry, n)
	for i := range entries {
		r := receiptOf(h, i)
		entries[i] = Entry{Commitment: r.Commitment(), Household: r.Household, Stratum: r.Stratum, State: StateIn}
		if i%7 == 3 {
			entries[i].State = EntryStates[1+i/7%3]
		}
	}
	return []Household{{Tag: entries[0].Household, Left: 1}}, entries
}

func frozenScene(tb rapid.TB, h Header, n int) *Frozen {
	tb.Helper()
	households, entries := scene(h, n)
	f, err := Freeze(h, households, entries, operator("key"))
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func drawnScene(tb rapid.TB, h Header, n int) *Bundle {
	tb.Helper()
	b, err := Run(frozenScene(tb, h, n), roundOf(h.Round))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func written(tb rapid.TB, b *Bundle) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := WriteBundle(&out, b, operator("key")); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func verified(tb rapid.TB, file []byte, opt Options) Report {
	tb.Helper()
	report, err := Verify(bytes.NewReader(file), opt)
	if err != nil {
		tb.Fatal(err)
	}
	return report
}

// failing gives what a failing check of this name says.
func failing(tb rapid.TB, r Report, name string) string {
	tb.Helper()
	c, ok := r.Check(name)
	if !ok || c.OK {
		tb.Fatalf("check %s: there %t, fine %t; all checks: %+v", name, ok, c.OK, r.Checks)
	}
	return c.Says
}

func fine(tb rapid.TB, r Report) {
	tb.Helper()
	if !r.OK() {
		tb.Fatalf("checks: %+v", r.Checks)
	}
}

// randomScene is a wave with households in several strata and places already used.
func randomScene(seed uint64, n, strata int) (Header, []Household, []Entry) {
	rng := rand.New(rand.NewPCG(seed, 1))
	h := fixedHeader()
	h.HouseholdCap = rng.IntN(4)
	h.Strata = nil
	for i := range strata {
		h.Strata = append(h.Strata, Stratum{ID: fmt.Sprintf("%02d", i+11), Name: "Wilayah", Quota: rng.IntN(n/strata + 2), Reserve: rng.IntN(5)})
	}
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = Entry{
			Commitment: digest(seed, "entry", i), Household: digest("household", rng.IntN(n/3+1)),
			Stratum: h.Strata[rng.IntN(strata)].ID, State: EntryStates[max(0, rng.IntN(8)-4)],
		}
	}
	var households []Household
	for i := 0; h.HouseholdCap > 0 && i < n/6; i++ {
		households = append(households, Household{Tag: digest("household", i), Left: rng.IntN(h.HouseholdCap)})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return a.Commitment.Compare(b.Commitment) })
	return h, households, entries
}
