// Package seal holds the keys: sealing of fields at rest, the keyed blind index by
// which sealed values are looked up, codes, cookies and receipts.
//
// All keys live in one file (mode 0600) that the nodes share, never in the database
// or its backup. The file is made only for an empty database; a canary in the
// database says at start whether this is the right file.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
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
)

// Keys is an open keyset. It is safe for concurrent use and never printed.
type Keys struct {
	file  keyFile
	roots map[int]root
}

// Version numbers a root key. Rows that depend on a key name its version.
type Version = int

type root struct {
	aead   cipher.AEAD
	index  []byte
	macKey []byte
	signer ed25519.PrivateKey
}

type keyFile struct {
	Current Version        `json:"current"`
	Roots   map[int]string `json:"roots"` // hex of 32 random bytes
	Made    map[int]string `json:"made"`  // when, for the operator's eyes
}

const rootSize = 32

// New makes a keyset with one root key.
func New(now time.Time) (*Keys, error) {
	f := keyFile{Roots: map[int]string{}, Made: map[int]string{}}
	if err := f.add(now); err != nil {
		return nil, err
	}
	return open(f)
}

func (f *keyFile) add(now time.Time) error {
	b := make([]byte, rootSize)
	if _, err := rand.Read(b); err != nil {
		return err
	}
	f.Current++
	f.Roots[f.Current] = fmt.Sprintf("%x", b)
	f.Made[f.Current] = now.UTC().Format(time.RFC3339)
	return nil
}

// Load reads a keyset file and refuses one that others can read.
func Load(path string) (*Keys, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("keys in %s can be read by others: run chmod 600 %s", path, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	var f keyFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("read keys in %s: %w", path, err)
	}
	return open(f)
}

// Save writes the keyset to a new file, or replaces it in one step.
func (k *Keys) Save(path string) error {
	b, err := json.MarshalIndent(k.file, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make key folder: %w", err)
	}
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	_, err = f.Write(append(b, '\n'))
	// A keyset that a power cut takes away is the loss of everything it sealed.
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	return os.Rename(tmp, path)
}

// Rotate adds a root key and makes it current. Old ones stay: rows name them.
func (k *Keys) Rotate(now time.Time) (*Keys, error) {
	f := keyFile{Current: k.file.Current, Roots: map[int]string{}, Made: map[int]string{}}
	for v := range k.file.Roots {
		f.Roots[v], f.Made[v] = k.file.Roots[v], k.file.Made[v]
	}
	if err := f.add(now); err != nil {
		return nil, err
	}
	return open(f)
}

func open(f keyFile) (*Keys, error) {
	k := &Keys{file: f, roots: map[int]root{}}
	for v, text := range f.Roots {
		r, err := openRoot(text)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", v, err)
		}
		k.roots[v] = r
	}
	if _, ok := k.roots[f.Current]; !ok {
		return nil, fmt.Errorf("current key %d is not in the keyset", f.Current)
	}
	return k, nil
}

func openRoot(text string) (root, error) {
	var secret []byte
	if _, err := fmt.Sscanf(text, "%x", &secret); err != nil || len(secret) != rootSize {
		return root{}, errors.New("a root key is 64 hex digits")
	}
	part := func(purpose string, n int) []byte {
		b, err := hkdf.Key(sha256.New, secret, nil, "gelombang/"+purpose+"/v1", n)
		if err != nil {
			panic(err) // only for lengths past 255 blocks
		}
		return b
	}
	block, err := aes.NewCipher(part("seal", 32))
	if err != nil {
		return root{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return root{}, err
	}
	return root{aead: aead, index: part("index", 32), macKey: part("mac", 32),
		signer: ed25519.NewKeyFromSeed(part("receipt", ed25519.SeedSize))}, nil
}

// Current is the version that new rows use.
func (k *Keys) Current() Version { return k.file.Current }

// Versions lists all versions, the current one first, then newest to oldest.
func (k *Keys) Versions() []Version {
	out := []Version{k.file.Current}
	for v := k.file.Current - 1; v > 0; v-- {
		if _, ok := k.roots[v]; ok {
			out = append(out, v)
		}
	}
	return out
}

// Made says when a version was made.
func (k *Keys) Made(v Version) string { return k.file.Made[v] }

// Seal encrypts plain for one place: purpose names table and column, id the row, so
// that a sealed value moved to another row does not open.
func (k *Keys) Seal(purpose string, id int64, plain []byte) []byte {
	v := k.file.Current
	out := binary.AppendUvarint(nil, uint64(v))
	return k.roots[v].aead.Seal(out, nil, plain, place(purpose, id))
}

// Unseal decrypts what Seal made for the same place.
func (k *Keys) Unseal(purpose string, id int64, sealed []byte) ([]byte, error) {
	v, n := binary.Uvarint(sealed)
	r, ok := k.roots[int(v)]
	if n <= 0 || !ok {
		return nil, fmt.Errorf("open %s: no key %d in the keyset", purpose, v)
	}
	plain, err := r.aead.Open(nil, nil, sealed[n:], place(purpose, id))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", purpose, err)
	}
	return plain, nil
}

// SealText and UnsealText are Seal and Unseal for strings.
func (k *Keys) SealText(purpose string, id int64, plain string) []byte {
	return k.Seal(purpose, id, []byte(plain))
}

// UnsealText opens a sealed string; an empty column is an empty string.
func (k *Keys) UnsealText(purpose string, id int64, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	b, err := k.Unseal(purpose, id, sealed)
	return string(b), err
}

func place(purpose string, id int64) []byte {
	return binary.BigEndian.AppendUint64([]byte(purpose+"\x00"), uint64(id))
}

// Index is a keyed blind index: equal for equal values of one kind, useless without
// the key. It is text (hex), so that both engines sort and compare it alike.
type Index struct {
	Version Version
	Sum     string
}

// Index gives the blind index of a normalised value under the current key.
func (k *Keys) Index(kind, value string) Index { return k.IndexAt(k.file.Current, kind, value) }

// IndexAt gives the index under one version; 16 bytes make a collision among a
// billion values about one in 10^20.
func (k *Keys) IndexAt(v Version, kind, value string) Index {
	m := hmac.New(sha256.New, k.roots[v].index)
	m.Write([]byte(kind + "\x00" + value))
	return Index{Version: v, Sum: hex.EncodeToString(m.Sum(nil)[:16])}
}

// MAC authenticates parts for a purpose under one version. Parts are length-prefixed.
func (k *Keys) MAC(v Version, purpose string, parts ...[]byte) ([]byte, error) {
	r, ok := k.roots[v]
	if !ok {
		return nil, fmt.Errorf("%s: no key %d in the keyset", purpose, v)
	}
	m := hmac.New(sha256.New, r.macKey)
	for _, p := range append([][]byte{[]byte(purpose)}, parts...) {
		m.Write(binary.AppendUvarint(nil, uint64(len(p))))
		m.Write(p)
	}
	return m.Sum(nil), nil
}

// CookieMAC is MAC under the current key for a purpose, as page tokens want it.
func (k *Keys) CookieMAC(purpose string) func([]byte) []byte {
	return func(b []byte) []byte {
		sum, _ := k.MAC(k.file.Current, purpose, b) // the current key is always there
		return sum
	}
}

// ReceiptKey is the Ed25519 key that signs receipts and checkpoints. It is the key
// of the first version for ever: receipts outlive rotations.
func (k *Keys) ReceiptKey() ed25519.PrivateKey {
	vs := k.Versions()
	return k.roots[vs[len(vs)-1]].signer
}
