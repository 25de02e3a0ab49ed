package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// logEvery is how long a line may wait for others before all are written at once:
	// an opening day has thousands of lines a second, and a write for each would cost
	// more than what it tells of.
	logEvery = 200 * time.Millisecond
	logSize  = 64 << 10
)

// logOutput gathers lines. It is safe for concurrent use.
type logOutput struct {
	mu  sync.Mutex
	w   io.Writer
	buf *bufio.Writer
	due *time.Timer // running while lines wait
}

func newLogOutput(w io.Writer) *logOutput {
	return &logOutput{w: w, buf: bufio.NewWriterSize(w, logSize)}
}

// Write takes a line, to be written within logEvery.
func (o *logOutput) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.due == nil {
		o.due = time.AfterFunc(logEvery, o.flush)
	}
	n, err := o.buf.Write(line)
	o.recover(err)
	return n, err
}

// flush writes what waits.
func (o *logOutput) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.due != nil {
		o.due.Stop()
		o.due = nil
	}
	o.recover(o.buf.Flush())
}

// recover begins anew after an error, which the buffer would give for ever: what it
// held is lost, and there is nowhere to complain to, but a disk that was full is not so
// for long.
func (o *logOutput) recover(err error) {
	if err != nil {
		o.buf.Reset(o.w)
	}
}

// promptly is a handler that keeps no warning waiting.
type promptly struct {
	slog.Handler
	out *logOutput
}

// Handle writes a line, and at once if somebody may be looking for it.
func (h promptly) Handle(ctx context.Context, r slog.Record) error {
	err := h.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		h.out.flush()
	}
	return err
}

// WithAttrs is part of slog.Handler.
func (h promptly) WithAttrs(attrs []slog.Attr) slog.Handler {
	return promptly{h.Handler.WithAttrs(attrs), h.out}
}

// WithGroup is part of slog.Handler.
func (h promptly) WithGroup(name string) slog.Handler {
	return promptly{h.Handler.WithGroup(name), h.out}
}

// setLog makes the process's log, and gives what writes out the rest of it at the end.
func setLog(w io.Writer, format func(io.Writer) slog.Handler) (finish func()) {
	out := newLogOutput(w)
	slog.SetDefault(slog.New(promptly{format(out), out}))
	return out.flush
}

func asText(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) }
func asJSON(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) }
