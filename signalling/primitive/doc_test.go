package primitive_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestDocTable: the table of the package comment has a row for each request, and the
// comment names each indication.
func TestDocTable(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var rows, words []string
	for line := range strings.Lines(string(data)) {
		fields := strings.FieldsFunc(line, func(r rune) bool { return !unicode.IsLetter(r) })
		words = append(words, fields...)
		if strings.HasPrefix(line, "//\t") && len(fields) > 1 {
			rows = append(rows, fields[0])
		}
	}
	kinds := 0
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.IsExported() {
				continue
			}
			typ := fn.Recv.List[0].Type.(*ast.Ident).Name
			kinds++
			switch in := map[string][]string{"request": rows, "indication": words}[fn.Name.Name]; {
			case in == nil:
				t.Errorf("%s is neither a request nor an indication", typ)
			case !slices.Contains(in, typ):
				t.Errorf("the package comment lacks the %s %s", fn.Name.Name, typ)
			}
		}
	}
	if kinds < 20 {
		t.Errorf("found %d primitives", kinds)
	}
}
