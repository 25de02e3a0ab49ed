package registry

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/scrypt"
)

// A sealed file is for the way to the registry's office and back, on whatever carries
// it. Its key comes from a passphrase that the two offices agree on by another way.
//
//	"GELOMBANG-SEALED-1\n", 16 bytes of salt, then pieces: 4 bytes with the length of
//	what follows (big endian), then the AES-256-GCM of at most 64 KiB
//
// The key is scrypt(passphrase, salt, N 32768, r 8, p 1). The nonce is the piece's
// number as 8 bytes, three zero bytes, and 1 on the last piece, which may be empty, so
// that pieces can be neither left out, nor moved, nor cut off at the end.
const (
	sealedMagic = "GELOMBANG-SEALED-1\n"
	saltSize    = 16
	pieceSize   = 64 << 10

	// PassphraseLeast keeps a file that was lost on the way from being guessed open.
	PassphraseLeast = 16
)

// ErrSealed says that a file cannot be opened: another passphrase, or it was changed
// or cut off on the way. Nothing that was read before it may be used.
var ErrSealed = errors.New("the file does not open: another passphrase, or it is damaged")

// ErrPassphrase refuses a passphrase that could be guessed.
var ErrPassphrase = fmt.Errorf("a passphrase has at least %d characters", PassphraseLeast)

// pieces is one file's cipher, and the number of the next piece.
type pieces struct {
	aead cipher.AEAD
	next uint64
}

func newPieces(passphrase string, salt []byte) (*pieces, error) {
	key, err := scrypt.Key([]byte(passphrase), salt, 1<<15, 8, 1, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &pieces{aead: aead}, err
}

func (p *pieces) nonce(last bool) []byte {
	nonce := make([]byte, p.aead.NonceSize())
	binary.BigEndian.PutUint64(nonce, p.next)
	if last {
		nonce[len(nonce)-1] = 1
	}
	p.next++
	return nonce
}

// Seal gives a writer whose content only the passphrase opens. It must be closed.
func Seal(w io.Writer, passphrase string) (io.WriteCloser, error) {
	if len(passphrase) < PassphraseLeast {
		return nil, ErrPassphrase
	}
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	p, err := newPieces(passphrase, salt)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(append([]byte(sealedMagic), salt...)); err != nil {
		return nil, fmt.Errorf("write sealed file: %w", err)
	}
	return &sealer{to: w, pieces: p}, nil
}

type sealer struct {
	to     io.Writer
	pieces *pieces
	held   []byte
}

func (s *sealer) Write(plain []byte) (int, error) {
	s.held = append(s.held, plain...)
	for len(s.held) > pieceSize {
		if err := s.put(s.held[:pieceSize], false); err != nil {
			return 0, err
		}
		s.held = s.held[pieceSize:]
	}
	return len(plain), nil
}

// Close writes the last piece. It closes nothing else.
func (s *sealer) Close() error { return s.put(s.held, true) }

func (s *sealer) put(plain []byte, last bool) error {
	sealed := s.pieces.aead.Seal(nil, s.pieces.nonce(last), plain, nil)
	size := binary.BigEndian.AppendUint32(nil, uint32(len(sealed))) // #nosec G115 -- a piece is small
	if _, err := s.to.Write(append(size, sealed...)); err != nil {
		return fmt.Errorf("write sealed file: %w", err)
	}
	return nil
}

// Unseal reads what Seal wrote. All of it is opened before a byte is given out: half a
// file would pass for a whole one.
func Unseal(r io.Reader, passphrase string) (io.Reader, error) {
	in := bufio.NewReader(r)
	head := make([]byte, len(sealedMagic)+saltSize)
	if _, err := io.ReadFull(in, head); err != nil || string(head[:len(sealedMagic)]) != sealedMagic {
		return nil, ErrSealed
	}
	p, err := newPieces(passphrase, head[len(sealedMagic):])
	if err != nil {
		return nil, err
	}
	var plain bytes.Buffer
	for last := false; !last; {
		sealed, err := piece(in)
		if err != nil {
			return nil, err
		}
		_, peeked := in.Peek(1)
		last = peeked != nil
		opened, err := p.aead.Open(nil, p.nonce(last), sealed, nil)
		if err != nil {
			return nil, ErrSealed
		}
		plain.Write(opened)
	}
	return &plain, nil
}

func piece(in io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(in, size[:]); err != nil {
		return nil, ErrSealed
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > pieceSize+64 {
		return nil, ErrSealed
	}
	sealed := make([]byte, n)
	if _, err := io.ReadFull(in, sealed); err != nil {
		return nil, ErrSealed
	}
	return sealed, nil
}
