package page

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"time"

	"gelombang/internal/fault"
)

const (
	tokenNonce = 16
	tokenTime  = 8
	tokenMAC   = 16
	tokenSize  = tokenNonce + tokenTime + tokenMAC
	// tokenSkew is how far two nodes' clocks may be apart.
	tokenSkew = 2 * time.Minute
)

// tokenDomain keeps these MACs apart from all others made with the same key.
const tokenDomain = "gelombang/form-token/1\x00"

// Tokens makes the hidden token of a form: random, signed, dated, stored nowhere.
// Whoever answers the form uses it as the idempotency key, so that a reload, a
// second tap or a second tab is the same request. It is not what keeps other
// sites out; Protect is.
type Tokens struct{ mac func([]byte) []byte }

// NewTokens takes a keyed MAC of at least 16 bytes, the same on every node.
func NewTokens(mac func([]byte) []byte) Tokens { return Tokens{mac: mac} }

// New makes a token for a form that is shown now.
func (t Tokens) New(now time.Time) string {
	token := make([]byte, tokenNonce+tokenTime, tokenSize)
	rand.Read(token[:tokenNonce]) // never returns an error
	binary.BigEndian.PutUint64(token[tokenNonce:], uint64(now.UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(token, t.sign(token)...))
}

func (t Tokens) sign(body []byte) []byte {
	return t.mac(append([]byte(tokenDomain), body...))[:tokenMAC]
}

// Shown is when the form with a token was shown. Only one that Check passed says so.
func (Tokens) Shown(token string) time.Time {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != tokenSize {
		return time.Time{}
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(raw[tokenNonce:]))).UTC() // #nosec G115 -- as New wrote it
}

// Check refuses a token that is not ours or older than maxAge. The page is then
// shown again, filled as it was, with a new one: nothing is lost but a tap.
func (t Tokens) Check(token string, now time.Time, maxAge time.Duration) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenSize {
		return fault.New(fault.Invalid, "page.form.no_token", nil)
	}
	body := raw[:tokenNonce+tokenTime]
	if !hmac.Equal(raw[tokenNonce+tokenTime:], t.sign(body)) {
		return fault.New(fault.Invalid, "page.form.no_token", nil)
	}
	age := now.Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(body[tokenNonce:]))))
	if age > maxAge || age < -tokenSkew {
		return fault.New(fault.Invalid, "page.form.expired", nil)
	}
	return nil
}
