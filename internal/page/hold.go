package page

import (
	"bytes"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gelombang/internal/locale"
)

const (
	// freshFor is how old a held page may be: a wave that opens is seen within seconds.
	freshFor = 2 * time.Second
	// staleFor is how long it is shown when it cannot be made anew: yesterday's wave is
	// still the better answer while the database is away.
	staleFor = 24 * time.Hour
	// firstWait is how long a request waits for another one that makes the page for the
	// first time.
	firstWait = 200 * time.Millisecond
	// heldMost bounds the pages, heldSize what one of them takes.
	heldMost = 256
	heldSize = 256 << 10
)

// Hold serves a page that is the same for every visitor from memory: it is made at most
// once in freshFor, by one request while the others get the last one. When it cannot be
// made, the last one stays. Only whole pages without a query are held.
func (r *Renderer) Hold(next http.Handler) http.Handler {
	h := &holding{now: r.now, next: next, pages: map[heldKey]*heldPage{}}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodGet || req.URL.RawQuery != "" || req.Header.Get("Live-Part") != "" {
			next.ServeHTTP(w, req)
			return
		}
		h.serve(w, req)
	})
}

type heldKey struct {
	path string
	lang locale.Lang
	zip  bool
}

type holding struct {
	now   func() time.Time
	next  http.Handler
	mu    sync.Mutex
	pages map[heldKey]*heldPage
}

// heldPage is one page and who makes it anew.
type heldPage struct {
	making chan struct{} // one place
	last   atomic.Pointer[answer]
}

// mine says whether this request is to make the page. Where there is none yet it waits
// a moment for whoever is at it, and not for longer: behind a database that says nothing
// the last of a hundred would wait a hundred times as long as the first.
func (p *heldPage) mine(last *answer) bool {
	select {
	case p.making <- struct{}{}:
		return true
	default:
	}
	if last != nil {
		return false
	}
	late := time.NewTimer(firstWait)
	defer late.Stop()
	select {
	case p.making <- struct{}{}:
		return true
	case <-late.C:
		return false
	}
}

// answer is what a handler wrote.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
	at     time.Time
}

func (h *holding) serve(w http.ResponseWriter, req *http.Request) {
	key := heldKey{req.URL.Path, LangOf(req), acceptsGzip(req)}
	page := h.page(key)
	if page == nil {
		h.next.ServeHTTP(w, req)
		return
	}
	last := page.last.Load()
	if last != nil && h.now().Sub(last.at) < freshFor {
		last.write(w)
		return
	}
	if !page.mine(last) {
		if last == nil {
			h.next.ServeHTTP(w, req)
		} else {
			last.write(w)
		}
		return
	}
	defer func() { <-page.making }()
	h.renew(page, req).write(w)
	if page.last.Load() == nil {
		h.forget(key)
	}
}

// forget gives up the place of what turned out to be no page: made-up addresses must
// not take the room of real ones.
func (h *holding) forget(key heldKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pages, key)
}

// page gives the place of a page, nil when there is no room for another.
func (h *holding) page(key heldKey) *heldPage {
	h.mu.Lock()
	defer h.mu.Unlock()
	page := h.pages[key]
	if page == nil && len(h.pages) < heldMost {
		page = &heldPage{making: make(chan struct{}, 1)}
		h.pages[key] = page
	}
	return page
}

// renew makes the page. A fault leaves the last one standing; what is no page at all,
// as the answer to a made-up address, is given and not held.
func (h *holding) renew(page *heldPage, req *http.Request) *answer {
	now := h.now()
	if last := page.last.Load(); last != nil && now.Sub(last.at) < freshFor {
		return last // somebody was quicker
	}
	made := &answer{header: http.Header{}, status: http.StatusOK, at: now}
	h.next.ServeHTTP(made, req)
	last := page.last.Load()
	switch {
	case made.status == http.StatusOK && made.body.Len() <= heldSize && made.header.Get("Set-Cookie") == "":
		page.last.Store(made)
	case made.status >= http.StatusInternalServerError && last != nil && now.Sub(last.at) < staleFor:
		return last
	}
	return made
}

func (a *answer) write(w http.ResponseWriter) {
	head := w.Header()
	for name, values := range a.header {
		head[name] = slices.Clone(values)
	}
	w.WriteHeader(a.status)
	w.Write(a.body.Bytes()) //nolint:errcheck // the person has gone; there is nobody to tell
}

// Header is part of http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader is part of http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write is part of http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
