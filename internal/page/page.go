// Package page renders what people read: layouts, the shared parts of the look,
// error pages, assets, and the small middleware that every surface needs.
//
// A template file is a page. It defines "title" and "main" (or "frame", which
// takes the whole width between masthead and footer), and may define "aside".
// Files named layout*.html, and files in a folder parts/, are shared by all
// pages of the renderer; they may redefine the blocks of the layout.
//
// No sentence stands in Go or HTML: templates name catalog keys, structs carry
// Texts. Every template is parsed at start, once per language, and a literal key
// that is not in the catalog stops the start. Pages carry no inline style or
// script, so the content policy can forbid both.
package page

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"gelombang/internal/locale"
)

// Text is what a part says: a catalog key with its values, or plain words.
type Text = locale.Text

// Words are the catalog texts of this package, for locale.Load.
//
//go:embed catalog.id.yaml catalog.en.yaml
var Words embed.FS

//go:embed parts/*.html
var parts embed.FS

// Layout is the frame around a page.
type Layout string

const (
	// Portal is the citizen's frame: masthead, one column with an aside, footer.
	Portal Layout = "portal"
	// Console is the staff's frame: a rail and a desk.
	Console Layout = "console"
)

// Config says what a renderer renders and in which frame.
type Config struct {
	Catalog   *locale.Catalog
	Templates []fs.FS // pages and layout*.html; a page's name is its path without .html
	Layout    Layout
	// Frame gives what stands around the page for this request: navigation, footer, who is signed in.
	Frame     func(*http.Request) Frame
	Globals   map[string]string // {{global "name"}} in templates; "brand" is the name in masthead and title
	Assets    *Assets           // nil: the ones of this package
	PublicURL string            // as people type it; https turns on HSTS and Secure cookies
	Log       *slog.Logger      // nil: slog.Default
	Now       func() time.Time
}

// Frame is what stands around a page.
type Frame struct {
	Home string // where the brand leads; "/" when empty
	Nav  []Link
	Foot []Link
	Note Text   // last line of the portal's footer
	Who  []Text // lines under the console's rail
}

// Renderer writes pages. It is safe for concurrent use.
type Renderer struct {
	cfg    Config
	assets *Assets
	log    *slog.Logger
	now    func() time.Time
	pages  map[string]map[locale.Lang]*template.Template
	stamps stamps
	turns  turns
}

// New parses every page in every language and checks its literal keys.
func New(cfg Config) (*Renderer, error) {
	if cfg.Catalog == nil || cfg.Now == nil {
		return nil, errors.New("page: Catalog and Now are needed")
	}
	r := &Renderer{cfg: cfg, assets: cfg.Assets, log: cfg.Log, now: cfg.Now,
		pages: map[string]map[locale.Lang]*template.Template{}, turns: newTurns()}
	if r.log == nil {
		r.log = slog.Default()
	}
	if r.assets == nil {
		assets, err := ownLook()
		if err != nil {
			return nil, err
		}
		r.assets = assets
	}
	if err := r.checkKeys(); err != nil {
		return nil, err
	}
	if err := r.parse(); err != nil {
		return nil, err
	}
	return r, nil
}

// URL is an address of this site as people type it.
func (r *Renderer) URL(path string) string { return strings.TrimSuffix(r.cfg.PublicURL, "/") + path }

// parse builds one template set per page and language.
func (r *Renderer) parse() error {
	sources, err := readSources(r.cfg.Templates)
	if err != nil {
		return err
	}
	var faults []error
	for _, lang := range locale.Langs {
		base, err := r.base(lang, sources.shared)
		if err != nil {
			return err
		}
		for _, src := range append(sources.pages, source{failurePage, failureTemplate}) {
			faults = append(faults, r.add(base, lang, src))
		}
	}
	return errors.Join(faults...)
}

// base is what all pages of a language share: the parts, then the surface's own layout.
func (r *Renderer) base(lang locale.Lang, shared []source) (*template.Template, error) {
	own, err := readSources([]fs.FS{parts})
	if err != nil {
		return nil, err
	}
	set := template.New("").Option("missingkey=error").Funcs(r.funcs(lang))
	for _, src := range slices.Concat(own.shared, shared) {
		if _, err := set.New(src.file()).Parse(src.text); err != nil {
			return nil, fmt.Errorf("parse %s: %w", src.name, err)
		}
	}
	r.fold(set, lang)
	return set, nil
}

func (r *Renderer) add(base *template.Template, lang locale.Lang, src source) error {
	set, err := base.Clone()
	if err != nil {
		return err
	}
	if _, err := set.New(src.file()).Parse(src.text); err != nil {
		return fmt.Errorf("parse %s: %w", src.name, err)
	}
	r.fold(set, lang)
	// A dry run escapes the whole set, so that a missing block and markup that no escaper can follow fail at start.
	var unsafe *template.Error
	if err := set.ExecuteTemplate(io.Discard, r.layout(), view{}); errors.As(err, &unsafe) {
		return fmt.Errorf("page %s: %w", src.name, unsafe)
	}
	if r.pages[src.name] == nil {
		r.pages[src.name] = map[locale.Lang]*template.Template{}
	}
	if r.pages[src.name][lang] != nil {
		return fmt.Errorf("page %s is there twice", src.name)
	}
	r.pages[src.name][lang] = set
	return nil
}

func (r *Renderer) layout() string { return "layout-" + string(r.cfg.Layout) }

// source is one template file.
type source struct{ name, text string }

// file names the template of the whole file, apart from every block: a page
// called field.html does not replace the part "field".
func (s source) file() string { return "file " + s.name }

type sources struct{ shared, pages []source }

func readSources(files []fs.FS) (found sources, err error) {
	for _, fsys := range files {
		err = errors.Join(err, fs.WalkDir(fsys, ".", func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || path.Ext(file) != ".html" {
				return err
			}
			raw, err := fs.ReadFile(fsys, file)
			src := source{name: strings.TrimSuffix(file, ".html"), text: string(raw)}
			if isShared(file) {
				found.shared = append(found.shared, src)
			} else {
				found.pages = append(found.pages, src)
			}
			return err
		}))
	}
	return found, err
}

func isShared(file string) bool {
	return strings.HasPrefix(path.Base(file), "layout") || path.Base(path.Dir(file)) == "parts"
}

// view is what a layout sees; pages see only Data.
type view struct {
	Lang     locale.Lang
	Other    locale.Lang
	Switch   string // this page in the other language
	Frame    Frame
	Problems int // shown in the title, so that a screen reader says it first
	Data     any
}

// troubled is any page data that embeds a Summary.
type troubled interface{ Problems() int }

// view puts a page into its frame. Where says at which address it stands when that
// is not the one asked for: the answer to a form may be a page of its own.
func (r *Renderer) view(req *http.Request, where string, data any) view {
	v := view{Lang: LangOf(req), Data: data, Other: locale.EN}
	if v.Lang == locale.EN {
		v.Other = locale.ID
	}
	v.Switch = switchURL(req, where, v.Other)
	if _, failed := data.(failure); failed {
		v.Frame = r.spareFrame(req)
	} else {
		v.Frame = r.frame(req)
	}
	if t, ok := data.(troubled); ok {
		v.Problems = t.Problems()
	}
	return v
}

// frame asks the surface what stands around a page.
func (r *Renderer) frame(req *http.Request) (f Frame) {
	if r.cfg.Frame != nil {
		f = r.cfg.Frame(req)
	}
	if f.Home == "" {
		f.Home = "/"
	}
	return f
}

// spareFrame is the frame of an error page. Some are written where the surface knows
// nothing of the request yet, as no session was read: a frame that can't be made
// there is left empty, so that the error page itself never fails.
func (r *Renderer) spareFrame(req *http.Request) (f Frame) {
	defer func() {
		if v := recover(); v != nil {
			f = Frame{Home: "/"}
		}
	}()
	return r.frame(req)
}

// Render writes a page. It is buffered: a template that fails gives a whole
// error page, never half of another. Pages are not stored by anyone unless the
// handler set Cache-Control before.
//
// A request of a <live-part> names a block; then only that block is written.
func (r *Renderer) Render(w http.ResponseWriter, req *http.Request, status int, name string, data any) {
	if err := r.render(w, req, status, name, data); err != nil {
		r.log.ErrorContext(req.Context(), "page.render", "page", name, "request", RequestIDOf(req), "error", err)
		r.Fail(w, req, fmt.Errorf("render %s: %w", name, err))
	}
}

func (r *Renderer) page(req *http.Request, name string) (*template.Template, error) {
	set := r.pages[name][LangOf(req)]
	if set == nil {
		return nil, fmt.Errorf("no page %q", name)
	}
	return set, nil
}

func (r *Renderer) render(w http.ResponseWriter, req *http.Request, status int, name string, data any) error {
	set, err := r.page(req, name)
	if err != nil {
		return err
	}
	block, arg := r.layout(), any(r.view(req, w.Header().Get("Content-Location"), data))
	if live := "live-" + req.Header.Get("Live-Part"); set.Lookup(live) != nil {
		block, arg = live, data
		w.Header().Set("Live-Part", req.Header.Get("Live-Part"))
	}
	return r.write(w, req, status, func(to io.Writer) error { return set.ExecuteTemplate(to, block, arg) })
}
