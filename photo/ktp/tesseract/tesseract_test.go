package tesseract_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"gelombang/photo/ktp/tesseract"
)

// clock is a time that stands until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newClock() *clock { return &clock{at: time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC)} }

// fake is a program that does what a script says.
func fake(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tesseract")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	return path
}

// line is a line of print, as of a card from straight above.
func line(t *testing.T, words string) *image.Gray {
	t.Helper()
	f, err := opentype.Parse(gomonobold.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 40, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	m := image.NewGray(image.Rect(0, 0, 520, 70))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	d := font.Drawer{Dst: m, Src: image.Black, Face: face, Dot: fixed.P(40, 48)}
	d.DrawString(words)
	return m
}

const (
	number = "3174015506920001"
	header = `printf 'level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n'` + "\n"
)

// says is a table's line of one word.
func says(confidence, text string) string {
	return header + `cat >/dev/null; printf '5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t` + confidence + `\t` + text + `\n'`
}

func TestTheRealProgramReadsALineOfPrint(t *testing.T) {
	t.Parallel()
	second, err := tesseract.Find(tesseract.Auto, time.Now)
	if err != nil || second == nil {
		t.Fatalf("tesseract is needed (make test installs it): %v", err)
	}
	digits, sure, err := second.Digits(t.Context(), line(t, number))
	if err != nil || digits != number || sure < 0.5 {
		t.Errorf("%q, sure %.2f, %v", digits, sure, err)
	}
}

func TestAProgramThatFailsIsAnErrorAndNoNumber(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"broken":                    "echo 'Error opening data file' >&2; exit 1",
		"deaf to its input":         "exec <&-; exit 0",
		"silent":                    "cat >/dev/null",
		"in another format":         "cat >/dev/null; echo " + number,
		"with a line cut short":     header + `cat >/dev/null; printf '5\t1\t1'`,
		"sure beyond all measure":   says("900", number),
		"sure of no number":         says("NaN", number),
		"sure in words":             says("very", number),
		"without an end":            "yes 5",
		"killed":                    "kill -9 $$",
		"dead behind an open child": "sleep 9 & exit 1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			digits, sure, err := tesseract.New(fake(t, script), newClock().now).Digits(t.Context(), line(t, number))
			if err == nil || digits != "" || sure != 0 {
				t.Errorf("%q, sure %.2f, %v", digits, sure, err)
			}
		})
	}
	if _, _, err := tesseract.New("/nowhere/tesseract", newClock().now).Digits(t.Context(), line(t, number)); err == nil {
		t.Error("a program that is not there gave an answer")
	}
}

func TestTheLeastSurePartCountsForTheWhole(t *testing.T) {
	t.Parallel()
	script := says("96.5", "317401") + `; printf '5\t1\t1\t1\t1\t2\t0\t0\t9\t9\t41.0\t5506920001\n'`
	digits, sure, err := tesseract.New(fake(t, script), newClock().now).Digits(t.Context(), line(t, number))
	if err != nil || digits != number || sure != 0.41 {
		t.Errorf("%q, sure %.2f, %v", digits, sure, err)
	}
	digits, sure, err = tesseract.New(fake(t, header+"cat >/dev/null"), newClock().now).Digits(t.Context(), line(t, ""))
	if err != nil || digits != "" || sure != 0 {
		t.Errorf("of nothing: %q, sure %.2f, %v", digits, sure, err)
	}
}

func TestASlowProgramEndsWithWhoeverAsked(t *testing.T) {
	t.Parallel()
	began := filepath.Join(t.TempDir(), "began")
	r := tesseract.New(fake(t, "echo $$ >"+began+"; exec sleep 60"), newClock().now)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-tick.C {
			if _, err := os.Stat(began); err == nil {
				return
			}
		}
	}()
	if _, _, err := r.Digits(ctx, line(t, number)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAProgramThatFailsAgainAndAgainIsLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	runs := filepath.Join(t.TempDir(), "runs")
	c := newClock()
	r := tesseract.New(fake(t, "echo run >>"+runs+"; exit 1"), c.now)
	ask := func(times int) {
		for range times {
			if _, _, err := r.Digits(t.Context(), line(t, number)); err == nil {
				t.Error("it answered")
			}
		}
	}
	expect := func(n int) {
		t.Helper()
		file, err := os.ReadFile(runs)
		if err != nil || len(file) != n*len("run\n") {
			t.Errorf("run %d times, %v", len(file)/len("run\n"), err)
		}
	}
	ask(8)
	expect(3)
	c.add(11 * time.Minute)
	ask(2) // one more failure is enough now
	expect(4)
}

func TestTheProgramGetsNoneOfOurSecretsAndLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GELOMBANG_DB", "postgres://secret@db")
	t.Setenv("TMPDIR", dir)
	saw := filepath.Join(t.TempDir(), "saw")
	r := tesseract.New(fake(t, "env >"+saw+"\n"+says("90", number)), newClock().now)
	if digits, _, err := r.Digits(t.Context(), line(t, number)); err != nil || digits != number {
		t.Fatalf("%q, %v", digits, err)
	}
	env, err := os.ReadFile(saw)
	if err != nil || len(env) == 0 || contains(env, "secret") || !contains(env, "OMP_THREAD_LIMIT=1") {
		t.Errorf("%s, %v", env, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func contains(text []byte, part string) bool { return bytes.Contains(text, []byte(part)) }

func TestTheSettingNamesAProgramOrNone(t *testing.T) {
	if second, err := tesseract.Find(tesseract.Off, time.Now); second != nil || err != nil {
		t.Errorf("off: %v, %v", second, err)
	}
	if second, err := tesseract.Find(fake(t, "exit 1"), time.Now); second == nil || err != nil {
		t.Errorf("a path: %v, %v", second, err)
	}
	if _, err := tesseract.Find("/nowhere/tesseract", time.Now); err == nil {
		t.Error("a path to nothing was taken")
	}
	t.Setenv("PATH", t.TempDir())
	if second, err := tesseract.Find(tesseract.Auto, time.Now); second != nil || err != nil {
		t.Errorf("not installed: %v, %v", second, err)
	}
}
