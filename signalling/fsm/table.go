package fsm

import (
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
)

// Kind is what a cell decides. The zero value is an undecided cell, which New refuses.
type Kind uint8

// The decisions.
const (
	_          Kind = iota
	Handle          // run the action
	Ignore          // the standard says to discard
	Protest         // an error of the peer or of the user: report it, stay
	Impossible      // cannot happen unless the machine itself is defective
)

// String returns the name of the kind.
func (k Kind) String() string {
	switch k {
	case Handle:
		return "handle"
	case Ignore:
		return "ignore"
	case Protest:
		return "protest"
	case Impossible:
		return "impossible"
	}
	return "undecided"
}

// Cell is the decision for one event in one state. A is the type of the machine's actions.
type Cell[S ~uint8, A any] struct {
	Kind   Kind
	Do     A      // Handle only
	Text   string // what is done, in the shorthand of the table's legend
	Clause string // where the standard says so
	Next   []S    // Handle only: every state in which Do may end
}

// On returns a cell that runs do, which ends in one of next, the present state included if it may
// stay there.
func On[S ~uint8, A any](text, clause string, do A, next ...S) Cell[S, A] {
	return Cell[S, A]{Kind: Handle, Do: do, Text: text, Clause: clause, Next: next}
}

// Table is a total function from state and event to cells.
type Table[S, E ~uint8, A any] struct {
	states []S
	events []E
	width  int
	cells  []Cell[S, A]
	fired  []atomic.Bool // by cell; nil unless a test has called Cover
}

// New builds a table of all states x events. It panics, naming the cell, if one is undecided or not
// well formed: a table is constant, so this is a defect found at start-up.
func New[S, E ~uint8, A any](states []S, events []E, rows map[S]map[E]Cell[S, A]) *Table[S, E, A] {
	t := &Table[S, E, A]{
		states: slices.Clone(states),
		events: slices.Clone(events),
		width:  int(slices.Max(events)) + 1,
	}
	t.cells = make([]Cell[S, A], (int(slices.Max(states))+1)*t.width)
	for _, s := range states {
		for _, e := range events {
			c := rows[s][e]
			if why := c.flaw(states); why != "" {
				panic(fmt.Sprintf("fsm: state %v, event %v: %s", s, e, why))
			}
			*t.At(s, e) = c
		}
	}
	return t
}

// NewByLine builds a table as the standards draw most of them: a line for each event, a column for
// each state. States are numbered from 0, as many as a line has cells, and events from 1 to last. It
// panics as New does, and on a line of another length.
func NewByLine[S, E ~uint8, A any](last E, lines map[E][]Cell[S, A]) *Table[S, E, A] {
	var states []S
	for i := range lines[last] {
		states = append(states, S(i))
	}
	var events []E
	for e := E(1); e <= last; e++ {
		events = append(events, e)
	}
	rows := make(map[S]map[E]Cell[S, A])
	for _, s := range states {
		rows[s] = make(map[E]Cell[S, A])
	}
	for e, cells := range lines {
		if len(cells) != len(states) {
			panic(fmt.Sprintf("fsm: the line of event %v has %d cells, that of %v %d", e, len(cells), last, len(states)))
		}
		for i, c := range cells {
			rows[S(i)][e] = c
		}
	}
	return New(states, events, rows)
}

// flaw returns what is wrong with a cell, or nothing.
func (c *Cell[S, A]) flaw(states []S) string {
	switch c.Kind {
	case Handle:
	case Ignore, Protest:
		if c.Clause == "" {
			return "no clause"
		}
		return ""
	case Impossible:
		return ""
	default:
		return "undecided"
	}
	if v := reflect.ValueOf(c.Do); !v.IsValid() || v.IsNil() {
		return "no action"
	}
	if c.Clause == "" || c.Text == "" {
		return "no clause or text"
	}
	if len(c.Next) == 0 {
		return "no successor"
	}
	for _, n := range c.Next {
		if !slices.Contains(states, n) {
			return fmt.Sprintf("successor %v is no state", n)
		}
	}
	return ""
}

// At returns the cell of e in s, both of which must be of the table. The cell must not be changed.
func (t *Table[S, E, A]) At(s S, e E) *Cell[S, A] {
	return &t.cells[int(s)*t.width+int(e)]
}

// Fire is At for the machine that is about to act on the cell. It may be called from any goroutine.
func (t *Table[S, E, A]) Fire(s S, e E) *Cell[S, A] {
	i := int(s)*t.width + int(e)
	if t.fired != nil {
		t.fired[i].Store(true)
	}
	return &t.cells[i]
}

// States returns the states in the order given to New.
func (t *Table[S, E, A]) States() []S {
	return slices.Clone(t.states)
}

// Events returns the events in the order given to New.
func (t *Table[S, E, A]) Events() []E {
	return slices.Clone(t.events)
}
