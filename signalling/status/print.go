package status

import (
	"fmt"
	"strings"
)

// Markdown prints the table, the text of STATUS.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Statuses and causes\n\nThe one table between the statuses of the model and the causes of Q.2931, as the code has it.\n" +
		"\"<->\" rows hold both ways; \"->\" rows name the nearest status of a cause; \"<-\" rows name what the\n" +
		"caller is told of an offer that is refused with the status and without a cause. A cause that is\n" +
		"not listed is FAILURE. SUCCESS and PENDING refuse nothing.\n\n| cause | | status |\n|---|---|---|\n")
	for i := range table {
		r := &table[i]
		arrow := [...]string{both: "<->", fromCause: "->", fromStatus: "<-"}[r.way]
		fmt.Fprintf(&b, "| %d, %s | %s | %s |\n", r.cause, r.cause, arrow, r.status)
	}
	return b.String()
}
