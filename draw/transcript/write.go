package transcript

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

// WriteFrozen publishes the list as it stands before the round.
func WriteFrozen(w io.Writer, f *Frozen) error {
	out := newLineWriter(w)
	out.frozen(f)
	return out.flush()
}

// WriteBundle publishes the whole draw under the operator's seal. Its first
// bytes are those that WriteFrozen wrote.
func WriteBundle(w io.Writer, b *Bundle, s *Signer) error {
	out := newLineWriter(w)
	out.frozen(&b.Frozen)
	out.outcome(b)
	if out.err != nil {
		return out.err
	}
	seal, err := s.sign(sealText(b.Header, b.Root, out.sum()))
	if err != nil {
		return err
	}
	out.json(wordSeal, seal)
	return out.flush()
}

// lineWriter keeps the first error, so that the lines read as a list.
type lineWriter struct {
	out  *bufio.Writer
	hash hash.Hash
	line []byte
	err  error
}

func newLineWriter(w io.Writer) *lineWriter {
	h := sha256.New()
	return &lineWriter{out: bufio.NewWriterSize(io.MultiWriter(w, h), 1<<16), hash: h}
}

func (w *lineWriter) frozen(f *Frozen) {
	w.json(wordHeader, f.Header)
	for _, h := range f.Households {
		w.write(appendHousehold(w.line[:0], h))
	}
	for _, e := range f.Entries {
		w.write(appendEntry(w.line[:0], e))
	}
	w.json(wordCheckpoint, f.Checkpoint)
}

func (w *lineWriter) outcome(b *Bundle) {
	switch {
	case b.Beacon != nil:
		w.json(wordBeacon, b.Beacon)
	case b.Fallback != nil:
		w.json(wordFallback, b.Fallback)
	case b.Void != nil:
		w.json(wordVoid, b.Void)
	default:
		w.err = errors.New("write bundle: the draw has not been run")
	}
	for _, c := range b.Cutoffs {
		w.write(appendCutoff(w.line[:0], c))
	}
	for _, r := range b.Results {
		w.write(appendResult(w.line[:0], r))
	}
}

func (w *lineWriter) json(word string, v any) {
	line, err := jsonLine(word, v)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.write(line)
}

func (w *lineWriter) write(line []byte) {
	w.line = append(line, '\n')
	if w.err == nil {
		_, w.err = w.out.Write(w.line)
	}
}

// sum is the hash of all bytes so far.
func (w *lineWriter) sum() Digest {
	w.err = errors.Join(w.err, w.out.Flush())
	return Digest(w.hash.Sum(nil))
}

func (w *lineWriter) flush() error {
	if err := errors.Join(w.err, w.out.Flush()); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	return nil
}
