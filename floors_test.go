package gelombang_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The floors of the house. A package imports lower floors only; on its own floor,
// only what this table lists. The plan is in ARCHITECTURE.md: change it there first.
var floorOf = map[string]int{
	"cmd": 4,

	"portal": 3, "console": 3, "hooks": 3, "report": 3,

	"otp": 2, "account": 2, "staff": 2, "identity": 2, "photo": 2,
	"wave": 2, "application": 2, "draw": 2, "announce": 2,

	"audit": 1, "limit": 1, "eligibility": 1, "notify": 1, "waitroom": 1,

	"internal": 0, "migrations": 0, ".": 0,
}

// outsiders speak only the wire: nobody but cmd and tests imports them, and they
// import nothing of ours.
var outsiders = []string{"sim", "rehearsal"}

// siblings are the imports allowed within a floor.
var siblings = map[string][]string{
	"account":     {"otp"},
	"application": {"identity", "photo", "wave"},
	"draw":        {"wave"},
	"announce":    {"application", "draw", "wave"},
	"otp":         {},
	"notify":      {"limit"},
	"console":     {"report"},
	"portal":      {"report"},
}

// more says which parts of a room are open to a wider circle than the room itself.
var more = map[string][]string{
	// The format of receipts and of the published draw is mathematics, not a noun's state.
	"draw/transcript": {"wave", "application", "announce"},
}

const module = "gelombang"

type source struct {
	path string // slash-separated, relative to the root
	dir  string
	file *ast.File
	text string
}

var fset = token.NewFileSet()

// sources parses every Go file of the module, tests included.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || slices.Contains([]string{"node_modules", "testdata", "tools", "data", "bin"}, d.Name())) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		out = append(out, source{filepath.ToSlash(path), filepath.ToSlash(filepath.Dir(path)), f, string(text)})
		return err
	})
	if err != nil || len(out) < 50 {
		t.Fatalf("%d files, %v", len(out), err)
	}
	return out
}

func (s source) isTest() bool {
	return strings.HasSuffix(s.path, "_test.go") || strings.HasSuffix(s.dir, "test") || strings.Contains(s.dir, "test/")
}

func room(dir string) string { name, _, _ := strings.Cut(dir, "/"); return name }

func (s source) imports() (ours, all []string) {
	for _, i := range s.file.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		all = append(all, p)
		if rest, ok := strings.CutPrefix(p, module+"/"); ok {
			ours = append(ours, rest)
		}
	}
	return ours, all
}

func TestImportsGoDownOnly(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.isTest() || s.dir == "." {
			continue
		}
		from := room(s.dir)
		ours, _ := s.imports()
		if slices.Contains(outsiders, from) {
			for _, to := range ours {
				if room(to) != from {
					t.Errorf("%s imports %s: an outsider imports nothing of ours", s.path, to)
				}
			}
			continue
		}
		if _, ok := floorOf[from]; !ok {
			t.Errorf("%s has no floor: plan it in ARCHITECTURE.md and in floorOf", s.path)
		}
		for _, to := range ours {
			checkImport(t, s.path, from, to)
		}
	}
}

func checkImport(t *testing.T, path, from, to string) {
	t.Helper()
	other := room(to)
	switch {
	case other == from:
	case slices.Contains(outsiders, other):
		if from != "cmd" {
			t.Errorf("%s imports the outsider %s", path, to)
		}
	case slices.Contains(more[to], from):
	case floorOf[other] > floorOf[from]:
		t.Errorf("%s imports %s, which is upstairs", path, to)
	case floorOf[other] == floorOf[from] && from != "internal" && !slices.Contains(siblings[from], other):
		t.Errorf("%s imports its sibling %s, which siblings does not list", path, to)
	}
}

// What a policy may not know. It is handed facts and gives a verdict.
var impure = regexp.MustCompile(`^(database/sql|net|net/http|os|log|log/slog|context|math/rand)$|^gelombang/internal/(sqldb|jobs|batch|page|session)$`)

func TestPoliciesArePure(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if filepath.Base(s.path) != "policy.go" || room(s.dir) == "sim" {
			continue
		}
		_, all := s.imports()
		for _, p := range all {
			if impure.MatchString(p) {
				t.Errorf("%s imports %s: a policy has no clock, database, request or log", s.path, p)
			}
		}
		if strings.Contains(s.text, "time.Now(") {
			t.Errorf("%s reads the clock", s.path)
		}
	}
}

var statement = regexp.MustCompile(`(?s)^\s*(SELECT\s.*\sFROM\s|INSERT INTO\s|UPDATE\s+\w+\s+SET\s|DELETE FROM\s|WITH\s+\w+\s+AS\s)`)

func TestSQLStandsOnlyInStores(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		name := filepath.Base(s.path)
		if s.isTest() || strings.HasPrefix(name, "store") || s.dir == "internal/sqldb" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil && statement.MatchString(text) {
					t.Errorf("%s: SQL outside a store", fset.Position(lit.Pos()))
				}
			}
			return true
		})
	}
}

func TestTheClockIsInjectedBelowCmd(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.isTest() || slices.Contains([]string{"cmd", "sim"}, room(s.dir)) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
				t.Errorf("%s: time.%s below cmd", fset.Position(sel.Pos()), sel.Sel.Name)
			}
			return true
		})
	}
}

func TestNothingSleepsInATest(t *testing.T) {
	t.Parallel()
	sleeping := regexp.MustCompile(`time\.` + `Sleep\(`)
	for _, s := range sources(t) {
		// Inside testing/synctest a sleep moves a bubble's own clock and waits for nothing.
		if s.isTest() && sleeping.MatchString(s.text) && !strings.Contains(s.text, `"testing/synctest"`) {
			t.Errorf("%s sleeps", s.path)
		}
	}
}

func TestNoPackageIsCalledForWhatItLacks(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if slices.Contains([]string{"util", "utils", "common", "helpers", "types", "manager"}, s.file.Name.Name) {
			t.Errorf("%s: package %s says nothing", s.path, s.file.Name.Name)
		}
	}
}

func TestNothingOfTheDefaultProgrammeIsWiredIn(t *testing.T) {
	t.Parallel()
	name := "pra" + "kerja"
	for _, s := range sources(t) {
		if !s.isTest() && strings.Contains(strings.ToLower(s.text), name) {
			t.Errorf("%s names the default programme: that stands in programme.yaml alone", s.path)
		}
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasPrefix(d.Name(), "catalog.") && filepath.Ext(path) != ".html" {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(strings.ToLower(string(text)), name) {
			t.Errorf("%s names the default programme", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A map that names a street which is not there is worse than none.
func TestEveryFileThatTheArchitectureNamesIsThere(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z_/]+\\.(?:go|py|yaml))`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 20 {
		t.Fatalf("only %d files are named", len(named))
	}
	for _, m := range named {
		path := m[1]
		if _, err := os.Stat(path); err != nil && strings.Contains(path, "/") {
			t.Errorf("ARCHITECTURE.md names %s: %v", path, err)
		}
	}
}
