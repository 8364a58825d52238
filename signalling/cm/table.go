package cm

import (
	"fmt"
	"strings"

	"callmanager/signalling/q2931/ie"
)

// kind says what a cell of a state table is. The zero kind is refused at
// start-up.
type kind uint8

const (
	_ kind = iota
	// handle runs the cell's action; the state afterwards is one of next.
	handleIt
	// ignoreIt drops the event: the model tolerates it, or it has crossed
	// another on the way.
	ignoreIt
	// refuseIt answers the request with the cell's status and text.
	refuseIt
	// impossibleIt is our own mistake: counted, reported, nothing changed.
	impossibleIt
)

// cell is what a machine does on an event in a state. S is the state type, A
// the action's.
type cell[S comparable, A any] struct {
	kind   kind
	do     A
	next   []S
	status Status
	// cause goes with a refusal; zero means none.
	cause ie.CauseValue
	// text is the detail of a refusal, or the rule that decided the cell.
	text string
}

// refusal is the answer of a cell that refuses.
func (c *cell[S, A]) refusal() *refusal {
	ref := refuse(c.status, c.text)
	if c.cause != 0 {
		ref.cause = cause(c.cause)
	}
	return ref
}

// The tables by their names, as fired has them.
const (
	tableAF       = "address family"
	tableVC       = "VC"
	tableOutgoing = "outgoing call"
	tableIncoming = "incoming call"
	tableParty    = "party"
)

// fired is told of every cell that a machine acts on. It is set by tests alone,
// before any machine is made.
var fired func(table, state, event string)

// note tells fired, if it is set.
func note(table string, state, event fmt.Stringer) {
	if fired != nil {
		fired(table, state.String(), event.String())
	}
}

// markdown writes a table of states by events. cells returns the text of each
// cell.
func markdown(title string, states, events []string, text func(state, event int) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n| event |", title)
	for _, s := range states {
		fmt.Fprintf(&b, " %s |", s)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(states)) + "\n")
	for e, name := range events {
		fmt.Fprintf(&b, "| %s |", name)
		for s := range states {
			fmt.Fprintf(&b, " %s |", text(s, e))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	return b.String()
}

// words is the text of a cell in the table's print.
func words[S interface {
	comparable
	fmt.Stringer
}, A any](c cell[S, A]) string {
	switch c.kind {
	case handleIt:
		names := make([]string, len(c.next))
		for i, n := range c.next {
			names[i] = n.String()
		}
		return strings.Join(names, ", ") + " (" + c.text + ")"
	case ignoreIt:
		return "ignored (" + c.text + ")"
	case refuseIt:
		return c.status.String()
	case impossibleIt:
		return "-"
	}
	return "undecided"
}
