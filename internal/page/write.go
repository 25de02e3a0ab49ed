package page

import (
	"bytes"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// policy allows what the pages use and nothing else. Masks in the style sheet
// are data: images. Inline style and script are never used, so never allowed.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// permissions turns off what no page asks for.
const permissions = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()"

// AllowCamera lets the scripts of one page ask for the camera. Every other page has it
// turned off, and a file input needs no leave.
func AllowCamera(w http.ResponseWriter) {
	w.Header().Set("Permissions-Policy", strings.Replace(permissions, "camera=()", "camera=(self)", 1))
}

// gzipFrom is the size below which compressing costs more than it saves: one network packet.
const gzipFrom = 1200

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.DefaultCompression) // the level is a valid constant
	return z
}}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// turns bounds how many pages are made at once. More than there are cores would only
// wait for each other, and make everybody wait for the one who writes to the database:
// it would be one among hundreds to be given a core, and then a commit takes a second.
type turns chan struct{}

func newTurns() turns { return make(turns, runtime.GOMAXPROCS(0)) }

func (t turns) take(f func() error) error {
	t <- struct{}{}
	defer func() { <-t }()
	return f()
}

// write makes a page and sends it. Nothing is sent while others wait for their turn, so
// that a slow line holds up nobody.
func (r *Renderer) write(w http.ResponseWriter, req *http.Request, status int, make func(io.Writer) error) error {
	plain, zipped := buffers.Get().(*bytes.Buffer), buffers.Get().(*bytes.Buffer)
	defer buffers.Put(plain)
	defer buffers.Put(zipped)
	plain.Reset()
	zipped.Reset()
	body := plain
	err := r.turns.take(func() error {
		if err := make(plain); err != nil {
			return err
		}
		if plain.Len() >= gzipFrom && acceptsGzip(req) {
			compress(zipped, plain.Bytes())
			body = zipped
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.headers(w.Header())
	if body == zipped {
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	w.Write(body.Bytes()) //nolint:errcheck // the person has gone; there is nobody to tell
	return nil
}

func compress(to *bytes.Buffer, body []byte) {
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(to)
	z.Write(body) //nolint:errcheck // a buffer takes everything
	z.Close()     //nolint:errcheck // as above
}

func (r *Renderer) headers(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	// Addresses of ours may name a challenge; no other site learns them.
	h.Set("Referrer-Policy", "same-origin")
	if h.Get("Permissions-Policy") == "" {
		h.Set("Permissions-Policy", permissions)
	}
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Add("Vary", "Accept-Encoding, Accept-Language, Cookie, Live-Part")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	if r.https() {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (r *Renderer) https() bool { return strings.HasPrefix(r.cfg.PublicURL, "https://") }

// acceptsGzip reads Accept-Encoding. "gzip;q=0" is a refusal that real clients send.
func acceptsGzip(req *http.Request) bool {
	for _, coding := range strings.Split(req.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(name, "gzip") {
			return strings.Trim(strings.ReplaceAll(params, " ", ""), "0.") != "q="
		}
	}
	return false
}
