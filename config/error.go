package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one mistake in a configuration file. Its text is ready for an operator: where, what is
// wrong, what was expected and what to do.
type Error struct {
	// Path names the file as it was given to Load or Parse.
	Path string
	// Line and Column count from 1, the column in octets as compilers do. Both are 0 when the
	// file could not be read at all.
	Line, Column int
	// Key is the path of the key at fault, such as "link.peer"; empty for a fault of the syntax.
	Key string
	// Msg says what is wrong and what to do, without the position.
	Msg string

	err error // the cause outside the document, such as fs.ErrNotExist
}

// Error returns "path:line:column: key: message", without the parts that are unknown.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Path)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": ")
	if e.Key != "" {
		b.WriteString(e.Key)
		b.WriteString(": ")
	}
	b.WriteString(e.Msg)
	return b.String()
}

// Unwrap returns the error of the operating system behind a file that could not be read, else nil.
func (e *Error) Unwrap() error { return e.err }

// Errors are all mistakes of one file in the order of their positions. Load, Parse and CheckPeers
// return this type and never an empty one.
type Errors []*Error

// Error returns the mistakes one a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes for errors.Is and errors.AsType.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, err := range e {
		errs[i] = err
	}
	return errs
}

// sorted returns the mistakes by position, or nil when there is none.
func (e Errors) sorted() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return e
}
