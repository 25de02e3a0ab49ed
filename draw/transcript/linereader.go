package transcript

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// lineReader gives one line at a time and the hash of all lines taken.
type lineReader struct {
	in     *bufio.Reader
	hash   hash.Hash
	number int
	line   []byte // without its newline; valid until the next line is looked at
	again  []byte // scratch: an entry written anew, to compare
	ready  bool
	done   bool
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(r, maxLine), hash: sha256.New()}
}

// peek gives the word that the next line begins with, "" at the end.
func (r *lineReader) peek() (string, error) {
	if !r.ready && !r.done {
		line, err := r.in.ReadSlice('\n')
		r.number++
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			r.done = true
		case errors.Is(err, io.EOF):
			return "", r.bad("the file ends in the middle of a line")
		case errors.Is(err, bufio.ErrBufferFull):
			return "", r.bad("the line is too long")
		case err != nil:
			return "", fmt.Errorf("read bundle: %w", err)
		default:
			r.line, r.ready = line[:len(line)-1], true
		}
	}
	if r.done {
		return "", nil
	}
	word, _, _ := bytes.Cut(r.line, []byte(" "))
	return string(word), nil
}

// take consumes the line that peek looked at.
func (r *lineReader) take() []byte {
	r.hash.Write(r.line)
	r.hash.Write([]byte("\n"))
	r.ready = false
	return r.line
}

func (r *lineReader) bad(format string, args ...any) error {
	return &FormError{Line: r.number, Says: fmt.Sprintf(format, args...)}
}

// json takes a line with this word and the one spelling that jsonLine gives its value.
func (r *lineReader) json(word string, v any) error {
	got, err := r.peek()
	if err != nil {
		return err
	}
	if got != word {
		return r.bad("a %q line is expected here", word)
	}
	line := r.take()
	if err := json.Unmarshal(line[min(len(word)+1, len(line)):], v); err != nil {
		return r.bad("the %s line cannot be read: %v", word, err)
	}
	if again, err := jsonLine(word, v); err != nil || !bytes.Equal(again, line) {
		return r.bad("the %s line is not written the one way that the format admits", word)
	}
	return nil
}

func (r *lineReader) end() error {
	if word, err := r.peek(); err != nil || word != "" || !r.done {
		return errors.Join(err, r.bad("nothing may follow here"))
	}
	return nil
}
