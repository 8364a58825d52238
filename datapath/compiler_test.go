package datapath_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// boundsCheck is a bounds check that the compiler kept.
var boundsCheck = regexp.MustCompile(`(?m)^(?:\S*/)?(\w+\.go):(\d+):\d+: Found Is(?:Slice)?InBounds`)

// TestHotFunctionsHaveNoBoundsChecks compiles the hot packages and fails if a function marked
// //hot:bce keeps one.
func TestHotFunctionsHaveNoBoundsChecks(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	for _, dir := range []string{".", "aal5", "frame", "cell", "lookup", "sar"} {
		hot := hotFunctions(t, dir, "//hot:bce")
		if dir == "." { // What is generic is compiled where it is used.
			hot = append(hot, hotFunctions(t, "lookup", "//hot:bce")...)
		}
		if len(hot) == 0 {
			t.Fatalf("%s: no function is marked //hot:bce", dir)
		}
		cmd := exec.CommandContext(t.Context(), goTool, "build", "-gcflags=-d=ssa/check_bce", ".")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: go build: %v\n%s", dir, err, out)
		}
		checks := boundsCheck.FindAllStringSubmatch(string(out), -1)
		if dir == "." && len(checks) == 0 {
			t.Error("the compiler reports no check at all: is its output understood?")
		}
		for _, m := range checks {
			var line int
			if _, err := fmt.Sscan(m[2], &line); err != nil {
				t.Fatal(err)
			}
			for _, f := range hot {
				if f.file == m[1] && f.first <= line && line <= f.last {
					t.Errorf("%s: %s", f.name, m[0])
				}
			}
		}
	}
}

// In the assembly that the compiler lists, where a function begins, and a call of the copy of any length.
var (
	beginsFunction = regexp.MustCompile(`^\S+?\.(?:\(\*?\w+\)\.)?(\w+) STEXT`)
	callsMemmove   = regexp.MustCompile(`(?i)\bcall\s+runtime\.memmove\(SB\)`)
)

// TestHotFunctionsCopyInPlace lists the assembly of the packages of cells and fails if a function marked
// //hot:nomemmove calls memmove: a cell's payload is moved in registers.
func TestHotFunctionsCopyInPlace(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	for dir, others := range map[string]bool{"cell": false, "sar": true} {
		hot := map[string]bool{}
		for _, f := range hotFunctions(t, dir, "//hot:nomemmove") {
			hot[f.name] = true
		}
		cmd := exec.CommandContext(t.Context(), goTool, "build", "-gcflags=-S", ".")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: go build: %v\n%s", dir, err, out)
		}
		name, seen, calls := "", 0, 0
		for line := range strings.SplitSeq(string(out), "\n") {
			if m := beginsFunction.FindStringSubmatch(line); m != nil {
				if name = m[1]; hot[name] {
					seen++
				}
			}
			if !callsMemmove.MatchString(line) {
				continue
			}
			calls++
			if hot[name] {
				t.Errorf("%s: %s calls memmove", dir, name)
			}
		}
		if seen != len(hot) || seen == 0 {
			t.Errorf("%s: %d functions listed of %d that are marked", dir, seen, len(hot))
		}
		if others && calls == 0 {
			t.Errorf("%s: the compiler lists no call of memmove at all: is its output understood?", dir)
		}
	}
}

// extent is where a function stands.
type extent struct {
	name, file  string
	first, last int
}

// hotFunctions returns the functions of a directory that have a mark.
func hotFunctions(t *testing.T, dir, mark string) (hot []extent) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	must(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
		must(t, err)
		for _, decl := range parsed.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Doc == nil || !slices.Contains(marks(f.Doc), mark) {
				continue
			}
			hot = append(hot, extent{
				f.Name.Name, filepath.Base(file),
				fset.Position(f.Pos()).Line, fset.Position(f.End()).Line,
			})
		}
	}
	return hot
}

// marks returns the lines of a comment as they stand.
func marks(doc *ast.CommentGroup) (lines []string) {
	for _, c := range doc.List {
		lines = append(lines, c.Text)
	}
	return lines
}
