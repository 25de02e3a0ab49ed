package main

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// document is a YAML file being read into a struct. The library's own decoder
// stops at the first error and forgets where a value stood; an operator wants
// every error of the file at once, each with its place, and the later checks
// need the places too.
type document struct {
	path     string
	places   map[string]token.Position // field path to where its value stands
	unread   map[string]bool           // field paths whose value could not be read
	anchors  map[string]ast.Node
	problems []problem
}

type problem struct {
	at   token.Position
	text string
}

// readDocument fills dst. The error is a text that is not YAML at all; fields
// that do not fit are collected in the document.
func readDocument(path string, text []byte, dst any) (*document, error) {
	if len(text) > maxProgrammeBytes {
		return nil, fmt.Errorf("%s: %d bytes, the limit is %d", path, len(text), maxProgrammeBytes)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntaxError(path, err)
	}
	d := &document{path: path, places: map[string]token.Position{}, unread: map[string]bool{}, anchors: map[string]ast.Node{}}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, fmt.Errorf("%s:1:1: must be one YAML document", path)
	}
	d.read("", file.Docs[0].Body, reflect.ValueOf(dst).Elem())
	return d, nil
}

func syntaxError(path string, err error) error {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	at := e.GetToken().Position
	return fmt.Errorf("%s:%d:%d: %s", path, at.Line, at.Column, e.GetMessage())
}

// err gives all problems in the order of the file, or nil.
func (d *document) err() error {
	if len(d.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(d.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.at.Column, b.at.Column))
	})
	lines := make([]string, len(d.problems))
	for i, p := range d.problems {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", d.path, p.at.Line, p.at.Column, p.text)
	}
	return errors.New(strings.Join(lines, "\n"))
}

// add records a problem at a field, or at the nearest part above it that is
// written in the file. What could not be read is not complained about twice.
func (d *document) add(field, format string, args ...any) {
	for above := field; above != ""; above = parent(above) {
		if d.unread[above] {
			return
		}
	}
	text := fmt.Sprintf(format, args...)
	if field != "" {
		text = field + ": " + text
	}
	d.problems = append(d.problems, problem{d.place(field), text})
}

func (d *document) place(field string) token.Position {
	for {
		if at, ok := d.places[field]; ok {
			return at
		}
		if field == "" {
			return token.Position{Line: 1, Column: 1}
		}
		field = parent(field)
	}
}

// has says whether the field is written in the file.
func (d *document) has(field string) bool {
	_, ok := d.places[field]
	return ok
}

func (d *document) fail(field, format string, args ...any) {
	d.add(field, format, args...)
	d.unread[field] = true
}

func parent(field string) string {
	return field[:max(strings.LastIndexAny(field, ".["), 0)]
}

func child(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}

// read puts a node into v. An empty value counts as not written.
func (d *document) read(field string, node ast.Node, v reflect.Value) {
	node = d.follow(field, node)
	if node == nil || node.Type() == ast.NullType {
		return
	}
	d.places[field] = position(node)
	switch target := v.Addr().Interface().(type) {
	case *time.Duration:
		readText(d, field, node, target, parseSpan)
		return
	case *Moment:
		readText(d, field, node, target, parseMoment)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.readStruct(field, node, v)
	case reflect.Slice:
		d.readSlice(field, node, v)
	case reflect.Map:
		d.readMap(field, node, v)
	default:
		d.readScalar(field, node, v)
	}
}

// follow steps through anchors and aliases, by which a file says one thing twice.
func (d *document) follow(field string, node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.AnchorNode:
		d.anchors[n.Name.GetToken().Value] = n.Value
		return n.Value
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if d.anchors[name] == nil {
			d.places[field] = *n.Start.Position
			d.fail(field, "refers to &%s, which is not above it", name)
		}
		return d.anchors[name]
	}
	return node
}

func position(node ast.Node) token.Position {
	if pairs, ok := pairsOf(node); ok && len(pairs) > 0 {
		return *pairs[0].Key.GetToken().Position
	}
	if list, ok := node.(*ast.SequenceNode); ok && !list.IsFlowStyle && len(list.Values) > 0 {
		return position(list.Values[0])
	}
	return *node.GetToken().Position
}

func pairsOf(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func (d *document) readStruct(field string, node ast.Node, v reflect.Value) {
	pairs, ok := pairsOf(node)
	if !ok {
		d.fail(field, "must be a group of fields")
		return
	}
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("yaml"); name != "" {
			fields[name] = v.Field(i)
		}
	}
	for _, pair := range pairs {
		key := pair.Key.GetToken()
		inside := child(field, key.Value)
		target, known := fields[key.Value]
		if !known {
			d.places[inside] = *key.Position
			d.add(inside, "unknown field")
			continue
		}
		d.read(inside, pair.Value, target)
	}
}

func (d *document) readSlice(field string, node ast.Node, v reflect.Value) {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		d.fail(field, "must be a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values)))
	for i, item := range list.Values {
		d.read(fmt.Sprintf("%s[%d]", field, i), item, v.Index(i))
	}
}

func (d *document) readMap(field string, node ast.Node, v reflect.Value) {
	pairs, ok := pairsOf(node)
	if !ok {
		d.fail(field, "must be a group of fields")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		item := reflect.New(v.Type().Elem()).Elem()
		d.read(child(field, key), pair.Value, item)
		v.SetMapIndex(reflect.ValueOf(key), item)
	}
}

// readScalar is exact about types: a date, a number or a yes where another is
// meant is a slip that should be seen, not converted.
func (d *document) readScalar(field string, node ast.Node, v reflect.Value) {
	want, fits := "text", false
	switch v.Kind() {
	case reflect.String:
		text, ok := textOf(node)
		v.SetString(text)
		fits = ok
	case reflect.Int:
		want, fits = "a whole number", node.Type() == ast.IntegerType
	case reflect.Float64:
		want, fits = "a number", node.Type() == ast.IntegerType || node.Type() == ast.FloatType
	case reflect.Bool:
		want, fits = "true or false", node.Type() == ast.BoolType
	}
	if fits && v.Kind() != reflect.String {
		fits = yaml.NodeToValue(node, v.Addr().Interface()) == nil
	}
	if !fits {
		d.fail(field, "must be %s", want)
	}
}

// textOf takes a bare number as text too: a wave may be called 1.
func textOf(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case *ast.IntegerNode:
		return n.Token.Value, true
	}
	return "", false
}

func readText[T any](d *document, field string, node ast.Node, target *T, parse func(string) (T, error)) {
	text, ok := textOf(node)
	if !ok {
		d.fail(field, "must be text")
		return
	}
	value, err := parse(text)
	if err != nil {
		d.fail(field, "%v", err)
		return
	}
	*target = value
}
