package ring_test

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// found is a bounds check that the compiler kept.
var found = regexp.MustCompile(`(\w+\.go):(\d+):\d+: Found Is(?:Slice)?InBounds`)

// TestNoBoundsChecks compiles the package and fails if a function marked //hot:bce keeps a bounds check.
func TestNoBoundsChecks(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	hot := hotFunctions(t)
	if len(hot) == 0 {
		t.Fatal("no function is marked //hot:bce")
	}
	out, err := exec.CommandContext(t.Context(), goTool, "build", "-gcflags=-d=ssa/check_bce", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	var checks int
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		m := found.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		checks++
		var line int
		if _, err := fmt.Sscan(m[2], &line); err != nil {
			t.Fatal(err)
		}
		for _, f := range hot {
			if f.file != m[1] || line < f.first || line >= f.first+len(f.lines) {
				continue
			}
			kept := strings.Contains(f.lines[line-f.first], ".payload(") // Inlined; its check is kept on purpose.
			if !kept {
				t.Errorf("%s: %s", f.name, lines.Text())
			}
		}
	}
	if checks == 0 {
		t.Error("the compiler reported no check at all, although view.payload keeps one: is the output understood?")
	}
}

// span is where a function stands.
type span struct {
	name, file string
	first      int
	lines      []string
}

// hotFunctions returns the functions marked //hot:bce.
func hotFunctions(t *testing.T) (hot []span) {
	t.Helper()
	for _, file := range []string{"producer.go", "consumer.go", "view.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(source), "\n")
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, file, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Doc == nil {
				continue
			}
			for _, c := range f.Doc.List {
				if strings.HasPrefix(c.Text, "//hot:bce") {
					first, last := fset.Position(f.Pos()).Line, fset.Position(f.End()).Line
					hot = append(hot, span{f.Name.Name, file, first, lines[first-1 : last]})
				}
			}
		}
	}
	return hot
}
