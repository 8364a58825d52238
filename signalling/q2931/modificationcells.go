package q2931

import (
	"slices"

	"callmanager/signalling/fsm"
)

// complete adds the columns 13 and 14 to the lines of a table that do not have
// them: what modificationColumns says, or else what the active call does. For
// what leaves an active call as it is something must be said: the cell stays
// undecided, which fsm.New refuses.
func (m matrix) complete(side State) matrix {
	all := make(matrix, len(m))
	for ev, cells := range m {
		active := &cells[slices.Index(columns[:], U10Active)]
		for i, number := range columns {
			s := side | number
			if !s.isModifying() || cells[i].Kind != 0 {
				continue
			}
			if of := slices.IndexFunc(modificationColumns, func(c modificationColumn) bool { return c.ev == ev }); of >= 0 {
				cells[i] = modificationColumns[of].cell(s)
			} else if active.Kind != fsm.Handle || !slices.Contains(active.Next, atRest(s)) {
				cells[i] = *active
			}
		}
		all[ev] = cells
	}
	return all
}

// modificationColumn is what an event of another procedure does in the states 13
// and 14.
type modificationColumn struct {
	ev            Event
	asking, asked func(State) cell
}

func (c *modificationColumn) cell(s State) cell {
	if s == asking(s) {
		return c.asking(s)
	}
	return c.asked(s)
}

// modificationColumns list the events that are not the same as in an active
// call.
var modificationColumns = []modificationColumn{
	{MsgConnectAck, always(s101), always(s101)},
	{
		MsgStatus,
		func(s State) cell {
			return on("state 0: null; MODIFY REQUEST not taken: tell; else as in 10", "Q.2931 5.6.12, Q.2963.1 6",
				(*Call).statusWhileAsking, s, atRest(s), clearing(s), s&networkState|U0Null)
		},
		func(s State) cell {
			return on("state 0: null; another direction: RELEASE 101; else tell", "Q.2931 5.6.12",
				(*Call).statusReceived, s, clearing(s), s&networkState|U0Null)
		},
	},
	{
		LnkReleased,
		func(s State) cell {
			return within("keep, stop T322 and T360", "Q.2931 5.6.9", (*Call).suspendRequest, s)
		},
		func(s State) cell {
			return on("stop T322 and T361, tell", "Q.2931 5.6.9", (*Call).abandonRequest, atRest(s))
		},
	},
}

// modifyMessage makes the line of a message of the modification, modifyOwn that
// of a primitive or timer of it. Outside of an active call there is none.
func modifyMessage(side State, active, asking, asked func(State) cell) [numColumns]cell {
	return modifyRow(row(side, noCall, always(s101), always(cleared)), side, active, asking, asked)
}

func modifyOwn(side State, active, asking, asked func(State) cell) [numColumns]cell {
	return modifyRow(row(side, always(never), always(never), always(never)), side, active, asking, asked)
}

func modifyRow(r [numColumns]cell, side State, active, ask, got func(State) cell) [numColumns]cell {
	for i, number := range columns {
		s := side | number
		if s == atRest(s) {
			r[i] = active(s)
		} else if s.isModifying() {
			r[i] = (&modificationColumn{asking: ask, asked: got}).cell(s)
		}
	}
	return r
}

// The cells of the modification's own lines.
func mReceived(s State) cell {
	return on("T361, tell; to the owner: MODIFY REJECT 29", "Q.2963.1 6", (*Call).modifyReceived, s, asked(s))
}

func mCollided(s State) cell {
	return within("MODIFY REJECT 29", "Q.2963.1 6", (*Call).modifyReceived, s)
}

func mAcknowledged(s State) cell {
	return on("tell", "Q.2963.1 6", (*Call).modifyAcknowledged, atRest(s))
}

func mRejected(s State) cell {
	return on("tell", "Q.2963.1 6", (*Call).modifyRejected, atRest(s))
}

func mAvailable(s State) cell {
	return on("stop T361, tell; if it was not asked for: STATUS 101", "Q.2963.1 6", (*Call).availableReceived, s, clearing(s))
}

func mRequest(s State) cell {
	return on("MODIFY REQUEST, T360", "Q.2963.1 6", (*Call).modifyRequested, asking(s))
}

func mAccept(s State) cell {
	return on("MODIFY ACKNOWLEDGE; T361 if it asks for confirmation", "Q.2963.1 6", (*Call).modifyAccepted, atRest(s))
}

func mRefuse(s State) cell {
	return on("MODIFY REJECT", "Q.2963.1 6", (*Call).modifyRefused, atRest(s))
}

func mConfirm(s State) cell {
	return within("CONNECTION AVAILABLE", "Q.2963.1 6", (*Call).availableRequested, s)
}

func mAgain(s State) cell {
	return within("MODIFY REQUEST again, T360", "Q.2931 5.6.8", (*Call).askAgain, s)
}

func m360(s State) cell {
	return on("RELEASE 102", "Q.2963.1 T360", (*Call).t360Expired, clearing(s))
}

func m361(s State) cell {
	return within("tell", "Q.2963.1 T361", (*Call).t361Expired, s)
}

func m361Asked(s State) cell {
	return on("MODIFY REJECT 102, tell", "Q.2963.1 T361", (*Call).t361Expired, atRest(s))
}

// undisturbed: a new SAAL means nothing to most calls; the audit looks after
// them.
var undisturbed = cell{Kind: fsm.Ignore, Clause: "Q.2931 5.6.8"}

// mForget: the owner asks anew, and would take an answer to the first request
// for one to the second.
func mForget(s State) cell {
	return on("stop T322 and T361, tell", "Q.2931 5.6.8", (*Call).abandonRequest, atRest(s))
}

// mEstablished is the line of a SAAL that has come up or has been reset.
func mEstablished(side State) [numColumns]cell {
	quiet := always(undisturbed)
	return modifyRow(row(side, quiet, quiet, quiet), side, quiet, mAgain, mForget)
}
