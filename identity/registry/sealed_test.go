package registry_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/identity/registry"
)

const agreed = "enam belas huruf atau lebih"

func sealed(t *testing.T, plain []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := registry.Seal(&file, agreed)
	if err != nil {
		t.Fatal(err)
	}
	for rest := plain; len(rest) > 0; { // in uneven portions
		n := min(len(rest), 7001)
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func unsealed(file []byte, passphrase string) ([]byte, error) {
	r, err := registry.Unseal(bytes.NewReader(file), passphrase)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestASealedFileOpensWithItsPassphraseAlone(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 64 << 10, 64<<10 + 1} {
		plain := bytes.Repeat([]byte("3174015506920001,"), size/17+1)[:size]
		file := sealed(t, plain)
		if bytes.Contains(file, []byte("31740155")) {
			t.Error("readable without the passphrase")
		}
		if got, err := unsealed(file, agreed); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
		}
	}
	if _, err := unsealed(sealed(t, nil), agreed+"!"); !errors.Is(err, registry.ErrSealed) {
		t.Errorf("another passphrase: %v", err)
	}
	if _, err := registry.Seal(io.Discard, "terlalu pendek"); !errors.Is(err, registry.ErrPassphrase) {
		t.Errorf("a short passphrase: %v", err)
	}
}

func TestASealedFileThatWasTouchedDoesNotOpen(t *testing.T) {
	t.Parallel()
	file := sealed(t, bytes.Repeat([]byte("x"), 150_000)) // three pieces
	first, piece := 19+16, 4+64<<10+16
	for name, touched := range map[string][]byte{
		"a bit":          flipped(file, 80_000),
		"the salt":       flipped(file, 20),
		"a length":       flipped(file, first+2),
		"cut off":        file[:len(file)-1],
		"the last piece": file[:first+2*piece],
		"two pieces":     append(append(append(bytes.Clone(file[:first]), file[first+piece:first+2*piece]...), file[first:first+piece]...), file[first+2*piece:]...),
		"more behind":    append(bytes.Clone(file), file[first:]...),
		"nothing":        nil,
		"a plain file":   []byte("ref,nik,result,differs\n"),
	} {
		if got, err := unsealed(touched, agreed); !errors.Is(err, registry.ErrSealed) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func flipped(file []byte, at int) []byte {
	file = bytes.Clone(file)
	file[at] ^= 1
	return file
}

func TestAnAnswerFileIsReadLineByLine(t *testing.T) {
	t.Parallel()
	text := strings.Join([]string{"ref,nik,result,differs", "a,1,match,", `b,2,mismatch,"name kk"`, "c,3,mismatch,shoe",
		"d,4,mismatch,name name", "e,5,not_found,", "f,6,no_answer,", "g,7", "h,8,deceased,kk", `"i",9,inactive,`}, "\n")
	garbage := none(registry.CauseGarbage)
	want := []registry.FileAnswer{
		{Ref: "a", NIK: "1", Answer: registry.Answer{Outcome: registry.Matched}},
		{Ref: "b", NIK: "2", Answer: differs(registry.FieldKK, registry.FieldName)},
		{Ref: "c", NIK: "3", Answer: garbage},
		{Ref: "d", NIK: "4", Answer: garbage},
		{Ref: "e", NIK: "5", Answer: registry.Answer{Outcome: registry.NotFound}},
		{Ref: "f", NIK: "6", Answer: garbage},
		{Answer: garbage},
		{Ref: "h", NIK: "8", Answer: garbage},
		{Ref: "i", NIK: "9", Answer: registry.Answer{Outcome: registry.Inactive}},
	}
	var got []registry.FileAnswer
	err := registry.ReadAnswers(strings.NewReader(text), func(a registry.FileAnswer) error {
		got = append(got, a)
		return nil
	})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	broken := registry.ReadAnswers(strings.NewReader("ref,nik,result,differs\na,\"1,match,"), func(registry.FileAnswer) error { return nil })
	if broken == nil {
		t.Error("a broken file was read to its end")
	}
}
