package transcript

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Signer signs receipts, checkpoints and seals with the operator's Ed25519 key.
// The first line of every signed text says what it is, so none passes for another.
type Signer struct {
	signer note.Signer
	key    string
}

// algEd25519 is the first byte of an encoded Ed25519 key in a signed note.
const algEd25519 = 1

// NewSigner gives the operator's key its name, which is the origin of the draw:
// a name without spaces or plus signs, such as "daftar.example.go.id".
func NewSigner(origin string, key ed25519.PrivateKey) (*Signer, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("signing key: wrong length")
	}
	public, _ := key.Public().(ed25519.PublicKey)
	verifier, err := VerifierKey(origin, public)
	if err != nil {
		return nil, err
	}
	hash, _, _ := strings.Cut(strings.TrimPrefix(verifier, origin+"+"), "+")
	secret := base64.StdEncoding.EncodeToString(append([]byte{algEd25519}, key.Seed()...))
	s, err := note.NewSigner("PRIVATE+KEY+" + origin + "+" + hash + "+" + secret)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return &Signer{signer: s, key: verifier}, nil
}

// VerifierKey is the public half as it is published: name, hash and key.
func VerifierKey(origin string, key ed25519.PublicKey) (string, error) {
	text, err := note.NewEd25519VerifierKey(origin, key)
	if err != nil {
		return "", fmt.Errorf("verifier key: %w", err)
	}
	if _, err := note.NewVerifier(text); err != nil {
		return "", fmt.Errorf("verifier key %q: %w", origin, err)
	}
	return text, nil
}

// Origin is the name of the key.
func (s *Signer) Origin() string { return s.signer.Name() }

// VerifierKey is the public half of the key, as headers and receipts carry it.
func (s *Signer) VerifierKey() string { return s.key }

func (s *Signer) sign(text string) (string, error) {
	signed, err := note.Sign(&note.Note{Text: text}, s.signer)
	if err != nil {
		return "", fmt.Errorf("sign note: %w", err)
	}
	return string(signed), nil
}

var errNoteForm = errors.New("it is not one text with one signature, written the one way there is")

// openNote gives the text that one of the keys signed, and that key. It admits
// one spelling: the base64 of a signature has spare bits that change nothing.
func openNote(signed string, keys []string) (text, key string, err error) {
	for _, candidate := range keys {
		verifier, err := note.NewVerifier(candidate)
		if err != nil {
			return "", "", fmt.Errorf("the key %q cannot be read: %w", candidate, err)
		}
		opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
		if err != nil {
			continue
		}
		if len(opened.Sigs) != 1 || len(opened.UnverifiedSigs) != 0 || !exactNote(signed, opened) {
			return "", "", errNoteForm
		}
		return opened.Text, candidate, nil
	}
	return "", "", errors.New("no operator key of this draw signed it")
}

func exactNote(signed string, opened *note.Note) bool {
	sig := opened.Sigs[0]
	raw, err := base64.StdEncoding.DecodeString(sig.Base64)
	return err == nil && signed == opened.Text+"\n— "+sig.Name+" "+base64.StdEncoding.EncodeToString(raw)+"\n"
}
