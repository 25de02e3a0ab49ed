package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// nikCheck runs the subcommand as it is typed, and gives what it printed and its exit code.
func nikCheck(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var c struct {
		NIK nikCmd `cmd:""`
	}
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	k, err := parser.Parse(append([]string{"nik", "check"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	err = k.Run()
	os.Stdout = stdout
	_ = w.Close()
	printed, _ := io.ReadAll(r)
	var code exitCode
	if err != nil && !errors.As(err, &code) {
		t.Fatal(err)
	}
	return string(printed), int(code)
}

// Not parallel: it looks at what is printed.
func TestNIKCheckEndsWithTheWorstOfItsFindings(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says []string
	}{
		{"3174015506920000 --birth 1992-06-15 --sex f", 0, []string{"317401 550692 0000   clean", "reads: Tebet, Kota Administrasi Jakarta Selatan, 1992-06-15, female"}},
		{"3174015508920000 --birth 1992-06-15 --sex f", 1, []string{"          ^\n", "NIK digit 10: Digit 10 is 8", "did you mean 317401 550692 0000?"}},
		{"3174015506920000 --sex m", 1, []string{"NIK digit 7:"}},
		{"317401550692000", 2, []string{"317401550692000   unreadable", "It has 15 of 16"}},
		{"317401550692000 3174015506920000", 2, []string{"unreadable", "clean"}},
		{"3174011203200000 --birth 1992-06-15 --sex f --kk 3174015506920000", 1, []string{"NIK:", "KK:", "changed places", "did you mean 317401 550692 0000?"}},
		{"3174015506920000 --kk 99", 2, []string{"KK:"}},
		{"3174015506920000 --birth 1992-02-31", 2, nil},
		{"3174015508920000 --birth 1992-06-15 --lang id", 1, []string{"bulan lahir Anda 06"}},
	} {
		printed, code := nikCheck(t, strings.Fields(c.args)...)
		if code != c.code {
			t.Errorf("%s: exit code %d, want %d\n%s", c.args, code, c.code, printed)
		}
		for _, words := range c.says {
			if !strings.Contains(printed, words) {
				t.Errorf("%s: no %q in\n%s", c.args, words, printed)
			}
		}
	}
}

func TestNIKCheckWritesOneObjectALine(t *testing.T) {
	printed, _ := nikCheck(t, "--json", "--birth", "1992-06-15", "3174015508920000", "3174015506920000", "x")
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	if len(lines) != 3 {
		t.Fatalf("%s", printed)
	}
	for i, want := range []string{"doubts", "clean", "unreadable"} {
		var r nikReport
		if err := json.Unmarshal([]byte(lines[i]), &r); err != nil || r.Result != want || r.Findings == nil {
			t.Errorf("%s: %v", lines[i], err)
		}
		if i == 0 && (r.Findings[0].Digit != 10 || r.Findings[0].Meant != "3174015506920000") {
			t.Errorf("%+v", r.Findings)
		}
	}
}
