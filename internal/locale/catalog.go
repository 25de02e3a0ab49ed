package locale

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"
	"sync/atomic"

	"github.com/goccy/go-yaml"
)

// Catalog holds every text in every language. It is safe for concurrent use
// once Globals and OnMissing are set.
type Catalog struct {
	texts     map[Lang]map[string]text
	globals   map[string]any
	onMissing atomic.Pointer[func(Lang, string)]
}

// Load merges the catalog files of all file systems and lays the programme's
// own wording over them. All faults are reported at once.
func Load(overrides map[Lang]map[string]string, files ...fs.FS) (*Catalog, error) {
	c := &Catalog{texts: map[Lang]map[string]text{}}
	var faults []error
	for _, lang := range Langs {
		c.texts[lang] = map[string]text{}
		for _, fsys := range files {
			faults = append(faults, c.read(lang, fsys)...)
		}
	}
	faults = append(faults, c.compare()...)
	faults = append(faults, c.override(overrides)...)
	return c, errors.Join(faults...)
}

// Clone is a catalog of the same texts, with Globals and OnMissing of its own.
func (c *Catalog) Clone() *Catalog {
	clone := &Catalog{texts: map[Lang]map[string]text{}}
	for lang, texts := range c.texts {
		clone.texts[lang] = maps.Clone(texts)
	}
	return clone
}

// Add lays texts beside the catalog that no file of ours holds: the programme's own
// names and sentences. Each key is new and in every language.
func (c *Catalog) Add(texts map[Lang]map[string]string) error {
	var faults []error
	for _, lang := range Langs {
		for _, key := range sortedKeys(texts[lang]) {
			faults = append(faults, c.put(lang, key, texts[lang][key]))
		}
	}
	return errors.Join(append(faults, c.compare()...)...)
}

// put adds one text; a key twice is an error.
func (c *Catalog) put(lang Lang, key, words string) error {
	if _, twice := c.texts[lang][key]; twice {
		return fmt.Errorf("catalog %s: %s is there twice", lang, key)
	}
	parsed, err := parseText(words)
	if err != nil {
		return fmt.Errorf("catalog %s: %s: %w", lang, key, err)
	}
	c.texts[lang][key] = parsed
	return nil
}

// read adds every catalog file of a language that fsys holds.
func (c *Catalog) read(lang Lang, fsys fs.FS) (faults []error) {
	name := "catalog." + string(lang) + ".yaml"
	err := fs.WalkDir(fsys, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Base(file) != name {
			return err
		}
		raw, err := fs.ReadFile(fsys, file)
		if err != nil {
			return err
		}
		faults = append(faults, c.add(lang, raw)...)
		return nil
	})
	if err != nil {
		faults = append(faults, fmt.Errorf("read %s: %w", name, err))
	}
	return faults
}

func (c *Catalog) add(lang Lang, raw []byte) (faults []error) {
	var entries yaml.MapSlice
	if err := yaml.Unmarshal(raw, &entries); err != nil {
		return []error{fmt.Errorf("catalog %s: %w", lang, err)}
	}
	for _, entry := range entries {
		key, keyed := entry.Key.(string)
		words, worded := entry.Value.(string)
		if !keyed || !worded {
			faults = append(faults, fmt.Errorf("catalog %s: %v is not a text", lang, entry.Key))
			continue
		}
		if err := c.put(lang, key, words); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

// compare holds each language against the first.
func (c *Catalog) compare() (faults []error) {
	for _, key := range c.Keys() {
		want, known := c.texts[ID][key]
		for _, lang := range Langs {
			got, there := c.texts[lang][key]
			switch {
			case !there:
				faults = append(faults, fmt.Errorf("catalog %s: %s is missing", lang, key))
			case known && !slices.Equal(got.names, want.names):
				faults = append(faults, fmt.Errorf("catalog %s: %s names %v, but %v in %s", lang, key, got.names, want.names, ID))
			}
		}
	}
	return faults
}

// override lays the programme's wording over the catalog. It may leave a value
// out, but not name one that the code does not give.
func (c *Catalog) override(overrides map[Lang]map[string]string) (faults []error) {
	for _, lang := range Langs {
		for _, key := range sortedKeys(overrides[lang]) {
			parsed, err := parseText(overrides[lang][key])
			was, known := c.texts[lang][key]
			switch {
			case err != nil:
				faults = append(faults, fmt.Errorf("wording %s: %s: %w", lang, key, err))
			case !known:
				faults = append(faults, fmt.Errorf("wording %s: there is no text %s", lang, key))
			case !subset(parsed.names, was.names):
				faults = append(faults, fmt.Errorf("wording %s: %s names %v, but only %v is given", lang, key, parsed.names, was.names))
			default:
				c.texts[lang][key] = parsed
			}
		}
	}
	for lang := range overrides {
		if _, known := Parse(string(lang)); !known {
			faults = append(faults, fmt.Errorf("wording %s: no such language", lang))
		}
	}
	return faults
}

func subset(part, whole []string) bool {
	return !slices.ContainsFunc(part, func(name string) bool { return !slices.Contains(whole, name) })
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// Keys lists every key that is there in any language, sorted.
func (c *Catalog) Keys() []string {
	union := map[string]bool{}
	for _, texts := range c.texts {
		for key := range texts {
			union[key] = true
		}
	}
	return sortedKeys(union)
}

// Has says whether a key is in the catalog.
func (c *Catalog) Has(key string) bool { _, there := c.texts[ID][key]; return there }

// Globals gives values that every text may name without being handed them, such
// as the programme's name. Call it before the catalog is used.
func (c *Catalog) Globals(values map[string]any) { c.globals = values }

// OnMissing is told of every key, or key{name}, that was asked for and is not there.
func (c *Catalog) OnMissing(report func(lang Lang, key string)) { c.onMissing.Store(&report) }

func (c *Catalog) missing(lang Lang, key string) string {
	if report := c.onMissing.Load(); report != nil {
		(*report)(lang, key)
	}
	return "⟦" + key + "⟧"
}

// Text gives the plain words, without bold marks: for mail, SMS, titles and attributes.
// A missing key gives ⟦key⟧: a page with one hole is better than no page.
func (c *Catalog) Text(lang Lang, key string, args map[string]any) string {
	found, there := c.texts[lang][key]
	if !there {
		return c.missing(lang, key)
	}
	var b strings.Builder
	for _, piece := range found.pieces {
		switch piece.kind {
		case pieceWords:
			b.WriteString(piece.text)
		case pieceValue:
			b.WriteString(c.value(lang, key, piece.text, args))
		}
	}
	return b.String()
}

// HTML gives the words with bold marks as <strong>; text and values are escaped.
func (c *Catalog) HTML(lang Lang, key string, args map[string]any) template.HTML {
	found, there := c.texts[lang][key]
	if !there {
		return template.HTML(template.HTMLEscapeString(c.missing(lang, key))) // #nosec G203 -- escaped in this line
	}
	var b strings.Builder
	for _, piece := range found.pieces {
		switch piece.kind {
		case pieceWords:
			b.WriteString(template.HTMLEscapeString(piece.text))
		case pieceValue:
			b.WriteString(template.HTMLEscapeString(c.value(lang, key, piece.text, args)))
		case pieceBold:
			b.WriteString("<strong>")
		case pieceBoldEnd:
			b.WriteString("</strong>")
		}
	}
	return template.HTML(b.String()) // #nosec G203 -- every piece was escaped above
}

// Say gives the plain words of a Text.
func (c *Catalog) Say(lang Lang, t Text) string {
	if t.Key == "" {
		return t.Plain
	}
	return c.Text(lang, t.Key, t.Args)
}

// SayHTML gives the words of a Text with bold marks as <strong>.
func (c *Catalog) SayHTML(lang Lang, t Text) template.HTML {
	if t.Key == "" {
		return template.HTML(template.HTMLEscapeString(t.Plain)) // #nosec G203 -- escaped in this line
	}
	return c.HTML(lang, t.Key, t.Args)
}

func (c *Catalog) value(lang Lang, key, name string, args map[string]any) string {
	v, given := args[name]
	if !given {
		v, given = c.globals[name]
	}
	if !given {
		return c.missing(lang, key+"{"+name+"}")
	}
	return c.Format(lang, v)
}
