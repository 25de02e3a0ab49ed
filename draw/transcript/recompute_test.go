package transcript_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	. "gelombang/draw/transcript"
)

// outcomeLines are the lines that a second implementation must arrive at.
func outcomeLines(file []byte) []byte {
	var out []byte
	for line := range bytes.Lines(file) {
		if bytes.HasPrefix(line, []byte("cutoff ")) || bytes.HasPrefix(line, []byte("result ")) {
			out = append(out, line...)
		}
	}
	return out
}

func recompute(t *testing.T, name string, root Digest) (stdout, stderr []byte) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 is needed for the second implementation of the draw: apt-get install python3")
	}
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), python, "testdata/recompute.py", name, root.String())
	cmd.Stdout, cmd.Stderr = &out, &complaint
	_ = cmd.Run() // a refusal shows in what it prints
	return out.Bytes(), complaint.Bytes()
}

func TestPythonArrivesAtTheSameResults(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		h, households, entries := randomScene(seed, 400, 1+int(seed))
		f, err := Freeze(h, households, entries, operator("key"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := Run(f, roundOf(h.Round))
		if seed%2 == 1 {
			b, err = RunFallback(f, Fallback{Values: officialValues, OpenedMs: h.FallbackFrom().UnixMilli()})
		}
		if err != nil {
			t.Fatal(err)
		}
		file, name := written(t, b), filepath.Join(t.TempDir(), "wave.draw")
		fine(t, verified(t, file, Options{Root: &f.Root}))
		if err := os.WriteFile(name, file, 0o600); err != nil {
			t.Fatal(err)
		}
		want := outcomeLines(file)
		if got, complaint := recompute(t, name, f.Root); len(want) == 0 || !bytes.Equal(got, want) {
			t.Fatalf("seed %d: python says\n%s%s\nwant\n%s", seed, got, complaint, want)
		}
	}
}

func TestPythonSeesAnEntryLeftOut(t *testing.T) {
	t.Parallel()
	b := drawnScene(t, fixedHeader(), 20)
	b.Entries = slices.Delete(slices.Clone(b.Entries), 4, 5)
	name := filepath.Join(t.TempDir(), "wave.draw")
	if err := os.WriteFile(name, written(t, b), 0o600); err != nil {
		t.Fatal(err)
	}
	got, complaint := recompute(t, name, b.Root)
	if len(got) > 0 {
		t.Fatalf("python drew from it: %s", got)
	}
	contains(t, string(complaint), "does not give the root")
}
