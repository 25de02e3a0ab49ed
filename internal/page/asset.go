package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
)

//go:embed look/look.css look/console.css look/live.js look/passkey.js look/readback.js look/photo.js look/review.js look/favicon.svg
var look embed.FS

// assetRoot is where assets are served; routes mount the handler on it.
const assetRoot = "/assets/"

// immutable: the name changes with the content, so a browser never asks again.
const immutable = "public, max-age=31536000, immutable"

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".png": "image/png",
}

// Assets are the files that pages load: hashed into their names, shrunk and
// compressed once, at start.
type Assets struct {
	byName map[string]*asset // look.css
	byFile map[string]*asset // look.0123456789ab.css
}

type asset struct {
	file, kind, tag string
	plain, zipped   []byte
}

// NewAssets takes the files of the look and those of extra file systems.
func NewAssets(extra ...fs.FS) (*Assets, error) {
	a := &Assets{byName: map[string]*asset{}, byFile: map[string]*asset{}}
	for _, fsys := range append([]fs.FS{look}, extra...) {
		err := fs.WalkDir(fsys, ".", func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			return a.add(fsys, file)
		})
		if err != nil {
			return nil, fmt.Errorf("read assets: %w", err)
		}
	}
	return a, nil
}

// ownLook packs the files of the look alone, once: they are the same for all surfaces.
var ownLook = sync.OnceValues(func() (*Assets, error) { return NewAssets() })

func (a *Assets) add(fsys fs.FS, file string) error {
	name, ext := path.Base(file), path.Ext(file)
	kind, known := contentTypes[ext]
	if !known || a.byName[name] != nil {
		return fmt.Errorf("%s: of no known type, or there twice", file)
	}
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return err
	}
	plain := shrink(ext, raw)
	zipped, err := zip(plain)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(plain)
	hash := hex.EncodeToString(sum[:6])
	one := &asset{file: strings.TrimSuffix(name, ext) + "." + hash + ext, kind: kind, tag: `"` + hash + `"`, plain: plain, zipped: zipped}
	a.byName[name], a.byFile[one.file] = one, one
	return nil
}

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	jsComment  = regexp.MustCompile(`(?m)^\s*//.*$`)
	indent     = regexp.MustCompile(`(?m)^\s+`)
)

// shrink drops comments, indentation and blank lines. It relies on how the files
// are written: no comment signs inside strings, every // comment on its own line.
func shrink(ext string, raw []byte) []byte {
	switch ext {
	case ".css":
		raw = cssComment.ReplaceAll(raw, nil)
		return bytes.ReplaceAll(indent.ReplaceAll(raw, nil), []byte("\n"), nil)
	case ".js":
		return indent.ReplaceAll(jsComment.ReplaceAll(raw, nil), nil)
	}
	return raw
}

func zip(plain []byte) ([]byte, error) {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(plain); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// Path gives the address of an asset. A name that does not exist is an error, and so stops a template.
func (a *Assets) Path(name string) (string, error) {
	one, known := a.byName[name]
	if !known {
		return "", fmt.Errorf("no asset %q", name)
	}
	return assetRoot + one.file, nil
}

// Size is what an asset weighs on the wire, compressed.
func (a *Assets) Size(name string) int {
	if one := a.byName[name]; one != nil {
		return len(one.zipped)
	}
	return 0
}

// ServeHTTP answers GET /assets/…. While nodes of two versions serve together, a
// page of one may ask the other for a hash it does not have: it gets the file of
// that name, kept only briefly.
func (a *Assets) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	file := strings.TrimPrefix(req.URL.Path, assetRoot)
	one, caching := a.byFile[file], immutable
	if one == nil {
		one, caching = a.byName[unhashed(file)], "public, max-age=60"
	}
	if one == nil {
		http.NotFound(w, req)
		return
	}
	h := w.Header()
	h.Set("Content-Type", one.kind)
	h.Set("Cache-Control", caching)
	h.Set("ETag", one.tag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	if req.Header.Get("If-None-Match") == one.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := one.plain
	if acceptsGzip(req) {
		h.Set("Content-Encoding", "gzip")
		body = one.zipped
	}
	w.Write(body) //nolint:errcheck // the person has gone; there is nobody to tell
}

// unhashed takes the middle out of name.hash.ext.
func unhashed(file string) string {
	parts := strings.Split(file, ".")
	if len(parts) != 3 {
		return file
	}
	return parts[0] + "." + parts[2]
}

// AssetHandler serves the renderer's assets; mount it on GET /assets/.
func (r *Renderer) AssetHandler() http.Handler { return r.assets }
