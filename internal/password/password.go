// Package password hashes passwords with argon2id in a bounded pool.
//
// One hash takes 19 MiB and some 35 ms of a core. Without a bound a crowd at the
// sign-in page would take all memory and starve every other request; so a few
// workers hash, some callers wait, and whoever comes after that is told at once
// to come back. The package knows what a hash is, not whose.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"gelombang/internal/fault"
)

// BusyKey is the catalog key of a pool that has no place left.
const BusyKey = "page.unavailable.busy"

// Config bounds the pool. The zero value works.
type Config struct {
	Workers    int // 0: one per core, at most defaultWorkers
	MaxWaiting int // callers that wait for a worker; 0: defaultWaiting
}

const (
	// defaultWorkers leaves cores for pages on a large machine, and bounds memory at 19 MiB each.
	defaultWorkers = 8
	// defaultWaiting keeps the last caller in line to about two seconds per worker.
	defaultWaiting = 64
)

// Pool hashes and verifies. It is safe for concurrent use.
type Pool struct {
	seats   chan struct{} // who is inside: hashing or waiting
	workers chan struct{}
	dummy   string
}

// New makes a pool.
func New(c Config) *Pool {
	if c.Workers <= 0 {
		c.Workers = min(runtime.GOMAXPROCS(0), defaultWorkers)
	}
	if c.MaxWaiting <= 0 {
		c.MaxWaiting = defaultWaiting
	}
	return &Pool{
		seats:   make(chan struct{}, c.Workers+c.MaxWaiting),
		workers: make(chan struct{}, c.Workers),
		// No password has this hash; it only costs what a real one costs.
		dummy: current.write(make([]byte, saltSize), make([]byte, keySize)),
	}
}

// Hash gives the PHC string of a password with a new salt.
func (p *Pool) Hash(ctx context.Context, pw string) (phc string, err error) {
	err = p.work(ctx, func() {
		salt := make([]byte, saltSize)
		rand.Read(salt) //nolint:errcheck // never returns an error
		phc = current.write(salt, current.key(pw, salt))
	})
	return phc, err
}

// Verify compares a password with a PHC string. rehash says that the string was
// made with other costs than today's, so that the caller may store a new one.
func (p *Pool) Verify(ctx context.Context, phc, pw string) (ok, rehash bool, err error) {
	c, salt, want, err := read(phc)
	if err != nil {
		return false, false, err
	}
	err = p.work(ctx, func() { ok = subtle.ConstantTimeCompare(c.key(pw, salt), want) == 1 })
	return ok, ok && c != current, err
}

// Dummy takes as long as Verify, for a name that nobody has: the time of an
// answer must not tell who is known.
func (p *Pool) Dummy(ctx context.Context, pw string) error {
	_, _, err := p.Verify(ctx, p.dummy, pw)
	return err
}

// work runs f on a worker. A caller whose context ends while waiting leaves the
// line; one that finds no place is told so at once.
func (p *Pool) work(ctx context.Context, f func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.seats <- struct{}{}:
		defer func() { <-p.seats }()
	default:
		return fault.Wrap(errors.New("no place in the hashing pool"), fault.Unavailable, BusyKey)
	}
	select {
	case p.workers <- struct{}{}:
		defer func() { <-p.workers }()
	case <-ctx.Done():
		return ctx.Err()
	}
	f()
	return nil
}

// cost is what makes guessing dear.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// current is OWASP's first choice of 2024 for argon2id: 19 MiB, two passes, one thread.
var current = cost{memory: 19 * 1024, passes: 2, threads: 1}

const (
	saltSize = 16
	keySize  = 32
	// memoryMost and passesMost keep a damaged row from costing more than a hash may.
	memoryMost = 256 * 1024
	passesMost = 16
)

func (c cost) key(pw string, salt []byte) []byte {
	// One password has two encodings: phones and computers send accents differently.
	return argon2.IDKey(norm.NFKC.Bytes([]byte(pw)), salt, c.passes, c.memory, c.threads, keySize)
}

var b64 = base64.RawStdEncoding.Strict()

func (c cost) write(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.threads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

func read(phc string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errors.New("password hash: not an argon2id string")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil {
		return c, nil, nil, fmt.Errorf("password hash: costs: %w", err)
	}
	if c.memory == 0 || c.memory > memoryMost || c.passes == 0 || c.passes > passesMost || c.threads == 0 {
		return c, nil, nil, errors.New("password hash: costs out of bounds")
	}
	salt, saltErr := b64.DecodeString(parts[4])
	key, keyErr := b64.DecodeString(parts[5])
	if err := errors.Join(saltErr, keyErr); err != nil {
		return c, nil, nil, fmt.Errorf("password hash: %w", err)
	}
	if len(key) != keySize {
		return c, nil, nil, errors.New("password hash: wrong length")
	}
	return c, salt, key, nil
}
