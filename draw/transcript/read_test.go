package transcript_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	. "gelombang/draw/transcript"
)

func TestMalformedFilesNameTheLine(t *testing.T) {
	t.Parallel()
	file := string(written(t, drawnScene(t, fixedHeader(), 6)))
	lines := strings.SplitAfter(file, "\n")
	for name, c := range map[string]struct {
		file, says string
	}{
		"empty":                     {"", "line 1: a \"header\" line is expected"},
		"cut in a line":             {file[:len(file)-2], "ends in the middle"},
		"a line behind":             {file + "\n", "nothing may follow"},
		"an endless line":           {"header " + strings.Repeat("x", 1<<20), "too long"},
		"a space in the header":     {strings.Replace(file, `{"format"`, `{ "format"`, 1), "line 1: the header line is not written the one way"},
		"an unknown field":          {strings.Replace(file, `{"format"`, `{"x":1,"format"`, 1), "line 1"},
		"capital digits":            {strings.Replace(file, lines[2][6:70], strings.ToUpper(lines[2][6:70]), 1), "line 3: the entry's commitment"},
		"an unknown state":          {strings.Replace(file, " in\n", " inn\n", 1), `unknown state "inn"`},
		"a word behind the state":   {strings.Replace(file, " in\n", " in first\n", 1), "the entry line is not written"},
		"an entry out of order":     {strings.Replace(file, lines[2]+lines[3], lines[3]+lines[2], 1), "line 4: entry"},
		"a household below":         {strings.Replace(file, lines[1]+lines[2], lines[2]+lines[1], 1), "line 3: a household stands among the entries"},
		"a household with a plus":   {strings.Replace(file, lines[1], strings.Replace(lines[1], " 1\n", " +1\n", 1), 1), "line 2: the household line"},
		"a result with a sign":      {strings.Replace(file, "result 31 1 ", "result 31 +1 ", 1), "the result line is not"},
		"a cutoff with a sign":      {strings.Replace(file, "cutoff 31 3", "cutoff 31 +3", 1), "the cutoff line is not"},
		"a stratum not in the head": {strings.Replace(file, " 51 in\n", " 52 in\n", 1), `stratum "52"`},
	} {
		_, err := ReadBundle(strings.NewReader(c.file))
		var form *FormError
		if c.file == file || !errors.As(err, &form) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
		if verified(t, []byte(c.file), Options{}).OK() {
			t.Errorf("%s: verified", name)
		}
	}
}

func TestReadErrorIsNotBlamedOnTheBundle(t *testing.T) {
	t.Parallel()
	file := written(t, drawnScene(t, fixedHeader(), 6))
	broken := func() io.Reader {
		return io.MultiReader(bytes.NewReader(file[:len(file)/2]), iotest.ErrReader(errors.New("disk gone")))
	}
	_, errRead := ReadBundle(broken())
	_, errVerify := Verify(broken(), Options{})
	for _, err := range []error{errRead, errVerify} {
		var form *FormError
		if err == nil || errors.As(err, &form) {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzReadBundle(f *testing.F) {
	b := drawnScene(f, fixedHeader(), 8)
	f.Add(written(f, b))
	void := &Bundle{Frozen: b.Frozen, Source: Source{Void: &Void{Reason: RevealMissing, DecidedMs: 1}}}
	f.Add(written(f, void))
	f.Add([]byte("header {}\ncheckpoint \"\"\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := ReadBundle(bytes.NewReader(file))
		var form *FormError
		if err != nil && !errors.As(err, &form) {
			t.Fatalf("bytes in memory gave a reading error: %v", err)
		}
		if err != nil || got.Source == (Source{}) {
			return
		}
		again, err := ReadBundle(bytes.NewReader(written(t, got))) // with our seal in the place of theirs
		if diff := cmp.Diff(got, again); err != nil || diff != "" {
			t.Fatalf("it reads otherwise when written anew: %v\n%s", err, diff)
		}
	})
}
