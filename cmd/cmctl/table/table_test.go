package table_test

import (
	"bytes"
	"errors"
	"testing"

	"callmanager/cmd/cmctl/table"
)

// errBroken is what a broken writer returns.
var errBroken = errors.New("broken")

// broken takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// What would disturb a terminal or the columns is not printed.
func TestTable(t *testing.T) {
	var out bytes.Buffer
	tb := table.New(&out, "A", "B")
	cells := []string{"", "a\tb\nc\x1b[31m\u202e"}
	tb.Row(cells...)
	tb.Row("ä", "x y")
	if err := tb.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := "A  B\n-  a?b?c?[31m?\nä  x y\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	if cells[0] != "" {
		t.Error("the caller's row is changed")
	}
	tb = table.New(broken{}, "A")
	if err := tb.Flush(); !errors.Is(err, errBroken) {
		t.Errorf("flush: %v", err)
	}
}
