package q2931

import (
	"slices"

	"callmanager/signalling/fsm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// action carries out one cell of a call table: it appends effects and returns
// the next state. It starts timers and stops none.
type action func(c *Call, in *Input) State

// cell is one cell of a call table.
type cell = fsm.Cell[State, action]

// Call is the machine of one call on one side of the UNI. It is made by
// [NewCall] in the null state and ends there; then it is of no more use.
type Call struct {
	state State
	ref   msg.CallRef
	tm    Timers

	running   [numTimers]bool
	setup     *msg.Message    // to be repeated on T303
	sent      int             // transmissions of SETUP or RELEASE
	enquiries int             // transmissions of STATUS ENQUIRY
	enquired  *ie.EndpointRef // the party of the enquiry under way
	awaitsAck bool            // a network side's CONNECT is not acknowledged yet
	parties   bool            // the SETUP asked for point-to-multipoint
	fallen    bool            // back to N7 from N10
	modify    *msg.Message    // the MODIFY REQUEST, to be repeated after a loss of the SAAL
	// unconfirmed: the peer is to confirm a modification
	unconfirmed bool
	cause       ie.Cause     // why the call is being cleared
	userUser    *ie.UserUser // what RELEASE carries beside the cause
	out         []Effect
	room        [4]Effect // where out begins: most steps have no more
	in          Input     // of the step under way
}

// NewCall returns the machine of a call in the null state. ref is the call
// reference as this side writes it: with the flag set if the peer allocated
// it. tm must outlive nothing; it is copied, with the side's defaults for what
// is zero.
func NewCall(side Side, ref msg.CallRef, tm *Timers) *Call {
	c := &Call{ref: ref, tm: tm.For(side)}
	c.out = c.room[:0]
	if side == Network {
		c.state = N0Null
	}
	return c
}

// State returns the state of the call.
func (c *Call) State() State { return c.state }

// Ref returns the call reference as this side writes it.
func (c *Call) Ref() msg.CallRef { return c.ref }

// Running reports whether a timer runs.
func (c *Call) Running(t Timer) bool { return c.running[t] }

// Expects reports whether an event means something in the present state. The
// owner asks before it prepares for one.
func (c *Call) Expects(ev Event) bool {
	return table.At(c.state, ev).Kind == fsm.Handle && (!aboutParty(ev) || c.acceptsParty(ev))
}

// Step makes the transition for one event and returns the effects, which are
// valid until the next Step.
func (c *Call) Step(ev Event, in Input) []Effect {
	c.out, c.in = c.out[:0], in
	if t := expiries[ev]; t != 0 {
		c.running[t] = false
	}
	cell := table.Fire(c.state, ev)
	switch cell.Kind {
	case fsm.Handle:
		c.enter(cell.Do(c, &c.in))
	case fsm.Protest:
		c.enter(c.protest(ev, &c.in))
	case fsm.Ignore:
	case fsm.Impossible:
		c.emit(Effect{Kind: Defect, Event: ev})
	}
	c.in = Input{}
	return c.out
}

// enter is the only place that sets the state. It stops the timers that do not
// belong to the new one.
func (c *Call) enter(s State) {
	if s == c.state {
		return
	}
	c.state = s
	for t := Timer(1); int(t) < numTimers; t++ {
		if !c.running[t] || may(s, t) {
			continue
		}
		c.running[t] = false
		c.emit(Effect{Kind: StopTimer, Timer: t})
	}
}

// may reports whether t may run in s.
func may(s State, t Timer) bool {
	return slices.Contains(timersOf[s], t)
}

func (c *Call) emit(e Effect) { c.out = append(c.out, e) }

// send sends a message of the call.
func (c *Call) send(m *msg.Message) {
	m.CallRef = c.ref
	c.emit(Effect{Kind: Send, Msg: m})
}

func (c *Call) start(t Timer) {
	c.running[t] = true
	c.emit(Effect{Kind: StartTimer, Timer: t, After: c.tm.after(t)})
}

// stop ends a timer within its state.
func (c *Call) stop(t Timer) {
	if c.running[t] {
		c.running[t] = false
		c.emit(Effect{Kind: StopTimer, Timer: t})
	}
}

// side returns the side that the machine plays.
func (c *Call) side() Side { return c.state.Side() }

// at returns the state of this side with the given number.
func (c *Call) at(number State) State { return c.state&networkState | number }

// raise makes a cause of this side.
func (c *Call) raise(v ie.CauseValue, diagnostic ...byte) ie.Cause {
	return ie.Cause{Location: c.side().Location(), Value: v, Diagnostic: diagnostic}
}

// expired makes the cause "recovery on timer expiry" with the digits of the
// timer (Q.2610).
func (c *Call) expired(t Timer) ie.Cause {
	return c.raise(ie.CauseTimerExpiry, []byte(t.String()[1:])...)
}

// null ends the call.
func (c *Call) null(cause ie.Cause, remote bool) State {
	c.emit(Effect{Kind: Released, Cause: cause, Remote: remote})
	return c.at(U0Null)
}

// causeOf returns the first cause of a message, or "normal, unspecified".
func (c *Call) causeOf(m *msg.Message) ie.Cause {
	if cause, ok := firstCause(m); ok {
		return cause
	}
	return c.raise(ie.CauseNormalUnspecified)
}

// firstCause returns the first cause of a message, if it has one. The value 0 is
// not assigned, and everything above takes a cause of it for none: it counts as
// the unspecified one of its class (Q.850).
func firstCause(m *msg.Message) (cause ie.Cause, ok bool) {
	if m == nil || len(m.Causes) == 0 {
		return ie.Cause{}, false
	}
	cause = m.Causes[0]
	cause.Header = ie.Header{} // the instructions were the peer's for us; what goes on has its own
	if cause.Value == 0 {
		cause.Value = ie.CauseNormalUnspecified
	}
	return cause, true
}
