package bench

import (
	"errors"
	"strings"
)

// The lines between which a guide has the table.
const (
	tableBegin = "<!-- The table is written by make bench-readme. -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

// PutTable replaces the table of a guide by that of a result.
func PutTable(guide string, r *Result) (string, error) {
	head, rest, ok := strings.Cut(guide, tableBegin)
	if !ok {
		return "", errors.New("it has no line " + strings.TrimSpace(tableBegin))
	}
	_, tail, ok := strings.Cut(rest, tableEnd)
	if !ok {
		return "", errors.New("it has no line " + strings.TrimSpace(tableEnd))
	}
	return head + tableBegin + r.Markdown() + tableEnd + tail, nil
}
