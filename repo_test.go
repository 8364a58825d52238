// Tests of the repository as a whole: the rules of layout that no compiler checks.
package callmanager_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "callmanager"

// source is one parsed Go file; its names are slash-separated and relative to the root.
type source struct {
	path string
	file *ast.File
	data []byte
}

func (s source) dir() string     { return path.Dir(s.path) }
func (s source) isTest() bool    { return strings.HasSuffix(s.path, "_test.go") }
func (s source) generated() bool { return ast.IsGenerated(s.file) }
func (s source) lines() int      { return bytes.Count(s.data, []byte{'\n'}) }

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	walk(t, func(name string, data []byte) {
		if path.Ext(name) != ".go" {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%v", err)
			return
		}
		all = append(all, source{name, f, data})
	})
	if len(all) == 0 {
		t.Fatal("no Go file found")
	}
	return all
}

// walk visits the files that belong to the repository: not what is built, fetched or recorded.
func walk(t *testing.T, visit func(name string, data []byte)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "bin" || d.Name() == "testdata" || d.Name() == "__pycache__" || name != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(filepath.FromSlash(name))
		if err == nil {
			visit(name, data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPackageDocs wants exactly one package comment in each package, in doc.go.
func TestPackageDocs(t *testing.T) {
	commented := map[string][]string{}
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		files := commented[s.dir()]
		if s.file.Doc != nil {
			files = append(files, path.Base(s.path))
		}
		commented[s.dir()] = files
	}
	for dir, files := range commented {
		if !slices.Equal(files, []string{"doc.go"}) {
			t.Errorf("%s: package comments in %q, want one in doc.go", dir, files)
		}
	}
}

// layer is a part of the project and what it may import besides its own sub-packages.
type layer struct {
	part    string
	allowed []string
}

// layers is the dependency rule. The first row that a package is within holds.
var layers = []layer{
	{"vc", nil},
	{"nicio", nil},
	{"datapath/ring", nil},
	{"datapath", []string{"nicio", "vc"}},
	{"signalling", []string{"vc"}},
	{"config", []string{"vc"}},
	{"api/cmdpb", nil},
	{"api", []string{"signalling", "vc", "datapath/ring"}},
	{"client", []string{"api/cmdpb", "datapath/ring"}},
	{"lab/simnet", []string{"signalling", "vc", "datapath/frame"}}, // for tests alone: it joins what the product keeps apart
	{"lab", []string{"client", "config", "nicio/ethtool"}},
	{"deploy", nil},
	{"cmd", []string{"api", "client", "config", "datapath", "lab", "nicio", "signalling", "vc"}},
}

// TestDependencyRule holds the layers: imports point downwards only. Tests may import anything.
func TestDependencyRule(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		row := slices.IndexFunc(layers, func(l layer) bool { return within(s.dir(), l.part) })
		if row < 0 {
			t.Errorf("%s: the rule knows no package %s", s.path, s.dir())
			continue
		}
		for _, to := range projectImports(t, s) {
			ok := within(to, layers[row].part) ||
				slices.ContainsFunc(layers[row].allowed, func(part string) bool { return within(to, part) })
			if !ok {
				t.Errorf("%s imports %s; %s may import %q", s.path, to, layers[row].part, layers[row].allowed)
			}
		}
	}
}

// within reports whether a package is a part or below it.
func within(pkg, part string) bool { return pkg == part || strings.HasPrefix(pkg, part+"/") }

// projectImports returns the packages of this module that a file imports, relative to the root.
func projectImports(t *testing.T, s source) (pkgs []string) {
	t.Helper()
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if rest, ok := strings.CutPrefix(p, module+"/"); ok {
			pkgs = append(pkgs, rest)
		}
	}
	return pkgs
}

// TestBudgets keeps files and packages small enough to read. The linter counts functions.
func TestBudgets(t *testing.T) {
	const mostFile, mostTest, mostPackage = 600, 800, 4000
	packages := map[string]int{}
	for _, s := range sources(t) {
		if s.generated() {
			continue
		}
		most := mostFile
		if s.isTest() {
			most = mostTest
		} else {
			packages[s.dir()] += codeLines(s.data)
		}
		if n := s.lines(); n > most {
			t.Errorf("%s has %d lines, more than %d", s.path, n, most)
		}
	}
	for dir, n := range packages {
		if n > mostPackage {
			t.Errorf("%s has %d lines of code, more than %d", dir, n, mostPackage)
		}
	}
}

// codeLines counts lines that are neither blank nor a comment alone.
func codeLines(data []byte) (n int) {
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && !bytes.HasPrefix(line, []byte("//")) {
			n++
		}
	}
	return n
}

// TestStandsAlone refuses paths that lead out of the clone: the tests must pass anywhere.
func TestStandsAlone(t *testing.T) {
	outside := []string{"../" + "shared", "/" + "work/"}
	walk(t, func(name string, data []byte) {
		for _, s := range outside {
			if bytes.Contains(data, []byte(s)) {
				t.Errorf("%s leads to %q", name, s)
			}
		}
	})
}

// TestReadmeLinks wants every relative link of the guides to lead somewhere.
func TestReadmeLinks(t *testing.T) {
	walk(t, func(name string, data []byte) {
		if path.Ext(name) != ".md" {
			return
		}
		for _, rest := range strings.Split(string(data), "](")[1:] {
			target, _, ok := strings.Cut(rest, ")")
			target, _, _ = strings.Cut(target, "#")
			if !ok || target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), target)); err != nil {
				t.Errorf("%s: a link leads nowhere: %v", name, err)
			}
		}
	})
}

// TestGoldenFiles wants the list in testdata/golden/README.md to name every golden file with tests
// that exist.
func TestGoldenFiles(t *testing.T) {
	const dir = "testdata/golden"
	list, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := make(map[string]bool)
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.isTest() {
				tests[s.dir()+"."+f.Name.Name] = true
			}
		}
	}
	var patterns []string
	for line := range strings.Lines(string(list)) {
		cells := strings.Split(line, " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) != 3 || cells[0] == "| file" {
			continue
		}
		for i, name := range strings.Split(cells[0], "`") {
			if i%2 == 1 {
				patterns = append(patterns, name)
			}
		}
		if test := strings.Trim(cells[1], "`"); !tests[test] {
			t.Errorf("%s: there is no test %s", dir, test)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("golden files: %v, %v", files, err)
	}
	for _, f := range files {
		listed := slices.ContainsFunc(patterns, func(p string) bool {
			ok, _ := filepath.Match(filepath.Join(dir, p), f)
			return ok
		})
		if !listed {
			t.Errorf("%s: no test is listed", f)
		}
	}
}
