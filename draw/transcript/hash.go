package transcript

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// The domains keep one hash from ever standing for another.
const (
	domainCommitment = "gelombang/commitment/v1"
	domainSeed       = "gelombang/seed/v1"
	domainFallback   = "gelombang/seed-fallback/v1"
)

// framed is SHA-256 over the parts, each behind its length in four bytes, big
// end first: no two lists of parts share an encoding.
func framed(parts ...[]byte) Digest {
	var b []byte
	for _, part := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part))) //nolint:gosec // the parts are ids and digests, far below 4 GiB
		b = append(b, part...)
	}
	return sha256.Sum256(b)
}

func sum(b []byte) Digest { return sha256.Sum256(b) }

// HouseholdTag stands for a family card in one wave. The secret is made per wave
// and never published, so tags cannot be guessed from the 16 digits nor followed
// from wave to wave.
func HouseholdTag(waveSecret Digest, kk string) Digest {
	mac := hmac.New(sha256.New, waveSecret[:])
	mac.Write([]byte(kk))
	return Digest(mac.Sum(nil))
}

// Commitment stands for one receipt in the published list. The nonce hides the
// NIK; the length-prefixed parts leave one reading only.
func Commitment(wave, stratum string, household Digest, nik string, nonce Digest) Digest {
	return framed([]byte(domainCommitment), []byte(wave), []byte(stratum), household[:], []byte(nik), nonce[:])
}

// OfficialCommitment is what an official's value looks like before it is
// revealed. It is plain SHA-256, so an official needs no software of ours.
func OfficialCommitment(value Digest) Digest { return sha256.Sum256(value[:]) }

// Seed joins the list and the beacon: neither side alone decides.
func Seed(root, randomness Digest) Digest {
	return framed([]byte(domainSeed), root[:], randomness[:])
}

// FallbackSeed joins the list and both officials' values.
func FallbackSeed(root Digest, values [2]Digest) Digest {
	return framed([]byte(domainFallback), root[:], values[0][:], values[1][:])
}

// rankKey orders the entries. mac is keyed with the seed and reused, as two million keys are made in a row.
func rankKey(mac hash.Hash, commitment Digest) (key Digest) {
	mac.Reset()
	mac.Write(commitment[:])
	mac.Sum(key[:0])
	return key
}
