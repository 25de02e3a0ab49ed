package loopback

import (
	"bytes"
	_ "embed"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"
)

//go:embed page.html
var layout string

// RefreshSeconds is how often a page reloads itself when ?refresh=1 asks for it.
const RefreshSeconds = 3

// Pages are a simulator's templates, each shown inside the common layout.
type Pages map[string]*template.Template

// View is one page to show.
type View struct {
	Title    string
	Settings *Settings // nil: no control form
	// Refresh is the seconds to the next reload; 0 leaves it to ?refresh=1.
	Refresh int
	Data    any
}

// ParsePages reads every *.html of files. A page is named by its file.
func ParsePages(files fs.FS) Pages {
	pages := Pages{}
	names, err := fs.Glob(files, "*.html")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	words := template.FuncMap{"clock": clock}
	for _, name := range names {
		page := template.Must(template.New("layout").Funcs(words).Parse(layout))
		pages[strings.TrimSuffix(name, ".html")] = template.Must(page.ParseFS(files, name))
	}
	return pages
}

func clock(ms int64) string {
	return time.UnixMilli(ms).Format("2006-01-02 15:04:05")
}

// Show writes a page. Nothing is sent before all of it could be written.
func (p Pages) Show(w http.ResponseWriter, r *http.Request, name string, view View) {
	query := r.URL.Query()
	asked := query.Get("refresh") == "1"
	query.Set("refresh", "1")
	if asked {
		query.Del("refresh")
	}
	if asked && view.Refresh == 0 {
		view.Refresh = RefreshSeconds
	}
	var text bytes.Buffer
	err := p[name].ExecuteTemplate(&text, "layout", struct {
		View
		Asked  bool
		Toggle string
	}{view, asked, "?" + query.Encode()})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	// What is shown was written by others: no script may run, whatever slips through.
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; frame-src 'self'; form-action 'self'; base-uri 'none'")
	_, _ = text.WriteTo(w) // the reader may have left
}
