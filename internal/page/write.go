package page

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
)

// policy allows what the pages use and nothing else. Masks in the style sheet
// are data: images. Inline style and script are never used, so never allowed.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// permissions turns off what no page asks for. The card's photo is taken by the
// phone's own camera through a file input, which needs no permission.
const permissions = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()"

// gzipFrom is the size below which compressing costs more than it saves: one network packet.
const gzipFrom = 1200

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.DefaultCompression) // the level is a valid constant
	return z
}}

func (r *Renderer) write(w http.ResponseWriter, req *http.Request, status int, body []byte) {
	r.headers(w.Header())
	if len(body) < gzipFrom || !acceptsGzip(req) {
		w.WriteHeader(status)
		w.Write(body) //nolint:errcheck // the person has gone; there is nobody to tell
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(w)
	z.Write(body) //nolint:errcheck // as above
	z.Close()     //nolint:errcheck // as above
}

func (r *Renderer) headers(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	// Addresses of ours may name a challenge; no other site learns them.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", permissions)
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
