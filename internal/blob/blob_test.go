package blob_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"gelombang/internal/blob"
	"gelombang/internal/fault"
)

// server is a real server of the protocol with one bucket.
func server(t *testing.T) *httptest.Server {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("photos"); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(s.Close)
	return s
}

func address(s *httptest.Server, path string) string {
	return "s3://photos" + path + "?insecure=true&region=local&endpoint=" + strings.TrimPrefix(s.URL, "http://")
}

func opened(t *testing.T, address string) blob.Store {
	t.Helper()
	s, err := blob.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// each runs a test on a folder and on a bucket.
func each(t *testing.T, run func(t *testing.T, s blob.Store)) {
	t.Setenv("AWS_ACCESS_KEY_ID", "gelombang")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "gelombang-secret")
	t.Run("folder", func(t *testing.T) { run(t, opened(t, t.TempDir())) })
	t.Run("bucket", func(t *testing.T) { run(t, opened(t, address(server(t), ""))) })
	t.Run("bucket with a prefix", func(t *testing.T) { run(t, opened(t, address(server(t), "/house"))) })
}

func TestWhatWasPutIsGotUntilItIsDeleted(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		ctx := t.Context()
		large := bytes.Repeat([]byte("gelombang"), 100_000)
		for name, data := range map[string][]byte{"photo/1/card": []byte("first"), "photo/1/large": large, "photo/2": {0}} {
			if err := s.Put(ctx, name, data); err != nil {
				t.Fatal(err)
			}
			got, err := s.Get(ctx, name)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
		}
		if err := s.Put(ctx, "photo/1/card", []byte("second")); err != nil {
			t.Fatal(err)
		}
		if got, _ := s.Get(ctx, "photo/1/card"); string(got) != "second" {
			t.Errorf("after being replaced it is %q", got)
		}
		names, err := s.Names(ctx, "photo/1/")
		if err != nil || !slices.Equal(names, []string{"photo/1/card", "photo/1/large"}) {
			t.Errorf("names %v, %v", names, err)
		}
		for prefix, n := range map[string]int{"": 3, "photo/": 3, "photo/1/l": 1, "photo/2": 1, "nothing/here/": 0} {
			if names, err := s.Names(ctx, prefix); err != nil || len(names) != n {
				t.Errorf("%q: %v, %v", prefix, names, err)
			}
		}
		for range 2 {
			if err := s.Delete(ctx, "photo/1/card"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Get(ctx, "photo/1/card"); !errors.Is(err, blob.ErrNone) {
			t.Errorf("a deleted object gives %v", err)
		}
		if err := s.Check(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestAnObjectIsNeverSeenInPart(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		whole := [][]byte{bytes.Repeat([]byte("a"), 200_000), bytes.Repeat([]byte("b"), 300_000)}
		if err := s.Put(t.Context(), "same", whole[0]); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				if err := s.Put(t.Context(), "same", whole[n%2]); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				got, err := s.Get(t.Context(), "same")
				if err != nil || !bytes.Equal(got, whole[0]) && !bytes.Equal(got, whole[1]) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			})
		}
		all.Wait()
	})
}

func TestNoNameLeadsOutOfTheStore(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		for _, name := range []string{"", "/etc/passwd", "../out", "a/../../out", "a//b", "A", "a b", ".part-x", strings.Repeat("a", 201)} {
			if s.Put(t.Context(), name, nil) == nil || s.Delete(t.Context(), name) == nil {
				t.Errorf("%q was taken", name)
			}
			if _, err := s.Get(t.Context(), name); err == nil {
				t.Errorf("%q was read", name)
			}
		}
	})
}

func TestAStoreThatIsAwayIsOurFault(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "gelombang")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "gelombang-secret")
	away := server(t)
	s := opened(t, address(away, ""))
	away.Close()
	folder := t.TempDir()
	f := opened(t, filepath.Join(folder, "objects"))
	// A file stands where a folder is needed: what a disk that cannot be written to looks like to any user.
	if err := os.WriteFile(filepath.Join(folder, "objects", "photo"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]blob.Store{"bucket": s, "folder": f} {
		if err := s.Put(t.Context(), "photo/1", []byte("x")); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAddressThatCannotBeUsedIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"s3://", "s3://photos", "s3://?endpoint=127.0.0.1:9000", "s3://photos?endpoint=not a host", "s3://%zz"} {
		if _, err := blob.Open(address); err == nil {
			t.Errorf("%s was taken", address)
		}
	}
}
