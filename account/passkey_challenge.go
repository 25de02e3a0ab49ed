package account

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"time"

	"gelombang/internal/fault"
)

// ceremony is what a challenge was given out for.
type ceremony struct {
	purpose string
	account int64  // 0 while nobody is signed in
	browser string // that asked; no other may answer
}

const (
	addingPasskey  = "add"
	passkeySigning = "sign_in"

	challengeNonce = 16
	challengeBody  = challengeNonce + 8
	challengeMAC   = 16
)

// challenge is random, dated and signed for one ceremony: nothing is kept of a ceremony
// that was only begun, so that strangers who begin them cost no row. Each passkey takes
// challenges in the order of their dates alone, which makes an answer good only once.
func (s *Service) challenge(c ceremony, now time.Time) []byte {
	body := make([]byte, challengeNonce, challengeBody+challengeMAC)
	rand.Read(body) //nolint:errcheck // never returns an error
	body = binary.BigEndian.AppendUint64(body, uint64(now.UnixMilli()))
	return append(body, s.signChallenge(c, body)...)
}

func (s *Service) signChallenge(c ceremony, body []byte) []byte {
	signed := binary.BigEndian.AppendUint64(body[:challengeBody:challengeBody], uint64(c.account)) // #nosec G115 -- only compared
	return s.keys.CookieMAC("account.passkey." + c.purpose)(append(signed, c.browser...))[:challengeMAC]
}

// checkChallenge gives the time at which a challenge of ours was given out.
func (s *Service) checkChallenge(c ceremony, sent string, now time.Time) (time.Time, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sent)
	if err != nil || len(raw) != challengeBody+challengeMAC || !hmac.Equal(raw[challengeBody:], s.signChallenge(c, raw[:challengeBody])) {
		return time.Time{}, fault.New(fault.Invalid, "account.passkey.stale", nil)
	}
	issued := time.UnixMilli(int64(binary.BigEndian.Uint64(raw[challengeNonce:]))).UTC() // #nosec G115 -- as challenge wrote it
	if age := now.Sub(issued); age > challengeFor || age < -challengeSkew {
		return time.Time{}, fault.New(fault.Invalid, "account.passkey.stale", nil)
	}
	return issued, nil
}
