package page

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"text/template/parse"
)

// KeysUsed lists the catalog keys that the templates of fsys name literally:
// the first argument of t, th and text. Keys that a handler chooses travel in a
// Text and are found in Go, not here.
func KeysUsed(fsys fs.FS) ([]string, error) {
	found, err := readSources([]fs.FS{fsys})
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, src := range slices.Concat(found.shared, found.pages) {
		tree := parse.New(src.name)
		tree.Mode = parse.SkipFuncCheck
		set := map[string]*parse.Tree{}
		if _, err := tree.Parse(src.text, "", "", set); err != nil {
			return nil, fmt.Errorf("parse %s: %w", src.name, err)
		}
		for _, t := range set {
			walk(reflect.ValueOf(t.Root), func(key string) { keys = append(keys, key) })
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// OwnKeys lists the literal keys of the parts that every renderer shares.
func OwnKeys() ([]string, error) { return KeysUsed(parts) }

var nodeType = reflect.TypeFor[parse.Node]()

// walk visits every command of a template tree. Node kinds differ in the names
// of their children, so it follows whatever fields hold nodes.
func walk(v reflect.Value, found func(string)) {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		if command, ok := v.Interface().(*parse.CommandNode); ok {
			literalKey(command, found)
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		for at := range v.NumField() {
			if field := v.Field(at); v.Type().Field(at).IsExported() && holdsNodes(field.Type()) {
				walk(field, found)
			}
		}
	case reflect.Slice:
		for at := range v.Len() {
			walk(v.Index(at), found)
		}
	}
}

func holdsNodes(t reflect.Type) bool {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t.Implements(nodeType) || (t.Kind() == reflect.Struct && reflect.PointerTo(t).Implements(nodeType))
}

func literalKey(command *parse.CommandNode, found func(string)) {
	if len(command.Args) < 2 {
		return
	}
	name, isName := command.Args[0].(*parse.IdentifierNode)
	key, isLiteral := command.Args[1].(*parse.StringNode)
	if isName && isLiteral && slices.Contains([]string{"t", "th", "text"}, name.Ident) {
		found(key.Text)
	}
}

// checkKeys holds the literal keys of all templates against the catalog.
func (r *Renderer) checkKeys() error {
	var faults []error
	for _, fsys := range append([]fs.FS{parts}, r.cfg.Templates...) {
		keys, err := KeysUsed(fsys)
		faults = append(faults, err)
		for _, key := range keys {
			if !r.cfg.Catalog.Has(key) {
				faults = append(faults, fmt.Errorf("a template names %s, which is not in the catalog", key))
			}
		}
	}
	return errors.Join(faults...)
}
