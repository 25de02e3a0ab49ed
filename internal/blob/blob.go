// Package blob keeps objects by name: in a folder by default, in a bucket that
// speaks S3 when nodes are many. Whoever stores something here seals it first.
//
// An object that Put acknowledged is there after a power cut. Names are made by the
// caller out of letters, digits, dash, dot and slash, and are never a person's.
package blob

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"gelombang/internal/fault"
)

// Store is where objects are. It is safe for concurrent use.
type Store interface {
	// Put writes an object, whole or not at all; one of the same name is replaced.
	Put(ctx context.Context, name string, data []byte) error
	// Get reads an object; ErrNone when there is none.
	Get(ctx context.Context, name string) ([]byte, error)
	// Delete removes an object; one that is not there is no error.
	Delete(ctx context.Context, name string) error
	// Names lists the objects whose names begin with a prefix, in order.
	Names(ctx context.Context, prefix string) ([]string, error)
	// Check says whether the store can be written to and read from now.
	Check(ctx context.Context) error
}

// ErrNone says that there is no such object.
var ErrNone = errors.New("no such object")

// AwayKey is the catalog key of an object store that does not answer.
const AwayKey = "page.unavailable.store"

const (
	// patience bounds one call: a photo of 10 MB passes in it at 8 Mbit/s.
	patience = 10 * time.Second
	// mostSize bounds what is read back: nothing larger is ever stored.
	mostSize = 16 << 20
	// checkName is what Check writes and reads.
	checkName = "check/alive"
)

// Open opens a store by its address: a folder's path, or
// s3://bucket/prefix?endpoint=host:port&region=…&insecure=true, with the credentials
// in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY as every tool of that protocol has them.
func Open(address string) (Store, error) {
	if !strings.HasPrefix(address, "s3://") {
		folder, err := filepath.Abs(strings.TrimPrefix(address, "file:"))
		if err != nil {
			return nil, err
		}
		return openFolder(folder)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("read the address of the object store: %w", err)
	}
	return openBucket(u)
}

var sound = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*(/[a-z0-9][a-z0-9.-]*)*$`)

func checked(name string) error {
	if !sound.MatchString(name) || len(name) > 200 {
		return fmt.Errorf("%q is no name for an object", name)
	}
	return nil
}

// away is a store that does not answer: a fault of ours, and nobody's photo is wrong.
func away(err error, doing string) error {
	if err == nil || errors.Is(err, ErrNone) {
		return err
	}
	return fault.Wrap(fmt.Errorf("%s: %w", doing, err), fault.Unavailable, AwayKey)
}

// check is Check by the other verbs.
func check(ctx context.Context, s Store) error {
	want := []byte("alive")
	if err := s.Put(ctx, checkName, want); err != nil {
		return err
	}
	got, err := s.Get(ctx, checkName)
	if err == nil && string(got) != string(want) {
		err = errors.New("the object store gives back something else than was written")
	}
	return err
}
