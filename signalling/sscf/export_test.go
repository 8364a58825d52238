package sscf

import (
	"callmanager/signalling/fsm"
	"callmanager/signalling/fsm/fsmtest"
	"callmanager/signalling/sscop"
)

// Event is event for the external tests.
type Event = event

// StatesMarkdown prints the table.
func StatesMarkdown() string { return table.Markdown() }

// States returns all states.
func States() []State { return table.States() }

// Events returns all events.
func Events() []Event { return table.Events() }

// Kind returns what the table decides for ev in s, and the successors.
func Cell(s State, ev Event) (fsm.Kind, []State) {
	c := table.At(s, ev)
	return c.Kind, c.Next
}

// ImpossibleEvents returns how often SSCOP gave a signal that the table calls impossible.
func (e *Entity) ImpossibleEvents() uint64 { return e.impossible }

// Observe calls see after each action of any entity until the function that it returns is called.
func Observe(see func(from State, ev Event, to State)) (restore func()) {
	var undo []func()
	for _, s := range table.States() {
		for _, ev := range table.Events() {
			c := table.At(s, ev)
			if c.Kind != fsm.Handle {
				continue
			}
			do := c.Do
			undo = append(undo, func() { c.Do = do })
			c.Do = func(e *Entity, in signal) State {
				to := do(e, in)
				see(s, ev, to)
				return to
			}
		}
	}
	return func() {
		for _, f := range undo {
			f()
		}
	}
}

// Tables are the tables that the tests must cover.
func Tables() map[string]fsmtest.Table { return map[string]fsmtest.Table{"SSCF": table} }

// Signal gives ev to a new entity as if it were in s, and returns what it tells and the state that
// follows.
func Signal(s State, ev Event) (e *Entity, told []Effect) {
	e = New(sscop.Config{})
	e.state = s
	e.step(ev, signal{})
	return e, e.out
}
