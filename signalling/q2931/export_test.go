package q2931

import (
	"callmanager/signalling/fsm"
	"callmanager/signalling/fsm/fsmtest"
)

// Cell is one cell of the call table, as the tests read it.
type Cell struct {
	Kind   fsm.Kind
	Clause string
	Next   []State
}

// At returns the cell of an event in a state.
func At(s State, e Event) Cell {
	c := table.At(s, e)
	return Cell{Kind: c.Kind, Clause: c.Clause, Next: c.Next}
}

// States and Events are the axes of the call table.
func States() []State { return table.States() }

// Events returns the events of the call table.
func Events() []Event { return table.Events() }

// Force puts a call into a state with the timers that may run there.
func Force(c *Call, s State) {
	c.state = s
	c.running = [numTimers]bool{}
}

// Allowed returns the timers that may run in a state.
func Allowed(s State) []Timer { return timersOf[s] }

// PartyStates and PartyEvents are the axes of the party table.
func PartyStates() []PartyState { return partyTable.States() }

// PartyEvents returns the events of the party table.
func PartyEvents() []PartyEvent { return partyTable.Events() }

// PartyCell is one cell of the party table, as the tests read it.
type PartyCell struct {
	Kind   fsm.Kind
	Text   string
	Clause string
	Next   []PartyState
}

// PartyAt returns the cell of an event in a party state.
func PartyAt(s PartyState, e PartyEvent) PartyCell {
	c := partyTable.At(s, e)
	return PartyCell{Kind: c.Kind, Text: c.Text, Clause: c.Clause, Next: c.Next}
}

// ForceParty puts a party into a state with the timers that may run there.
func ForceParty(p *Party, s PartyState) {
	p.state = s
	p.running = [numTimers]bool{}
	for _, t := range partyTimersOf[s] {
		p.running[t] = true
	}
}

// PartyAllowed returns the timers that may run in a party state.
func PartyAllowed(s PartyState) []Timer { return partyTimersOf[s] }

// RestartStates and RestartEvents are the axes of the restart table.
func RestartStates() []RestartState { return restartTable.States() }

// RestartEvents returns the events of the restart table.
func RestartEvents() []RestartEvent { return restartTable.Events() }

// RestartAt returns the cell of an event in a restart state.
func RestartAt(s RestartState, e RestartEvent) (kind fsm.Kind, next []RestartState) {
	c := restartTable.At(s, e)
	return c.Kind, c.Next
}

// ForceRestart puts a process into a state.
func ForceRestart(p *Process, s RestartState, m Input) {
	p.state, p.msg = s, m.Msg
}

// NewTable builds a call table of two matrices.
func NewTable(user, network map[Event][13]Kinds) { newTable(kinds(user), kinds(network)) }

// Kinds is a cell's kind in a table made by a test.
type Kinds = fsm.Kind

func kinds(m map[Event][13]Kinds) matrix {
	out := make(matrix)
	for e, row := range m {
		var cells [numColumns]cell
		for i, k := range row {
			cells[i] = cell{Kind: k, Clause: "test"}
		}
		out[e] = cells
	}
	return out
}

// Tables are the tables that the tests must cover.
func Tables() map[string]fsmtest.Table {
	return map[string]fsmtest.Table{"call": table, "restart": restartTable, "party": partyTable}
}
