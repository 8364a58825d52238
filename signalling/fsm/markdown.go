package fsm

import (
	"fmt"
	"strings"
)

// Markdown returns the table as one section a state, one row an event. Names come from the String
// methods of states and events; next states are printed by their numbers.
func (t *Table[S, E, A]) Markdown() string {
	var b strings.Builder
	for _, s := range t.states {
		fmt.Fprintf(&b, "\n## %d %v\n\n", uint8(s), s)
		b.WriteString("| event | kind | action | next | clause |\n|---|---|---|---|---|\n")
		for _, e := range t.events {
			c := t.At(s, e)
			fmt.Fprintf(&b, "| %v | %v | %s | %s | %s |\n", e, c.Kind, c.Text, numbers(c.Next), c.Clause)
		}
	}
	return b.String()
}

func numbers[S ~uint8](states []S) string {
	parts := make([]string, len(states))
	for i, s := range states {
		parts[i] = fmt.Sprint(uint8(s))
	}
	return strings.Join(parts, ", ")
}
