package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/staff"
)

func TestEveryRouteDeclaresWhoMayCallItAndTheDoorIsReal(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	routes := slices.Concat(d.house.portal.Routes(), d.house.console.Routes(), d.house.hooks.Routes())
	if len(routes) < 50 {
		t.Fatalf("only %d routes", len(routes))
	}
	for _, r := range routes {
		if err := r.Fault(); err != nil {
			t.Error(err)
		}
		if r.Auth == page.Staff && !slices.Contains(staff.Permissions, staff.Permission(r.Permission)) {
			t.Errorf("%s %s: there is no permission %q", r.Method, r.Pattern, r.Permission)
		}
		if r.Auth == page.Account || r.Auth == page.Staff {
			knock(t, d, r)
		}
	}
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// knock asks without having signed in: nothing of the page may come back.
func knock(t *testing.T, d *demo, r page.Route) {
	t.Helper()
	v := newVisitor(t, d.web.public, "en")
	path := strings.TrimSuffix(wildcard.ReplaceAllString(r.Pattern, "1"), "1") // {$} stands for nothing
	if strings.Contains(r.Pattern, "{id}") || strings.Contains(r.Pattern, "{wave}") {
		path = wildcard.ReplaceAllString(r.Pattern, "1")
	}
	var a answer
	if r.Method == http.MethodPost {
		a = v.post(path, nil)
	} else {
		a = v.ask(r.Method, path)
	}
	in := strings.HasSuffix(a.path, "/sign-in") || a.status == http.StatusUnauthorized || a.status == http.StatusForbidden
	if !in {
		t.Errorf("%s %s let a stranger in: %d at %s", r.Method, r.Pattern, a.status, a.path)
	}
}

func TestEveryJobKindHasOneHandlerAndEveryQueueIsWorked(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "")
	kinds := d.house.worker.Kinds() // two handlers for one kind panic at start
	for name, value := range constants(t) {
		switch {
		case strings.HasPrefix(name, "Kind") && jobKind.MatchString(value) && !slices.Contains(kinds, value):
			t.Errorf("nobody handles %s", value)
		case name == "QueueName" && slots[value] == 0:
			t.Errorf("nobody works the queue %s", value)
		}
	}
	if len(kinds) < 8 {
		t.Errorf("only %v", kinds)
	}
}

var jobKind = regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)

// constants gives every string constant of the nouns and the ground, by a name that
// is made unique by its package.
func constants(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for path, f := range goFiles(t) {
		for _, decl := range f.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.CONST {
				continue
			}
			for _, spec := range gen.Specs {
				v := spec.(*ast.ValueSpec)
				for i, name := range v.Names {
					if i < len(v.Values) {
						if lit, ok := v.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
							text, _ := strconv.Unquote(lit.Value)
							key := name.Name
							if _, taken := out[key]; taken && out[key] != text {
								key += "·" + path
							}
							out[key] = text
						}
					}
				}
			}
		}
	}
	return out
}

func goFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	out := map[string]*ast.File{}
	fset := token.NewFileSet()
	walkSources(t, func(path string, text []byte) {
		if strings.HasSuffix(path, ".go") {
			f, err := parser.ParseFile(fset, path, text, 0)
			if err != nil {
				t.Fatal(err)
			}
			out[path] = f
		}
	})
	return out
}

// walkSources visits the product's own Go files and pages, tests apart.
func walkSources(t *testing.T, visit func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "node_modules", "testdata", "tools", "sim", "data", "bin"}, d.Name()) {
			return filepath.SkipDir
		}
		if ext := filepath.Ext(path); (ext != ".go" && ext != ".html") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			visit(path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// composed are the keys that code puts together from a closed word. Each row is a
// pattern and the place that composes it.
var composed = []*regexp.Regexp{
	regexp.MustCompile(`^(programme|statement|education|employment|rule|wave|stratum)\.`),                 // the programme's own (Programme.Texts)
	regexp.MustCompile(`^account\.history\.proved_(email|sms)$`),                                          // account/prove.go, by channel
	regexp.MustCompile(`^otp\.(prove_email|prove_phone|sign_in|reset|recover|undo)\.(subject|text|sms)$`), // otp.Purpose, with what notify appends
	regexp.MustCompile(`^limit\.`), // web.go, by the budget's name
}

// TestEveryCatalogKeyIsUsed keeps the catalogs free of sentences that nobody can read.
// That every key which is used exists, in both languages, is checked at start.
func TestEveryCatalogKeyIsUsed(t *testing.T) {
	t.Parallel()
	texts := everyText(t)
	used, prefixes := map[string]bool{}, map[string]bool{}
	quoted := regexp.MustCompile("[\"`]([a-z][a-z0-9_]*(?:\\.[a-z0-9_]+)*\\.?)[\"`]")
	walkSources(t, func(_ string, text []byte) {
		for _, m := range quoted.FindAllSubmatch(text, -1) {
			word := string(m[1])
			used[word] = true
			if strings.HasSuffix(word, ".") {
				prefixes[word] = true
			}
		}
	})
	for _, key := range texts.Keys() {
		if !isUsed(key, used, prefixes) {
			t.Errorf("nobody says %s", key)
		}
	}
}

// TestEveryKeyThatAFaultCarriesIsInTheCatalog holds what people are told when something
// fails against the words there are: a page with a hole in it is found too late.
func TestEveryKeyThatAFaultCarriesIsInTheCatalog(t *testing.T) {
	t.Parallel()
	texts := everyText(t)
	n := 0
	check := func(where, key string) {
		appended := func(k string) bool { return strings.HasPrefix(k, key+".") } // a message's .subject
		if n++; key != "" && !texts.Has(key) && !slices.ContainsFunc(texts.Keys(), appended) {
			t.Errorf("%s: %s is in no catalog", where, key)
		}
	}
	for name, value := range constants(t) {
		if base, _, _ := strings.Cut(name, "·"); strings.HasSuffix(base, "Key") && strings.Contains(value, ".") {
			check("constant "+name, value)
		}
	}
	for path, f := range goFiles(t) {
		ast.Inspect(f, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if of, _ := sel.X.(*ast.Ident); of == nil || of.Name != "fault" {
				return true
			}
			for _, arg := range call.Args {
				if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					key, _ := strconv.Unquote(lit.Value)
					check(path, key)
				}
			}
			return true
		})
	}
	if n < 50 {
		t.Errorf("only %d keys were found", n)
	}
}

// everyText is the whole catalog, with the default programme's words.
func everyText(t *testing.T) *locale.Catalog {
	t.Helper()
	p, err := DefaultProgramme()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := catalog(p)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// isUsed knows a key that is written out, one whose last words are appended (a
// message's .subject, a state's .next), and one that is put behind a prefix.
func isUsed(key string, used, prefixes map[string]bool) bool {
	for _, c := range composed {
		if c.MatchString(key) {
			return true
		}
	}
	for at := key; at != ""; {
		if used[at] || prefixes[at+"."] {
			return true
		}
		i := strings.LastIndexByte(at, '.')
		if i < 0 || strings.Count(at, ".") < 2 {
			return false
		}
		at = at[:i]
	}
	return false
}
