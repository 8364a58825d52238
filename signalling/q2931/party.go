package q2931

import (
	"slices"

	"callmanager/signalling/fsm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// partyAction carries out one cell of the party table: it appends effects and
// returns the next state. It starts timers and stops none.
type partyAction func(p *Party, in *PartyInput) PartyState

// Party is the machine of one party of a point-to-multipoint call on one side
// of the UNI (Q.2971). It is made by [NewParty] in the null state and ends
// there; then it is of no more use. In the null state it gives the answers to
// messages that name no party (clause 9.5).
type Party struct {
	side  Side
	state PartyState
	call  msg.CallRef
	ref   ie.EndpointRef
	tm    Timers

	running [numTimers]bool
	cause   ie.Cause // why the party is being dropped
	remote  bool     // and whether the peer began it
	out     []PartyEffect
}

// NewParty returns the machine of a party in the null state. call is the
// reference of the call, ref that of the party, both as this side writes them:
// with the flag set if the peer allocated them. tm is copied, with the side's
// defaults for what is zero.
func NewParty(side Side, call msg.CallRef, ref ie.EndpointRef, tm *Timers) *Party {
	return &Party{side: side, call: call, ref: ie.EndpointRef{Value: ref.Value, RefFlag: ref.RefFlag}, tm: tm.For(side)}
}

// State returns the state of the party.
func (p *Party) State() PartyState { return p.state }

// Ref returns the endpoint reference as this side writes it.
func (p *Party) Ref() ie.EndpointRef { return p.ref }

// Running reports whether a timer runs.
func (p *Party) Running(t Timer) bool { return p.running[t] }

// Expects reports whether an event means something in the present state.
func (p *Party) Expects(ev PartyEvent) bool { return partyTable.At(p.state, ev).Kind == fsm.Handle }

// Step makes the transition for one event and returns the effects, which are
// valid until the next Step.
func (p *Party) Step(ev PartyEvent, in PartyInput) []PartyEffect {
	p.out = p.out[:0]
	if t := partyExpiries[ev]; t != 0 {
		p.running[t] = false
	}
	cell := partyTable.Fire(p.state, ev)
	switch cell.Kind {
	case fsm.Handle:
		p.enter(cell.Do(p, &in))
	case fsm.Protest:
		p.emit(PartyEffect{Kind: PartyUnexpected, Msg: in.Msg})
	case fsm.Ignore:
	case fsm.Impossible:
		p.emit(PartyEffect{Kind: PartyDefect, Event: ev})
	}
	return p.out
}

// enter is the only place that sets the state. It stops the timers that do not
// belong to the new one.
func (p *Party) enter(s PartyState) {
	if s == p.state {
		return
	}
	p.state = s
	for t := Timer(1); int(t) < numTimers; t++ {
		if p.running[t] && !slices.Contains(partyTimersOf[s], t) {
			p.running[t] = false
			p.emit(PartyEffect{Kind: PartyStopTimer, Timer: t})
		}
	}
}

func (p *Party) emit(e PartyEffect) { p.out = append(p.out, e) }

// send sends a message of the party.
func (p *Party) send(m *msg.Message) {
	ref := p.ref
	m.CallRef, m.EndpointRef = p.call, &ref
	e := PartyEffect{Kind: PartySend, Msg: m}
	if len(m.Causes) > 0 {
		e.Cause = m.Causes[0]
	} else {
		e.Cause = p.cause
	}
	p.emit(e)
}

func (p *Party) start(t Timer) {
	p.running[t] = true
	p.emit(PartyEffect{Kind: PartyStartTimer, Timer: t, After: p.tm.after(t)})
}

// raise makes a cause of this side.
func (p *Party) raise(v ie.CauseValue, diagnostic ...byte) ie.Cause {
	return ie.Cause{Location: p.side.Location(), Value: v, Diagnostic: diagnostic}
}

// expired makes the cause "recovery on timer expiry" with the timer's digits.
func (p *Party) expired(t Timer) ie.Cause {
	return p.raise(ie.CauseTimerExpiry, []byte(t.String()[1:])...)
}

// causeOf returns the cause of a message that ends a party. A missing or bad
// one counts as "normal, unspecified" (Q.2971 9.5.7, 9.5.8).
func (p *Party) causeOf(m *msg.Message) ie.Cause {
	if cause, ok := firstCause(m); ok {
		return cause
	}
	return p.raise(ie.CauseNormalUnspecified)
}

// gone ends the party.
func (p *Party) gone(cause ie.Cause, remote bool) PartyState {
	p.emit(PartyEffect{Kind: PartyGone, Cause: cause, Remote: remote})
	return P0Null
}
