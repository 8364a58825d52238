package q2931

import (
	"slices"

	"callmanager/signalling/fsm"
)

// matrix is the table of one side: a line for each event, a column for each
// state of [columns].
type matrix map[Event][numColumns]cell

// table joins the tables of both sides, each with the columns 13 and 14 of
// modification.go. fsm.New refuses an undecided cell.
var table = newTable(userTable.complete(0), networkTable.complete(networkState))

func newTable(user, network matrix) *fsm.Table[State, Event, action] {
	var states []State
	rows := make(map[State]map[Event]cell)
	add := func(m matrix, side State) {
		for i, number := range columns {
			s := side | number
			states = append(states, s)
			rows[s] = make(map[Event]cell)
			for ev, cells := range m {
				rows[s][ev] = cells[i]
			}
		}
	}
	add(user, 0)
	add(network, networkState)
	return fsm.New(states, events(), rows)
}

func events() []Event {
	all := make([]Event, 0, numEvents-1)
	for e := Event(1); int(e) < numEvents; e++ {
		all = append(all, e)
	}
	return all
}

// on is a cell that runs do and ends in one of next.
func on(text, clause string, do action, next ...State) cell { return fsm.On(text, clause, do, next...) }

// within is a cell that runs do and leaves the state as it is.
func within(text, clause string, do action, s State) cell { return fsm.On(text, clause, do, s) }

// The cells without an action.
var (
	// repeat: a SETUP for a call that exists is a repetition.
	repeat = cell{Kind: fsm.Ignore, Clause: "Q.2931 5.6.3.2 e"}
	// ignored: discarded without an answer.
	ignored = cell{Kind: fsm.Ignore, Clause: "Q.2931 5.6.3.2"}
	// cleared: while the call is being cleared nothing else matters.
	cleared = cell{Kind: fsm.Ignore, Clause: "Q.2931 5.4"}
	// s101 answers STATUS with cause 101, s97 with cause 97, unless the
	// message's action indicator says otherwise.
	s101 = cell{Kind: fsm.Protest, Text: "STATUS 101", Clause: "Q.2931 5.6.4, 5.7.1"}
	s97  = cell{Kind: fsm.Protest, Text: "STATUS 97", Clause: "Q.2931 5.6.4, 5.7.1"}
	// never: only a defect of the owner leads here.
	never = cell{Kind: fsm.Impossible}
)

// The cells of the null state, which are the same on both sides but for the
// state that they stay in.
func noCall(s State) cell {
	return within("RELEASE COMPLETE 81", "Q.2931 5.6.3.2 a", (*Call).unknownReference, s)
}

func statusNoCall(s State) cell {
	return within("state 0: nothing; else RELEASE COMPLETE 101", "Q.2931 5.6.12", (*Call).statusWithoutCall, s)
}

func answer(s State) cell {
	return within("STATUS 30", "Q.2931 5.6.11", (*Call).answerEnquiry, s)
}

func report(s State) cell {
	return within("STATUS with the cause", "Q.2931 5.6.6 to 5.6.8", (*Call).report, s)
}

func refuse(s State) cell {
	return within("RELEASE COMPLETE with the cause", "Q.2931 5.6.6.1, 5.6.7.1", (*Call).refuse, s)
}

// survive: an active call outlives the SAAL for T309.
func survive(s State) cell {
	return within("keep, stop T322", "Q.2931 5.6.9", (*Call).suspend, s)
}

// party makes the cells of the states that accept a message of a party; on a
// point-to-point call the message is out of place there too.
func party(do action) func(State) cell {
	return func(s State) cell {
		next := []State{s, U11ReleaseRequest}
		if s.Side() == Network {
			next[1] = N12ReleaseIndication
		}
		if s == N7CallReceived {
			next = append(next, N10Active)
		}
		return on("hand on; point-to-point: STATUS 101", "Q.2971 9.2, 9.5.4", do, next...)
	}
}

// partyLine makes a line of cells for a message of a party from the numbers of
// the states that accept it. While the call is being cleared one that ends the
// party is discarded, since the two may cross.
func partyLine(side State, do action, clearing cell, accepting []State) [numColumns]cell {
	live := party(do)
	return row(side, noCall, func(s State) cell {
		if slices.Contains(accepting, s&^networkState) {
			return live(s)
		}
		return s101
	}, always(clearing))
}

// fallBack is the cell of N10.
func fallBack(s State) cell {
	if s != N10Active {
		return never
	}
	return on("wait for another party", "Q.2971 9.2.3", (*Call).fallBack, N7CallReceived)
}

// row makes a line of cells from one maker for the null state, one for the
// states 11 and 12 and one for all others.
func row(side State, null, live, clearing func(State) cell) [numColumns]cell {
	var r [numColumns]cell
	for i, number := range columns {
		s := side | number
		switch {
		case s.IsNull():
			r[i] = null(s)
		case s.IsClearing():
			r[i] = clearing(s)
		default:
			r[i] = live(s)
		}
	}
	return r
}

// always makes a maker of one cell.
func always(c cell) func(State) cell { return func(State) cell { return c } }
