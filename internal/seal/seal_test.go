package seal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
)

func newKeys(t *testing.T) *seal.Keys {
	t.Helper()
	k, err := seal.New(time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestASealedValueOpensOnlyInItsPlaceAndUnderItsKeys(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	sealed := k.SealText("identity.nik", 7, "3174015508920000")
	if got, err := k.UnsealText("identity.nik", 7, sealed); err != nil || got != "3174015508920000" {
		t.Fatalf("%q %v", got, err)
	}
	if bytes.Contains(sealed, []byte("3174")) {
		t.Error("the sealed value shows what it holds")
	}
	for name, open := range map[string]func() (string, error){
		"another row":    func() (string, error) { return k.UnsealText("identity.nik", 8, sealed) },
		"another column": func() (string, error) { return k.UnsealText("identity.kk", 7, sealed) },
		"another keyset": func() (string, error) { return newKeys(t).UnsealText("identity.nik", 7, sealed) },
		"a changed byte": func() (string, error) {
			b := bytes.Clone(sealed)
			b[len(b)-1] ^= 1
			return k.UnsealText("identity.nik", 7, b)
		},
	} {
		if got, err := open(); err == nil {
			t.Errorf("%s opened it: %q", name, got)
		}
	}
}

func TestRotationKeepsOldValuesReadableAndOldIndexesFindable(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	sealed, index := k.SealText("a.b", 1, "x"), k.Index("email", "a@example.com")
	code, err := k.MAC(k.Current(), "code", []byte("1"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := k.Rotate(time.Unix(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.UnsealText("a.b", 1, sealed); err != nil || got != "x" {
		t.Errorf("%q %v", got, err)
	}
	if r.Current() != 2 || len(r.Versions()) != 2 || r.IndexAt(index.Version, "email", "a@example.com") != index {
		t.Error("the old index is not found")
	}
	if r.Index("email", "a@example.com") == index {
		t.Error("the new index is the old one")
	}
	if again, err := r.MAC(1, "code", []byte("1")); err != nil || !bytes.Equal(again, code) {
		t.Errorf("a code of the old key changed: %v", err)
	}
	if !r.ReceiptKey().Equal(k.ReceiptKey()) {
		t.Error("receipts would no longer verify")
	}
}

func TestPartsOfAMACDoNotRunTogether(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	a, _ := k.MAC(1, "p", []byte("ab"), []byte("c"))
	b, _ := k.MAC(1, "p", []byte("a"), []byte("bc"))
	if bytes.Equal(a, b) {
		t.Error("ab+c authenticates as a+bc")
	}
	if _, err := k.MAC(9, "p"); err == nil {
		t.Error("an unknown key authenticated")
	}
}

func TestAKeyFileThatOthersCanReadIsRefused(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	path := filepath.Join(t.TempDir(), "keys", "keyset.json")
	if err := k.Save(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
	same, err := seal.Load(path)
	if err != nil || same.Index("nik", "1") != k.Index("nik", "1") {
		t.Fatalf("%v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Load(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("%v", err)
	}
}

func TestAKeysetThatIsNotThisDatabasesIsRefused(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB, _ *sqldbtest.Clock) {
		right := newKeys(t)
		if fresh, err := right.Check(t.Context(), db); err != nil || !fresh {
			t.Fatalf("an empty database: %v %v", fresh, err)
		}
		if err := right.Plant(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if fresh, err := right.Check(t.Context(), db); err != nil || fresh {
			t.Fatalf("its own keyset: %v %v", fresh, err)
		}
		if _, err := newKeys(t).Check(t.Context(), db); !errors.Is(err, seal.ErrWrongKeys) {
			t.Errorf("another keyset: %v", err)
		}
		if has, err := seal.HasCanary(t.Context(), db); err != nil || !has {
			t.Errorf("%v %v", has, err)
		}
	})
}
