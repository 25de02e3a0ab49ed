package account_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"gelombang/internal/sqldb"
)

const (
	site   = "https://example.com"
	siteID = "example.com"

	present, verified, eligible, backedUp, attested = 1, 4, 8, 16, 64
)

// device is a phone with one passkey: it answers as a browser's script sends it on.
type device struct {
	testing.TB
	key    *ecdsa.PrivateKey
	id     []byte
	owner  string // the handle that it was given
	flags  byte
	count  uint32
	origin string
}

func newDevice(t testing.TB) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &device{TB: t, key: key, id: make([]byte, 20), flags: present | verified, origin: site}
	if _, err := rand.Read(d.id); err != nil {
		t.Fatal(err)
	}
	return d
}

// asked is what a site sends to begin.
type asked struct {
	PublicKey struct {
		Challenge string
		RPID      string `json:"rpId"`
		User      struct{ ID, Name string }
		Allow     []listed                                       `json:"allowCredentials"`
		Exclude   []listed                                       `json:"excludeCredentials"`
		Selection struct{ ResidentKey, UserVerification string } `json:"authenticatorSelection"`
		Verify    string                                         `json:"userVerification"`
	}
}

type listed struct {
	ID         string
	Transports []string
}

func readAsked(t testing.TB, options []byte) (a asked) {
	t.Helper()
	if err := json.Unmarshal(options, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func (d *device) name() string { return base64.RawURLEncoding.EncodeToString(d.id) }

// makes answers a request to make a passkey.
func (d *device) makes(options []byte) []byte {
	d.Helper()
	a := readAsked(d, options)
	d.owner = a.PublicKey.User.ID
	authData := append(d.authData(d.flags|attested), make([]byte, 16)...)
	authData = binary.BigEndian.AppendUint16(authData, uint16(len(d.id)))
	authData = append(append(authData, d.id...), d.publicKey()...)
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), byte(len(authData)))
	return d.answer(map[string]any{"clientDataJSON": encode(d.clientData("webauthn.create", a.PublicKey.Challenge)),
		"attestationObject": encode(append(object, authData...)), "transports": []string{"internal", "hybrid"}})
}

// signs answers a request to sign in.
func (d *device) signs(options []byte) []byte {
	d.Helper()
	a := readAsked(d, options)
	if d.count > 0 {
		d.count++
	}
	authData, clientData := d.authData(d.flags), d.clientData("webauthn.get", a.PublicKey.Challenge)
	sum := sha256.Sum256(clientData)
	digest := sha256.Sum256(append(authData[:len(authData):len(authData)], sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	if err != nil {
		d.Fatal(err)
	}
	return d.answer(map[string]any{"clientDataJSON": encode(clientData), "authenticatorData": encode(authData),
		"signature": encode(signature), "userHandle": d.owner})
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (d *device) answer(response map[string]any) []byte {
	d.Helper()
	body, err := json.Marshal(map[string]any{"id": d.name(), "rawId": d.name(), "type": "public-key", "response": response})
	if err != nil {
		d.Fatal(err)
	}
	return body
}

func (d *device) authData(flags byte) []byte {
	sum := sha256.Sum256([]byte(siteID))
	return binary.BigEndian.AppendUint32(append(sum[:], flags), d.count)
}

func (d *device) clientData(kind, challenge string) []byte {
	d.Helper()
	body, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin})
	if err != nil {
		d.Fatal(err)
	}
	return body
}

// publicKey writes the key as COSE does: EC2, ES256, P-256.
func (d *device) publicKey() []byte {
	d.Helper()
	point, err := d.key.PublicKey.Bytes()
	if err != nil {
		d.Fatal(err)
	}
	x, y := point[1:33], point[33:]
	return append(append(append([]byte("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"), x...), "\x22\x58\x20"...), y...)
}

// adds makes a passkey on a device for a member.
func (w *world) addsPasskey(id int64, d *device, name string) int64 {
	w.Helper()
	options := read(w, func(q sqldb.Querier) ([]byte, error) { return w.accounts.BeginPasskey(q, id, mine) })
	key, err := w.accounts.AddPasskey(context.Background(), id, mine, name, d.makes(options))
	if err != nil {
		w.Fatal(err)
	}
	w.clock.Add(second)
	return key
}

// asksToSign asks to sign in by passkey.
func (w *world) asksToSign(typed, browser string) []byte {
	w.Helper()
	w.clock.Add(second)
	return read(w, func(q sqldb.Querier) ([]byte, error) { return w.accounts.BeginPasskeySignIn(q, typed, browser) })
}

func (w *world) answers(browser string, answer []byte) (int64, error) {
	return w.accounts.SignInByPasskey(context.Background(), browser, answer)
}
