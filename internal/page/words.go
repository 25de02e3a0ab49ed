package page

import (
	"fmt"
	"html/template"
	"time"

	"gelombang/internal/locale"
)

// T makes a Text from a catalog key and pairs of name and value.
func T(key string, pairs ...any) Text { return Text{Key: key, Args: argsOf(pairs)} }

// Plain makes a Text that is the same in every language.
func Plain(words string) Text { return Text{Plain: words} }

// argsOf turns pairs into values. A pair without a string for a name is a bug of
// the caller; its value is left out and the text then shows which is missing.
func argsOf(pairs []any) map[string]any {
	if len(pairs) == 0 {
		return nil
	}
	args := make(map[string]any, len(pairs)/2)
	for at := 0; at+1 < len(pairs); at += 2 {
		if name, ok := pairs[at].(string); ok {
			args[name] = pairs[at+1]
		}
	}
	return args
}

// funcs are bound to a language, so a template never carries it around.
func (r *Renderer) funcs(lang locale.Lang) template.FuncMap {
	c := r.cfg.Catalog
	return template.FuncMap{
		"t":        func(key string, pairs ...any) string { return c.Text(lang, key, argsOf(pairs)) },
		"th":       func(key string, pairs ...any) template.HTML { return c.HTML(lang, key, argsOf(pairs)) },
		"tx":       func(t Text) template.HTML { return c.SayHTML(lang, t) },
		"text":     T,
		"plain":    Plain,
		"date":     func(t time.Time) string { return locale.Date(lang, t) },
		"day":      func(t time.Time) string { return locale.Day(lang, t) },
		"clock":    func(t time.Time) string { return locale.Clock(lang, t) },
		"seconds":  func(t time.Time) string { return locale.ClockSeconds(lang, t) },
		"datetime": func(t time.Time) string { return locale.DateTime(lang, t) },
		"machine":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"duration": func(d time.Duration) string { return locale.Duration(lang, d) },
		"left":     func(d time.Duration) string { return locale.Left(lang, d) },
		"number":   func(v any) string { return c.Format(lang, v) },
		"rupiah":   func(rp int64) string { return locale.Rupiah(lang, rp) },
		"percent":  func(share float64) string { return locale.Percent(lang, share) },
		"lang":     func() string { return string(lang) },
		"asset":    r.assets.Path,
		"global":   func(name string) string { return r.cfg.Globals[name] },
		"dict":     dict,
	}
}

// dict hands several values to a part.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: %d values are not pairs", len(pairs))
	}
	return argsOf(pairs), nil
}
