// Package tesseract has the program of that name read a line of digits. It sees one
// line of a card, on its standard input, and nothing of it is written to a disk. A
// program that is missing, broken, slow or talks nonsense is an error and never more:
// whoever asks has then no second opinion.
package tesseract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"gelombang/photo/ktp"
)

const (
	// within is how long a line may take: an idle core needs a third of a second, and a
	// machine that is busy with everything else some seconds. Nobody waits in a request.
	within = 10 * time.Second
	// endWithin is how long a killed program's output may stay open, held by a child of its.
	endWithin = 100 * time.Millisecond
	// restAfter failures in a row it is left alone for rest, so that a program that hangs
	// does not hold up every photo.
	restAfter = 3
	rest      = 10 * time.Minute
	// answerMost bounds what is read of an answer: one line of digits takes some 300 bytes.
	answerMost = 64 << 10
	// complaintMost is what a log line holds of its complaint, in bytes.
	complaintMost = 200
)

// The words of the setting.
const (
	Auto = "auto" // the program that the search path finds, or none
	Off  = "off"
)

// Find gives the reader that a setting names: Auto, Off or the program's path. It is nil
// where there is none.
func Find(setting string, now func() time.Time) (ktp.Second, error) {
	switch setting {
	case Off:
		return nil, nil
	case Auto, "":
		path, err := exec.LookPath("tesseract")
		if err != nil {
			return nil, nil //nolint:nilerr // not installed: the reader of our own is all there is
		}
		return New(path, now), nil
	}
	path, err := exec.LookPath(setting)
	if err != nil {
		return nil, fmt.Errorf("find tesseract: %w", err)
	}
	return New(path, now), nil
}

// Reader runs the program, once for each line. Safe for concurrent use.
type Reader struct {
	path string
	now  func() time.Time

	mu     sync.Mutex
	failed int // in a row
	until  time.Time
}

// New makes a reader of the program at a path.
func New(path string, now func() time.Time) *Reader { return &Reader{path: path, now: now} }

var errResting = errors.New("tesseract failed too often and is left alone for a while")

// Digits reads one line of digits. sure is what the program thinks of the part that it
// likes least, from 0 to 1.
func (r *Reader) Digits(ctx context.Context, line *image.Gray) (digits string, sure float64, err error) {
	if r.resting() {
		return "", 0, errResting
	}
	var picture bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&picture, line); err != nil {
		return "", 0, fmt.Errorf("write line: %w", err)
	}
	answer, err := r.run(ctx, &picture)
	if err == nil {
		digits, sure, err = parse(answer)
	}
	if ctx.Err() != nil { // whoever asked has gone; that is no failure of the program
		return "", 0, ctx.Err()
	}
	r.count(ctx, err)
	return digits, sure, err
}

func (r *Reader) run(ctx context.Context, picture *bytes.Buffer) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	answer, complaint := &bounded{most: answerMost, ends: true}, &bounded{most: complaintMost}
	// Page segmentation 7: the picture is one line of text.
	cmd := exec.CommandContext(ctx, r.path, "stdin", "stdout", "--psm", "7", "-c", "tessedit_char_whitelist=0123456789", "tsv") //nolint:gosec // the operator's own program
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = picture, answer, complaint, endWithin
	cmd.Env = environment()
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		first, _, _ := strings.Cut(complaint.kept.String(), "\n")
		return nil, fmt.Errorf("run tesseract: %w (%s)", err, first)
	}
	return answer.kept.Bytes(), nil
}

// environment is no more than what the program needs: ours holds passwords. One thread,
// because a photo may take one core.
func environment() []string {
	env := []string{"OMP_THREAD_LIMIT=1", "LC_ALL=C", "PATH=" + os.Getenv("PATH")}
	if models := os.Getenv("TESSDATA_PREFIX"); models != "" {
		env = append(env, "TESSDATA_PREFIX="+models)
	}
	return env
}

func (r *Reader) resting() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now().Before(r.until)
}

// count notes how a run ended. The first failure of a row is logged, and no other.
func (r *Reader) count(ctx context.Context, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.failed = 0
		return
	}
	if r.failed++; r.failed == 1 {
		slog.WarnContext(ctx, "photo.second_reader", "error", err, "program", r.path,
			"advice", "photos are checked as before; numbers that our own reader cannot read stay unread")
	}
	if r.failed >= restAfter {
		r.until = r.now().Add(rest)
	}
}

// bounded keeps the first bytes of what is written. When it ends, more is an error,
// which also ends the program that writes.
type bounded struct {
	kept bytes.Buffer
	most int
	ends bool
}

var errTalksTooMuch = errors.New("the answer has no end")

func (b *bounded) Write(p []byte) (int, error) {
	room := b.most - b.kept.Len()
	if len(p) > room && b.ends {
		return 0, errTalksTooMuch
	}
	b.kept.Write(p[:min(len(p), room)])
	return len(p), nil
}
