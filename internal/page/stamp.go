package page

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"html/template"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"

	"gelombang/internal/locale"
)

// A stamp is a page that differs between people by a few short values alone: a form
// and its token, the page of a code and its number. On an opening day the template
// runs once a second for everybody, and each answer puts its values into copies of
// the same bytes, compressed beforehand.
//
// The template stays the only author of the page: it runs on marks in place of the
// values, and what stands between the marks is what is kept.

// Mark stands in the page's data where a value will: a number, so that it passes
// through every kind of escaping as it is.
type Mark int64

// Marks are those of one page, in the order of its values.
type Marks = [4]Mark

// String is the mark in fields that hold text.
func (m Mark) String() string { return strconv.FormatInt(int64(m), 10) }

const (
	// stampsMost bounds the pages that are kept; past it all are made anew.
	stampsMost = 64
	// markBase and markSpan make marks of 19 digits, as no page has by itself.
	markBase, markSpan = 4_000_000_000_000_000_000, 1_000_000_000_000_000_000
)

// Stamp says which page is wanted. Key holds everything that the page says beside the
// values, of a comparable type: requests with equal keys, addresses and languages get
// the same page. Data makes the page's data with a mark for each value.
type Stamp struct {
	Name   string
	Key    any
	Values []string
	Data   func(marks Marks) any
	// Where is the address at which the page stands, as Content-Location says, when it
	// is not the one asked for.
	Where func(marks Marks) string
}

// stamped is one page with its marks taken out.
type stamped struct {
	plain  [][]byte
	zipped [][]byte
	values []int // the value after each piece but the last
	size   int
}

type stampKey struct {
	name, path string
	lang       locale.Lang
	key        any
}

type stamps struct {
	mu   sync.RWMutex
	kept map[stampKey]*stamped
}

// Stamp writes a page as Render does. What stands around it must be the same for all
// who get the page: a page of visitors of whom the frame knows nothing, or one that
// nobody gets who is not signed in.
func (r *Renderer) Stamp(w http.ResponseWriter, req *http.Request, status int, s Stamp) {
	page, err := r.stamp(req, s)
	if err != nil {
		r.Fail(w, req, err)
		return
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	r.headers(w.Header())
	if acceptsGzip(req) {
		w.Header().Set("Content-Encoding", "gzip")
		page.fillZipped(buf, s.Values)
	} else {
		page.fill(buf, s.Values)
	}
	w.Header().Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(status)
	w.Write(buf.Bytes()) //nolint:errcheck // the person has gone; there is nobody to tell
}

func (r *Renderer) stamp(req *http.Request, s Stamp) (*stamped, error) {
	key := stampKey{s.Name, req.URL.Path, LangOf(req), s.Key}
	r.stamps.mu.RLock()
	page := r.stamps.kept[key]
	r.stamps.mu.RUnlock()
	if page != nil {
		return page, nil
	}
	page, err := r.cut(req, s)
	if err != nil {
		return nil, err
	}
	r.stamps.mu.Lock()
	defer r.stamps.mu.Unlock()
	if r.stamps.kept == nil || len(r.stamps.kept) >= stampsMost {
		r.stamps.kept = map[stampKey]*stamped{}
	}
	r.stamps.kept[key] = page
	return page, nil
}

// cut runs the template on marks and takes them out again.
func (r *Renderer) cut(req *http.Request, s Stamp) (*stamped, error) {
	var marks Marks
	first := markBase + rand.Int64N(markSpan) // #nosec G404 -- a mark is no secret, it only has to be rare
	for i := range marks {
		marks[i] = Mark(first + int64(i))
	}
	where := ""
	if s.Where != nil {
		where = s.Where(marks)
	}
	var whole bytes.Buffer
	if err := r.execute(&whole, req, where, s.Name, s.Data(marks)); err != nil {
		return nil, err
	}
	page := &stamped{}
	rest := whole.Bytes()
	for {
		at, which := nextMark(rest, marks)
		piece := bytes.Clone(rest[:at])
		zipped, err := deflate(piece)
		if err != nil {
			return nil, err
		}
		page.plain, page.zipped, page.size = append(page.plain, piece), append(page.zipped, zipped), page.size+len(piece)
		if which < 0 {
			return page, nil
		}
		page.values = append(page.values, which)
		rest = rest[at+len(marks[which].String()):]
	}
}

// nextMark finds the first mark; without one it gives the end and -1.
func nextMark(b []byte, marks Marks) (at, which int) {
	at, which = len(b), -1
	for i, m := range marks {
		if found := bytes.Index(b, []byte(m.String())); found >= 0 && found < at {
			at, which = found, i
		}
	}
	return at, which
}

// deflate compresses a piece so that it can stand between others in one stream: it
// refers to nothing outside itself, ends on a whole byte and does not end the stream.
func deflate(piece []byte) ([]byte, error) {
	var buf bytes.Buffer
	z, err := flate.NewWriter(&buf, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(piece); err != nil {
		return nil, err
	}
	err = z.Flush()
	return buf.Bytes(), err
}

func escaped(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = template.HTMLEscapeString(v)
	}
	return out
}

func (p *stamped) fill(w *bytes.Buffer, values []string) {
	values = escaped(values)
	for i, piece := range p.plain {
		w.Write(piece)
		if i < len(p.values) {
			w.WriteString(values[p.values[i]])
		}
	}
}

// gzipHeader is RFC 1952's: deflate, no name, no time, no system.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// fillZipped writes the page as one gzip stream: the pieces as they were compressed,
// the values as stored blocks (RFC 1951, 3.2.4), which need no compressor.
func (p *stamped) fillZipped(w *bytes.Buffer, values []string) {
	values = escaped(values)
	sum, size := uint32(0), 0
	w.WriteString(gzipHeader)
	for i, piece := range p.plain {
		w.Write(p.zipped[i])
		sum, size = crc32.Update(sum, crc32.IEEETable, piece), size+len(piece)
		if i < len(p.values) {
			v := values[p.values[i]]
			stored(w, v, 0)
			sum, size = crc32.Update(sum, crc32.IEEETable, []byte(v)), size+len(v)
		}
	}
	stored(w, "", 1)
	w.Write(binary.LittleEndian.AppendUint32(nil, sum))
	w.Write(binary.LittleEndian.AppendUint32(nil, uint32(size))) // #nosec G115 -- a page is small
}

// stored writes a stored block; last is 1 for the one that ends the stream.
func stored(w *bytes.Buffer, v string, last byte) {
	n := uint16(len(v)) // #nosec G115 -- values are short
	w.WriteByte(last)
	w.Write(binary.LittleEndian.AppendUint16(nil, n))
	w.Write(binary.LittleEndian.AppendUint16(nil, ^n))
	w.WriteString(v)
}

// execute runs a page's template for a request.
func (r *Renderer) execute(w io.Writer, req *http.Request, where, name string, data any) error {
	set, err := r.page(req, name)
	if err != nil {
		return err
	}
	return set.ExecuteTemplate(w, r.layout(), r.view(req, where, data))
}
