package table

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// A Table collects rows and prints them in columns.
type Table struct {
	w *tabwriter.Writer
}

// New starts a table with its headings. Nothing is written before Flush.
func New(w io.Writer, headings ...string) *Table {
	t := &Table{w: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	t.Row(headings...)
	return t
}

// Row adds a row, and keeps nothing of the slice. An empty cell shows as a hyphen; the others are made [Printable].
func (t *Table) Row(cells ...string) {
	printable := make([]string, len(cells))
	for i, c := range cells {
		printable[i] = cmp.Or(Printable(c), "-")
	}
	_, _ = fmt.Fprintln(t.w, strings.Join(printable, "\t")) // Flush tells of a failure
}

// Flush prints the table. It returns the error of the writer.
func (t *Table) Flush() error { return t.w.Flush() }

// Printable returns a text with a question mark for each character that would disturb a terminal or columns.
func Printable(s string) string { return strings.Map(visible, s) }

// visible replaces what is not to be printed.
func visible(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '?'
}
