package sscf

import (
	"callmanager/signalling/fsm"
	"callmanager/signalling/sscop"
)

// Entity is an SSCF at the UNI over its own SSCOP connection: a plain machine without goroutine,
// clock, lock or I/O. Each event is one call, which runs to completion and returns what is to be
// done, in order. The slice returned, and the memory that its effects name, are valid until the
// next call; the owner must not call while it still walks over them, unless it needs no more of it.
//
// Layer 3 sees no difference between a fresh connection, a resynchronization and a recovery: each
// comes as EstablishInd or EstablishConf, and data in flight at that time are lost. A peer that
// begins anew over a connection comes as ReleaseInd followed by EstablishInd in the same slice.
type Entity struct {
	state State
	conn  *sscop.Conn
	out   []Effect

	refused    uint64 // requests not valid in their state
	impossible uint64 // signals of SSCOP that the table calls impossible
}

// signal is what an event carries.
type signal struct {
	sdu    []byte
	uu     []byte
	source sscop.Source
}

// New returns an entity in state Released over an idle connection. Config says what becomes of zero
// fields and bad values.
func New(cfg sscop.Config) *Entity {
	return &Entity{state: Released, conn: sscop.New(cfg)}
}

// Establish is AAL-ESTABLISH.request. EstablishConf or ReleaseInd follows. Over a connection that is
// up it resynchronizes: all data in flight are given up. While an answer is awaited it is Refused.
func (e *Entity) Establish() []Effect { return e.request(reqEstablish, nil) }

// Release is AAL-RELEASE.request. ReleaseConf follows, at once if nothing is up. While a release is
// under way it is Refused.
func (e *Entity) Release() []Effect { return e.request(reqRelease, nil) }

// Data is AAL-DATA.request: send sdu, at most Config.K octets, assured. It is copied. Refused means
// that it was not taken: for BadState if the entity is not up, for TooLong, or for QueueFull if
// Config.Queue SDUs are held already, which Queued and Unacked foretell. An SDU taken is delivered
// to the peer once and in order unless the connection ends or starts anew, which the user is told.
func (e *Entity) Data(sdu []byte) []Effect { return e.request(reqData, sdu) }

// UnitData is AAL-UNITDATA.request: send sdu, at most Config.K octets, unassured, in any state.
func (e *Entity) UnitData(sdu []byte) []Effect { return e.request(reqUnitData, sdu) }

// MgmtData is MAA-UNITDATA.request: send sdu, at most Config.K octets, to the peer's layer
// management, unassured, in any state. It passes SSCF by.
func (e *Entity) MgmtData(sdu []byte) []Effect {
	e.out = e.out[:0]
	e.conn.MgmtData(sdu)
	return e.finish()
}

// Receive takes one SSCOP PDU: the CPCS-SDU of VPI 0, VCI 5 as it came. pdu belongs to the caller
// and is not kept, but effects may alias it.
func (e *Entity) Receive(pdu []byte) []Effect {
	e.out = e.out[:0]
	e.conn.Receive(pdu)
	return e.finish()
}

// Expire tells that timer t, started with generation gen, has run out. One that was stopped or
// started again since is counted and dropped, so stopping a clock in time is not vital.
func (e *Entity) Expire(t sscop.Timer, gen uint64) []Effect {
	e.out = e.out[:0]
	e.conn.Expire(t, gen)
	return e.finish()
}

// State returns the state.
func (e *Entity) State() State { return e.state }

// SSCOPState returns the state of the SSCOP connection.
func (e *Entity) SSCOPState() sscop.State { return e.conn.State() }

// Up reports whether AAL-DATA may flow.
func (e *Entity) Up() bool { return e.state == Established }

// Stats returns the counters of both sublayers: those of the SSCOP connection, with what SSCF
// refused or found impossible added.
func (e *Entity) Stats() sscop.Stats {
	s := e.conn.Stats()
	s.Refused += e.refused
	s.Impossible += e.impossible
	return s
}

// VTSQ returns SSCOP's VT(SQ). It changes with Establish and with recovery; its owner keeps the last
// value over a restart and gives it to the next life as Config.InitialSQ.
func (e *Entity) VTSQ() uint8 { return e.conn.VTSQ() }

// Queued returns how many SDUs wait for their first transmission.
func (e *Entity) Queued() int { return e.conn.Queued() }

// Unacked returns how many SDUs have been sent and are not acknowledged.
func (e *Entity) Unacked() int { return e.conn.Unacked() }

// Buffered returns how many SDUs received out of order wait for the gaps before them.
func (e *Entity) Buffered() int { return e.conn.Buffered() }

// request runs a request of the user.
func (e *Entity) request(ev event, sdu []byte) []Effect {
	e.out = e.out[:0]
	e.step(ev, signal{sdu: sdu})
	return e.finish()
}

// finish runs all that SSCOP has to say, and what follows from it, to completion.
func (e *Entity) finish() []Effect {
	for {
		eff, ok := e.conn.Next()
		if !ok {
			return e.out
		}
		e.lower(&eff)
	}
}

// lower takes one effect of SSCOP: AA signals are events, the rest is passed on.
func (e *Entity) lower(eff *sscop.Effect) {
	in := signal{sdu: eff.SDU, uu: eff.UU, source: eff.Source}
	switch eff.Kind {
	case sscop.SendPDU:
		e.emit(Effect{Kind: SendPDU, PDU: eff.PDU})
	case sscop.StartTimer:
		e.emit(Effect{Kind: StartTimer, Timer: eff.Timer, After: eff.After, Gen: eff.Gen})
	case sscop.StopTimer:
		e.emit(Effect{Kind: StopTimer, Timer: eff.Timer})
	case sscop.MgmtDataInd:
		e.emit(Effect{Kind: MgmtDataInd, SDU: eff.SDU})
	case sscop.MAAError:
		e.emit(Effect{Kind: MAAError, Code: eff.Code, Count: eff.Count})
	case sscop.Refused:
		e.emit(Effect{Kind: Refused, Reason: eff.Reason})
	case sscop.EstablishInd:
		e.step(indEstablish, in)
	case sscop.EstablishConf:
		e.step(confEstablish, in)
	case sscop.ReleaseInd:
		e.step(indRelease, in)
	case sscop.ReleaseConf:
		e.step(confRelease, in)
	case sscop.DataInd:
		e.step(indData, in)
	case sscop.UnitDataInd:
		e.step(indUnitData, in)
	case sscop.ResyncInd:
		e.step(indResync, in)
	case sscop.ResyncConf:
		e.step(confResync, in)
	case sscop.RecoverInd:
		e.step(indRecover, in)
	}
}

// step runs one event. It is the only place that changes the state.
func (e *Entity) step(ev event, in signal) {
	cell := table.Fire(e.state, ev)
	switch cell.Kind {
	case fsm.Handle:
		e.state = cell.Do(e, in)
	case fsm.Ignore:
	case fsm.Protest:
		e.refused++
		e.emit(Effect{Kind: Refused, Reason: sscop.BadState})
	case fsm.Impossible:
		e.impossible++
	}
}

// emit appends an effect for the owner.
func (e *Entity) emit(eff Effect) {
	e.out = append(e.out, eff)
}
