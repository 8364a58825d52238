// Package fsm holds the explicit state x event table by which the protocol machines of signalling are
// written. It is a checked array and its printer; it runs nothing: the machine looks its cell up and
// acts on it.
//
//	          event 1     event 2     event 3
//	state 1 | Handle    | Ignore    | Impossible |   Handle: an action, its clause, and every
//	state 2 | Protest   | Handle    | Handle     |           state in which it may end
//
// Each pair of state and event is decided: New panics at package initialisation on a missing cell,
// on an action without clause or successor, and on a successor that is no state. A table is
// constant after New and may be read from any goroutine. A machine looks a cell up with Fire when it
// acts on it and with At when it only asks, so that a test can cover a table: package fsmtest fails
// the tests of a machine that leave a cell out.
//
//	type action func(*machine) state
//
//	var table = fsm.New(states, events, map[state]map[event]fsm.Cell[state, action]{
//		idle: {start: fsm.On("send BGN", "8", action((*machine).start), pending)},
//	})
//
//	cell := table.Fire(m.state, ev)
//	if cell.Kind == fsm.Handle {
//		m.setState(cell.Do(m))
//	}
package fsm
