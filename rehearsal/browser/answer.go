package browser

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"
)

const (
	// maxBody bounds a page; the longest of the site's is a tenth of it.
	maxBody = 1 << 20
	// maxHeaders bounds the lines before a page.
	maxHeaders = 100
	// maxRetryAfter bounds what a Retry-After can ask for: a rehearsal ends today.
	maxRetryAfter = time.Hour
)

var (
	errNotHTTP = errors.New("the answer is no HTTP")
	errTooLong = errors.New("the answer is too long")
)

// Answer is what came back. Its slices are reused by the next one.
type Answer struct {
	Status     int
	Location   []byte        // of a redirect
	Place      []byte        // Content-Location: the page that a POST was answered with
	RetryAfter time.Duration // 0: none was said
	last       bool          // the server closes the connection

	length  int // -1: not said
	chunked bool
	zipped  bool
	packed  []byte // as it came
	page    []byte // unpacked
	unzip   *gzip.Reader
}

func (a *Answer) read(in *bufio.Reader, jar *Cookies) error {
	for {
		if err := a.readHead(in, jar); err != nil {
			return err
		}
		if a.Status >= 200 { // an interim answer is followed by the real one
			break
		}
	}
	a.page, a.packed = a.page[:0], a.packed[:0]
	if a.Status == 204 || a.Status == 304 {
		return nil
	}
	return a.readBody(in, &a.packed)
}

// Page is what the answer says. A packed one is unpacked now: most answers of a surge
// are known by their head, and the load generator must not be what is measured. One
// that cannot be unpacked says nothing.
func (a *Answer) Page() []byte {
	if !a.zipped || len(a.packed) == 0 {
		return a.packed
	}
	if len(a.page) == 0 && a.unpack() != nil {
		return nil
	}
	return a.page
}

func (a *Answer) readHead(in *bufio.Reader, jar *Cookies) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return errNotHTTP
	}
	a.Status = digits(line[9:12])
	a.last = line[7] == '0'
	a.length, a.chunked, a.zipped, a.RetryAfter = -1, false, false, 0
	a.Location, a.Place = a.Location[:0], a.Place[:0]
	for range maxHeaders {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return nil
		}
		a.header(line, jar)
	}
	return errTooLong
}

// header notes the few headers that a browser of ours acts on.
func (a *Answer) header(line []byte, jar *Cookies) {
	at := bytes.IndexByte(line, ':')
	if at < 0 {
		return
	}
	name, value := line[:at], bytes.TrimSpace(line[at+1:])
	switch {
	case is(name, "content-length"):
		a.length = digits(value)
	case is(name, "transfer-encoding"):
		a.chunked = is(value, "chunked")
	case is(name, "content-encoding"):
		a.zipped = is(value, "gzip")
	case is(name, "connection"):
		a.last = a.last || is(value, "close")
	case is(name, "retry-after"):
		a.RetryAfter = min(time.Duration(max(digits(value), 0))*time.Second, maxRetryAfter)
	case is(name, "location"):
		a.Location = append(a.Location, value...)
	case is(name, "content-location"):
		a.Place = append(a.Place, value...)
	case jar != nil && is(name, "set-cookie"):
		jar.set(value)
	}
}

// is compares without regard to case; want is in lower case.
func is(name []byte, want string) bool {
	if len(name) != len(want) {
		return false
	}
	for i, b := range name {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != want[i] {
			return false
		}
	}
	return true
}

// digits reads a small number, -1 when it is none.
func digits(b []byte) int {
	if len(b) == 0 || len(b) > 9 {
		return -1
	}
	n := 0
	for _, d := range b {
		if d < '0' || d > '9' {
			return -1
		}
		n = n*10 + int(d-'0')
	}
	return n
}

func (a *Answer) readBody(in *bufio.Reader, into *[]byte) error {
	*into = (*into)[:0]
	switch {
	case a.chunked:
		return readChunks(in, into)
	case a.length >= 0:
		return readPart(in, into, a.length)
	}
	a.last = true
	rest, err := io.ReadAll(io.LimitReader(in, maxBody))
	*into = append(*into, rest...)
	return err
}

func readChunks(in *bufio.Reader, into *[]byte) error {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(";"))
		n, err := strconv.ParseUint(string(size), 16, 32)
		if err != nil {
			return fmt.Errorf("%w: chunk of %q", errNotHTTP, size)
		}
		if err := readPart(in, into, int(n)); err != nil {
			return err
		}
		if _, err := in.ReadSlice('\n'); err != nil { // the line's end; ours send no trailers
			return err
		}
		if n == 0 {
			return nil
		}
	}
}

// readPart appends n bytes.
func readPart(in *bufio.Reader, into *[]byte, n int) error {
	had := len(*into)
	if had+n > maxBody {
		return errTooLong
	}
	if cap(*into) < had+n {
		grown := make([]byte, had, 2*(had+n))
		copy(grown, *into)
		*into = grown
	}
	*into = (*into)[:had+n]
	_, err := io.ReadFull(in, (*into)[had:])
	return err
}

func (a *Answer) unpack() error {
	packed := bytes.NewReader(a.packed)
	var err error
	if a.unzip == nil {
		a.unzip, err = gzip.NewReader(packed)
	} else {
		err = a.unzip.Reset(packed)
	}
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	page := bytes.NewBuffer(a.page[:0])
	if _, err := page.ReadFrom(io.LimitReader(a.unzip, maxBody)); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	a.page = page.Bytes()
	return nil
}
