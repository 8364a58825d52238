package operation_test

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

// TestDocTable: the table of the package comment has a row for each request, and the comment names
// each event.
func TestDocTable(t *testing.T) {
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
	requests, events := markers(t)
	for _, name := range requests {
		if !slices.Contains(rows, name) {
			t.Errorf("the table lacks the request %s", name)
		}
	}
	for _, name := range events {
		if !slices.Contains(words, name) {
			t.Errorf("the package comment lacks the event %s", name)
		}
	}
	if len(requests) < 20 || len(events) < 20 {
		t.Errorf("found %d requests and %d events", len(requests), len(events))
	}
}

// markers returns the types that have the methods request and event.
func markers(t *testing.T) (requests, events []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
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
			typ, ok := fn.Recv.List[0].Type.(*ast.Ident)
			switch {
			case !ok:
				t.Errorf("%s: %s has no plain receiver", name, fn.Name.Name)
			case fn.Name.Name == "request":
				requests = append(requests, typ.Name)
			case fn.Name.Name == "event":
				events = append(events, typ.Name)
			default:
				t.Errorf("%s is neither a request nor an event", typ.Name)
			}
		}
	}
	return requests, events
}
